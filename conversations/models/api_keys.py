"""Bearer credentials of imsite's own."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from conversations import identifiers


class ApiKey(models.Model):
    """A Bearer credential of imsite's own, of which only a hash is stored."""

    prefix = models.CharField(_("prefix"), max_length=16, primary_key=True)
    digest = models.BinaryField(max_length=32, help_text="SHA-256")
    name = models.CharField(_("name"), max_length=100)
    owner_id = models.CharField(  # noqa: DJ001 - NULL is a service key
        _("user"),
        max_length=identifiers.OWNER_ID_MAX_BYTES,
        null=True,
        blank=True,
        help_text=_("Leave empty for a service key (access to all users)"),
    )
    can_read = models.BooleanField(_("may read"), db_default=True)
    can_write = models.BooleanField(_("may write"), db_default=False)
    can_ingest = models.BooleanField(_("may ingest"), db_default=False)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True, help_text=_("to the hour"))
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    class Meta:
        verbose_name, verbose_name_plural = _("API key"), _("API keys")
        permissions = (("check_usersig", gettext_noop("Can check UserSigs")),)
        constraints = (
            models.CheckConstraint(
                name="apikey_ingests_only_as_a_service", condition=Q(can_ingest=False) | Q(owner_id__isnull=True)
            ),
            models.CheckConstraint(name="apikey_that_writes_reads", condition=Q(can_write=False) | Q(can_read=True)),
        )

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix})"
