"""Callbacks of django-axes: account and address of a login, and the page of a lock-out."""

from collections.abc import Mapping
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

HOME_BITS = 64  # the prefix of an IPv6 address that a provider assigns to a customer
ACCOUNT_MAX_LENGTH = 255


def account(request: HttpRequest, credentials: Mapping[str, Any] | None) -> str:
    """Return the entered username, cut to the length of the database's column; Django's form has no limit."""
    return str((credentials or request.POST).get("username") or "")[:ACCOUNT_MAX_LENGTH]


def client_address(request: HttpRequest) -> str | None:
    """Return the address that the proxy appended to X-Forwarded-For, else the connection's; None if neither is valid.

    The client can set all entries of X-Forwarded-For but the last. An IPv6 address stands for its network.
    """
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
    """Return the page of a locked-out account, for every login form."""
    minutes = -(-settings.LOGIN_LOCK_S // 60)
    response = render(request, "registration/locked_out.html", {"minutes": minutes}, status=429)
    response["Retry-After"] = str(settings.LOGIN_LOCK_S)
    return response
