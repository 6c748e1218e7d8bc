"""What needs attention, on the start page: each line only for staff who may open the page that it leads to."""

from collections.abc import Callable
from typing import Any, NamedTuple

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from conversations.access import permissions
from conversations.maintenance import health
from conversations.models import Verification, WebhookEvent, WebhookOutcome
from conversations.models.querysets import count_up_to
from conversations.staff.across import Unverified

VIEW_WEBHOOKS, VIEW_REFUSED = "conversations.view_webhookevent", "conversations.view_refusedwebhooks"


class Item(NamedTuple):
    """A sentence, and the address of the page where it is dealt with."""

    text: str
    url: str


def items(user: Any) -> list[Item] | None:
    """Return what needs attention, a bounded number of each kind; None for staff who may see none of it."""
    checks: list[tuple[bool, Callable[[], Item | None]]] = [
        (user.has_perm(VIEW_WEBHOOKS), _failed),
        (user.has_perm(VIEW_WEBHOOKS), _waiting),
        (user.has_perm(VIEW_WEBHOOKS), _updates),
        (user.has_perm(VIEW_REFUSED), _refused),
        (permissions.may_view_across(user), _unverified),
    ]
    if not any(may_see for may_see, _check in checks):
        return None
    return [item for may_see, check in checks if may_see and (item := check())]


def last_check(user: Any) -> str:
    """Return when all lists were last checked, for those who may see what was found; "" if they never were."""
    verification = Verification.objects.first() if permissions.may_view_across(user) else None
    if verification is None:
        return ""
    age = timesince(verification.finished_at, timezone.now(), depth=1)
    return _("All lists were last checked %(age)s ago.") % {"age": age}


def _failed() -> Item | None:
    number = count_up_to(health.MAX_COUNTED, WebhookEvent.objects.to_do(WebhookOutcome.FAILED))
    text = ngettext("%(count)s failed webhook", "%(count)s failed webhooks", number) % {"count": _bounded(number)}
    return Item(text, f"{_list('webhookevent')}?outcome={WebhookOutcome.FAILED}") if number else None


def _waiting() -> Item | None:
    received_at = health.oldest_pending_webhook_at()
    if received_at is None or not health.is_alarming(received_at):
        return None
    number = count_up_to(health.MAX_COUNTED, WebhookEvent.objects.to_do(WebhookOutcome.PENDING))
    text = ngettext(
        "%(count)s pending webhook, received %(age)s ago", "%(count)s pending webhooks, the oldest received %(age)s ago", number
    )
    age = timesince(received_at, timezone.now(), depth=1)
    return Item(text % {"count": _bounded(number), "age": age}, f"{_list('webhookevent')}?outcome={WebhookOutcome.PENDING}")


def _updates() -> Item | None:
    # A few are pending at any time.
    if (number := health.pending_updates()) < health.MAX_COUNTED:
        return None
    text = _("%(count)s pending updates of names, members and read receipts")
    return Item(text % {"count": _bounded(number)}, reverse("admin:index"))


def _refused() -> Item | None:
    number = sum(health.refused_webhooks().values())
    text = ngettext("%(count)s webhook refused in 24 hours", "%(count)s webhooks refused in 24 hours", number)
    return Item(text % {"count": number_format(number, force_grouping=True)}, _list("refusedwebhooks")) if number else None


def _unverified() -> Item | None:
    count = Unverified().count()
    text = ngettext("%(count)s inconsistency found by a check", "%(count)s inconsistencies found by a check", count.number)
    return Item(text % {"count": str(count)}, f"{reverse('across-users')}?show=unverified") if count.number else None


def _bounded(number: int) -> str:
    return number_format(number, force_grouping=True) + ("+" if number >= health.MAX_COUNTED else "")


def _list(table: str) -> str:
    return reverse(f"admin:conversations_{table}_changelist")
