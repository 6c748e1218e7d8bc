"""What actions cost: the same number of statements however many conversations they are about, and nothing for no change."""

from collections.abc import Callable

from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext

from conversations.actions import deletions, drafts, groups, pins, reading, settings
from conversations.choices import ConversationType
from conversations.models import Owner
from tests.support.cast import ALICE, make_conversations

MANY = {
    "mark": lambda ids: settings.set_marks(owner_id=ALICE, conversation_ids=ids, marks=5, enabled=True),
    "receive option": lambda ids: settings.set_each_receive_option(owner_id=ALICE, conversation_ids=ids, option=2),
    "custom data": lambda ids: settings.set_custom_data(owner_id=ALICE, conversation_ids=ids, text="x"),
    "add": lambda ids: groups.add(owner_id=ALICE, name="work", conversation_ids=ids),
    "remove": lambda ids: groups.remove(owner_id=ALICE, name="work", conversation_ids=ids),
    "delete": lambda ids: deletions.delete(owner_id=ALICE, conversation_ids=ids),
}
ALL = {
    "read all": lambda: reading.read_all(owner_id=ALICE),
    "read all one to one": lambda: reading.read_all(owner_id=ALICE, type_=ConversationType.C2C),
    "rename": lambda: groups.rename(owner_id=ALICE, name="work", new_name="home"),
    "delete group": lambda: groups.delete(owner_id=ALICE, name="work"),
}
ONE = {
    "pin": lambda: pins.set_pinned(owner_id=ALICE, conversation_id="c2c_peer1", pinned=True),
    "draft": lambda: drafts.set_draft(owner_id=ALICE, conversation_id="c2c_peer1", text="x"),
    "receive option": lambda: settings.set_receive_option(owner_id=ALICE, conversation_id="c2c_peer1", option=2),
    "read": lambda: reading.read(owner_id=ALICE, conversation_id="c2c_peer1"),
    "clear": lambda: deletions.clear_history(owner_id=ALICE, conversation_id="c2c_peer1"),
}


class Cost(TestCase):
    def fill(self, owner_rows: int, group_rows: int = 0) -> list[str]:
        ids = [row.conversation_id for row in make_conversations(owner_rows, unread_count=2, imported_unread=2)]
        groups.create(owner_id=ALICE, name="work", conversation_ids=ids[:group_rows])
        return ids

    def statements(self, act: Callable[[], object]) -> int:
        with CaptureQueriesContext(connection) as captured:
            act()
        return len(captured)

    def in_two_sizes(self, fill_and_act: Callable[[int], Callable[[], object]]) -> set[int]:
        counts = set()
        for size in (2, 90):
            act = fill_and_act(size)
            counts.add(self.statements(act))
            Owner.objects.all().delete()
            self.forget()
        return counts

    def forget(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM conversations_conversation")


class CostTests(Cost):
    def test_a_call_on_many_costs_the_same_for_few(self):
        for name, act in MANY.items():
            with self.subTest(name):

                def fill_and_act(size: int, name=name, act=act):
                    ids = self.fill(size, size if name == "remove" else 0)
                    return lambda: act(ids)

                self.assertEqual(len(self.in_two_sizes(fill_and_act)), 1)

    def test_a_call_on_a_whole_list_or_group_costs_the_same_for_a_short_one(self):
        for name, act in ALL.items():
            with self.subTest(name):

                def fill_and_act(size: int, act=act):
                    self.fill(size, size)
                    return act

                self.assertEqual(len(self.in_two_sizes(fill_and_act)), 1)

    def test_a_call_on_one_costs_the_same_in_a_long_list_and_at_most_eight(self):
        for name, act in ONE.items():
            with self.subTest(name):

                def fill_and_act(size: int, act=act):
                    self.fill(size)
                    return act

                counts = self.in_two_sizes(fill_and_act)
                self.assertEqual(len(counts), 1)
                # A savepoint at both ends, as every test is in a transaction; lock, read, count pins, write, number.
                self.assertLessEqual(counts.pop(), 8)

    def test_what_is_so_already_writes_nothing(self):
        ids = self.fill(3, 0)
        for name, act in ONE.items() | {(name, (lambda act=act: act(ids))) for name, act in MANY.items() if name != "delete"}:
            with self.subTest(name):
                act()
                version = Owner.objects.get().version
                with CaptureQueriesContext(connection) as captured:
                    act()
                self.assertEqual(Owner.objects.get().version, version)
                self.assertFalse([query["sql"] for query in captured if query["sql"].startswith(("UPDATE", "INSERT"))])
