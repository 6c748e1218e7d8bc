"""Indexes are made beside writes, and finished by the next run after half a failure; an older layout is refused."""

from unittest import mock, skipUnless

from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import TransactionTestCase

from conversations.models import index_operations, name_search

APP = "conversations"
TABLES, INDEXES = "0001_initial", "0003_storage"
BEFORE_NAMES, NAMES = "0008_conversation_events", "0009_user_search"
MADE = {
    "message_by_arrival", "webhook_by_command", "member_by_user", "webhook_with_a_spent_body", "conversations_log_by_object",
    "owner_by_nick", "owner_by_rest_of_nick", "conversation_by_owners", "member_to_count", "message_by_time",
}  # fmt: skip


class BrokenOff(Exception):
    pass


def migrate(name: str | None = None) -> None:
    call_command("migrate", APP, *([name] if name else []), verbosity=0)


def indexes() -> dict[str, bool]:
    """Those that are there, and whether they are whole."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT c.relname, i.indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid")
        else:
            cursor.execute("SELECT name, 1 FROM sqlite_master WHERE type = 'index'")
        found = {name: bool(is_whole) for name, is_whole in cursor.fetchall()}
    return {name: is_whole for name, is_whole in found.items() if name in MADE}


class MigrationTests(TransactionTestCase):
    def setUp(self):
        self.addCleanup(migrate)

    @skipUnless(connection.vendor == "postgresql", "only PostgreSQL has these")
    def test_tables_that_change_all_the_time_are_stored_for_that(self):
        with connection.cursor() as cursor:
            cursor.execute("SELECT relname, reloptions FROM pg_class WHERE reloptions IS NOT NULL AND relkind = 'r'")
            stored = {name.removeprefix("conversations_"): options for name, options in cursor.fetchall()}

        self.assertIn("fillfactor=80", stored["conversation"])
        for table in ("conversation", "owner", "groupmember", "thread", "message", "webhookevent"):
            self.assertTrue(any(option.startswith("autovacuum_vacuum_scale_factor=0.0") for option in stored[table]), table)

    def test_an_older_layout_is_refused_with_what_to_do(self):
        MigrationRecorder(connection).record_applied(APP, "0017_owner_by_rest_of_nick")
        self.addCleanup(MigrationRecorder(connection).record_unapplied, APP, "0017_owner_by_rest_of_nick")

        with self.assertRaisesRegex(SystemCheckError, "created by an older version of imsite.*\n.*To start over"):
            call_command("migrate", verbosity=0, skip_checks=False)

    def test_indexes_are_finished_by_the_next_run_wherever_the_last_one_was_broken_off(self):
        for number in range(1, len(MADE) + 1):
            with self.subTest(number=number):
                migrate(TABLES)
                with self.broken_off(at=number), self.assertRaises(BrokenOff):
                    migrate(INDEXES)

                migrate(INDEXES)

                self.assertEqual(indexes(), dict.fromkeys(MADE, True))

    def broken_off(self, *, at: int):
        """The index of this number is begun and not finished."""
        add_index, begun = index_operations.add_index, []

        def add(schema_editor, model, index):
            add_index(schema_editor, model, index)
            begun.append(index.name)
            if len(begun) == at:
                if connection.vendor == "postgresql":  # which leaves it behind, for nothing
                    schema_editor.execute(
                        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = to_regclass(%s)", [index.name]
                    )
                raise BrokenOff

        return mock.patch.object(index_operations, "add_index", add)

    @skipUnless(connection.vendor == "postgresql", "only PostgreSQL has it")
    def test_the_index_of_names_is_made_again_after_it_was_broken_off_and_can_go(self):
        migrate(BEFORE_NAMES)
        self.assertFalse(name_search.is_indexed())
        with mock.patch.object(index_operations, "add_index", side_effect=BrokenOff), self.assertRaises(BrokenOff):
            migrate(NAMES)
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE INDEX {name_search.INDEX_NAME} ON conversations_owner (owner_id)")
            cursor.execute(
                "UPDATE pg_index SET indisvalid = false WHERE indexrelid = to_regclass(%s)", [name_search.INDEX_NAME]
            )
        self.assertFalse(name_search.is_indexed())

        migrate(NAMES)

        self.assertTrue(name_search.is_indexed())

    def test_those_that_are_there_stay_as_they_are(self):
        migrate(TABLES)
        with connection.cursor() as cursor:
            cursor.execute("CREATE INDEX member_to_count ON conversations_groupmember (group_id)")

        migrate(INDEXES)

        self.assertEqual(indexes(), dict.fromkeys(MADE, True))
