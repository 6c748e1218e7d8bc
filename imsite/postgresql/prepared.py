"""Send statements that psycopg has prepared straight to libpq, several in one round trip.

A cursor of psycopg's costs a fifth of a millisecond for each statement of a write: Python, and two changes of process. psycopg
goes on deciding what is prepared, and until when; other statements are left to it.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import psycopg
from psycopg import adapt, errors, generators, pq
from psycopg._queries import _query2pg
from psycopg.abc import PQGen
from psycopg.pq.abc import PGresult

COMMIT = b"COMMIT"
# psycopg sends text without a type, and the server infers it.
UNKNOWN_OID = 0
# Characters. A longer one differs from message to message, and is not worth the memory.
LONGEST_STATEMENT = 20_000

Parameters = Sequence[Any] | Mapping[str, Any]


class Prepared(NamedTuple):
    """A statement that is prepared on a connection, with its parameters as they are sent."""

    name: bytes
    values: Sequence[Any]
    formats: Sequence[pq.Format] | None


def find(connection: psycopg.Connection[Any], sql: str, parameters: Parameters) -> Prepared | None:
    """Return the statement, or None unless psycopg has prepared it for parameters of these types."""
    prepares = connection.prepare_threshold is not None  # see lists/query_plans.py
    if not prepares or len(sql) > LONGEST_STATEMENT:
        return None
    text, wanted, names = _as_sent(sql)
    ordered = _in_order(parameters, names)
    if ordered is None or len(ordered) != len(wanted):
        return None
    formats: Sequence[pq.Format] | None = None
    values: Sequence[Any] = [value.encode() for value in ordered if type(value) is str and "\0" not in value]
    if len(values) == len(ordered):
        key = text, (UNKNOWN_OID,) * len(values)
    else:
        transformer = adapt.Transformer(connection)
        try:
            values = transformer.dump_sequence(ordered, wanted)
        except psycopg.Error:  # a cursor raises it in its place
            return None
        key, formats = (text, transformer.types or ()), transformer.formats
    prepared = connection._prepared._names
    if (name := prepared.get(key)) is None:
        return None
    prepared.move_to_end(key)  # the last to be given up
    return Prepared(name, values, formats)


@lru_cache(maxsize=1000)
def _as_sent(sql: str) -> tuple[bytes, list[Any], Sequence[str] | None]:
    """Return a statement with PostgreSQL's placeholders, and the formats of its parameters, and their names if it has any."""
    text, formats, names, _parts = _query2pg(sql.encode(), "utf-8")
    return text, formats, names


def _in_order(parameters: Parameters, names: Sequence[str] | None) -> Sequence[Any] | None:
    """Return the parameters in the order of the placeholders, or None if they are of another kind."""
    if isinstance(parameters, dict):
        return [parameters[name] for name in names] if names and parameters.keys() >= set(names) else None
    return parameters if names is None and isinstance(parameters, list | tuple) else None


def run(connection: Any, statements: Sequence[Prepared], *, commit: bool = False) -> list[PGresult]:
    """Run statements in this order, then COMMIT if `commit`. One round trip; BEGIN goes first where psycopg would send it.

    Raises psycopg's errors.
    """
    begin = not connection._autocommit and connection.pgconn.transaction_status == pq.TransactionStatus.IDLE
    if len(statements) == 1 and not (begin or commit):
        return connection.wait(_one(connection.pgconn, statements[0]))
    return connection.wait(_many(connection, statements, begin, commit), statements=len(statements))


def rows(connection: psycopg.Connection[Any], result: PGresult) -> list[tuple[Any, ...]]:
    """Return a result's rows as psycopg's cursors do."""
    transformer = adapt.Transformer(connection)
    transformer.set_pgresult(result)
    return transformer.load_rows(0, result.ntuples, tuple)  # type: ignore[return-value]


def _one(pgconn: Any, statement: Prepared) -> PQGen[list[PGresult]]:
    pgconn.send_query_prepared(statement.name, statement.values, param_formats=statement.formats)
    results = yield from generators.execute(pgconn)
    return _checked(results)


def _many(connection: Any, statements: Sequence[Prepared], begin: bool, commit: bool) -> PQGen[list[PGresult]]:
    pgconn = connection.pgconn
    pgconn.enter_pipeline_mode()
    if begin:
        pgconn.send_query_params(connection._get_tx_start_command(), None)
    for name, values, formats in statements:
        pgconn.send_query_prepared(name, values, param_formats=formats)
    if commit:
        pgconn.send_query_params(COMMIT, None)
    pgconn.pipeline_sync()
    results = yield from generators.execute(pgconn)
    try:
        for _command in range(begin + len(statements) + commit):  # one for each further command, and one for the sync
            results += yield from generators.fetch_many(pgconn)
        pgconn.exit_pipeline_mode()
    except psycopg.OperationalError:
        _checked(results)  # the server may have said why it closes the connection
        raise
    return _checked(results)[begin : begin + len(statements)]


def _checked(results: list[PGresult]) -> list[PGresult]:
    for result in results:
        if result.status == pq.ExecStatus.FATAL_ERROR:
            raise errors.error_from_result(result)
    return results
