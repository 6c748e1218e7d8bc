"""A user whose conversation list is stored."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from conversations import identifiers
from conversations.models.byte_order import ByteOrderField
from conversations.models.lookups import NickRest, NickStart
from conversations.models.querysets import OwnerQuerySet
from conversations.times import now_s


class Owner(models.Model):
    """A user whose list is stored. The row is also the lock under which changes of the list are numbered."""

    owner_id = ByteOrderField(_("user ID"), max_length=identifiers.OWNER_ID_MAX_BYTES, primary_key=True, help_text="UserID")
    version = models.BigIntegerField(_("version"), db_default=0, help_text=_("number of the list's newest change"))
    # Of each owner, so that one who is lost in a restore and created again does not continue old sync tokens.
    epoch = models.BigIntegerField(
        default=now_s,
        db_default=0,
        help_text=_("sync tokens of another epoch start over; epoch seconds of the creation or restore"),
    )
    reset_below = models.BigIntegerField(
        _("reset below"), db_default=0, help_text=_("sync tokens below this version start over")
    )
    nick_name = models.TextField(_("nickname"), blank=True, db_default="", help_text="Tag_Profile_IM_Nick")
    # All earlier nicknames: a conversation that shows one of these follows the next change, one that shows a remark does not.
    former_names = models.TextField(db_default="[]", help_text="JSON")
    nick_name_at_ms = models.BigIntegerField(db_default=0, help_text="EventTime, epoch milliseconds")
    face_url = models.TextField(_("avatar"), blank=True, db_default="", help_text="Tag_Profile_IM_Image")
    face_url_at_ms = models.BigIntegerField(db_default=0, help_text="EventTime, epoch milliseconds")
    # JSON, for example ["customers", null, "work"]: a group's index is its bit in Conversation.conversation_groups.
    group_names = models.TextField(_("conversation groups"), db_default="[]", help_text="getConversationGroupList")
    groups_version = models.BigIntegerField(db_default=0, help_text=_("number of the newest change of a group's name"))
    begun_by_apps = models.BigIntegerField(
        _("created by apps"),
        db_default=0,
        help_text=_("conversations that began with a draft, setting or report of the user's apps"),
    )
    # The row stays, empty, so that what is older than the erasure is known and does not come back.
    erased_at_s = models.BigIntegerField(
        _("erased"), db_default=0, help_text=_("epoch seconds; 0 for a user who was never erased")
    )
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    objects = OwnerQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("user"), _("users")
        indexes = (
            models.Index(NickStart("nick_name"), "owner_id", name="owner_by_nick", condition=~Q(nick_name="")),
            models.Index(NickRest("nick_name"), "owner_id", name="owner_by_rest_of_nick", condition=~Q(nick_name="")),
            models.Index("owner_id", name="owner_erased", condition=Q(erased_at_s__gt=0)),
        )

    def __str__(self) -> str:
        return self.owner_id


class PendingReceipt(models.Model):
    """A read position that is still to be shown to the peer of a one-to-one conversation, after many were read at once."""

    pk = models.CompositePrimaryKey("owner_id", "peer_id")
    owner_id = ByteOrderField(max_length=identifiers.OWNER_ID_MAX_BYTES)  # who has read
    peer_id = ByteOrderField(max_length=identifiers.OWNER_ID_MAX_BYTES)
    read_to_s = models.BigIntegerField()

    class Meta:
        verbose_name, verbose_name_plural = _("pending read receipt"), _("pending read receipts")

    def __str__(self) -> str:
        return f"{self.owner_id} {self.peer_id}"
