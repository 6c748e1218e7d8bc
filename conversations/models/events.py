"""What happened to conversations besides their messages."""

from django.db import models
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from conversations import identifiers
from conversations.choices import ChangedBy
from conversations.models.byte_order import ByteOrderField
from conversations.models.querysets import BY_USER_OR_SYSTEM, ConversationEventQuerySet


class ConversationEvent(models.Model):
    """A change of a conversation that is no message. Rows are only added, and deleted when they are old enough.

    The time makes the key: one process gives each time once, and only one at a time changes an owner's list.
    """

    pk = models.CompositePrimaryKey("owner_id", "conversation_id", "time_us")

    owner_id = ByteOrderField(_("user"), max_length=identifiers.OWNER_ID_MAX_BYTES)
    conversation_id = ByteOrderField(_("conversation"), max_length=identifiers.CONVERSATION_ID_MAX_BYTES)
    time_us = models.BigIntegerField(_("time"), help_text=_("epoch microseconds"))
    version = models.BigIntegerField(_("version"), help_text=_("0: no client saw the change"))
    kind = models.CharField(_("kind"), max_length=12, choices=ChangedBy)
    changes = models.TextField(_("changes"), db_default="{}", help_text=_("JSON: before and after, by field"))
    actor = ByteOrderField(_("by"), max_length=100)

    objects = ConversationEventQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("event"), _("events")
        # For staff, across users. What users do themselves is not in it.
        indexes = (
            models.Index(
                "actor", F("time_us").desc(), "owner_id", "conversation_id", name="event_by_actor", condition=~BY_USER_OR_SYSTEM
            ),
        )
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.owner_id} {self.conversation_id} {self.kind}"
