"""Spread the tables over the nodes of a distributed PostgreSQL (Citus): which by what, and what stays on the coordinator.

Nothing here is needed on one machine. Rows of one family with the same value lie on the same node, so that a read or an action
of one user, and the storing of a message, ask one node only.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from django.apps import apps
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Model
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from conversations.exceptions import Text
from conversations.models import (
    AccessLogEntry,
    ApiKey,
    Conversation,
    ConversationEvent,
    Group,
    GroupMember,
    Inconsistency,
    LoginLogEntry,
    Message,
    Owner,
    PendingReceipt,
    ProfileUpdate,
    RefusedWebhooks,
    SavedView,
    Thread,
    Verification,
    WebhookEvent,
)

if TYPE_CHECKING:  # only PostgreSQL needs its driver
    from psycopg.errors import Diagnostic

DEFAULT_SHARDS = 16
ONE_AT_A_TIME = "citus.enable_deadlock_prevention"


class Placement(NamedTuple):
    """A table, and the column by which its rows are spread."""

    model: type[Model]
    column: str

    @property
    def table(self) -> str:
        return self.model._meta.db_table


# The first table of a family decides where the rows of the others with the same value lie.
FAMILIES = (
    (
        Placement(Owner, "owner_id"),
        Placement(Conversation, "owner_id"),
        Placement(ConversationEvent, "owner_id"),
        Placement(PendingReceipt, "owner_id"),
        Placement(Inconsistency, "owner_id"),
        Placement(GroupMember, "user_id"),
    ),
    (
        Placement(Thread, "thread"),
        Placement(Message, "thread"),
        Placement(Group, "group_id"),
        Placement(ProfileUpdate, "conversation_id"),
    ),
)
_STAFF = gettext_lazy("a record of staff, which only the pages read")
LOCAL: Mapping[type[Model], Text] = {
    AccessLogEntry: _STAFF,
    ApiKey: gettext_lazy("few rows, remembered by each process for a second"),
    LoginLogEntry: _STAFF,
    RefusedWebhooks: gettext_lazy("few rows, counted by the hour"),
    SavedView: _STAFF,
    Verification: gettext_lazy("one row"),
    WebhookEvent: gettext_lazy("a queue that is stored and applied in one place"),
}
DJANGOS = gettext_lazy("of Django and its packages")


class CannotDistribute(Exception):
    """The tables can't be distributed here, or not as asked; the text says why."""


class Step(NamedTuple):
    """What is done, or is to be done, with a table; `is_done` if it was so before."""

    table: str
    text: str
    is_done: bool


def distribute(shards: int = DEFAULT_SHARDS, *, dry_run: bool = False) -> Iterator[Step]:
    """Distribute the tables, empty or filled, and yield each step after it is done; with `dry_run`, only yield them.

    What is distributed already stays as it is, so that it can be run again after a failure, and after each migration. Writes to
    a table wait while its rows move. Raises CannotDistribute before anything is changed.
    """
    placed = _check()
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("SET lock_timeout = 0")
        if not dry_run:
            _let_group_messages_pass(cursor)
    for family in FAMILIES:
        for placement in family:
            if placement.table in placed:
                if not dry_run:
                    _drop_copies(placement)
                yield Step(placement.table, _("distributed by %(column)s") % {"column": placement.column}, is_done=True)
                continue
            if not dry_run:
                _distribute_one(placement, family[0], shards)
            yield Step(placement.table, _("distribute by %(column)s") % {"column": placement.column}, is_done=False)


def _let_group_messages_pass(cursor: CursorWrapper) -> None:
    """Let statements that change many parts of a table run at the same time, in this and in all later sessions.

    Against deadlocks Citus otherwise lets one such statement in the whole cluster wait for the other, so that group messages
    come one by one. Here `owners.lock_owners` prevents them.
    """
    cursor.execute(f"SET {ONE_AT_A_TIME} = off")
    name = connection.ops.quote_name(connection.settings_dict["NAME"])
    cursor.execute(f"ALTER DATABASE {name} SET {ONE_AT_A_TIME} = off")


def local_tables() -> Iterator[tuple[str, Text]]:
    """Yield the tables that stay on the coordinator, each with the reason."""
    placed = {placement.model for family in FAMILIES for placement in family}
    models = {model._meta.db_table: model for model in apps.get_models(include_auto_created=True) if model._meta.managed}
    for table, model in sorted(models.items()):
        if model not in placed:
            yield table, LOCAL.get(model, DJANGOS)


def _check() -> set[str]:
    """Return the tables that are distributed. Raises CannotDistribute."""
    if connection.vendor != "postgresql":
        raise CannotDistribute(_("Only PostgreSQL with the extension citus can distribute tables."))
    if not _value("SELECT count(*) FROM pg_extension WHERE extname = 'citus'"):
        raise CannotDistribute(
            _("The extension citus is not in this database. On every node: CREATE EXTENSION citus; then add the nodes.")
        )
    if not _value("SELECT count(*) FROM pg_dist_node WHERE isactive AND shouldhaveshards AND noderole = 'primary'"):
        raise CannotDistribute(_("No node takes shards. On the coordinator: SELECT citus_add_node('HOST', 5432);"))
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise CannotDistribute(_("Migrations are not applied. Run first: python manage.py migrate"))
    return _placed()


def _placed() -> set[str]:
    """Return the tables that are distributed. Raises CannotDistribute for one that is spread by another column."""
    wanted = {placement.table: placement.column for family in FAMILIES for placement in family}
    with connection.cursor() as cursor:
        cursor.execute("SELECT table_name::text, distribution_column FROM citus_tables WHERE citus_table_type = 'distributed'")
        found = {table: column for table, column in cursor.fetchall() if table in wanted}
    for table, column in found.items():
        if column != wanted[table]:
            text = _("%(table)s is distributed by %(column)s, not by %(wanted)s. Undistribute it first.")
            raise CannotDistribute(text % {"table": table, "column": column, "wanted": wanted[table]})
    return set(found)


def _distribute_one(placement: Placement, first: Placement, shards: int) -> None:
    """Distribute one table with its rows, in a transaction of its own."""
    with transaction.atomic(), connection.cursor() as cursor:
        of_all = [placement.table, placement.column]
        if placement is first:
            sql = "SELECT create_distributed_table(%s, %s, colocate_with => 'none', shard_count => %s)"
            cursor.execute(sql, [*of_all, shards])
        else:
            cursor.execute("SELECT create_distributed_table(%s, %s, colocate_with => %s)", [*of_all, first.table])
    _drop_copies(placement)
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {placement.table}")


def _drop_copies(placement: Placement) -> None:
    """Drop the coordinator's copies of rows that lie on the nodes, also those that a killed run left."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT truncate_local_data_after_distributing_table(%s)", [placement.table])


def _value(sql: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return int(cursor.fetchone()[0])


class Touched(NamedTuple):
    """How many places statements asked: parts of the tables by owner, and of those by thread."""

    by_owner: int
    by_thread: int


@contextmanager
def log_of_places() -> Iterator[set[tuple[int, int]]]:
    """Collect where the statements of the block went, from the coordinator's log: the family and the part of its tables."""
    names = {placement.table: number for number, family in enumerate(FAMILIES) for placement in family}
    parts = _parts()
    places: set[tuple[int, int]] = set()

    def notice(diagnostic: "Diagnostic") -> None:
        for table, shard in _shard_names(diagnostic.message_primary or ""):
            if table in names:
                places.add((names[table], parts[int(shard)]))

    session = connection.connection
    session.add_notice_handler(notice)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL client_min_messages = notice")
            cursor.execute("SET LOCAL citus.log_remote_commands = on")
            # What the coordinator keeps itself is otherwise not in the log.
            cursor.execute("SET LOCAL citus.enable_local_execution = off")
        yield places
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL citus.log_remote_commands = off")
    finally:
        session.remove_notice_handler(notice)


def touched(places: Iterable[tuple[int, int]]) -> Touched:
    """Return the number of places by family."""
    families = [family for family, _part in places]
    return Touched(families.count(0), families.count(1))


_shard_names = re.compile(r"\b(conversations_[a-z]+)_([0-9]{6,})\b").findall


def _parts() -> dict[int, int]:
    """Return the number of each shard within its table."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT shardid, row_number() OVER (PARTITION BY logicalrelid ORDER BY shardminvalue::bigint) FROM pg_dist_shard"
        )
        return dict(cursor.fetchall())


def check() -> None:
    """Raise CannotDistribute unless all tables that are to be distributed are."""
    if missing := sorted({placement.table for family in FAMILIES for placement in family} - _check()):
        raise CannotDistribute(_("Not distributed: %(tables)s. Run distribute_tables.") % {"tables": ", ".join(missing)})
    with connection.cursor() as cursor:
        cursor.execute(f"SHOW {ONE_AT_A_TIME}")
        if cursor.fetchone() != ("off",):
            raise CannotDistribute(_("%(name)s is on. Run distribute_tables.") % {"name": ONE_AT_A_TIME})
