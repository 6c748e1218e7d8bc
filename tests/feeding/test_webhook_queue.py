"""Webhooks that arrive while one is applied: stored and acknowledged at once, and applied in groups."""

import json
import threading
import time
import unittest
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from unittest import mock

import psycopg
import time_machine
from django.db import connection, transaction
from django.test import Client, TransactionTestCase, override_settings

from conversations.exceptions import ServiceUnavailable
from conversations.feeding import messages, webhook_queue, webhooks
from conversations.formats.messages import IncomingMessage
from conversations.models import Conversation, Message, WebhookEvent, WebhookOutcome
from conversations.store.owners import lock_owners
from tests.feeding.test_webhooks import MESSAGE, NOON_S, TOKEN, signed
from tests.support.cast import ALICE, SDK_APP_ID

PATIENCE_S = 30
OF_LIBPQ = ("host", "port", "user", "password", "dbname")
GROUP_MESSAGE = {
    "CallbackCommand": "Group.CallbackAfterSendMsg",
    "GroupId": "team",
    "Type": "Public",
    "From_Account": "bob",
    "MsgSeq": 1,
    "Random": 7,
    "MsgTime": NOON_S,
    "MsgBody": MESSAGE["MsgBody"],
}


def message(sender: str, number: int) -> dict[str, Any]:
    return MESSAGE | {"From_Account": sender, "MsgSeq": number, "MsgRandom": number, "MsgKey": f"{number}_{number}_{NOON_S}"}


@unittest.skipUnless(connection.vendor == "postgresql", "SQLite locks no single row")
@override_settings(IM_SDK_APP_ID=SDK_APP_ID, IM_CALLBACK_TOKEN=TOKEN, CALLBACK_WINDOW_S=60)
class WebhookQueueTests(TransactionTestCase):
    def setUp(self):
        self.enterContext(time_machine.travel(NOON_S, tick=False))
        # The thread and its connection end before the database is emptied.
        self.enterContext(mock.patch.object(webhook_queue, "KEPT_S", 0))

    def send(self, body: dict[str, Any]) -> None:
        response = Client().post(
            "/callbacks/tencent/",
            json.dumps(body),
            content_type="application/json",
            query_params=signed() | {"CallbackCommand": body["CallbackCommand"]},
        )
        self.assertEqual((response.status_code, response.json()["ErrorCode"]), (200, 0))

    def send_from_thread(self, body: dict[str, Any]) -> threading.Thread:
        """Send a webhook whose owner is locked, and wait until it is stored."""

        def run() -> None:
            try:
                self.send(body)
            finally:
                connection.close()

        thread = threading.Thread(target=run)
        thread.start()
        self.wait_for(WebhookEvent.objects.exists)
        self.wait_for(lambda: webhooks.queue.is_busy)
        return thread

    def wait_for(self, condition: Callable[[], bool]) -> None:
        for _attempt in range(100 * PATIENCE_S):
            if condition():
                return
            time.sleep(0.01)
        self.fail("It has not come about.")

    @contextmanager
    def locked(self, owner_id: str) -> Iterator[None]:
        """Hold an owner's row in a session of its own."""
        with transaction.atomic():
            lock_owners([owner_id])
        parameters = {name: value for name, value in connection.get_connection_params().items() if name in OF_LIBPQ}
        with psycopg.connect(**parameters) as session:
            session.execute("SELECT 1 FROM conversations_owner WHERE owner_id = %s FOR UPDATE", [owner_id])
            yield

    def outcomes(self) -> list[str]:
        return list(WebhookEvent.objects.order_by("pk").values_list("outcome", flat=True))

    def test_what_arrives_meanwhile_is_stored_at_once_and_applied_together(self):
        others = [message("carol", n) for n in range(2, 30)]
        with self.locked("bob"):
            first = self.send_from_thread(message("bob", 1))
            for body in [*others, GROUP_MESSAGE]:
                self.send(body)
            self.assertEqual(set(self.outcomes()), {WebhookOutcome.PENDING})

        with mock.patch.object(messages, "record", wraps=messages.record) as record:
            first.join()
            self.assertTrue(webhooks.queue.wait_until_idle(PATIENCE_S))

        self.assertLess(record.call_count, 3)
        self.assertEqual(set(self.outcomes()), {WebhookOutcome.APPLIED})
        unread = dict(Conversation.objects.filter(owner_id=ALICE).values_list("conversation_id", "unread_count"))
        self.assertEqual(unread, {"c2c_bob": 1, "c2c_carol": len(others)})
        self.assertEqual(Message.objects.count(), len(others) + 2)
        self.assertFalse(WebhookEvent.objects.filter(applied_at=None).exists())

    def test_a_bad_one_among_them_fails_alone(self):
        left = {"CallbackCommand": "Group.CallbackAfterMemberExit", "GroupId": "team", "ExitType": "Quit"}
        with self.assertLogs("conversations.feeding.webhooks", "WARNING") as logs:
            with self.locked("bob"):
                first = self.send_from_thread(message("bob", 1))
                for body in (message("carol", 3), message("carol", 2) | {"From_Account": ""}, message("carol", 4)):
                    self.send(body)
                self.send(left | {"ExitMemberList": [{"Member_Account": "carol"}]})
            first.join()
            self.assertTrue(webhooks.queue.wait_until_idle(PATIENCE_S))

        self.assertEqual(len(logs.records), 1)

        expected = [WebhookOutcome.APPLIED] * 5
        expected[2] = WebhookOutcome.FAILED
        self.assertEqual(self.outcomes(), expected)
        self.assertEqual(Conversation.objects.get(owner_id=ALICE, conversation_id="c2c_carol").unread_count, 2)

    def test_one_that_makes_the_group_of_webhooks_fail_is_found(self):
        record, failed = messages.record, []

        def fail_together(incoming: Sequence[IncomingMessage], **more: Any) -> Any:
            if any(one.seq == 4 for one in incoming):
                failed.append(len(incoming))
                raise ServiceUnavailable("not now")
            return record(incoming, **more)

        with mock.patch.object(messages, "record", side_effect=fail_together):
            with self.locked("bob"):
                first = self.send_from_thread(message("bob", 1))
                for number in range(2, 7):
                    self.send(message("carol", number))
            first.join()
            self.assertTrue(webhooks.queue.wait_until_idle(PATIENCE_S))

        self.assertEqual(failed, [5, 1])
        expected = [WebhookOutcome.APPLIED] * 6
        expected[3] = WebhookOutcome.PENDING
        self.assertEqual(self.outcomes(), expected)

    def test_a_locked_user_keeps_back_only_their_own(self):
        with self.locked("dave"):
            with self.locked("bob"):
                first = self.send_from_thread(message("bob", 1))
                for number, sender in enumerate(("carol", "dave", "carol"), start=2):
                    self.send(message(sender, number))
            first.join()
            self.assertTrue(webhooks.queue.wait_until_idle(PATIENCE_S))

            self.assertEqual(self.outcomes(), ["applied", "applied", "pending", "applied"])
