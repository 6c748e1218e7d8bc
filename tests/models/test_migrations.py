"""A database that was in use goes from the first tables of messages to the newest ones; and on again after half a failure."""

from unittest import mock

from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test import TransactionTestCase

from conversations.models import index_operations

APP = "conversations"
OLD, BEFORE_INDEXES, INDEXES = (
    "0005_messages_groups_and_webhooks",
    "0015_saved_views",
    "0016_indexes_beside_writes",
)
MADE = {
    "message_by_arrival", "callback_by_command", "member_by_user", "callback_with_a_spent_body", "conversations_log_by_object",
    "owner_by_nick", "conversation_by_owners", "member_to_count", "message_by_time",
}  # fmt: skip
REPLACED = "conversation_across_owners"


class BrokenOff(Exception):
    pass


def migrate(name: str | None = None) -> None:
    call_command("migrate", APP, *([name] if name else []), verbosity=0)


def old_model(name: str):
    return MigrationExecutor(connection).loader.project_state((APP, OLD)).apps.get_model(APP, name)


def indexes() -> dict[str, bool]:
    """Those that are there, and whether they are whole."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT c.relname, i.indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid")
        else:
            cursor.execute("SELECT name, 1 FROM sqlite_master WHERE type = 'index'")
        found = {name: bool(is_whole) for name, is_whole in cursor.fetchall()}
    return {name: is_whole for name, is_whole in found.items() if name in (*MADE, REPLACED)}


class MigrationTests(TransactionTestCase):
    def setUp(self):
        self.addCleanup(migrate)

    def test_rows_of_before_are_there_after_with_all_indexes(self):
        migrate(OLD)
        self.assertEqual(indexes(), {REPLACED: True})
        old_model("Owner").objects.create(owner_id="alice", nick_name="Alice", version=1)
        old_model("Conversation").objects.create(
            owner_id="alice", conversation_id="group_team", type=2, version=1, created_version=1, unread_count=1
        )
        old_model("Group").objects.create(group_id="team")
        old_model("GroupMember").objects.create(group_id="team", user_id="alice", events='[[0,"member"]]')
        old_model("Message").objects.create(thread="team", position="00000000000000000001", time_s=1_760_000_000, body="{}")
        old_model("Callback").objects.create(command="Group.CallbackAfterSendMsg", body="{}", outcome="applied")

        migrate()

        self.assertEqual(indexes(), dict.fromkeys(MADE, True))
        with connection.cursor() as cursor:
            for table in ("owner", "conversation", "group", "groupmember", "message", "callback"):
                cursor.execute(f"SELECT count(*) FROM conversations_{table}")
                self.assertEqual((table, cursor.fetchone()[0]), (table, 1))

    def test_indexes_are_finished_by_the_next_run_wherever_the_last_one_was_broken_off(self):
        for number in range(1, 6):
            with self.subTest(number=number):
                migrate(BEFORE_INDEXES)
                with self.broken_off(at=number), self.assertRaises(BrokenOff):
                    migrate(INDEXES)
                self.assertTrue({REPLACED, "conversation_by_owners"} & set(indexes()))

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

    def test_those_that_are_there_stay_as_they_are(self):
        migrate(BEFORE_INDEXES)
        with connection.cursor() as cursor:
            cursor.execute("CREATE INDEX member_to_count ON conversations_groupmember (group_id)")

        migrate(INDEXES)

        self.assertEqual(indexes(), dict.fromkeys(MADE, True))
