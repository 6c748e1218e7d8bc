"""Store webhooks by one statement, and note by another that they are applied, however many there are."""

from collections.abc import Sequence

from django.db import connection
from django.utils import timezone

from conversations.models import WebhookEvent, WebhookOutcome
from conversations.store import json_rows
from conversations.store.statements import rows_of, run_later

_COLUMNS = ("command", "body")
_table = WebhookEvent._meta.db_table


def insert(received: Sequence[tuple[str, str]]) -> list[int]:
    """Store webhooks, each a command and a body, as pending ones, and return their keys in the same order."""
    selected = json_rows.select(WebhookEvent, _COLUMNS)
    sql = f"INSERT INTO {_table} ({', '.join(_COLUMNS)}) {selected} WHERE true RETURNING id"
    return sorted(pk for (pk,) in rows_of(sql, [json_rows.parameter(_COLUMNS, received)]))


def note_applied(pks: Sequence[int]) -> None:
    """Note that webhooks are applied."""
    applied_at = connection.ops.adapt_datetimefield_value(timezone.now())
    run_later(
        f"UPDATE {_table} SET outcome = %s, error = '', applied_at = %s "
        f"WHERE id IN ({json_rows.select(WebhookEvent, ('id',))})",
        [WebhookOutcome.APPLIED.value, applied_at, json_rows.parameter(("id",), [(pk,) for pk in pks])],
    )
