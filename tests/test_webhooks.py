"""POST /callbacks/tencent/: who gets in, what is kept, what it does, and what is done with what failed."""

import hashlib
import json
from io import StringIO
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import urlencode

import orjson
import time_machine
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.http import HttpResponse
from django.test import TestCase, override_settings

from conversations import ingest
from conversations.message_models import Callback, CallbackOutcome, Message
from conversations.models import Conversation, Owner
from tests.cast import ALICE, SDK_APP_ID, with_key

NOON_S = 1_760_000_000
TOKEN = "a token for tests"
PAYLOADS = Path(__file__).parent / "payloads"
MESSAGE = {
    "CallbackCommand": "C2C.CallbackAfterSendMsg",
    "From_Account": "bob",
    "To_Account": ALICE,
    "MsgSeq": 1,
    "MsgRandom": 7,
    "MsgTime": NOON_S,
    "MsgKey": f"1_7_{NOON_S}",
    "SendMsgResult": 0,
    "MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Text": "hi"}}],
}


def signed(time_s: int = NOON_S, token: str = TOKEN) -> dict[str, Any]:
    sign = hashlib.sha256(f"{token}{time_s}".encode()).hexdigest()
    return {"SdkAppid": SDK_APP_ID, "RequestTime": time_s, "Sign": sign}


@override_settings(IM_SDK_APP_ID=SDK_APP_ID, IM_CALLBACK_TOKEN=TOKEN, CALLBACK_WINDOW_S=60)
class WebhookTestCase(TestCase):
    def setUp(self):
        self.enterContext(time_machine.travel(NOON_S, tick=False))

    def send(self, body: Any = MESSAGE, command: str | None = None, query: dict | None = None, **headers: str) -> HttpResponse:
        parameters = signed() if query is None else query
        command = command or (body.get("CallbackCommand") if isinstance(body, dict) else None)
        address = f"/callbacks/tencent/?{urlencode(parameters | ({'CallbackCommand': command} if command else {}))}"
        packed = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.client.post(address, packed, "application/json", **headers)

    def assert_ok(self, response: HttpResponse) -> None:
        self.assertEqual(response.status_code, 200, response.content)
        self.assertEqual(response.json(), {"ActionStatus": "OK", "ErrorCode": 0, "ErrorInfo": ""})

    def assert_refused(self, response: HttpResponse, status: int = 403) -> None:
        self.assertEqual((response.status_code, response.json()["ActionStatus"]), (status, "FAIL"))
        self.assertFalse(Callback.objects.exists())
        self.assertFalse(Conversation.objects.exists())


class DoorTests(WebhookTestCase):
    def test_the_signature_of_now_opens_it(self):
        for time_s in (NOON_S - 60, NOON_S, NOON_S + 60):
            self.assert_ok(self.send(query=signed(time_s)))

        self.assertEqual(Conversation.objects.get(owner_id=ALICE).unread_count, 1)

    def test_any_other_does_not(self):
        for query in (
            signed(NOON_S - 61),
            signed(NOON_S + 61),
            signed(token="another"),
            signed() | {"SdkAppid": SDK_APP_ID + 1},
            signed() | {"SdkAppid": ""},
            signed() | {"Sign": ""},
            signed() | {"Sign": "é"},
            signed() | {"RequestTime": "now"},
            signed() | {"RequestTime": NOON_S - 1},
            {"SdkAppid": SDK_APP_ID},
            {},
        ):
            with self.subTest(query=query):
                self.assert_refused(self.send(query=query))

    def test_without_a_token_or_an_app_of_ours_no_signature_does(self):
        for name, value in (("IM_CALLBACK_TOKEN", ""), ("IM_SDK_APP_ID", 0)):
            token = "" if name == "IM_CALLBACK_TOKEN" else TOKEN
            with override_settings(**{name: value}):
                self.assert_refused(self.send(query=signed(token=token) | {"SdkAppid": value or SDK_APP_ID}))

    def test_a_key_that_may_feed_opens_it_at_any_time(self):
        with override_settings(IM_CALLBACK_TOKEN=""):
            self.assert_ok(self.send(query={}, **with_key(None, ("feed",))))

    def test_another_key_does_not(self):
        for credential in (
            with_key(ALICE, ("read", "write")),
            with_key(None, ("read",)),
            {"HTTP_AUTHORIZATION": "Bearer imk_x_y"},
        ):
            self.assert_refused(self.send(query=signed(), **credential))

    def test_bodies_that_are_no_json_object_are_refused(self):
        for body in (b"", b"{", b"[]", b"7", b"\xff", b'{"a":NaN}'):
            with self.subTest(body):
                self.assert_refused(self.send(body, "C2C.CallbackAfterSendMsg"), 400)
        self.assert_refused(self.send({}, None), 400)
        self.assert_refused(self.send(b'{"a":"' + b"x" * 1024 * 1024 + b'"}', "C2C.CallbackAfterSendMsg"), 413)

    def test_only_post(self):
        self.assertEqual(self.client.get("/callbacks/tencent/").status_code, 405)


class EffectTests(WebhookTestCase):
    def test_every_sample_is_accepted_and_applied(self):
        commands = set()
        for path in sorted(PAYLOADS.glob("callback*.json")):
            told = orjson.loads(path.read_bytes())
            for body in told if isinstance(told, list) else told.values() if "CallbackCommand" not in told else [told]:
                if isinstance(body, dict) and "CallbackCommand" in body:
                    self.assert_ok(self.send(body))
                    commands.add(body["CallbackCommand"])

        self.assertGreaterEqual(len(commands), 6)
        self.assertFalse(Callback.objects.filter(outcome=CallbackOutcome.FAILED).values("command", "error"))

    def test_a_command_that_changes_no_conversation_is_accepted_and_not_kept(self):
        for command in ("State.StateChange", "C2C.CallbackBeforeSendMsg", "x" * 200):
            self.assert_ok(self.send({"CallbackCommand": command}))

        self.assertFalse(Callback.objects.exists())

    def test_told_twice_counts_once(self):
        self.assert_ok(self.send())
        self.assert_ok(self.send())

        self.assertEqual(Conversation.objects.get(owner_id=ALICE).unread_count, 1)
        self.assertEqual(Callback.objects.filter(outcome=CallbackOutcome.APPLIED).count(), 2)

    def test_a_read_shows_on_both_sides_and_may_come_first(self):
        read = {
            "CallbackCommand": "C2C.CallbackAfterMsgReport",
            "Report_Account": ALICE,
            "Peer_Account": "bob",
            "LastReadTime": NOON_S,
            "UnreadMsgNum": 0,
        }
        for order in ((MESSAGE, read), (read, MESSAGE)):
            with self.subTest(first=order[0]["CallbackCommand"]):
                for body in order:
                    self.assert_ok(self.send(body))
                alices, bobs = (Conversation.objects.get(owner_id=owner_id) for owner_id in (ALICE, "bob"))
                self.assertEqual((alices.unread_count, alices.c2c_read_timestamp), (0, NOON_S))
                self.assertTrue(orjson.loads(bobs.last_message)["isPeerRead"])
                Conversation.objects.all().delete()

                Message.objects.all().delete()

    def test_a_new_nick_reaches_the_conversations_that_show_the_old_one(self):
        def rename(nick: str, at_s: int) -> None:
            item = {"Tag": "Tag_Profile_IM_Nick", "Value": nick}
            body = {"From_Account": "bob", "ProfileItem": [item], "EventTime": at_s * 1000}
            self.assert_ok(self.send(body | {"CallbackCommand": "Profile.CallbackPortraitSet"}))

        self.send()
        rename("Bob", NOON_S)
        rename("Robert", NOON_S + 2)
        rename("too late", NOON_S + 1)

        self.assertEqual(Conversation.objects.get(owner_id=ALICE).show_name, "Robert")
        Conversation.objects.filter(owner_id=ALICE).update(show_name="my Bob")
        rename("Bobby", NOON_S + 3)
        self.assertEqual(Conversation.objects.get(owner_id=ALICE).show_name, "my Bob")
        self.assertEqual(Owner.objects.get(owner_id="bob").nick_name, "Bobby")


class FailureTests(WebhookTestCase):
    def test_what_can_not_be_read_is_kept_with_the_reason_and_answered_ok(self):
        for body in (
            MESSAGE | {"MsgBody": 7},
            MESSAGE | {"From_Account": ""},
            MESSAGE | {"MsgTime": NOON_S * 1000, "MsgKey": ""},
        ):
            self.assert_ok(self.send(body))

        for kept in Callback.objects.all():
            self.assertEqual(kept.outcome, CallbackOutcome.FAILED)
            self.assertTrue(kept.error)

    def test_what_failed_is_applied_by_a_replay(self):
        with mock.patch.object(ingest, "record", side_effect=RuntimeError("broken")), self.assertLogs("conversations.webhooks"):
            self.assert_ok(self.send())
        self.assertIn("broken", Callback.objects.get().error)

        call_command("replay_callbacks", "--failed", stdout=StringIO())

        self.assertEqual(Callback.objects.get().outcome, CallbackOutcome.APPLIED)
        self.assertEqual(Conversation.objects.get(owner_id=ALICE).unread_count, 1)

    def test_a_replay_says_what_still_fails_and_a_dry_run_changes_nothing(self):
        self.send(MESSAGE | {"MsgBody": 7})

        listed = StringIO()
        call_command("replay_callbacks", "--dry-run", stdout=listed)
        self.assertIn("C2C.CallbackAfterSendMsg failed", listed.getvalue())
        with self.assertRaises(CommandError):
            call_command("replay_callbacks", stderr=StringIO())

    def test_a_replay_can_be_narrowed(self):
        self.send()
        self.send(MESSAGE | {"MsgSeq": 2, "MsgKey": f"2_7_{NOON_S}"})
        first = Callback.objects.order_by("pk").first()
        Callback.objects.update(outcome=CallbackOutcome.STORED)

        for arguments in ((str(first.pk),), ("--command", "x"), ("--until", "2001-01-01"), ("--since", "2999-01-01T00:00:00Z")):
            call_command("replay_callbacks", *arguments)

        self.assertEqual(list(Callback.objects.filter(outcome=CallbackOutcome.APPLIED)), [first])

    def test_a_webhook_that_can_not_be_kept_is_not_acknowledged(self):
        with mock.patch.object(Callback.objects, "create", side_effect=OperationalError("away")), self.assertLogs():
            response = self.send()

        self.assertEqual((response.status_code, response.json()["ActionStatus"]), (503, "FAIL"))
