"""What django-axes asks of us: who logs in from where, and what is shown after too many failures."""

from collections.abc import Mapping
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

HOME_BITS = 64  # of an IPv6 address: what one customer of a provider has at least
ACCOUNT_MAX_LENGTH = 255


def account(request: HttpRequest, credentials: Mapping[str, Any] | None) -> str:
    """The name that was typed, as far as there is room for it: Django's form takes one of any length."""
    return str((credentials or request.POST).get("username") or "")[:ACCOUNT_MAX_LENGTH]


def client_address(request: HttpRequest) -> str | None:
    """As the proxy in front saw it, which adds it at the end of X-Forwarded-For: whatever stands before, the client wrote."""
    for text in (request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2], request.META.get("REMOTE_ADDR", "")):
        try:
            address = ip_address(text.strip())
        except ValueError:
            continue
        if isinstance(address, IPv6Address):
            address = address.ipv4_mapped or ip_network((int(address), HOME_BITS), strict=False).network_address
        return str(address)
    return None


def locked_out(request: HttpRequest, *_others: Any) -> HttpResponse:
    """The page for whoever must wait, whichever form it was."""
    minutes = -(-settings.LOGIN_LOCK_S // 60)
    response = render(request, "registration/locked_out.html", {"minutes": minutes}, status=429)
    response["Retry-After"] = str(settings.LOGIN_LOCK_S)
    return response
