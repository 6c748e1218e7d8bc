"""With CITUS_URL, a database on the coordinator of a running Citus cluster, distribute the tests' tables over its nodes."""

import os
from collections.abc import Sequence

import psycopg
from django.db import connection
from psycopg import sql

from conversations.maintenance import distribution

# Few, since each test empties them.
SHARDS = 4
Node = tuple[str, int]


def is_wanted() -> bool:
    return bool(os.environ.get("CITUS_URL")) and os.environ.get("DATABASE_URL") == os.environ["CITUS_URL"]


def drop_test_database() -> None:
    """Drop what an earlier run left: the cluster's own sessions keep Django from it."""
    with psycopg.connect(os.environ["CITUS_URL"], autocommit=True) as session:
        name = sql.Identifier(connection.creation._get_test_db_name())
        session.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))


def distribute_test_database() -> None:
    """Make the test database on the other nodes as well, and distribute what the migrations made."""
    with psycopg.connect(os.environ["CITUS_URL"]) as session:
        session.execute("SELECT pg_advisory_lock(17)")  # nodes are added to one database at a time
        nodes = session.execute("SELECT nodename, nodeport, groupid FROM pg_dist_node ORDER BY groupid").fetchall()
        _make_on([(host, port) for host, port, group in nodes if group], connection.settings_dict["NAME"])
        connection.close()  # a session that is older than the extension does not know it
        with connection.cursor() as cursor:
            cursor.execute("CREATE EXTENSION IF NOT EXISTS citus")
        connection.close()  # the next session looks whether the database is a distributed one
        with connection.cursor() as cursor:
            for host, port, group in nodes:
                function = "citus_add_node" if group else "citus_set_coordinator_host"
                cursor.execute(f"SELECT {function}(%s, %s)", [host, port])
    for _step in distribution.distribute(SHARDS):
        pass


def _make_on(workers: Sequence[Node], name: str) -> None:
    for host, port in workers:
        with psycopg.connect(host=host, port=port, user="postgres", dbname="postgres", autocommit=True) as session:
            session.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
            session.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        with psycopg.connect(host=host, port=port, user="postgres", dbname=name, autocommit=True) as session:
            session.execute("CREATE EXTENSION citus")
