"""Webhooks as they were received, with their outcome."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from conversations.models.querysets import WebhookEventQuerySet


class WebhookOutcome(models.TextChoices):
    PENDING = "pending", _("pending")
    APPLIED = "applied", _("applied")
    FAILED = "failed", _("failed")


class WebhookEvent(models.Model):
    """A webhook as received, and its outcome."""

    command = models.CharField(_("command"), max_length=64, help_text="CallbackCommand")
    body = models.TextField(_("body"), blank=True, help_text=_("JSON; removed some days after the webhook was applied"))
    outcome = models.CharField(_("outcome"), max_length=8, choices=WebhookOutcome, db_default=WebhookOutcome.PENDING)
    error = models.TextField(_("error"), blank=True, db_default="")
    received_at = models.DateTimeField(_("received"), db_default=Now(), editable=False)
    applied_at = models.DateTimeField(_("applied at"), null=True, blank=True)

    objects = WebhookEventQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("webhook"), _("webhooks")
        indexes = (
            models.Index("received_at", name="webhook_by_time"),
            models.Index("command", "id", name="webhook_by_command"),
            models.Index("outcome", "id", name="webhook_to_do", condition=~models.Q(outcome="applied")),
            models.Index(
                "received_at", name="webhook_with_a_spent_body", condition=models.Q(outcome="applied") & ~models.Q(body="")
            ),
        )

    def __str__(self) -> str:
        return f"{self.pk} {self.command}"
