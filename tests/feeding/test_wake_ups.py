"""A wake-up after the commit that fails: the change stands, and nothing else fails with it."""

import json
import time
import urllib.request
from contextlib import ExitStack
from queue import SimpleQueue
from unittest import skipUnless
from unittest.mock import Mock, patch

import psycopg
from django.db import OperationalError, transaction
from django.test import SimpleTestCase, TransactionTestCase, override_settings

from conversations.feeding import members, profiles
from conversations.formats.rest_groups import Profile
from conversations.models import Conversation, Message, Owner
from conversations.store import notifications, owners
from tests.support.api import url
from tests.support.cast import ALICE, BOB, USERSIG_SETTINGS, bearer, make_conversation, usersig, with_key
from tests.support.clients import IS_POSTGRESQL
from tests.support.ingest import TEXT
from tests.support.servers import RunningServer, scratch_postgresql

PATIENCE_S = 20
FAILING = Mock(side_effect=OperationalError("the connection is lost"))


@patch("conversations.store.notifications.notify", FAILING)
@override_settings(**USERSIG_SETTINGS)
class FailedWakeUpTests(TransactionTestCase):
    def assert_logged(self):
        return self.assertLogs("django.db.backends.base", "ERROR")

    def test_the_rest_of_a_posted_list_is_stored(self):
        bodies = [
            {"From_Account": "bob", "To_Account": ALICE, "MsgSeq": 1, "MsgRandom": 7, "MsgBody": TEXT},
            {"From_Account": "bob", "GroupId": "team", "MsgSeq": 1, "Random": 8, "MsgBody": TEXT},
            {"From_Account": "eve", "To_Account": ALICE, "MsgSeq": 1, "MsgRandom": 9, "MsgBody": TEXT},
        ]

        with self.assert_logged() as logs:
            response = self.client.post(url("messages/"), json.dumps(bodies), "application/json", **with_key(None, ("ingest",)))

        self.assertEqual([result["status"] for result in response.json()["results"]], ["applied"] * 3)
        self.assertEqual(Message.objects.count(), 3)
        self.assertIn("notify_followers", logs.output[0])

    def test_an_action_is_answered(self):
        make_conversation()

        with self.assert_logged():
            response = self.client.put(url("conversations/c2c_bob/pin/"), **bearer(usersig()))

        self.assertEqual((response.status_code, response.json()["isPinned"]), (200, True))

    def test_a_message_to_settled_members_is_stored(self):
        members.join("team", ["bob", ALICE], at_ms=1)
        body = {"From_Account": "bob", "GroupId": "team", "Random": 8, "MsgBody": TEXT}

        with self.assert_logged():
            response = self.client.post(url("messages/"), json.dumps(body), "application/json", **with_key(None, ("ingest",)))

        self.assertEqual(response.json()["results"][0]["status"], "applied")
        self.assertEqual(Conversation.objects.get(owner_id=ALICE).unread_count, 1)

    def test_a_name_is_copied_to_all_rows_and_tokens_are_reset(self):
        make_conversation(show_name="bob")
        epoch = Owner.objects.get(owner_id=ALICE).epoch

        with self.assert_logged():
            profiles.set_profiles([Profile(user_id="bob", nick_name="Bobby", face_url=None, at_ms=1)])
            owners.reset_sync_tokens()

        self.assertEqual(Conversation.objects.get().show_name, "Bobby")
        self.assertGreater(Owner.objects.get(owner_id=ALICE).epoch, epoch)

    def test_further_hooks_run(self):
        later = Mock()

        with self.assert_logged(), transaction.atomic():
            notifications.notify_after_commit([ALICE])
            transaction.on_commit(later)

        later.assert_called_once_with()


class BackgroundTests(SimpleTestCase):
    """The thread of the web server, without a database."""

    def setUp(self):
        self.sent: SimpleQueue[list[str]] = SimpleQueue()
        self.background = notifications.Background()
        notify = lambda owner_ids: self.sent.put(notifications._payloads(owner_ids))  # noqa: E731
        self.enterContext(patch.object(self.background, "_notify", notify))

    def test_many_sends_together_still_name_their_owners(self):
        with self.background._changed:  # the thread waits for both
            for start in (0, 300):
                self.background.send([f"u{n:03}" for n in range(start, start + 300)])

        payloads = self.sent.get(timeout=PATIENCE_S)
        self.assertEqual(len(payloads), 6)
        self.assertEqual(sorted("\n".join(payloads).split("\n")), [f"u{n:03}" for n in range(600)])

    def test_a_change_alone_is_told_at_once_and_those_of_a_busy_moment_together(self):
        with patch.object(notifications, "INTERVAL_S", 0.5):
            self.background.send([ALICE])
            self.assertEqual(self.sent.get(timeout=0.4), [ALICE])
            for n in range(50):
                self.background.send([f"u{n:03}"])
            payloads = self.sent.get(timeout=PATIENCE_S)
        self.assertEqual(sorted("\n".join(payloads).split("\n")), [f"u{n:03}" for n in range(50)])

    def test_one_to_too_many_names_nobody(self):
        self.background.send([f"u{n:03}" for n in range(501)])
        self.assertEqual(self.sent.get(timeout=PATIENCE_S), [notifications.EVERYBODY])

    def test_a_thread_that_could_not_start_is_started_by_the_next(self):
        with patch("threading.Thread.start", side_effect=RuntimeError("can't start new thread")):
            self.assertRaises(RuntimeError, self.background.send, [ALICE])

        self.background.send([BOB])
        self.assertEqual(self.sent.get(timeout=PATIENCE_S), [f"{ALICE}\n{BOB}"])

    def test_any_failure_is_tried_again(self):
        failing = patch.object(self.background, "_notify", Mock(side_effect=ValueError("of any kind")))
        with failing, self.assertLogs("conversations.store.notifications", "WARNING"):
            self.background.send([ALICE])
            thread = self.background._thread
            self.background.send([BOB])
            while not self.background._notify.called:
                time.sleep(0.01)
        self.assertEqual(self.sent.get(timeout=PATIENCE_S), [f"{ALICE}\n{BOB}"])
        self.assertIs(self.background._thread, thread)


@skipUnless(IS_POSTGRESQL, "SQLite notifies nobody")
class ServerWakeUpTests(SimpleTestCase):
    """The web server notifies from a thread of its own."""

    databases = "__all__"

    def setUp(self):
        stack = self.enterContext(ExitStack())
        database_url = stack.enter_context(scratch_postgresql())
        self.server = RunningServer("wsgi", "imsite.wsgi:application", DATABASE_URL=database_url)
        stack.callback(self.server.stop)
        self.server.do("make_conversation(), make_conversation(BOB, 'c2c_alice')")
        key = self.server.do("with_key(None, ('read', 'write', 'ingest'))")["HTTP_AUTHORIZATION"]
        self.headers = {"Authorization": key, "Content-Type": "application/json"}
        self.listener = stack.enter_context(psycopg.connect(database_url, autocommit=True))
        self.listener.execute(f"LISTEN {notifications.CHANNEL}")

    def send(self, method: str, path: str, body: bytes = b"", **parameters: str) -> None:
        address = f"http://127.0.0.1:{self.server.port}{url(path, **parameters)}"
        urllib.request.urlopen(urllib.request.Request(address, body, self.headers, method=method), timeout=PATIENCE_S).close()

    def woken(self, *owner_ids: str) -> bool:
        """Return whether all of these owners are named within some seconds."""
        missing = set(owner_ids)
        for notification in self.listener.notifies(timeout=PATIENCE_S):
            missing -= set(notification.payload.split("\n"))
            if not missing:
                return True
        return False

    def test_each_change_wakes(self):
        for method in ("PUT", "DELETE"):
            self.send(method, "conversations/c2c_bob/pin/", owner=ALICE)
            self.assertTrue(self.woken(ALICE))
        message = {"From_Account": BOB, "To_Account": ALICE, "MsgSeq": 1, "MsgRandom": 7, "MsgBody": TEXT}
        self.send("POST", "messages/", json.dumps(message).encode())
        self.assertTrue(self.woken(ALICE, BOB))

    def test_a_lost_connection_loses_no_notification(self):
        self.send("PUT", "conversations/c2c_bob/pin/", owner=ALICE)
        self.assertTrue(self.woken(ALICE))

        own = self.listener.info.backend_pid
        self.listener.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> %s",
            [own],
        )
        self.send("DELETE", "conversations/c2c_bob/pin/", owner=ALICE)
        self.assertTrue(self.woken(ALICE))
