"""What feeds conversations: threads and their messages, groups and their members, and the webhooks as they came.

None of these is any one owner's; so none has a key of an owner in it, and the messages of a thread stay together.
"""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from conversations import identifiers, positions
from conversations.choices import GroupType
from conversations.models import composite_keys
from conversations.models.querysets import CallbackQuerySet

# Between the two users of a thread: in no ID, so that it is none of a group.
BETWEEN = "\x1f"
THREAD_MAX_LENGTH = 2 * identifiers.OWNER_ID_MAX_BYTES + 1


class Thread(models.Model):
    """Two users, or a group or topic; its row is the lock under which its messages are stored."""

    thread = models.CharField(max_length=THREAD_MAX_LENGTH, primary_key=True)
    last_position = models.CharField(max_length=positions.MAX_LENGTH, db_default=positions.NOWHERE)
    pruned_position = models.CharField(max_length=positions.MAX_LENGTH, db_default=positions.NOWHERE)

    class Meta:
        verbose_name, verbose_name_plural = _("thread"), _("threads")

    def __str__(self) -> str:
        return self.thread.replace(BETWEEN, " – ")


class MessageColumns(models.Model):
    """The columns of a message, shared by the model and the admin's view of the same table."""

    thread = models.CharField(max_length=THREAD_MAX_LENGTH)
    position = models.CharField(max_length=positions.MAX_LENGTH)
    sender = models.CharField(_("sender"), max_length=identifiers.OWNER_ID_MAX_BYTES, blank=True, help_text="From_Account")
    time_s = models.BigIntegerField(null=True, help_text=_("MsgTime, epoch seconds; none if only the recall is known"))
    random = models.BigIntegerField(null=True, help_text="MsgRandom")
    # As everybody but its sender sees it.
    body = models.TextField(null=True, help_text=_("lastMessage, JSON"))  # noqa: DJ001
    counts = models.BooleanField(db_default=True, help_text=_("not NoUnread"))
    is_shown = models.BooleanField(db_default=True, help_text=_("not NoLastMsg"))
    is_recalled = models.BooleanField(_("recalled"), db_default=False)
    at_all = models.BooleanField(db_default=False)
    at_accounts = models.TextField(db_default="[]", help_text="GroupAtInfo, JSON")
    targets = models.TextField(db_default="[]", help_text=_("To_Account of a targeted group message, JSON; [] is everybody"))
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


class Group(models.Model):
    """A group, or a topic of one; its row is the lock for its members, and comes before every other."""

    group_id = models.CharField(_("group ID"), max_length=identifiers.GROUP_ID_MAX_BYTES, primary_key=True)
    type = models.CharField(_("group type"), max_length=16, choices=GroupType, blank=True, db_default="")
    type_at_ms = models.BigIntegerField(db_default=0, help_text="EventTime, epoch milliseconds")
    name = models.TextField(_("name"), blank=True, db_default="", help_text="Name")
    name_at_ms = models.BigIntegerField(db_default=0, help_text="EventTime, epoch milliseconds")
    face_url = models.TextField(_("avatar"), blank=True, db_default="", help_text="FaceUrl")
    face_url_at_ms = models.BigIntegerField(db_default=0, help_text="EventTime, epoch milliseconds")
    dissolved_at_ms = models.BigIntegerField(null=True, blank=True, help_text="EventTime, epoch milliseconds")
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    class Meta:
        # Staff have groups, too: those of Django, with permissions.
        verbose_name, verbose_name_plural = _("chat group"), _("chat groups")

    # What it was when the transaction began that has locked it.
    type_before = ""

    def __str__(self) -> str:
        return self.group_id

    @property
    def is_retyped(self) -> bool:
        return self.type != self.type_before


class GroupMemberColumns(models.Model):
    """The columns of a member, shared by the model and the admin's view of the same table."""

    group_id = models.CharField(_("group ID"), max_length=identifiers.GROUP_ID_MAX_BYTES)
    user_id = models.CharField(_("user ID"), max_length=identifiers.OWNER_ID_MAX_BYTES)
    # [[epoch milliseconds, "member", "left", "kicked", "seen" or "listed"], …], sorted: what comes in any order, see `rosters`.
    events = models.TextField(db_default="[]", help_text="JSON")
    # What follows from the events for good: for messages from then on, whether the user is there. None: not made out yet.
    is_there = models.BooleanField(_("is there"), db_default=False)
    since_ms = models.BigIntegerField(_("since"), null=True, help_text=_("epoch milliseconds"))
    # Found to be a member by a row of the list, and what was said before is not counted there yet: see `learning`.
    is_learnt = models.BooleanField(db_default=False)
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.group_id} {self.user_id}"


class GroupMember(GroupMemberColumns):
    """A user who is or was in a group, and since when and until when."""

    pk = models.CompositePrimaryKey("group_id", "user_id")

    class Meta:
        verbose_name, verbose_name_plural = _("group member"), _("group members")
        # Staff ask which groups a user is in.
        indexes = (
            models.Index("user_id", "group_id", name="member_by_user"),
            models.Index("group_id", name="member_to_count", condition=models.Q(is_learnt=True)),
        )


class GroupMemberRow(GroupMemberColumns):
    """The admin's view of the same table: a member is named by one text, the pair of group and user. Read only."""

    user_id = composite_keys.MemberPairField(_("user ID"), max_length=identifiers.OWNER_ID_MAX_BYTES, primary_key=True)

    class Meta:
        managed = False
        db_table = "conversations_groupmember"
        default_permissions = ()
        verbose_name, verbose_name_plural = _("group member"), _("group members")

    @property
    def pk(self) -> str:
        return composite_keys.to_text(self.group_id, self.user_id)


class PendingName(models.Model):
    """A new name or avatar on its way to everybody's row of a conversation; gone when it is there."""

    conversation_id = models.CharField(max_length=identifiers.CONVERSATION_ID_MAX_BYTES, primary_key=True)
    # The rows of owners up to this one have it.
    reached = models.CharField(max_length=identifiers.OWNER_ID_MAX_BYTES, blank=True, db_default="")
    # Which start this is, by lot: a count would begin anew with each row, and who holds an older name go on with it.
    starts = models.BigIntegerField(db_default=1)

    class Meta:
        verbose_name, verbose_name_plural = _("name on its way"), _("names on their way")

    def __str__(self) -> str:
        return self.conversation_id


class CallbackOutcome(models.TextChoices):
    STORED = "stored", _("not applied yet")
    APPLIED = "applied", _("applied")
    FAILED = "failed", _("failed")


class Callback(models.Model):
    """A webhook as it came, and what became of it."""

    command = models.CharField(_("command"), max_length=64, help_text="CallbackCommand")
    body = models.TextField(_("body"), blank=True, help_text=_("JSON; none any more once it is old and applied"))
    outcome = models.CharField(_("outcome"), max_length=8, choices=CallbackOutcome, db_default=CallbackOutcome.STORED)
    error = models.TextField(_("error"), blank=True, db_default="")
    received_at = models.DateTimeField(_("received"), db_default=Now(), editable=False)
    applied_at = models.DateTimeField(_("applied at"), null=True, blank=True)

    objects = CallbackQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("webhook"), _("webhooks")
        indexes = (
            models.Index("received_at", name="callback_by_time"),
            models.Index("command", "id", name="callback_by_command"),
            models.Index("outcome", "id", name="callback_to_do", condition=~models.Q(outcome="applied")),
            models.Index(
                "received_at", name="callback_with_a_spent_body", condition=models.Q(outcome="applied") & ~models.Q(body="")
            ),
        )

    def __str__(self) -> str:
        return f"{self.pk} {self.command}"
