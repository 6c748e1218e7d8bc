"""Webhooks as they were received, with their outcome."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from conversations.models.querysets import WebhookEventQuerySet
from conversations.models.quick_rows import QuickRow


class WebhookOutcome(models.TextChoices):
    PENDING = "pending", _("pending")
    APPLIED = "applied", _("applied")
    FAILED = "failed", _("failed")


class WebhookEvent(QuickRow):
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


class WebhookRefusal(models.TextChoices):
    """Why a webhook was refused: nothing of it is stored."""

    APP_ID = "app_id", _("SdkAppid does not match IM_SDK_APP_ID")
    UNSIGNED = "unsigned", _("no Sign, or no IM_CALLBACK_TOKEN to check it")
    SIGNATURE = "signature", _("Sign does not match IM_CALLBACK_TOKEN")
    CLOCK = "clock", _("RequestTime outside CALLBACK_WINDOW_S")
    CREDENTIAL = "credential", _("unknown, expired or revoked API key")
    SCOPE = "scope", _("API key without the scope ingest")
    BODY = "body", _("body that is no webhook, or too large")
    LIMIT = "limit", _("API key beyond RATE_LIMIT_KEY")
    DATABASE = "database", _("database not available")


class RefusedWebhooks(models.Model):
    """How many webhooks were refused for a reason within an hour."""

    reason = models.CharField(_("reason"), max_length=10, choices=WebhookRefusal)
    hour = models.DateTimeField(_("hour"))
    count = models.PositiveBigIntegerField(_("count"))
    last_at = models.DateTimeField(_("last"))
    address = models.GenericIPAddressField(_("last sender"), null=True, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("refused webhooks"), _("refused webhooks")
        constraints = (models.UniqueConstraint(fields=("hour", "reason"), name="refused_webhooks_once_an_hour"),)

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H:00} {self.reason}"
