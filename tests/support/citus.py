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

# Tests that say nothing about a distributed database, by the reason.
OF_PLAIN_POSTGRESQL = {
    "it counts statements, of which more are sent where rows are not in one place": (
        "test_a_batch_costs_the_same_statements_whatever_its_size",
        "test_a_batch_costs_the_same_whatever_its_size",
        "test_a_group_of_any_size_costs_the_same_statements",
        "test_a_part_costs_the_same_however_many_conversations_it_has",
        "test_any_number_of_peers_costs_the_same_up_to_a_batch",
        "test_each_further_part_costs_the_same",
        "test_many_cost_a_lock_of_each_peer_and_no_more",
        "test_members_cost_the_same_whatever_their_number",
        "test_more_conversations_with_mentions_cost_no_more_queries",
        "test_queries_depend_on_the_batches_and_not_on_messages_or_members",
        "test_statements_do_not_grow_with_members_or_messages",
        "test_statements_do_not_grow_with_peers_of_a_batch",
    ),
    "it reads the order of locks from statements that plain PostgreSQL gets": (
        "test_reader_and_peer_are_locked_in_their_order",
        "test_reader_and_peer_are_locked_in_their_order_before_anything_is_done",
    ),
    "it looks at plans and estimates of plain PostgreSQL": (
        "test_a_large_table_is_estimated_by_postgresql_and_bounded_elsewhere",
        "test_every_count_is_read_from_an_index",
        "test_its_changes_are_read_by_index_ranges",
        "test_nicks_are_found_through_their_index",
        "test_too_many_of_many_users_cannot_be_sorted",
    ),
    "it needs what distributed tables or their coordinator do not have: a trigger, or one pg_terminate_backend": (
        "test_a_connection_that_the_server_closed_is_found_out_without_asking",
        "test_each_number_is_taken_once_and_nothing_is_lost",
    ),
}


def is_wanted() -> bool:
    return bool(os.environ.get("CITUS_URL")) and os.environ.get("DATABASE_URL") == os.environ["CITUS_URL"]


def why_not(test: str) -> str | None:
    """Return why a test is left out on a distributed database, None if it is not."""
    return next((reason for reason, tests in OF_PLAIN_POSTGRESQL.items() if test in tests), None)


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
