"""What webhooks changed, also those that were applied together."""

import unittest

from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from conversations import acting
from conversations.actions import pins
from tests.support.cast import make_conversation
from tests.support.pages import AsSupport
from tests.support.staff import lead

# 20,000 events of webhooks that were applied by tens.
FILL = """
    INSERT INTO conversations_conversationevent (owner_id, conversation_id, time_us, version, kind, actor)
    SELECT 'user' || n, 'c2c_bob', n, 1, 'pin', 'webhook:' || n / 10 * 10 || '-' || n / 10 * 10 + 9
    FROM generate_series(1, 20000) n"""


class ChangedByWebhookTests(AsSupport):
    @classmethod
    def make_user(cls) -> User:
        return lead()

    def change(self, owner_id: str, actor: str) -> None:
        make_conversation(owner_id, "c2c_bob", show_name="Bob")
        with acting.acting(actor):
            pins.set_pinned(owner_id=owner_id, conversation_id="c2c_bob", pinned=True)

    def changed_by(self, number: object) -> list[str]:
        page = self.get(reverse("across-users"), show="changed", by=f"webhook:{number}").context["page"]
        return [row.owner_id for row in page.rows]

    def test_a_webhook_is_found_among_those_that_were_applied_with_it(self):
        for owner_id, actor in (
            ("alice", "webhook:98-103"), ("bob", "webhook:100"), ("carol", "webhook:99-100"), ("dan", "webhook:101-102"),
            ("eve", "webhook:9-10"), ("fay", "webhook:1000-1003"), ("gil", "key:98-103"),
        ):  # fmt: skip
            self.change(owner_id, actor)

        for number, found in (
            (100, ["carol", "bob", "alice"]), (103, ["alice"]), (101, ["dan", "alice"]), (98, ["alice"]), (104, []), (97, []),
            (10, ["eve"]), (9, ["eve"]), (1001, ["fay"]), ("98-103", ["alice"]), ("9" * 30, []), (0, []),
        ):  # fmt: skip
            with self.subTest(number):
                self.assertEqual(self.changed_by(number), found)

    @unittest.skipUnless(connection.vendor == "postgresql", "SQLite reads the whole index")
    def test_its_changes_are_read_by_index_ranges(self):
        with connection.cursor() as cursor:
            cursor.execute(FILL)
            cursor.execute("ANALYZE conversations_conversationevent")
        with CaptureQueriesContext(connection) as queries:
            self.assertEqual(len(self.changed_by(10_003)), 10)
        statements = [query["sql"] for query in queries if 'FROM "conversations_conversationevent"' in query["sql"]]
        self.assertEqual(len(statements), 2)

        for statement in statements:
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN {statement}")
                plan = "\n".join(row for (row,) in cursor.fetchall())
            self.assertNotIn("Seq Scan", plan)
            scans = plan.split("Index Scan")[1:] or plan.split("Index Only Scan")[1:]
            self.assertTrue(scans)
            for scan in scans:
                self.assertRegex(scan, r"(on|using) event_by_actor .*\n *Index Cond: .*actor")
