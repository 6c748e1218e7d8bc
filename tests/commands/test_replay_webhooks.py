"""Writers of every kind at once, with a log of each number as it is taken: the log is the feed's own story."""

import random
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import orjson
from django.db import connection
from django.test import TransactionTestCase

from conversations import sync_tokens
from conversations.actions import deletions, drafts, pins, reading, settings
from conversations.actions import groups as actions_groups
from conversations.exceptions import ConversationNotFound, GroupNameTaken, GroupNotFound, TooManyPinned
from conversations.lists import change_feed, json_reads
from conversations.models import Conversation, Owner
from conversations.transfer import conversations
from tests.support.cast import ALICE, make_conversations
from tests.support.following import Follower

IS_POSTGRESQL = connection.vendor == "postgresql"
WRITERS, SECONDS = (12, 4) if IS_POSTGRESQL else (4, 2)
# Marks of those that stay are only ever changed by the one writer whose bit it is.
STAYING = [f"c2c_peer{n}" for n in range(8)]
FED, DELETED = [f"group_fed{n}" for n in range(3)], [f"c2c_gone{n}" for n in range(4)]
GROUPS = ["work", "home", "family"]
ALLOWED = (GroupNotFound, GroupNameTaken, TooManyPinned)

ROWS, OWNERS = Conversation._meta.db_table, Owner._meta.db_table
# A row as it is at its number: what the list shows of it, apart from its groups' names and its message.
SEEN = "version, conversation_id, wire_head, marks, deleted_at IS NULL"
NEW_ROW = ", ".join(f"NEW.{column}" for column in SEEN.split(", "))
NEW_GROUPS = "NEW.groups_version, '', '', 0, TRUE"
LOG = {
    "row_inserted": (f"AFTER INSERT ON {ROWS}", "TRUE", NEW_ROW),
    "row_updated": (f"AFTER UPDATE ON {ROWS}", "NEW.version <> OLD.version", NEW_ROW),
    "groups_updated": (f"AFTER UPDATE ON {OWNERS}", "NEW.groups_version <> OLD.groups_version", NEW_GROUPS),
}


def set_up_log() -> None:
    """A table that every change of a version is written to, in the same transaction."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE taken (version bigint, id text, wire_head text, marks bigint, is_there boolean)")
        for name, (event, condition, values) in LOG.items():
            insert = f"INSERT INTO taken VALUES ({values});"
            if IS_POSTGRESQL:
                body = f"BEGIN {insert} RETURN NEW; END"
                cursor.execute(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $${body}$$")
                cursor.execute(f"CREATE TRIGGER {name} {event} FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION {name}()")
            else:
                cursor.execute(f"CREATE TRIGGER {name} {event} WHEN {condition} BEGIN {insert} END")


def take_log_down() -> None:
    with connection.cursor() as cursor:
        for name, (event, _condition, _values) in LOG.items():
            cursor.execute(f"DROP TRIGGER {name}" + (f" ON {event.split()[-1]}" if IS_POSTGRESQL else ""))
            if IS_POSTGRESQL:
                cursor.execute(f"DROP FUNCTION {name}()")
        cursor.execute("DROP TABLE taken")


def rows_of(sql: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def receive(*, owner_id: str, conversation_ids: list[str]) -> None:
    """Newer messages, by an import: it brings deleted ones back."""
    now_us = time.time_ns() // 1000
    newest = {"timestamp": now_us // 10**6, "seq": str(now_us % (1 << 31)), "random": 1}
    values = {"orderkey": now_us, "lastMessage": newest, "unreadCount": 2}
    records = (
        {"owner": owner_id, "conversation": {"conversationID": conversation_id} | values}
        for conversation_id in conversation_ids
    )
    conversations.import_records(enumerate(records, 1))


class Writer:
    """One device of alice's; the bit of its own shows whether a change of it was lost."""

    def __init__(self, number: int):
        self.random, self.bit = random.Random(number), 1 << 63 >> number
        self.marked: dict[str, bool] = {}

    def step(self) -> None:
        # Twice as likely: the bit that is looked at in the end.
        self.random.choice((self.mark, self.mark, self.act_on_one, self.act_on_many, self.act_on_groups))()

    def mark(self) -> None:
        ids, enabled = self.random.sample(STAYING, 3), self.random.random() < 0.5
        done = settings.set_marks(owner_id=ALICE, conversation_ids=ids, marks=self.bit, enabled=enabled)
        assert [result.code for result in done.results] == [0, 0, 0], done.results
        self.marked |= dict.fromkeys(ids, enabled)

    def act_on_one(self) -> None:
        one = self.random.choice(STAYING + FED + DELETED)
        up_to = {"sequence": self.random.randint(0, 9)} if one in FED else {"timestamp_s": self.random.randint(0, 9)}
        act = self.random.choice(
            (
                partial(pins.set_pinned, pinned=self.random.random() < 0.5),
                partial(drafts.set_draft, text=str(self.random.random())),
                partial(settings.set_receive_option, option=self.random.randint(0, 2)),
                partial(reading.read, **up_to),
                deletions.clear_history,
            )
        )
        try:
            act(owner_id=ALICE, conversation_id=one)
        except ConversationNotFound:
            assert one in DELETED, one

    def act_on_many(self) -> None:
        act = self.random.choice(
            (
                partial(deletions.delete, conversation_ids=DELETED, clear_messages=self.random.random() < 0.5),
                partial(settings.set_custom_data, conversation_ids=STAYING + FED, text=str(self.random.random())),
                reading.read_all,
                partial(receive, conversation_ids=self.random.sample(FED + DELETED, 3)),
                partial(receive, conversation_ids=self.random.sample(FED + DELETED, 3)),
            )
        )
        act(owner_id=ALICE)

    def act_on_groups(self) -> None:
        name, other = self.random.sample(GROUPS, 2)
        ids = self.random.sample(STAYING + DELETED, 4)
        act = self.random.choice(
            (
                partial(actions_groups.create, conversation_ids=ids),
                partial(actions_groups.add, conversation_ids=ids),
                partial(actions_groups.remove, conversation_ids=ids),
                partial(actions_groups.rename, new_name=other),
                actions_groups.delete,
            )
        )
        act(owner_id=ALICE, name=name)


def ask(since: str, count: int) -> dict[str, Any]:
    return orjson.loads(change_feed.read(ALICE, sync_tokens.parse(since), count).to_json())


class ReplayTests(TransactionTestCase):
    def setUp(self):
        set_up_log()
        self.addCleanup(take_log_down)
        make_conversations(len(STAYING), unread_count=3, imported_unread=3)
        receive(owner_id=ALICE, conversation_ids=FED + DELETED)
        self.writers = [Writer(number) for number in range(WRITERS)]
        self.followers = [Follower(ask) for _ in range(2)]

    def test_each_number_is_taken_once_and_nothing_is_lost(self):
        # A deadlock would be repeated without a word to the client.
        with self.assertNoLogs("conversations", "WARNING"):
            self.run_at_once([*(writer.step for writer in self.writers), *map(self.poll, self.followers)])

        log = rows_of("SELECT * FROM taken ORDER BY version")
        owner = Owner.objects.get()
        self.assertGreater(len(log), 30 * WRITERS)
        self.assertEqual([version for version, *_row in log], list(range(1, owner.version + 1)))
        # The newest entry of each row is the row, so nothing that the list shows was changed without a number.
        # The settings of a deleted conversation are.
        newest = {row[1]: row for row in log if row[1]}
        stored = {row[1]: row for row in rows_of(f"SELECT {SEEN} FROM {ROWS}")}
        self.assertEqual(newest.keys(), stored.keys())
        self.assertEqual(
            [row for _id, row in sorted(newest.items()) if row[-1]], [row for _id, row in sorted(stored.items()) if row[-1]]
        )
        self.assertEqual(max(version for version, conversation_id, *_row in log if not conversation_id), owner.groups_version)
        self.assert_marks_are_the_last_ones()
        self.assert_followers_have_the_list()

    def run_at_once(self, steps: list[Callable[[], Any]]) -> None:
        """Each step again and again, in a thread and with a connection of its own."""
        over, wrong = threading.Event(), []

        def run(step: Callable[[], Any]) -> None:
            try:
                while not over.is_set():
                    with suppress(*ALLOWED):
                        step()
            except Exception as error:
                wrong.append(error)
            finally:
                connection.close()

        threads = [threading.Thread(target=run, args=(step,), daemon=True) for step in steps]
        for thread in threads:
            thread.start()
        time.sleep(SECONDS)
        over.set()
        for thread in threads:
            thread.join(timeout=40)
        self.assertEqual(wrong, [])

    def poll(self, follower: Follower) -> Callable[[], Any]:
        return lambda: follower.poll(random.randint(1, 4))

    def assert_marks_are_the_last_ones(self) -> None:
        marks = dict(Conversation.objects.values_list("conversation_id", "marks"))
        for writer in self.writers:
            now = {conversation_id: bool(marks[conversation_id] & writer.bit) for conversation_id in writer.marked}
            self.assertEqual(now, writer.marked)

    def assert_followers_have_the_list(self) -> None:
        shown = [orjson.loads(conversation) for conversation in json_reads.page(ALICE, None, 500).conversations]
        groups = orjson.loads(Owner.objects.get().group_names)
        for follower in (*self.followers, Follower(ask)):
            follower.finish(3)
            self.assertEqual(follower.shown, shown)
            self.assertEqual(follower.groups, sorted(filter(None, groups)))
            self.assertEqual(follower.resets, 0)
