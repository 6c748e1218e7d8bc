"""send_sample_callbacks: the story that it tells, and what it says when nobody listens."""

import subprocess
import time
from io import StringIO
from unittest import mock

import orjson
import pytest
from django.core.management import CommandError, call_command
from django.test import SimpleTestCase, TestCase, override_settings

from conversations import samples
from conversations.formats import webhook_events
from conversations.management.commands import send_sample_callbacks
from conversations.models import WebhookEvent, WebhookOutcome
from conversations.samples import C2C_MESSAGE, C2C_RECALL, GROUP_MESSAGE, GROUP_RECALL
from conversations.times import now_s, now_us
from tests.support.servers import RunningServer, free_port

NOW_MS = now_us() // 1000


class StoryTests(SimpleTestCase):
    def test_each_body_is_good_and_of_now(self):
        for body in samples.scenario("x_", now_ms=NOW_MS):
            event = webhook_events.parse(body["CallbackCommand"], body, now_s=NOW_MS // 1000)
            self.assertIsNotNone(event)
            self.assertNotIn("demo_", str(body))
            self.assertNotIn("17600", str(body.get("EventTime", body.get("MsgTime"))))

    def test_what_is_taken_back_is_what_was_sent_before(self):
        sent: dict[str, dict] = {}
        for body in samples.scenario("x_", now_ms=NOW_MS):
            if body["CallbackCommand"] == GROUP_RECALL:
                self.assertEqual(body["MsgSeqList"], [{"MsgSeq": sent[GROUP_MESSAGE]["MsgSeq"]}])
            if body["CallbackCommand"] == C2C_RECALL:
                self.assertEqual(body["MsgKey"], sent[C2C_MESSAGE]["MsgKey"])
            sent[body["CallbackCommand"]] = body

    def test_all_but_the_end_of_the_group_that_changes_a_conversation_is_in_it(self):
        self.assertEqual(set(samples.SCENARIO), webhook_events.COMMANDS - {"Group.CallbackAfterGroupDestroyed"})


class ServerTests(SimpleTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = RunningServer("wsgi", "imsite.wsgi:application")
        cls.addClassCleanup(cls.server.stop)
        cls.url = f"http://127.0.0.1:{cls.server.port}"

    def test_it_tells_what_each_does_and_can_be_told_again(self):
        first = self.server.manage("send_sample_callbacks", "--url", self.url)
        told_by_s = now_s()
        while now_s() <= told_by_s:  # all of a second that is read is read
            time.sleep(0.05)
        second = self.server.manage("send_sample_callbacks", "--url", self.url)

        self.assertIn("demo_alice group_demo_team_7: new: name Demo Team 7, unread 0", first)
        self.assertIn("demo_alice group_demo_team_7: unread 0 → 1, last message none → demo_carol: Order", first)
        self.assertIn("demo_alice c2c_demo_bob: unread 1 → 0", first)
        self.assertIn("demo_dave group_demo_team_7: membership member → removed", first)
        self.assertIn(f"{self.url}/owner/?owner=demo_alice", first)
        self.assertIn("demo_alice c2c_demo_bob: unread 0 → 1", second)
        self.assertFalse(self.server.do("WebhookEvent.objects.exclude(outcome='applied').count()"))

    def test_it_says_why_when_it_is_refused(self):
        for name in ("IM_CALLBACK_TOKEN", "IM_SDK_APP_ID"):
            with self.assertRaises(subprocess.CalledProcessError) as caught:
                self.server.manage("send_sample_callbacks", "--url", self.url, **{name: "1400000009"})
            self.assertIn("Rejected", caught.exception.stderr)
            self.assertIn("same IM_SDK_APP_ID and IM_CALLBACK_TOKEN", caught.exception.stderr)

    def test_it_names_a_host_that_the_server_refuses(self):
        url = self.url.replace("127.0.0.1", "127.1")  # the same address by another name
        with self.assertRaises(subprocess.CalledProcessError) as caught:
            self.server.manage("send_sample_callbacks", "--url", url)

        self.assertIn("Is 127.1 one of its ALLOWED_HOSTS?", caught.exception.stderr)


class NobodyThereTests(TestCase):
    def refused(self, *arguments: str) -> str:
        with pytest.raises(CommandError) as caught:
            call_command("send_sample_callbacks", *arguments, stdout=StringIO())
        return str(caught.value)

    def test_without_a_server_it_says_where_it_looked(self):
        url = f"http://127.0.0.1:{free_port()}"

        self.assertIn(f"No response from {url}", self.refused("--url", url))

    def test_without_a_setting_it_names_it(self):
        for name, nothing in (("IM_SDK_APP_ID", 0), ("IM_CALLBACK_TOKEN", "")):
            with override_settings(**{name: nothing}):
                self.assertTrue(self.refused().endswith(f"{name} is not set."))

    def test_webhooks_that_the_server_stored_but_could_not_apply_are_a_failure(self):
        def store(url: str, body: dict) -> None:
            failed = {"outcome": WebhookOutcome.FAILED, "error": "Internal\nerror"} if "GroupId" in body else {}
            WebhookEvent.objects.create(command=body["CallbackCommand"], body=orjson.dumps(body).decode(), **failed)

        WebhookEvent.objects.create(command="C2C.CallbackAfterSendMsg", body="{}", outcome=WebhookOutcome.FAILED)
        with mock.patch.object(send_sample_callbacks, "_post", store):
            said = self.refused()

        count = sum("GroupId" in body for body in samples.scenario("x_", now_ms=NOW_MS))
        self.assertTrue(said.startswith(f"The server stored the webhooks, but {count} have failed. The first is Group."), said)
        self.assertEqual(len(said.splitlines()), 1)

    def test_addresses_and_prefixes_that_are_none_are_refused(self):
        self.assertIn("--url", self.refused("--url", "file:///etc/passwd"))
        for prefix in ("ä", "x" * 64, "a\0"):
            self.assertIn("Invalid user ID", self.refused("--owner-prefix", prefix))
