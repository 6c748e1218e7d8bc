"""What the last check of a list found, and when all lists were checked."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from conversations import identifiers
from conversations.choices import InconsistencyKind
from conversations.models.byte_order import ByteOrderField


class Inconsistency(models.Model):
    """Something of a conversation that the last check of its list found wrong; of the list itself without a conversation ID."""

    pk = models.CompositePrimaryKey("owner_id", "conversation_id", "kind")

    owner_id = ByteOrderField(_("user"), max_length=identifiers.OWNER_ID_MAX_BYTES)
    conversation_id = ByteOrderField(_("conversation"), max_length=identifiers.CONVERSATION_ID_MAX_BYTES, blank=True)
    kind = models.CharField(_("kind"), max_length=20, choices=InconsistencyKind)
    found_at = models.DateTimeField(_("found"))

    class Meta:
        verbose_name, verbose_name_plural = _("inconsistency"), _("inconsistencies")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.owner_id} {self.conversation_id} {self.kind}"


class Verification(models.Model):
    """The last check of all lists: one row, or none."""

    ONLY_ROW = 1

    id = models.SmallIntegerField(primary_key=True, default=ONLY_ROW)
    finished_at = models.DateTimeField(_("finished"))
    lists = models.BigIntegerField(_("lists checked"))
    conversations = models.BigIntegerField(_("conversations checked"))

    class Meta:
        verbose_name, verbose_name_plural = _("check of all lists"), _("checks of all lists")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.finished_at} {self.lists}"
