"""Errors reported to Sentry, where SENTRY_DSN is set: where they happened and of what type, and nothing that people wrote."""

import logging
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from structlog.contextvars import get_contextvars

from conversations.logs import summary


def report_to(dsn: str) -> None:
    """Report the log's errors from now on. Raises ImproperlyConfigured without the package sentry-sdk, and for a wrong DSN."""
    try:
        import sentry_sdk  # not installed by default
        from sentry_sdk.integrations.logging import LoggingIntegration
    except ImportError as error:
        raise ImproperlyConfigured("SENTRY_DSN needs sentry-sdk: pip install -r requirements-extras.txt.") from error
    try:
        sentry_sdk.init(
            dsn,
            default_integrations=False,
            integrations=[LoggingIntegration(level=None, event_level=logging.ERROR)],
            include_local_variables=False,
            max_breadcrumbs=0,
            before_send=_without_texts,
        )
    except sentry_sdk.utils.BadDsn as error:
        raise ImproperlyConfigured("SENTRY_DSN must be as Sentry shows it: https://KEY@HOST/PROJECT.") from error


def _without_texts(event: Any, hint: dict[str, Any]) -> Any:
    """Leave out the arguments of the line and the messages of exceptions, which may quote a request or a row."""
    error = (hint.get("exc_info") or (None, None, None))[1]
    exceptions = event.get("exception", {}).get("values", [])
    for exception in exceptions:
        exception["value"] = ""
    if error and exceptions:
        exceptions[-1]["value"] = summary(error)
    for name in ("extra", "user", "request"):
        event.pop(name, None)
    if "logentry" in event:
        event["logentry"] = {"message": event["logentry"]["message"]}
    return event | {"tags": {"request_id": get_contextvars().get("request_id", "")}}
