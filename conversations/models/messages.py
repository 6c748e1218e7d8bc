"""What feeds conversations: threads and their messages, groups and their members, and the webhooks as they came.

None of these is any one owner's; so none has a key of an owner in it, and the messages of a thread stay together.
"""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from conversations import identifiers, positions
from conversations.models import composite_keys
from conversations.threads import BETWEEN, THREAD_MAX_LENGTH


class Thread(models.Model):
    """Two users, or a group or topic; its row is the lock under which its messages are stored."""

    thread = models.CharField(max_length=THREAD_MAX_LENGTH, primary_key=True)
    last_position = models.CharField(max_length=positions.MAX_LENGTH, db_default=positions.NO_POSITION)
    pruned_position = models.CharField(max_length=positions.MAX_LENGTH, db_default=positions.NO_POSITION)

    class Meta:
        verbose_name, verbose_name_plural = _("message history"), _("message histories")

    def __str__(self) -> str:
        return self.thread.replace(BETWEEN, " – ")


class MessageColumns(models.Model):
    """The columns of a message, shared by the model and the admin's view of the same table."""

    thread = models.CharField(max_length=THREAD_MAX_LENGTH)
    position = models.CharField(max_length=positions.MAX_LENGTH)
    sender = models.CharField(_("sender"), max_length=identifiers.OWNER_ID_MAX_BYTES, blank=True, help_text="From_Account")
    time_s = models.BigIntegerField(null=True, help_text=_("MsgTime, epoch seconds; empty if only the recall was received"))
    random = models.BigIntegerField(null=True, help_text="MsgRandom")
    # As everybody but its sender sees it.
    body = models.TextField(null=True, help_text=_("lastMessage, JSON"))  # noqa: DJ001
    counts_as_unread = models.BooleanField(db_default=True, help_text=_("not NoUnread"))
    is_shown = models.BooleanField(db_default=True, help_text=_("not NoLastMsg"))
    is_recalled = models.BooleanField(_("recalled"), db_default=False)
    at_all = models.BooleanField(db_default=False)
    at_accounts = models.TextField(db_default="[]", help_text="GroupAtInfo, JSON")
    targets = models.TextField(
        db_default="[]", help_text=_("To_Account of a targeted group message, JSON; [] means all members")
    )
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.thread} {self.position}".replace(BETWEEN, " – ")


class Message(MessageColumns):
    """One message of a thread, as much of it as is known: its recall may come first."""

    pk = models.CompositePrimaryKey("thread", "position")

    class Meta:
        verbose_name, verbose_name_plural = _("message"), _("messages")
        indexes = (
            # A repeat that came without MsgSeq or MsgTime is found by its random.
            models.Index("thread", "random", name="message_by_random", condition=models.Q(random__isnull=False)),
            # How much comes in. Its entries are added at one end, so a message pays little for it.
            models.Index("created_at", name="message_by_arrival"),
            # Who comes, goes or is learnt to have been there sees what was said from then on.
            models.Index("thread", "time_s", name="message_by_time"),
        )


class MessageRow(MessageColumns):
    """The admin's view of the same table: a message is named by one text, the pair of thread and position. Read only."""

    position = composite_keys.MessagePairField(_("position"), max_length=positions.MAX_LENGTH, primary_key=True)

    class Meta:
        managed = False
        db_table = "conversations_message"
        default_permissions = ()
        verbose_name, verbose_name_plural = _("message"), _("messages")

    @property
    def pk(self) -> str:
        return composite_keys.to_text(self.thread, self.position)
