"""Callbacks of django-axes: account and address of a login, and the page of a lock-out."""

import logging
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from conversations.access.client_addresses import client_address
from conversations.logs import sparing

logger = logging.getLogger(__name__)

ACCOUNT_MAX_LENGTH = 255


def account(request: HttpRequest, credentials: Mapping[str, Any] | None) -> str:
    """Return the entered username, cut to the length of the database's column; Django's form has no limit."""
    return str((credentials or request.POST).get("username") or "")[:ACCOUNT_MAX_LENGTH]


def locked_out(request: HttpRequest, *_others: Any) -> HttpResponse:
    """Return the page of a locked-out account, for every login form, and log it.

    An unknown name is not logged: people enter their password there by mistake.
    """
    name, address = account(request, None), client_address(request)
    is_known = User.objects.filter(username=name).exists()
    text = "Login locked for %s, from %s"
    sparing.log(logger, logging.WARNING, (name, address), text, name if is_known else "an unknown account", address)
    minutes = -(-settings.LOGIN_LOCK_S // 60)
    response = render(request, "registration/locked_out.html", {"minutes": minutes}, status=429)
    response["Retry-After"] = str(settings.LOGIN_LOCK_S)
    return response
