"""Lists of any length, with conversations of all kinds."""

import psycopg

from tests.measure import million, rows

PLACES = """
    SELECT '{owner}' AS owner_id, n, CASE WHEN n % 5 = 4 THEN 'g' || n END AS group_id, 'u' || lpad(n::text, 6, '0') AS sender,
        abs(hashtext('{owner}' || n)::bigint) AS chance,
        extract(epoch FROM now())::bigint - 3600 - abs(hashtext('{owner}' || n)::bigint) % 7776000 AS at_s
    FROM generate_series(0, {size} - 1) n"""
OWNER = (
    "INSERT INTO conversations_owner (owner_id, version, epoch, nick_name, group_names) "
    """VALUES (%s, %s, 1, 'Somebody', '["customers","work"]')"""
)


def fill(database_url: str, size: int) -> str:
    """Store a list of so many conversations, and return its owner."""
    owner = f"owner of {size}"
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(million.conversations(PLACES.format(owner=owner, size=size)))
        connection.execute(OWNER, [owner, size])
    rows.vacuum(database_url)
    return owner
