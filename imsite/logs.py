"""The log: structlog renders the lines of all loggers, as text or as JSON, each with time, level, logger and request ID."""

import logging
import traceback
from collections.abc import Iterator
from typing import Any

import orjson
import structlog
from structlog.typing import EventDict, ExcInfo, Processor

from conversations.logs import summary

LEVELS = ("debug", "info", "warning", "error")
FORMATS = ("text", "json")
# Of these, lines of our own say more, and say it without the query string.
REPLACED = ("django.request", "django.security", "axes")
_ESCAPES = {code: repr(chr(code))[1:-1] for code in (*range(32), *range(127, 160), 0x2028, 0x2029)}
_JSON_ESCAPES = {code: f"\\u{code:04x}" for code in _ESCAPES if code > 31}  # the others are escaped already


def configuration(level: str, log_format: str) -> dict[str, Any]:
    """Return Django's LOGGING."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": {"()": "imsite.logs.formatter", "log_format": log_format}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
        "root": {"handlers": ["stderr"], "level": level.upper()},
        "loggers": {
            "django": {"handlers": [], "level": "INFO", "propagate": True},  # at debug it quotes SQL with its values
            **{name: {"handlers": [], "level": "CRITICAL"} for name in REPLACED},
        },
    }


def server_configuration(log_format: str) -> dict[str, Any]:
    """Return granian's configuration of its own lines."""
    lines = {"handlers": ["stderr"], "level": "INFO", "propagate": False}
    return {**configuration("info", log_format), "loggers": {"_granian": lines}}


def formatter(log_format: str) -> logging.Formatter:
    """Return the formatter of the lines that come from the standard library's loggers; granian's own are among them."""
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            _without_message,
            structlog.processors.ExceptionRenderer(_traceback),
            renderer(log_format),
        ],
    )


def renderer(log_format: str) -> Processor:
    """Return what makes a line of an event."""
    if log_format == "json":
        return structlog.processors.JSONRenderer(serializer=_json)
    return _text


def _json(event: EventDict, **_options: Any) -> str:
    return orjson.dumps(event, default=str).decode().translate(_JSON_ESCAPES)


def _text(_logger: Any, _method: str, event: EventDict) -> str:
    """Return a line such as `2026-11-29T16:22:01.123456Z info imsite.requests GET /livez status=200`."""
    parts = [f"{event.pop('timestamp')} {event.pop('level'):7} {event.pop('logger')} {event.pop('event')}"]
    exception = event.pop("exception", None)
    parts += [f"{name}={value}" for name, value in event.items()]
    return _on_one_line(" ".join(parts)) + (f"\n{exception}" if exception else "")


def _on_one_line(value: object) -> str:
    """Return text from outside so that it can't begin a line of its own, or move a terminal's cursor."""
    return str(value).translate(_ESCAPES)


def _without_message(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Take an exception's message out of a line that a library wrote about it."""
    error = (event.get("exc_info") or (None, None))[1]
    if message := str(error or ""):
        event["event"] = event["event"].replace(message, summary(error) or "…")
    return event


def _traceback(exc_info: ExcInfo) -> str:
    return "".join(_traceback_lines(exc_info[1], set())).rstrip("\n")


def _traceback_lines(error: BaseException, seen: set[int]) -> Iterator[str]:
    """Yield an exception's frames and its summary, causes first. Messages of exceptions may quote what people wrote."""
    seen.add(id(error))
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause and id(cause) not in seen:
        yield from _traceback_lines(cause, seen)
        yield "which led to\n"
    yield from traceback.format_tb(error.__traceback__)
    said = summary(error)
    yield f"{type(error).__module__}.{type(error).__qualname__}{': ' if said else ''}{_on_one_line(said)}\n"
