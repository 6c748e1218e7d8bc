"""Conversations: a row for each entry of a user's list."""

from collections.abc import Collection
from typing import Any, Self

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from conversations import identifiers, positions
from conversations.choices import (
    ALLOWED_MARKS,
    MUTED_OPTIONS,
    ChangedBy,
    ConversationType,
    GroupType,
    Membership,
    ReceiveOption,
)
from conversations.models import composite_keys
from conversations.models.byte_order import ByteOrderField
from conversations.models.querysets import COUNTED, MANY_UNREAD, MENTIONED, NO_AT_INFO, ConversationQuerySet
from conversations.models.quick_rows import QuickRow
from conversations.models.wire_head import OrderKey, WireHead

ORDER_KEY_LIMIT = 1 << 53  # JavaScript counts exactly up to here

RESERVED_MARKS = ~ALLOWED_MARKS & (1 << 64) - 1


class ConversationColumns(models.Model):
    """The columns of a conversation, shared by the model and the admin's view of the same table."""

    owner_id = ByteOrderField(_("user"), max_length=identifiers.OWNER_ID_MAX_BYTES)
    conversation_id = ByteOrderField(
        _("conversation"), max_length=identifiers.CONVERSATION_ID_MAX_BYTES, help_text="conversationID"
    )
    type = models.SmallIntegerField(_("type"), choices=ConversationType, help_text="type")
    group_type = models.CharField(
        _("group type"), max_length=16, choices=GroupType, blank=True, db_default="", help_text="groupType"
    )
    show_name = models.TextField(_("name"), blank=True, db_default="", help_text="showName")
    face_url = models.TextField(_("avatar"), blank=True, db_default="", help_text="faceUrl")
    recv_opt = models.SmallIntegerField(
        _("message receiving option"), choices=ReceiveOption, db_default=ReceiveOption.RECEIVE, help_text="recvOpt"
    )
    unread_count = models.IntegerField(_("unread"), db_default=0, help_text="unreadCount")
    # Text, not jsonb: it is only ever read as a whole, and jsonb reads at 0.7 of text's speed.
    last_message = models.TextField(_("last message"), null=True, blank=True, help_text="lastMessage, JSON")  # noqa: DJ001
    last_message_at = models.DateTimeField(_("last message at"), null=True, blank=True, help_text="lastMessage.timestamp")
    last_message_position = ByteOrderField(
        _("position of the last message"),
        max_length=positions.MAX_LENGTH,
        blank=True,
        db_default=positions.NO_POSITION,
        help_text=_("position in its message history"),
    )
    draft_text = models.TextField(_("draft"), blank=True, db_default="", help_text="draftText")
    draft_timestamp = models.BigIntegerField(_("draft time"), db_default=0, help_text=_("draftTimestamp, epoch seconds"))
    is_pinned = models.BooleanField(_("pinned"), db_default=False, help_text="isPinned")
    activity_key = models.BigIntegerField(
        _("activity key"), db_default=0, help_text=_("the order key without a draft: of the newest message or of joining")
    )
    order_key = models.GeneratedField(
        expression=OrderKey(), output_field=models.BigIntegerField(), db_persist=True, verbose_name=_("order key"),
        help_text="orderkey",
    )  # fmt: skip
    group_at_info = models.TextField(_("mentions"), db_default=NO_AT_INFO, help_text="groupAtInfoList, JSON")
    marks = models.BigIntegerField(_("marks"), db_default=0, help_text=_("markList as 64 bits, signed"))
    custom_data = models.TextField(_("custom data"), blank=True, db_default="", help_text="customData")
    conversation_groups = models.BigIntegerField(
        _("conversation groups"), db_default=0, help_text=_("conversationGroupList, as bits of the user's group names")
    )
    c2c_read_timestamp = models.BigIntegerField(
        _("read up to (time)"), db_default=0, help_text=_("c2cReadTimestamp, epoch seconds")
    )
    group_read_sequence = models.BigIntegerField(_("read up to (number)"), db_default=0, help_text="groupReadSequence")
    membership = models.CharField(_("membership"), max_length=9, choices=Membership, db_default=Membership.MEMBER)
    # Anybody's app can report any group's conversation.
    is_claimed = models.BooleanField(
        _("claimed"), db_default=False, help_text=_("reported by the user's app alone, membership unknown")
    )
    imported_unread = models.IntegerField(_("imported unread"), db_default=0, help_text=_("unread without stored messages"))
    imported_unread_position = ByteOrderField(
        _("end of the imported unread"),
        max_length=positions.MAX_LENGTH,
        blank=True,
        db_default=positions.NO_POSITION,
        help_text=_("position of the last imported unread message"),
    )
    # Two positions: deleting a conversation may keep its messages, and clearing these keeps the conversation.
    deleted_position = ByteOrderField(
        _("deleted up to"),
        max_length=positions.MAX_LENGTH,
        blank=True,
        db_default=positions.NO_POSITION,
        help_text=_("only a newer message brings the conversation back"),
    )
    cleared_position = ByteOrderField(
        _("history cleared up to"),
        max_length=positions.MAX_LENGTH,
        blank=True,
        db_default=positions.NO_POSITION,
        help_text=_("the user doesn't see messages up to here"),
    )
    version = models.BigIntegerField(
        _("version"), help_text=_("number of the newest change of this conversation in the user's list")
    )
    changed_by = models.CharField(_("changed by"), max_length=12, choices=ChangedBy, blank=True, db_default="")
    changed_at = models.DateTimeField(_("changed"), null=True, blank=True, help_text=_("time of the newest change"))
    created_version = models.BigIntegerField(_("created in version"))
    deleted_at = models.DateTimeField(_("deleted"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)
    wire_head = models.GeneratedField(expression=WireHead(), output_field=models.TextField(), db_persist=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.owner_id} {self.conversation_id}"

    @classmethod
    def from_db(cls, db: str | None, field_names: Collection[str], values: Collection[Any], **options: Any) -> Self:
        row = super().from_db(db, field_names, values, **options)
        row.loaded = dict(zip(field_names, values))
        return row

    @cached_property
    def loaded(self) -> dict[str, Any]:
        """Return the columns as they were read, by name; none of a new row."""
        return {}

    @property
    def is_group(self) -> bool:
        return self.type == ConversationType.GROUP

    @property
    def is_muted(self) -> bool:
        """Return whether its unread messages count in the muted total."""
        return self.recv_opt in MUTED_OPTIONS

    @property
    def is_listed(self) -> bool:
        """Return whether the row is in its owner's list: stored and not deleted."""
        return self.deleted_at is None and not self._state.adding

    @property
    def was_never_listed(self) -> bool:
        """Return whether the row was never in its owner's list: new, or stored only for a setting or a read position."""
        return self._state.adding or not self.created_version

    @property
    def display_name(self) -> str:
        """Return the shown name, or the bare user or group ID without one."""
        return self.show_name or identifiers.split(self.conversation_id)[1]

    @property
    def read_up_to(self) -> int:
        """Return the read position: epoch seconds one to one, MsgSeq in a group."""
        return self.group_read_sequence if self.is_group else self.c2c_read_timestamp

    @read_up_to.setter
    def read_up_to(self, up_to: int) -> None:
        if self.is_group:
            self.group_read_sequence = up_to
        else:
            self.c2c_read_timestamp = up_to


class Conversation(ConversationColumns, QuickRow):
    """An entry of an owner's list. Source: V2TIMConversation."""

    pk = models.CompositePrimaryKey("owner_id", "conversation_id")

    objects = ConversationQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("conversation"), _("conversations")
        permissions = (
            ("read_text", gettext_noop("Can read message texts")),
            ("view_across_users", gettext_noop("Can search conversations across users")),
        )
        indexes = (
            models.Index(
                "owner_id", F("is_pinned").desc(), F("order_key").desc(), "conversation_id",
                name="conversation_in_order", condition=Q(deleted_at__isnull=True),
            ),
            models.Index("owner_id", "version", name="conversation_changes"),
            models.Index("owner_id", name="conversation_claimed", condition=Q(is_claimed=True)),
            models.Index("owner_id", name="conversation_counted", condition=Q(deleted_at__isnull=True) & COUNTED),
            # A new name is copied to all owners' rows of a conversation in order of their IDs; staff look them up, too.
            models.Index("conversation_id", "owner_id", name="conversation_by_owners"),
            # For staff, across users. Ordinary rows are in neither.
            models.Index("last_message_at", "owner_id", "conversation_id", name="conversation_mentioned", condition=MENTIONED),
            models.Index(
                F("unread_count").desc(), "owner_id", "conversation_id",
                name="conversation_most_unread", condition=Q(unread_count__gte=MANY_UNREAD),
            ),
        )  # fmt: skip
        constraints = (
            models.CheckConstraint(
                name="conversation_type_fits_its_id",
                condition=Q(type=ConversationType.C2C, conversation_id__startswith="c2c_")
                | Q(type=ConversationType.GROUP, conversation_id__startswith="group_"),
            ),
            models.CheckConstraint(
                name="conversation_has_a_known_group_type", condition=Q(group_type__in=["", *GroupType.values])
            ),
            models.CheckConstraint(
                name="conversation_has_a_known_receive_option", condition=Q(recv_opt__in=ReceiveOption.values)
            ),
            models.CheckConstraint(
                name="conversation_unread_covers_imported_unread",
                condition=Q(imported_unread__gte=0, unread_count__gte=F("imported_unread")),
            ),
            models.CheckConstraint(
                name="conversation_activity_key_fits_javascript",
                condition=Q(activity_key__gte=0, activity_key__lt=ORDER_KEY_LIMIT),
            ),
            models.CheckConstraint(name="conversation_has_no_reserved_mark", condition=~Q(marks__bits=RESERVED_MARKS)),
            models.CheckConstraint(
                name="conversation_deleted_counts_nothing", condition=Q(deleted_at__isnull=True) | Q(unread_count=0)
            ),
        )


class ConversationRow(composite_keys.KeyedByText, ConversationColumns):
    """The admin's read-only view of the same table, with the key as one text, since the admin takes no composite key.

    Changes of a conversation are in `actions`.
    """

    conversation_id = composite_keys.CompositeKeyField(
        _("conversation"),
        max_length=identifiers.CONVERSATION_ID_MAX_BYTES,
        primary_key=True,
        help_text="conversationID",
    )

    objects = ConversationQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = "conversations_conversation"
        # The permissions are those of Conversation.
        default_permissions = ()
        verbose_name, verbose_name_plural = _("conversation"), _("conversations")
