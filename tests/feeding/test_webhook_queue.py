"""Webhooks that arrive while one is applied go together; what does not fit keeps back nothing else."""

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
from django.db import OperationalError, connection, transaction
from django.http import HttpResponse
from django.test import Client, SimpleTestCase, TransactionTestCase, override_settings
from prometheus_client import REGISTRY

from conversations.feeding import webhook_groups, webhooks
from conversations.feeding.webhook_groups import Incoming
from conversations.feeding.webhook_queue import WorkQueue
from conversations.models import Conversation, Message, WebhookEvent
from conversations.request_notes import OWN_PLACE
from conversations.store import webhooks as store_webhooks
from conversations.store.owners import lock_owners
from tests.feeding.test_webhooks import MESSAGE, NOON_S, TOKEN, signed
from tests.support.cast import ALICE, SDK_APP_ID
from tests.support.threads import start_thread

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
        self.sizes: list[int] = []
        self.failures: list[Exception] = []  # of threads
        self.addCleanup(lambda: self.assertEqual(self.failures, []))
        receive = webhook_groups.receive

        def noted(incoming: list[Incoming]) -> bool:
            self.sizes.append(len(incoming))
            return receive(incoming)

        self.enterContext(mock.patch.object(webhooks._together, "_work", noted))

    def post(self, body: dict[str, Any]) -> HttpResponse:
        parameters = signed() | {"CallbackCommand": body["CallbackCommand"]}
        return Client().post("/callbacks/tencent/", json.dumps(body), "application/json", query_params=parameters)

    def send(self, body: dict[str, Any]) -> None:
        response = self.post(body)
        self.assertEqual((response.status_code, response.json()["ErrorCode"]), (200, 0))

    def start(self, body: dict[str, Any]) -> threading.Thread:
        return start_thread(lambda: self.send(body), self.failures)

    def send_together(self, *bodies: dict[str, Any], waiting: int) -> None:
        """Send one of a locked user, these while it waits, and wait for the answers after the user is free."""
        with mock.patch.object(webhook_groups, "LOCK_TIMEOUT", "30s"), self.locked("bob"):
            threads = [self.start(message("bob", 1))]
            self.wait_for(lambda: self.sizes == [1])
            threads += [self.start(body) for body in bodies]
            self.wait_for(lambda: webhooks._together.waiting("") == waiting)
            self.wait_for(lambda: WebhookEvent.objects.count() == 1 + len(bodies) - waiting)
        for thread in threads:
            thread.join()
        self.assertIn(waiting, self.sizes)

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

    def stored(self) -> dict[str, str]:
        """Return the outcome of each stored webhook by its sender and number."""
        found = {}
        for body, outcome in WebhookEvent.objects.values_list("body", "outcome"):
            content = json.loads(body)
            found[f"{content.get('From_Account')} {content.get('MsgSeq')}"] = outcome
        return found

    def test_what_arrives_meanwhile_is_applied_together(self):
        self.send_together(*[message("carol", n) for n in range(2, 12)], waiting=10)

        self.assertEqual(set(self.stored().values()), {"applied"})
        unread = dict(Conversation.objects.filter(owner_id=ALICE).values_list("conversation_id", "unread_count"))
        self.assertEqual(unread, {"c2c_bob": 1, "c2c_carol": 10})
        self.assertEqual(Message.objects.count(), 11)
        self.assertFalse(WebhookEvent.objects.filter(applied_at=None).exists())
        self.assertFalse(webhooks._together.waiting(""))

    def test_what_needs_other_locks_does_not_wait(self):
        with self.locked("bob"), mock.patch.object(webhook_groups, "LOCK_TIMEOUT", "30s"):
            first = self.start(message("bob", 1))
            self.wait_for(lambda: self.sizes == [1])
            self.send(GROUP_MESSAGE | {"From_Account": "carol"})
            self.assertEqual(self.stored(), {"bob 1": "pending", "carol 1": "applied"})
        first.join()

    def test_a_bad_one_among_them_fails_alone(self):
        left = {"CallbackCommand": "Group.CallbackAfterMemberExit", "GroupId": "team", "ExitType": "Quit"}
        with self.assertLogs("conversations.feeding.webhooks", "WARNING") as logs:
            self.send_together(
                message("carol", 2),
                message("carol", 3) | {"From_Account": ""},
                message("carol", 4),
                left | {"ExitMemberList": [{"Member_Account": "carol"}]},
                waiting=2,
            )

        self.assertEqual(len(logs.records), 1)
        expected = {"bob 1": "applied", "carol 2": "applied", " 3": "failed", "carol 4": "applied", "None None": "applied"}
        self.assertEqual(self.stored(), expected)
        self.assertEqual(Conversation.objects.get(owner_id=ALICE, conversation_id="c2c_carol").unread_count, 2)

    def test_a_locked_user_keeps_back_only_their_own(self):
        expected = {"carol 1": "applied", "dave 2": "pending", "carol 3": "applied", "erin 4": "applied"}
        with self.locked("dave"), mock.patch.object(webhook_groups, "LOCK_TIMEOUT", "100ms"):
            bodies = [message(sender, number) for number, sender in enumerate(("carol", "dave", "carol", "erin"), start=1)]
            bodies[1]["To_Account"] = "zoe"  # whose row it locks before it waits for dave's
            threads = [self.start(body) for body in bodies]
            self.wait_for(lambda: self.stored() == expected)
        for thread in threads:
            thread.join()

        self.assertEqual(self.stored(), expected | {"dave 2": "applied"})

    def test_what_can_not_be_stored_is_refused_at_once_and_together(self):
        away = mock.Mock(side_effect=OperationalError("away"))
        statuses: list[int] = []
        with (
            self.assertLogs("conversations.api.webhook", "ERROR"),
            mock.patch.object(self, "send", lambda body: statuses.append(self.post(body).status_code)),
        ):
            with self.locked("bob"), mock.patch.object(webhook_groups, "LOCK_TIMEOUT", "30s"):
                threads = [self.start(message("bob", 1))]
                self.wait_for(lambda: self.sizes == [1] and WebhookEvent.objects.exists())
                threads += [self.start(message("carol", n)) for n in (2, 3)]
                self.wait_for(lambda: webhooks._together.waiting("") == 2)
                self.enterContext(mock.patch.object(store_webhooks, "insert", away))
            for thread in threads:
                thread.join()

        self.assertEqual(sorted(statuses), [200, 503, 503])
        self.assertEqual(away.call_count, 1)

    def test_a_connection_that_is_lost_leaves_them_pending(self):
        lost = OperationalError("connection lost")
        with (
            mock.patch.object(webhook_groups, "_apply_together", side_effect=lost),
            self.assertLogs("conversations.feeding.webhook_groups", "ERROR"),
        ):
            self.send(message("bob", 1))

        self.assertEqual(self.stored(), {"bob 1": "pending"})


class WorkQueueTests(SimpleTestCase):
    def test_a_request_that_breaks_down_while_it_waits_does_not_stop_the_others(self):
        may_end = threading.Event()

        def work(items: Sequence[int]) -> bool:
            return may_end.wait(PATIENCE_S)

        broken = mock.Mock(take_again=mock.Mock(side_effect=RuntimeError("no slot")))
        queue, outcomes = WorkQueue(work), list[tuple[int, Any]]()

        def do(item: int, place: Any) -> None:
            try:
                outcomes.append((item, queue.do("", item, place)))
            except RuntimeError:
                outcomes.append((item, "broken"))

        threads = []
        for waiting, place in enumerate((OWN_PLACE, broken, OWN_PLACE)):
            threads.append(threading.Thread(target=do, args=(waiting, place)))
            threads[-1].start()
            while "" not in queue._waiting or queue.waiting("") < waiting:
                time.sleep(0.01)
        counted = [REGISTRY.get_sample_value("imsite_webhooks_waiting")]
        may_end.set()
        for thread in threads:
            thread.join(PATIENCE_S)
        counted.append(REGISTRY.get_sample_value("imsite_webhooks_waiting"))

        self.assertEqual(counted, [2, 0])
        self.assertEqual(sorted(outcomes), [(0, True), (1, "broken"), (2, False)])
        self.assertTrue(queue.do("", 4, OWN_PLACE))

    def test_a_request_with_nothing_left_to_do_takes_no_place_again(self):
        for is_done in (True, False):
            with self.subTest(is_done=is_done):
                second, third = self.places_after_work(is_done=is_done)
                # The second works for both.
                self.assertEqual((second.leave.call_count, second.take_again.call_count), (1, 1))
                self.assertEqual((third.leave.call_count, third.take_again.call_count), (1, 0 if is_done else 1))

    def places_after_work(self, *, is_done: bool) -> list[mock.Mock]:
        may_end, places, threads = threading.Event(), [mock.Mock() for _number in range(3)], []
        queue = WorkQueue[int](lambda items: may_end.wait(PATIENCE_S) and is_done)
        for waiting, place in enumerate(places):
            threads.append(threading.Thread(target=queue.do, args=("", waiting, place)))
            threads[-1].start()
            while "" not in queue._waiting or queue.waiting("") < waiting:
                time.sleep(0.01)
        may_end.set()
        for thread in threads:
            thread.join(PATIENCE_S)
        return places[1:]
