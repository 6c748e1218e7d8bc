"""The numbers of the admin's start page. Each shows only to accounts that may view its table."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.auth.models import User
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from conversations.admin_site import table_sizes
from conversations.admin_site.table_sizes import Bar, Size
from conversations.maintenance import health
from conversations.models import Conversation, Message, Owner, RefusedWebhooks, WebhookEvent, WebhookOutcome, WebhookRefusal
from conversations.unread.plain_text import time_text

MAX_FAILED_COUNTED = 1000
CHART_HEIGHT, BAR_STEP = 48, 10  # in the chart's own units


@dataclass(frozen=True)
class ChartBar:
    """A bar of the chart, in the chart's units from the top left."""

    x: int
    y: float
    height: float
    title: str


@dataclass(frozen=True)
class Card:
    """A number with its label, and the address of the rows behind it."""

    label: str
    value: str
    note: str = ""
    url: str = ""
    is_bad: bool = False
    chart: list[ChartBar] = field(default_factory=list)
    chart_description: str = ""


def cards(site: AdminSite, request: HttpRequest) -> list[Card]:
    """Return the cards that the account may see; no query is made for the others."""
    now = timezone.now()
    makers: tuple[tuple[type[Model], Callable[[str], Card]], ...] = (
        (Owner, lambda url: _size_card(_("Users"), Owner, url)),
        (Conversation, lambda url: _size_card(_("Conversations"), Conversation, url)),
        (WebhookEvent, _failed_card),
        (WebhookEvent, lambda url: _waiting_card(now, url)),
        (RefusedWebhooks, _refused_card),
        (Message, lambda url: _hour_card(_("Messages in the last hour"), Message, "created_at", now, url)),
        (WebhookEvent, lambda url: _webhooks_card(now, url)),
    )
    urls = {model: _list_url(site, request, model) for model, _make in makers}
    return [make(url) for model, make in makers if (url := urls[model]) is not None]


def first_steps(site: AdminSite, request: HttpRequest) -> dict[str, Any] | None:
    """Return how to get data in, while no user has a list; None afterwards, and for accounts that may not view users."""
    if _list_url(site, request, Owner) is None or Owner.objects.exists():
        return None
    # With a slash at the end, as in the README.
    webhooks_url = request.build_absolute_uri(reverse("callbacks-tencent")).rstrip("/") + "/"
    takes_webhooks = bool(settings.IM_SDK_APP_ID and settings.IM_CALLBACK_TOKEN)
    return {"webhooks_url": webhooks_url, "takes_webhooks": takes_webhooks, "is_demo": settings.DEBUG}


def _list_url(site: AdminSite, request: HttpRequest, model: type[Model]) -> str | None:
    """Return the address of a table's list, "" if the admin has none; None if the account may not view the table."""
    # A table with a composite key has another model of the same table in the admin.
    admins = (
        model_admin for model_admin in site._registry.values() if model_admin.model._meta.db_table == model._meta.db_table
    )
    if (model_admin := next(admins, None)) is not None:
        opts, is_allowed = model_admin.opts, model_admin.has_view_or_change_permission(request)
        return reverse(f"{site.name}:{opts.app_label}_{opts.model_name}_changelist") if is_allowed else None
    user = cast(User, request.user)
    return "" if user.has_perm(f"{model._meta.app_label}.view_{model._meta.model_name}") else None


def _size_card(label: str, model: type[Model], url: str) -> Card:
    return Card(label, size_display(table_sizes.size_of(model)), url=url)


def _hour_card(label: str, model: type[Model], moment: str, now: datetime, url: str) -> Card:
    bars = table_sizes.last_hour(model._default_manager.all(), moment, now=now)
    total = Size(sum(bar.size.count for bar in bars), is_more=any(bar.size.is_more for bar in bars))
    highest = max((bar.size for bar in bars), key=lambda size: size.count)
    peak = _("Peak: %(count)s per 5 min") % {"count": size_display(highest)} if total.count else ""
    return Card(
        label, size_display(total), note=peak, url=url, chart=_chart(bars),
        chart_description=_("Per 5 minutes: %(counts)s") % {"counts": ", ".join(size_display(bar.size) for bar in bars)},
    )  # fmt: skip


def _webhooks_card(now: datetime, url: str) -> Card:
    return _hour_card(_("Webhooks in the last hour"), WebhookEvent, "received_at", now, _only(url, "received=hour"))


def _failed_card(url: str) -> Card:
    failed = table_sizes.bounded(WebhookEvent.objects.to_do(WebhookOutcome.FAILED), MAX_FAILED_COUNTED)
    note = _("Stored for replay") if failed.count else _("No failures")
    url = _only(url, f"outcome={WebhookOutcome.FAILED}")
    return Card(_("Failed webhooks"), size_display(failed), note, url, is_bad=failed.count > 0)


def _refused_card(url: str) -> Card:
    """Return the webhooks refused within a day, with the most frequent reason."""
    totals = health.refused_webhooks()
    note = WebhookRefusal(next(iter(totals))).label if totals else _("None")
    size = number_format(sum(totals.values()), force_grouping=True)
    return Card(_("Webhooks refused in 24 hours"), size, str(note), url, is_bad=bool(totals))


def _waiting_card(now: datetime, url: str) -> Card:
    label, url = _("Oldest pending webhook"), _only(url, f"outcome={WebhookOutcome.PENDING}")
    received_at = health.oldest_pending_webhook_at()
    if received_at is None:
        return Card(label, _("none"), _("No backlog"), url)
    is_bad = health.is_alarming(received_at)
    return Card(label, timesince(received_at, now, depth=1), time_text(received_at), url, is_bad=is_bad)


def _only(url: str, choice: str) -> str:
    """Return the address of a list with one of its filters."""
    return f"{url}?{choice}" if url else ""


def _chart(bars: list[Bar]) -> list[ChartBar]:
    highest = max(bar.size.count for bar in bars) or 1
    # A bar for few rows stays visible beside one for many.
    heights = [max(2.0, round(CHART_HEIGHT * bar.size.count / highest, 1)) if bar.size.count else 1.0 for bar in bars]
    return [
        ChartBar(place * BAR_STEP, CHART_HEIGHT - height, height, _title(bar))
        for place, (bar, height) in enumerate(zip(bars, heights))
    ]


def _title(bar: Bar) -> str:
    begins, ends = (timezone.localtime(moment).strftime("%H:%M") for moment in (bar.begins_at, bar.ends_at))
    return f"{begins}–{ends}: {size_display(bar.size)}"


def size_display(size: Size) -> str:
    """Return a number as text: an estimate with three digits, or a plus after a lower bound."""
    count = size.count
    if size.is_estimate:
        unit = 10 ** max(0, len(str(count)) - 3)
        return _("about %(count)s") % {"count": number_format(count // unit * unit, force_grouping=True)}
    return number_format(count, force_grouping=True) + ("+" if size.is_more else "")
