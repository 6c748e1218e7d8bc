"""POST /callbacks/tencent/: who gets in, what is kept, what it does, and what is done with what failed."""

import hashlib
import json
from io import StringIO
from typing import Any
from unittest import mock
from urllib.parse import urlencode

import orjson
import time_machine
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.http import HttpResponse
from django.test import TestCase, override_settings
from django.test.utils import CaptureQueriesContext

from conversations import samples
from conversations.exceptions import ServiceUnavailable
from conversations.feeding import webhooks
from conversations.models import Conversation, Message, Owner, WebhookEvent, WebhookOutcome
from conversations.store import messages as store_messages
from conversations.store import webhooks as store_webhooks
from conversations.times import from_epoch_s
from tests.support.cast import ALICE, FORGED_NAME, SDK_APP_ID, unsafe_characters_in, with_key

NOON_S = 1_760_000_000
TOKEN = "a token for tests"
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


def replay(*arguments: str, stderr: StringIO | None = None) -> str:
    """What the command says."""
    out = StringIO()
    call_command("replay_callbacks", *arguments, stdout=out, stderr=stderr)
    return out.getvalue()


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
        self.assertFalse(WebhookEvent.objects.exists())
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
            self.assert_ok(self.send(query={}, **with_key(None, ("ingest",))))

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
        with self.settings(MAX_BODY_BYTES=100):
            self.assert_refused(self.send(b'{"a":"' + b"x" * 100 + b'"}', "C2C.CallbackAfterSendMsg"), 413)

    def test_only_post(self):
        self.assertEqual(self.client.get("/callbacks/tencent/").status_code, 405)


class EffectTests(WebhookTestCase):
    def test_every_sample_is_accepted_and_applied(self):
        for body in samples.by_command().values():
            self.assert_ok(self.send(body))

        self.assertFalse(WebhookEvent.objects.filter(outcome=WebhookOutcome.FAILED).values("command", "error"))

    def test_a_command_that_changes_no_conversation_is_accepted_and_not_kept(self):
        for command in ("State.StateChange", "C2C.CallbackBeforeSendMsg", "x" * 200):
            self.assert_ok(self.send({"CallbackCommand": command}))

        self.assertFalse(WebhookEvent.objects.exists())

    def test_numbers_that_come_as_text_are_numbers(self):
        self.assert_ok(self.send(MESSAGE | {"MsgSeq": "1", "MsgTime": str(NOON_S), "EventTime": str(NOON_S * 1000)}))
        self.assert_ok(self.send())

        self.assertEqual(Conversation.objects.get(owner_id=ALICE).unread_count, 1)

    def test_what_people_wrote_loses_its_nuls_and_nothing_else(self):
        text = "a\0\0b \\u0000 c\\\0"
        item = {"Tag": "Tag_Profile_IM_Nick", "Value": "Bo\0b"}
        elements = [{"MsgType": "TIMTextElem", "MsgContent": {"Text": text}}]
        self.assert_ok(self.send(MESSAGE | {"MsgBody": elements, "CloudCustomData": "{}\0"}))
        self.assert_ok(
            self.send({"CallbackCommand": "Profile.CallbackPortraitSet", "From_Account": "bob", "ProfileItem": [item]})
        )

        row = Conversation.objects.get(owner_id=ALICE)
        message = orjson.loads(row.last_message)
        self.assertEqual((message["textElem"]["text"], message["cloudCustomData"]), ("ab \\u0000 c\\", "{}"))
        self.assertEqual(row.show_name, "Bob")
        self.assertEqual(orjson.loads(WebhookEvent.objects.earliest("pk").body)["CloudCustomData"], "{}\0")

    def test_mentions_of_a_group_message_are_shown(self):
        body = {"CallbackCommand": "Group.CallbackAfterSendMsg", "GroupId": "team", "Type": "Public", "From_Account": "bob"}
        body |= {"Random": 7, "MsgTime": NOON_S, "MsgBody": MESSAGE["MsgBody"]}
        mentions = ([{"GroupAtAllFlag": 0, "GroupAt_Account": ALICE}], [{"GroupAtAllFlag": 1, "GroupAt_Account": ""}], None)
        self.send(body | {"From_Account": ALICE, "MsgSeq": 1})

        for seq, mention in enumerate(mentions, 2):
            self.send(body | {"MsgSeq": seq} | ({"GroupAtInfo": mention} if mention else {}))

        alices = Conversation.objects.get(owner_id=ALICE)
        self.assertEqual(orjson.loads(alices.group_at_info), [{"seq": "2", "atType": 1}, {"seq": "3", "atType": 2}])
        self.assertEqual(orjson.loads(Conversation.objects.get(owner_id="bob").group_at_info), [])

    def test_told_twice_counts_once(self):
        self.assert_ok(self.send())
        self.assert_ok(self.send())

        self.assertEqual(Conversation.objects.get(owner_id=ALICE).unread_count, 1)
        self.assertEqual(WebhookEvent.objects.filter(outcome=WebhookOutcome.APPLIED).count(), 2)

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

        for kept in WebhookEvent.objects.all():
            self.assertEqual(kept.outcome, WebhookOutcome.FAILED)
            self.assertTrue(kept.error)

    def test_what_failed_is_applied_by_a_replay(self):
        with (
            mock.patch.object(store_messages, "record_later", side_effect=RuntimeError("broken")),
            self.assertLogs("conversations.feeding"),
        ):
            self.assert_ok(self.send())
        self.assertIn("broken", WebhookEvent.objects.get().error)

        self.assertEqual(replay("--failed"), "Applied 1 webhook.\n")

        self.assertEqual(WebhookEvent.objects.get().outcome, WebhookOutcome.APPLIED)
        self.assertEqual(Conversation.objects.get(owner_id=ALICE).unread_count, 1)

    def test_a_replay_says_what_still_fails_and_a_dry_run_changes_nothing(self):
        self.send(MESSAGE | {"MsgBody": 7})

        self.assertIn("C2C.CallbackAfterSendMsg failed", replay("--dry-run"))
        with self.assertRaises(CommandError):
            call_command("replay_callbacks", stderr=StringIO())

    def test_a_replay_prints_what_came_from_outside_on_one_line(self):
        self.send(MESSAGE | {"MsgBody": 7})
        WebhookEvent.objects.update(error=FORGED_NAME)
        err = StringIO()

        listed = replay("--dry-run")
        error = RuntimeError(FORGED_NAME)
        with mock.patch.object(store_messages, "record_later", side_effect=error), self.assertRaises(CommandError):
            WebhookEvent.objects.update(body=json.dumps(MESSAGE))
            with self.assertLogs("conversations.feeding"):
                replay(stderr=err)

        for text in (listed, err.getvalue()):
            self.assertEqual((unsafe_characters_in(text), len(text.splitlines())), ("", 1))

    def test_a_replay_says_when_there_is_nothing_to_do(self):
        self.send()

        for arguments in ((), ("--failed",), ("--pending",), ("--dry-run",), ("--pending", "--dry-run"), ("999",)):
            with self.subTest(arguments):
                self.assertEqual(replay(*arguments), "Nothing to do.\n")

    def test_a_replay_refuses_numbers_and_times_that_no_database_takes(self):
        for number in ("9223372036854775808", "9" * 5000, "0", "-1", "1_0", "x"):
            with (
                self.subTest(number[:30]),
                self.assertRaisesRegex(CommandError, "is not a number between 1 and 9223372036854775807"),
            ):
                replay("--", number)
        for moment in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"):
            with self.subTest(moment), self.assertRaisesRegex(CommandError, "Expected ISO 8601"):
                replay("--since", moment)

        self.assertEqual(replay(str(2**63 - 1)), "Nothing to do.\n")

    def test_a_replay_can_be_narrowed(self):
        self.send()
        self.send(MESSAGE | {"MsgSeq": 2, "MsgKey": f"2_7_{NOON_S}"})
        first = WebhookEvent.objects.order_by("pk").first()
        WebhookEvent.objects.update(outcome=WebhookOutcome.PENDING)

        for arguments in ((str(first.pk),), ("--command", "x"), ("--until", "2001-01-01"), ("--since", "2999-01-01T00:00:00Z")):
            replay(*arguments)

        self.assertEqual(list(WebhookEvent.objects.filter(outcome=WebhookOutcome.APPLIED)), [first])

    def test_what_came_at_a_bad_moment_is_still_to_be_applied(self):
        for error in (OperationalError("away"), ServiceUnavailable("too much")):
            with mock.patch.object(store_messages, "record_later", side_effect=error), self.assertLogs("conversations.feeding"):
                self.assert_ok(self.send())
        self.assertEqual(set(WebhookEvent.objects.values_list("outcome", flat=True)), {WebhookOutcome.PENDING})

        self.assertEqual(replay("--pending"), "Applied 2 webhooks.\n")

        self.assertEqual(Conversation.objects.get(owner_id=ALICE).unread_count, 1)
        self.assertEqual(set(WebhookEvent.objects.values_list("outcome", "error")), {(WebhookOutcome.APPLIED, "")})

    def test_strange_bodies_are_kept_and_answered_ok(self):
        deep = b'{"a":' * 900 + b"1" + b"}" * 900
        for body in (
            json.dumps(MESSAGE | {"MsgBody": [{"MsgType": "TIMCustomElem", "MsgContent": None}]}).encode(),
            orjson.dumps(MESSAGE).replace(b'"Text":"hi"', b'"Text":' + deep),
            orjson.dumps(MESSAGE | {"From_Account": "x" * 65}),
            orjson.dumps(MESSAGE | {"From_Account": "bo\0b"}),
            orjson.dumps(MESSAGE | {"MsgKey": "", "MsgTime": NOON_S + 2 * 24 * 60 * 60}),
            orjson.dumps(MESSAGE | {"MsgBody": []}),
        ):
            with self.subTest(body[:300]):
                self.assert_ok(self.send(body, "C2C.CallbackAfterSendMsg"))
                kept = WebhookEvent.objects.latest("pk")
                self.assertEqual((kept.body.encode(), kept.outcome), (body, WebhookOutcome.FAILED), kept.error)
        self.assertFalse(Conversation.objects.exists())

    def test_five_megabytes_are_refused_even_from_who_may(self):
        body = orjson.dumps(MESSAGE | {"CloudCustomData": "x" * 5 * 1024 * 1024})

        self.assert_refused(self.send(body, "C2C.CallbackAfterSendMsg"), 413)

    def test_who_may_not_is_told_so_whatever_the_body(self):
        for body in (b"", b"\xff", b"[", b"x" * 5 * 1024 * 1024):
            self.assert_refused(self.send(body, "C2C.CallbackAfterSendMsg", signed(token="another")))

    def test_a_webhook_that_can_not_be_kept_is_not_acknowledged(self):
        away = mock.Mock(side_effect=OperationalError("away"))
        objects = mock.patch.object(WebhookEvent.objects, "create", away)
        with objects, mock.patch.object(store_webhooks, "insert", away), self.assertLogs():
            response = self.send()

        self.assertEqual((response.status_code, response.json()["ActionStatus"]), (503, "FAIL"))


@override_settings(CALLBACK_DAYS=7)
class SpentBodyTests(WebhookTestCase):
    def setUp(self):
        super().setUp()
        old, young = NOON_S - 8 * DAY_S, NOON_S - 6 * DAY_S
        self.kept = {
            (outcome, time_s): WebhookEvent.objects.create(
                command=MESSAGE["CallbackCommand"], body=json.dumps(MESSAGE), outcome=outcome, received_at=from_epoch_s(time_s)
            )
            for outcome in WebhookOutcome
            for time_s in (old, young)
        }
        self.spent = self.kept[WebhookOutcome.APPLIED, old]

    def test_what_is_old_and_applied_loses_its_body_and_nothing_else(self):
        with mock.patch.object(webhooks, "BODIES_PER_STATEMENT", 1):
            count = webhooks.remove_old_bodies()

        self.assertEqual(count, 1)
        self.assertEqual(list(WebhookEvent.objects.filter(body="")), [self.spent])
        self.spent.refresh_from_db()
        self.assertEqual((self.spent.command, self.spent.outcome), (MESSAGE["CallbackCommand"], WebhookOutcome.APPLIED))
        self.assertEqual(webhooks.remove_old_bodies(), 0)

    def test_pruning_does_it_and_its_dry_run_does_not(self):
        for arguments, left in ((("--dry-run",), 6), ((), 5)):
            out = StringIO()
            call_command("prune", *arguments, stdout=out)
            self.assertIn(f"1 bodies of webhooks {'would be ' if arguments else ''}deleted.", out.getvalue())
            self.assertEqual(WebhookEvent.objects.exclude(body="").count(), left)

    def test_a_replay_leaves_it_out_and_says_so(self):
        webhooks.remove_old_bodies()

        err = StringIO()
        self.assertEqual(replay("--all", stderr=err), "Applied 5 webhooks.\n")

        self.assertEqual(err.getvalue().splitlines(), [f"{self.spent}: skipped, its body was deleted."])
        self.assertEqual(set(WebhookEvent.objects.values_list("outcome", flat=True)), {WebhookOutcome.APPLIED})
        self.assertEqual(Conversation.objects.get(owner_id=ALICE).unread_count, 1)

    def test_a_second_run_need_not_look_at_what_the_first_has_emptied(self):
        webhooks.remove_old_bodies()

        with CaptureQueriesContext(connection) as captured:
            webhooks.remove_old_bodies()

        (query,) = captured
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute(f"{EXPLAIN[connection.vendor]} {query['sql']}")
            self.assertIn("webhook_with_a_spent_body", str(cursor.fetchall()))


DAY_S = 24 * 60 * 60
EXPLAIN = {"sqlite": "EXPLAIN QUERY PLAN", "postgresql": "EXPLAIN"}
