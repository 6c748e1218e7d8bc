"""Every login, whichever form it came by, as Django and django-axes report it."""

from collections.abc import Mapping
from typing import Any

from axes.signals import user_locked_out
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest

from conversations.access.client_addresses import client_address
from conversations.models import LoginEvent
from conversations.staff.login_log import log_login


@receiver(user_logged_in)
def on_login(request: HttpRequest | None, user: User, **_others: Any) -> None:
    _log(LoginEvent.LOGGED_IN, user.get_username(), request)


@receiver(user_login_failed)
def on_failure(credentials: Mapping[str, Any], request: HttpRequest | None = None, **_others: Any) -> None:
    if not getattr(request, "axes_locked_out", False):  # reported by on_lockout
        _log(LoginEvent.FAILED, credentials.get("username"), request)


@receiver(user_locked_out)
def on_lockout(request: HttpRequest, username: str, **_others: Any) -> None:
    _log(LoginEvent.LOCKED_OUT, username, request)


def _log(event: LoginEvent, username: str | None, request: HttpRequest | None) -> None:
    log_login(event, username=username or "", address=client_address(request) if request else None)
