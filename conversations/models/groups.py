"""Chat groups, their members, and profile updates that are not yet copied to all conversations."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from conversations import identifiers
from conversations.choices import GroupType
from conversations.models import composite_keys
from conversations.models.byte_order import ByteOrderField


class Group(models.Model):
    """A group, or a topic of a group. The row is the lock for its members, taken before all other locks."""

    group_id = ByteOrderField(_("group ID"), max_length=identifiers.GROUP_ID_MAX_BYTES, primary_key=True)
    type = models.CharField(_("group type"), max_length=16, choices=GroupType, blank=True, db_default="")
    type_at_ms = models.BigIntegerField(db_default=0, help_text="EventTime, epoch milliseconds")
    name = models.TextField(_("name"), blank=True, db_default="", help_text="Name")
    name_at_ms = models.BigIntegerField(db_default=0, help_text="EventTime, epoch milliseconds")
    face_url = models.TextField(_("avatar"), blank=True, db_default="", help_text="FaceUrl")
    face_url_at_ms = models.BigIntegerField(db_default=0, help_text="EventTime, epoch milliseconds")
    dissolved_at_ms = models.BigIntegerField(null=True, blank=True, help_text="EventTime, epoch milliseconds")
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    class Meta:
        # "Group" alone would be Django's, which gives staff their permissions.
        verbose_name, verbose_name_plural = _("chat group"), _("chat groups")

    def __str__(self) -> str:
        return self.group_id


class GroupMemberColumns(models.Model):
    """The columns of a member, shared by the model and the admin's view of the same table."""

    group_id = ByteOrderField(_("group ID"), max_length=identifiers.GROUP_ID_MAX_BYTES)
    user_id = ByteOrderField(_("user ID"), max_length=identifiers.OWNER_ID_MAX_BYTES)
    # [[epoch milliseconds, "member", "left", "kicked", "seen" or "listed"], …], sorted; see `unread.rosters`.
    events = models.TextField(db_default="[]", help_text="JSON")
    # The result of all events: whether the user is a member for messages since then. None: not computed yet.
    is_member = models.BooleanField(_("is a member"), db_default=False)
    member_since_ms = models.BigIntegerField(_("since"), null=True, help_text=_("epoch milliseconds"))
    # Inferred from a conversation in the user's list, and earlier messages are not yet counted: see `feeding.member_inference`.
    is_inferred = models.BooleanField(db_default=False)
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.group_id} {self.user_id}"


class GroupMember(GroupMemberColumns):
    """A user who is or was in a group, with the times of joining and leaving."""

    pk = models.CompositePrimaryKey("group_id", "user_id")

    class Meta:
        verbose_name, verbose_name_plural = _("group member"), _("group members")
        # Staff look up which groups a user is in.
        indexes = (
            models.Index("user_id", "group_id", name="member_by_user"),
            models.Index("group_id", name="member_to_count", condition=models.Q(is_inferred=True)),
        )


class GroupMemberRow(composite_keys.KeyedByText, GroupMemberColumns):
    """The admin's read-only view of the same table, with the key of group and user as one text."""

    user_id = composite_keys.MemberKeyField(_("user ID"), max_length=identifiers.OWNER_ID_MAX_BYTES, primary_key=True)

    class Meta:
        managed = False
        db_table = "conversations_groupmember"
        default_permissions = ()
        verbose_name, verbose_name_plural = _("group member"), _("group members")


class ProfileUpdate(models.Model):
    """A new name or avatar that is being copied to all owners' rows of a conversation; deleted when all have it."""

    conversation_id = ByteOrderField(max_length=identifiers.CONVERSATION_ID_MAX_BYTES, primary_key=True)
    # Rows of owners up to this ID have the new name.
    last_owner_id = ByteOrderField(max_length=identifiers.OWNER_ID_MAX_BYTES, blank=True, db_default="")
    # Random for each start: a counter would start over with each row, and a worker with an older name would go on.
    generation = models.BigIntegerField(db_default=1)

    class Meta:
        verbose_name, verbose_name_plural = _("pending name update"), _("pending name updates")

    def __str__(self) -> str:
        return self.conversation_id
