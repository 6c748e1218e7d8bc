"""As far as a Python server gets with the same tables: no framework, no credentials, no rules. Measured beside imsite.

DATABASE_URL=postgres://… granian --interface wsgi tests.measure.bare_wsgi:application
"""

import itertools
import os
import time
from urllib.parse import parse_qs

from psycopg_pool import ConnectionPool

COLUMNS = "SELECT wire_head, last_message FROM conversations_conversation WHERE owner_id = %s"
BY_IDS = f"{COLUMNS} AND conversation_id = ANY(%s)"
PAGE = f"{COLUMNS} AND deleted_at IS NULL ORDER BY is_pinned DESC, order_key DESC, conversation_id LIMIT 50"
# What any store must write for a message: the message, and the two users' rows.
MESSAGE = (
    "INSERT INTO conversations_message (thread, position, sender, time_s, random, body, created_at) "
    "VALUES (%s, %s, %s, %s, %s, %s, now())"
)
ROW = (
    "UPDATE conversations_conversation SET unread_count = unread_count + 1, last_message = %s, last_message_at = now(), "
    "activity_key = activity_key + 1, version = version + 1 WHERE owner_id = %s AND conversation_id = %s"
)
GROUP_ROWS = (
    "UPDATE conversations_conversation SET unread_count = unread_count + 1, last_message = %s, last_message_at = now(), "
    "activity_key = activity_key + 1, version = version + 1 WHERE conversation_id = %s"
)
PIN = (
    "UPDATE conversations_conversation SET is_pinned = NOT is_pinned, version = version + 1 "
    "WHERE owner_id = %s AND conversation_id = %s"
)
BODY = "x" * 600
_numbers = itertools.count()
_pool = None


def message_values(sender: str, to: str) -> list:
    """Return the values of MESSAGE, with a position that no other message has."""
    now = time.time_ns()
    position = f"{now // 1000:018d}{os.getpid() % 10**6:06d}{next(_numbers) % 10**6:06d}"
    return [f"bare {sender} {to}", position, sender, now // 10**9, now % 2**31, BODY]


def write_message(connection, sender: str, to: str) -> None:
    """Store a one-to-one message in one transaction, and nothing more."""
    with connection.transaction(), connection.pipeline():
        connection.execute(MESSAGE, message_values(sender, to))
        for owner, other in sorted(((sender, to), (to, sender))):
            connection.execute(ROW, [BODY, owner, f"c2c_{other}"])


def write_messages(connection, pairs: list[tuple[str, str]]) -> None:
    """Store one-to-one messages in one transaction."""
    sides = sorted((owner, f"c2c_{other}") for pair in pairs for owner, other in (pair, pair[::-1]))
    with connection.transaction(), connection.cursor() as cursor:
        cursor.executemany(MESSAGE, [message_values(*pair) for pair in pairs])
        cursor.executemany(ROW, [[BODY, *side] for side in sides])


def write_group_message(connection, group_id: str, sender: str) -> None:
    """Store a group's message in one transaction."""
    with connection.transaction(), connection.pipeline():
        connection.execute(MESSAGE, message_values(sender, group_id))
        connection.execute(GROUP_ROWS, [BODY, f"group_{group_id}"])


def application(environ, start_response):
    global _pool
    if _pool is None:
        options = {"autocommit": True, "prepare_threshold": 1}
        _pool = ConnectionPool(os.environ["DATABASE_URL"], min_size=2, max_size=8, kwargs=options, open=True)
    query = parse_qs(environ["QUERY_STRING"])
    body = b"{}"
    with _pool.connection() as connection:
        if environ["REQUEST_METHOD"] == "POST":
            environ["wsgi.input"].read()
            write_message(connection, query["from"][0], query["to"][0])
        elif query:
            wanted: list = [BY_IDS, [query["owner"][0], query["id"]]] if "id" in query else [PAGE, [query["owner"][0]]]
            rows = connection.cursor(binary=True).execute(*wanted).fetchall()
            body = '{{"conversationList":[{}]}}'.format(",".join(f"{head}{last}}}" for head, last in rows)).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]
