"""Messages and their threads.

They belong to no single owner, so their keys hold no owner ID, and the messages of a thread stand together.
"""

from typing import Any

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from conversations import identifiers, positions
from conversations.models import composite_keys
from conversations.models.byte_order import ByteOrderField
from conversations.models.quick_rows import QuickRow
from conversations.threads import BETWEEN, THREAD_MAX_LENGTH


class Thread(models.Model):
    """The message stream of two users, a group or a topic. The row is the lock under which its messages are stored."""

    thread = ByteOrderField(max_length=THREAD_MAX_LENGTH, primary_key=True)
    last_position = ByteOrderField(max_length=positions.MAX_LENGTH, db_default=positions.NO_POSITION)
    pruned_position = ByteOrderField(max_length=positions.MAX_LENGTH, db_default=positions.NO_POSITION)

    class Meta:
        verbose_name, verbose_name_plural = _("message history"), _("message histories")

    def __str__(self) -> str:
        return self.thread.replace(BETWEEN, " – ")


class MessageColumns(models.Model):
    """The columns of a message, shared by the model and the admin's view of the same table."""

    thread = ByteOrderField(max_length=THREAD_MAX_LENGTH)
    position = ByteOrderField(max_length=positions.MAX_LENGTH)
    sender = ByteOrderField(_("sender"), max_length=identifiers.OWNER_ID_MAX_BYTES, blank=True, help_text="From_Account")
    # Without a body both are None. Code that has looked at the body may take them for a number and a text.
    time_s: "models.BigIntegerField[Any, Any]" = models.BigIntegerField(
        null=True, help_text=_("MsgTime, epoch seconds; empty if only a recall or an edit was received")
    )
    random = models.BigIntegerField(null=True, help_text="MsgRandom")
    # As everyone but the sender sees it: with its newest edit, and without its content once it is recalled.
    body: "models.TextField[Any, Any]" = models.TextField(null=True, help_text=_("lastMessage, JSON"))  # noqa: DJ001
    counts_as_unread = models.BooleanField(db_default=True, help_text=_("not NoUnread"))
    is_shown = models.BooleanField(db_default=True, help_text=_("not NoLastMsg"))
    is_recalled = models.BooleanField(_("recalled"), db_default=False)
    recalled_by = ByteOrderField(
        _("recalled by"),
        max_length=identifiers.OWNER_ID_MAX_BYTES,
        blank=True,
        db_default="",
        help_text=_("Operator_Account; empty if unknown"),
    )
    edited_at_ms = models.BigIntegerField(
        _("edited"), null=True, help_text=_("EventTime of the newest edit, epoch milliseconds")
    )
    edit = models.TextField(blank=True, db_default="", help_text=_("newest edit of each part of the content, JSON"))
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


class Message(MessageColumns, QuickRow):
    """A message of a thread. Only its position is known if a recall or an edit of it arrived first."""

    pk = models.CompositePrimaryKey("thread", "position")

    class Meta:
        verbose_name, verbose_name_plural = _("message"), _("messages")
        indexes = (
            # A repeated message without MsgSeq or MsgTime is found by its random.
            models.Index("thread", "random", name="message_by_random", condition=models.Q(random__isnull=False)),
            # Counts messages received of late. Entries are added at one end, which costs little.
            models.Index("created_at", name="message_by_arrival"),
            # A change of membership changes which messages since then a member sees.
            models.Index("thread", "time_s", name="message_by_time"),
        )


class MessageRow(composite_keys.KeyedByText, MessageColumns):
    """The admin's read-only view of the same table, with the key of thread and position as one text."""

    position = composite_keys.MessageKeyField(_("position"), max_length=positions.MAX_LENGTH, primary_key=True)

    class Meta:
        managed = False
        db_table = "conversations_message"
        default_permissions = ()
        verbose_name, verbose_name_plural = _("message"), _("messages")
