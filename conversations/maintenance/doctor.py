"""Examine an installation: settings, database, migrations, static files, clock, servers, replica, Redis, webhooks."""

import http.client
import urllib.request
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.core.checks import run_checks
from django.db import Error, connection
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from conversations.access import rate_limits
from conversations.lists import replica, user_search
from conversations.maintenance import health
from conversations.models import Owner, WebhookEvent, name_search

MAX_CLOCK_DIFFERENCE_S = 2
ALARMING_AGE_S = 60
TIMEOUT_S = 3


class State(StrEnum):
    """How serious a finding is."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


class Finding(NamedTuple):
    """What was examined, what was found, and what to do about it."""

    subject: str
    state: State
    text: str
    advice: str = ""


def examine(*, only_start: bool = False, only_database: bool = False) -> Iterator[Finding]:
    """Yield the findings; with `only_start`, only those without which no server can start."""
    database = _database()
    yield database
    if only_database or database.state == State.FAILED:
        return
    pending = health.pending_migrations()
    yield _migrations(pending)
    yield _static_files()
    if not (only_start or pending):
        yield from _warnings()
        yield _user_search()
        yield _clock()
        yield _server("web server", settings.PORT, "/readyz", _("Start the servers, or set PORT."))
        yield _server("event streams", settings.EVENTS_PORT, "/livez", _("Start the servers, or set EVENTS_PORT."))
        yield from _replica()
        yield from _redis()
        yield from _webhooks()


def _database() -> Finding:
    try:
        connection.ensure_connection()
    except Error as error:
        text = _("unreachable: %(why)s") % {"why": str(error).strip().partition("\n")[0]}
        return Finding("database", State.FAILED, text, _("Check DATABASE_URL, and that it runs."))
    version = ".".join(map(str, connection.get_database_version()))
    return Finding("database", State.OK, f"{connection.vendor} {version}, {_database_name()}")


def _database_name() -> str:
    """Return which database the connection goes to, without the password."""
    if connection.vendor != "postgresql":
        return str(connection.settings_dict["NAME"])
    server = connection.connection.info
    return f"{server.dbname} at {server.host}:{server.port}"


def _migrations(pending: Sequence[str]) -> Finding:
    if pending:
        text = _("%(count)d pending, the first is %(name)s") % {"count": len(pending), "name": pending[0]}
        return Finding("migrations", State.FAILED, text, _("Run make release."))
    return Finding("migrations", State.OK, _("all applied"))


def _static_files() -> Finding:
    if settings.DEBUG or (Path(settings.STATIC_ROOT) / "staticfiles.json").exists():
        return Finding("static files", State.OK, str(settings.STATIC_ROOT))
    return Finding("static files", State.FAILED, _("not collected"), _("Run make release."))


def _warnings() -> Iterator[Finding]:
    if settings.DEBUG:
        yield Finding("settings", State.WARNING, _("DEBUG is on"), _("Set DEBUG=false in production."))
    for message in run_checks(tags=["database"], databases=["default"]):
        yield Finding("database", State.WARNING, str(message.msg), str(message.hint or ""))


def _user_search() -> Finding:
    if name_search.is_indexed():
        return Finding("user search", State.OK, _("by an index"))
    if user_search.first_not_scanned() is None:
        return Finding("user search", State.OK, _("without an index, few users"))
    text = _("no index: parts of IDs and nicknames are found only among the first %(count)d users by ID")
    advice = _("Use PostgreSQL.") if connection.vendor != "postgresql" else _("Run in psql: %(sql)s") % {"sql": _create_index()}
    return Finding("user search", State.WARNING, text % {"count": user_search.USERS_SCANNED}, advice)


def _create_index() -> str:
    with connection.schema_editor(collect_sql=True) as editor:
        return str(name_search.INDEX.create_sql(Owner, editor, concurrently=True))


def _clock() -> Finding:
    with connection.cursor() as cursor:
        cursor.execute("SELECT CURRENT_TIMESTAMP")
        moment = cursor.fetchone()[0]
    now = moment if isinstance(moment, datetime) else datetime.fromisoformat(str(moment))
    difference_s = abs((datetime.now(UTC) - (now if now.tzinfo else now.replace(tzinfo=UTC))).total_seconds())
    if difference_s > MAX_CLOCK_DIFFERENCE_S:
        text = _("differs from the database server's by %(seconds)d seconds") % {"seconds": difference_s}
        return Finding("clock", State.WARNING, text, _("Synchronize the clocks: webhooks and UserSigs depend on them."))
    return Finding("clock", State.OK, _("as the database server's"))


def _server(subject: str, port: int, path: str, advice: str) -> Finding:
    address = f"http://127.0.0.1:{port}{path}"
    try:
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(address, timeout=TIMEOUT_S).close()
    except (OSError, http.client.HTTPException) as error:
        text = _("no answer at %(address)s: %(why)s") % {"address": address, "why": str(error).strip()}
        return Finding(subject, State.WARNING, text, advice)
    return Finding(subject, State.OK, address)


def _replica() -> Iterator[Finding]:
    if not replica.is_set_up():
        return
    advice = _("Meanwhile the primary answers all reads. Check DATABASE_REPLICA_URL, and that the standby runs.")
    try:
        condition = replica.examine()
    except Error as error:
        text = _("unreachable: %(why)s") % {"why": str(error).strip().partition("\n")[0]}
        yield Finding("replica", State.WARNING, text, advice)
        return
    if not condition.is_standby:
        yield Finding("replica", State.WARNING, _("no standby, but a server that takes changes"), advice)
    elif condition.problem:
        text = _("has not caught up within %(seconds)d seconds") % {"seconds": settings.DATABASE_REPLICA_LAG_S}
        yield Finding("replica", State.WARNING, text, _("See that it runs and streams: pg_stat_replication on the primary."))
    else:
        yield Finding("replica", State.OK, _("%(seconds)d seconds behind") % {"seconds": condition.lag_s})


def _redis() -> Iterator[Finding]:
    if not settings.REDIS_URL:
        return
    if rate_limits.shared_limiter(settings.REDIS_URL).check():
        yield Finding("Redis", State.OK, _("answers"))
    else:
        text = _("does not answer: each process counts requests on its own")
        yield Finding("Redis", State.WARNING, text, _("Check REDIS_URL, and that it runs."))


def _webhooks() -> Iterator[Finding]:
    if not (settings.IM_SDK_APP_ID and settings.IM_CALLBACK_TOKEN):
        text = _("signed webhooks are rejected")
        yield Finding(
            "webhooks", State.WARNING, text, _("Set IM_SDK_APP_ID, IM_SECRET_KEY and IM_CALLBACK_TOKEN, if you use Tencent.")
        )
    newest = WebhookEvent.objects.order_by("-received_at").values_list("received_at", flat=True).first()
    text = _("last one received %(time)s") % {"time": f"{newest:%Y-%m-%d %H:%M:%S} UTC"} if newest else _("none received yet")
    yield Finding("webhooks", State.OK, text)
    yield from _backlog()


def _backlog() -> Iterator[Finding]:
    oldest_s, failed = health.oldest_pending_webhook_s(), health.pending_work()["failed_webhooks"]
    if oldest_s > ALARMING_AGE_S:
        text = _("the oldest pending webhook has waited %(seconds)d seconds") % {"seconds": oldest_s}
        yield Finding("backlog", State.WARNING, text, _("See that replay_callbacks --pending runs, as make serve does."))
    if failed:
        counted = str(failed) if failed < health.MAX_COUNTED else f"{failed}+"
        text = ngettext("%(count)s webhook has failed", "%(count)s webhooks have failed", failed) % {"count": counted}
        yield Finding("backlog", State.WARNING, text, _("Run manage.py replay_callbacks --failed."))
    if oldest_s <= ALARMING_AGE_S and not failed:
        yield Finding("backlog", State.OK, _("none"))
