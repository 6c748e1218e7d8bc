"""Owners, their conversations, and the keys that open them."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from conversations import identifiers, positions
from conversations.choices import ALLOWED_MARKS, ChangedBy, ConversationType, GroupType, Membership, ReceiveOption
from conversations.models import composite_keys
from conversations.models.messages import (  # noqa: F401 - tables of this app
    Callback,
    Group,
    GroupMember,
    Message,
    PendingName,
    Thread,
)
from conversations.models.querysets import (
    COUNTED,
    NO_AT_INFO,
    ConversationQuerySet,
    LookQuerySet,
    NickRest,
    NickStart,
    OwnerQuerySet,
    SavedViewQuerySet,
)
from conversations.models.wire_head import WireHead
from conversations.staff import search_syntax
from conversations.times import now_s

ORDER_KEY_LIMIT = 1 << 53  # JavaScript counts exactly up to here
LOOK_REASON_MAX_LENGTH = 200
SAVED_VIEW_NAME_MAX_LENGTH = 40
RESERVED_MARKS = ~ALLOWED_MARKS & (1 << 64) - 1


class Owner(models.Model):
    """An IM user whose list we keep; its row is also the lock under which that list's changes are numbered."""

    owner_id = models.CharField(_("user ID"), max_length=identifiers.OWNER_ID_MAX_BYTES, primary_key=True, help_text="UserID")
    version = models.BigIntegerField(_("version"), db_default=0, help_text=_("number of the list's newest change"))
    # Each owner's own, so that one who is lost in a restore and comes back does not continue old feed tokens.
    epoch = models.BigIntegerField(
        default=now_s,
        db_default=0,
        help_text=_("feed tokens of another epoch start over; epoch seconds of the creation or restore"),
    )
    reset_below = models.BigIntegerField(
        _("reset below"), db_default=0, help_text=_("a feed token below this version starts over")
    )
    nick_name = models.TextField(_("nick name"), blank=True, db_default="", help_text="Tag_Profile_IM_Nick")
    # All that this user was ever called: a conversation that shows one of these follows the next change, a remark does not.
    former_names = models.TextField(db_default="[]", help_text="JSON")
    nick_name_at_ms = models.BigIntegerField(db_default=0, help_text="EventTime, epoch milliseconds")
    face_url = models.TextField(_("avatar"), blank=True, db_default="", help_text="Tag_Profile_IM_Image")
    face_url_at_ms = models.BigIntegerField(db_default=0, help_text="EventTime, epoch milliseconds")
    # JSON, e.g. ["customers", null, "work"]: a group's place is its bit in Conversation.conversation_groups.
    group_names = models.TextField(_("conversation groups"), db_default="[]", help_text="getConversationGroupList")
    groups_version = models.BigIntegerField(db_default=0, help_text=_("number of the newest change of the groups' names"))
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    objects = OwnerQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("owner"), _("owners")
        indexes = tuple(
            models.Index(part("nick_name"), "owner_id", name=name, condition=~Q(nick_name=""))
            for part, name in ((NickStart, "owner_by_nick"), (NickRest, "owner_by_rest_of_nick"))
        )

    def __str__(self) -> str:
        return self.owner_id


class ConversationColumns(models.Model):
    """The columns of a conversation, shared by the model and the admin's view of the same table."""

    owner_id = models.CharField(_("owner"), max_length=identifiers.OWNER_ID_MAX_BYTES)
    conversation_id = models.CharField(
        _("conversation"), max_length=identifiers.CONVERSATION_ID_MAX_BYTES, help_text="conversationID"
    )
    type = models.SmallIntegerField(_("type"), choices=ConversationType, help_text="type")
    group_type = models.CharField(
        _("group type"), max_length=16, choices=GroupType, blank=True, db_default="", help_text="groupType"
    )
    show_name = models.TextField(_("name"), blank=True, db_default="", help_text="showName")
    face_url = models.TextField(_("avatar"), blank=True, db_default="", help_text="faceUrl")
    recv_opt = models.SmallIntegerField(
        _("receive option"), choices=ReceiveOption, db_default=ReceiveOption.RECEIVE, help_text="recvOpt"
    )
    unread_count = models.IntegerField(_("unread"), db_default=0, help_text="unreadCount")
    # Text, not jsonb: it is only ever handed out whole, and jsonb reads at 0.7 of text's speed.
    last_message = models.TextField(_("last message"), null=True, blank=True, help_text="lastMessage, JSON")  # noqa: DJ001
    last_message_at = models.DateTimeField(_("last message at"), null=True, blank=True, help_text="lastMessage.timestamp")
    last_message_position = models.CharField(
        _("place of the last message"),
        max_length=positions.MAX_LENGTH,
        blank=True,
        db_default=positions.NOWHERE,
        help_text=_("place in its thread"),
    )
    draft_text = models.TextField(_("draft"), blank=True, db_default="", help_text="draftText")
    draft_timestamp = models.BigIntegerField(_("draft time"), db_default=0, help_text=_("draftTimestamp, epoch seconds"))
    is_pinned = models.BooleanField(_("pinned"), db_default=False, help_text="isPinned")
    order_key = models.BigIntegerField(_("order key"), db_default=0, help_text="orderkey")
    group_at_info = models.TextField(_("mentions"), db_default=NO_AT_INFO, help_text="groupAtInfoList, JSON")
    marks = models.BigIntegerField(_("marks"), db_default=0, help_text=_("markList as 64 bits, signed"))
    custom_data = models.TextField(_("custom data"), blank=True, db_default="", help_text="customData")
    conversation_groups = models.BigIntegerField(
        _("conversation groups"), db_default=0, help_text=_("conversationGroupList as bits of the owner's names")
    )
    c2c_read_timestamp = models.BigIntegerField(
        _("read up to (time)"), db_default=0, help_text=_("c2cReadTimestamp, epoch seconds")
    )
    group_read_sequence = models.BigIntegerField(_("read up to (number)"), db_default=0, help_text="groupReadSequence")
    membership = models.CharField(_("membership"), max_length=9, choices=Membership, db_default=Membership.MEMBER)
    unread_base = models.IntegerField(_("unread carried over"), db_default=0, help_text=_("unread without messages here"))
    unread_base_position = models.CharField(
        _("end of the unread carried over"),
        max_length=positions.MAX_LENGTH,
        blank=True,
        db_default=positions.NOWHERE,
        help_text=_("where that unread ends"),
    )
    # Two places: deleting may keep the messages, and clearing them keeps the conversation.
    deleted_position = models.CharField(
        _("deleted up to"),
        max_length=positions.MAX_LENGTH,
        blank=True,
        db_default=positions.NOWHERE,
        help_text=_("only a message past this brings the conversation back"),
    )
    cleared_position = models.CharField(
        _("history cleared up to"),
        max_length=positions.MAX_LENGTH,
        blank=True,
        db_default=positions.NOWHERE,
        help_text=_("messages up to here are not shown to the owner"),
    )
    version = models.BigIntegerField(_("version"), help_text=_("the owner's number of this row's newest change"))
    changed_by = models.CharField(_("changed by"), max_length=12, choices=ChangedBy, blank=True, db_default="")
    changed_at = models.DateTimeField(_("changed"), null=True, blank=True, help_text=_("when it took its version"))
    created_version = models.BigIntegerField(_("created in version"))
    deleted_at = models.DateTimeField(_("deleted"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)
    wire_head = models.GeneratedField(expression=WireHead(), output_field=models.TextField(), db_persist=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.owner_id} {self.conversation_id}"


class Conversation(ConversationColumns):
    """One row of one owner's list: everything that a list entry shows. Source: V2TIMConversation."""

    pk = models.CompositePrimaryKey("owner_id", "conversation_id")

    objects = ConversationQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("conversation"), _("conversations")
        permissions = (("read_text", "Can read the text of conversations"),)
        indexes = (
            models.Index(
                "owner_id", F("is_pinned").desc(), F("order_key").desc(), "conversation_id",
                name="conversation_in_order", condition=Q(deleted_at__isnull=True),
            ),
            models.Index("owner_id", "version", name="conversation_changes"),
            models.Index("owner_id", name="conversation_counted", condition=Q(deleted_at__isnull=True) & COUNTED),
            # Names go to everybody's row of a conversation, in order of the owners; and staff look one up across them.
            models.Index("conversation_id", "owner_id", name="conversation_by_owners"),
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
                name="conversation_unread_covers_its_base",
                condition=Q(unread_base__gte=0, unread_count__gte=F("unread_base")),
            ),
            models.CheckConstraint(
                name="conversation_order_key_fits_javascript",
                condition=Q(order_key__gte=0, order_key__lt=ORDER_KEY_LIMIT),
            ),
            models.CheckConstraint(name="conversation_has_no_reserved_mark", condition=~Q(marks__bits=RESERVED_MARKS)),
            models.CheckConstraint(
                name="conversation_deleted_counts_nothing", condition=Q(deleted_at__isnull=True) | Q(unread_count=0)
            ),
        )


class ConversationRow(ConversationColumns):
    """The admin's view of the same table: a row is named by one text, the pair's, since the admin takes no composite key.

    Read only: what changes a conversation is in `actions`.
    """

    conversation_id = composite_keys.PairField(
        _("conversation"),
        max_length=identifiers.CONVERSATION_ID_MAX_BYTES,
        primary_key=True,
        help_text="conversationID",
    )

    objects = ConversationQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = "conversations_conversation"
        # Those of Conversation count: one thing, one permission.
        default_permissions = ()
        verbose_name, verbose_name_plural = _("conversation"), _("conversations")

    @property
    def pk(self) -> str:
        """What tick boxes, URLs and log entries name the row by."""
        return composite_keys.to_text(self.owner_id, self.conversation_id)


class ApiKey(models.Model):
    """A Bearer credential of ours; only its hash is kept."""

    prefix = models.CharField(_("prefix"), max_length=16, primary_key=True)
    digest = models.BinaryField(max_length=32, help_text="SHA-256")
    name = models.CharField(_("name"), max_length=100)
    owner_id = models.CharField(  # noqa: DJ001 - no owner is not an owner without a name
        _("owner"), max_length=identifiers.OWNER_ID_MAX_BYTES, null=True, blank=True, help_text=_("empty: a service key")
    )
    can_read = models.BooleanField(_("may read"), db_default=True)
    can_write = models.BooleanField(_("may write"), db_default=False)
    can_feed = models.BooleanField(_("may feed"), db_default=False)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True, help_text=_("to the hour"))
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    class Meta:
        verbose_name, verbose_name_plural = _("API key"), _("API keys")
        permissions = (("check_usersig", "Can check UserSigs"),)
        constraints = (
            models.CheckConstraint(
                name="apikey_feeds_only_as_a_service", condition=Q(can_feed=False) | Q(owner_id__isnull=True)
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix})"


class Look(models.Model):
    """A member of staff looked into an owner's list: kept once an hour of a session. It outlives the account."""

    username = models.CharField(_("user name"), max_length=150)
    owner_id = models.CharField(_("owner"), max_length=identifiers.OWNER_ID_MAX_BYTES)
    reason = models.CharField(_("reason"), max_length=LOOK_REASON_MAX_LENGTH, blank=True, db_default="")
    looked_at = models.DateTimeField(_("looked at"), db_default=Now(), editable=False)

    objects = LookQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("look into a list"), _("looks into lists")
        indexes = (
            models.Index("owner_id", F("looked_at").desc(), name="look_by_owner"),
            models.Index("username", F("looked_at").desc(), name="look_by_user"),
        )

    def __str__(self) -> str:
        return f"{self.username} {self.owner_id}"


class SavedView(models.Model):
    """Filters under a name, for whichever owner's list is open; of one member of staff, or shared with all."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_views", verbose_name=_("user"))
    name = models.CharField(_("name"), max_length=SAVED_VIEW_NAME_MAX_LENGTH)
    find = models.CharField(_("filters"), max_length=search_syntax.TEXT_MAX_LENGTH, help_text=_("as in the list's search box"))
    is_shared = models.BooleanField(_("shared"), db_default=False)
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("saved view"), _("saved views")
        permissions = (("share_view", "Can share saved views"),)
        constraints = (models.UniqueConstraint("user", "name", name="saved_view_once_per_user_and_name"),)

    def __str__(self) -> str:
        return self.name
