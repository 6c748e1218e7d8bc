"""Addresses of the admin's lists and rows."""

from urllib.parse import urlencode

from django.contrib.admin.utils import quote
from django.urls import reverse


def search(model: str, text: str) -> str:
    """Return the address of a table's list, searched for a text."""
    return f"{reverse(f'admin:conversations_{model}_changelist')}?{urlencode({'q': text})}"


def row(model: str, key: str) -> str:
    """Return the address of a row's page."""
    return reverse(f"admin:conversations_{model}_change", args=[quote(key)])
