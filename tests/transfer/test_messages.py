"""import_messages: what the past makes of conversations, and what it leaves as it is."""

import json
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import TestCase

from conversations.actions import reading
from conversations.feeding import messages as feeding_messages
from conversations.feeding import webhooks
from conversations.formats import json_records, webhook_events
from conversations.models import Conversation, GroupMember, Message, Owner
from conversations.transfer import messages as transfer_messages
from conversations.transfer.messages import Summary
from tests.support import feeding
from tests.support.messages import NOON_S, c2c, group, rows


def c2c_body(number: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "From_Account": "bob",
        "To_Account": "alice",
        "MsgSeq": number,
        "MsgRandom": number,
        "MsgTime": NOON_S + number // 3,
        "MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Text": f"c{number}"}}],
    } | more


def group_body(number: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "GroupId": "team",
        "From_Account": "bob",
        "MsgSeq": number,
        "MsgTime": NOON_S + number,
        "MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Text": f"g{number}"}}],
    } | more


def webhook(body: dict[str, Any], **more: Any) -> dict[str, Any]:
    kind = "Group" if "GroupId" in body else "C2C"
    return body | {"CallbackCommand": f"{kind}.CallbackAfterSendMsg", "EventTime": body["MsgTime"] * 1000} | more


def import_all(*bodies: Any, **options: Any) -> tuple[Summary, list[transfer_messages.BadRecord]]:
    bad: list[transfer_messages.BadRecord] = []
    return transfer_messages.import_records(enumerate(bodies, 1), on_bad=bad.append, **options), bad


class HistoryTests(TestCase):
    def setUp(self):
        for user_id in feeding.ROSTER:
            GroupMember.objects.create(group_id="team", user_id=user_id, events='[[0,"member"]]')

    def row(self, conversation_id: str = "c2c_bob", owner_id: str = "alice") -> Conversation:
        return Conversation.objects.get(owner_id=owner_id, conversation_id=conversation_id)

    def test_it_makes_conversations_that_are_read(self):
        summary, bad = import_all(c2c_body(1), c2c_body(2), group_body(1, GroupAtInfo=AT_ALL), webhook(group_body(2)))

        self.assertEqual((summary, bad), (Summary(applied=4), []))
        self.assertEqual({(row["unread"], len(row["mentions"])) for row in rows().values()}, {(0, 0)})
        self.assertEqual({rows()[pair]["last"] for pair in (("alice", "c2c_bob"), ("carol", "group_team"))}, {"c2", "g2"})

    def test_a_second_time_changes_nothing(self):
        bodies = [c2c_body(1), group_body(1, GroupAtInfo=AT_ALL), c2c_body(5)]
        import_all(*bodies)
        versions = list(Owner.objects.values_list("owner_id", "version"))

        summary, _bad = import_all(*bodies)

        self.assertEqual(summary, Summary(already_stored=3))
        self.assertEqual(list(Owner.objects.values_list("owner_id", "version")), versions)
        self.assertEqual(rows()["alice", "group_team"]["mentions"], {})

    def test_what_a_webhook_tells_again_is_neither_doubled_nor_unread(self):
        import_all(c2c_body(), group_body())

        for body in (webhook(c2c_body()), webhook(group_body())):
            event = webhook_events.parse(body["CallbackCommand"], body, now_s=NOON_S)
            webhooks.apply_event(event, at_ms=0, now_s=NOON_S)

        self.assertEqual({row["unread"] for row in rows().values()}, {0})
        self.assertEqual(Message.objects.count(), 2)

    def test_what_is_unread_already_stays_so(self):
        feeding_messages.record([c2c("bob", "alice", 1), group("bob", 1, at_all=True)], now_s=NOON_S)
        before = rows()

        summary, _bad = import_all(c2c_body(1), group_body(1))

        self.assertEqual((summary, rows()), (Summary(already_stored=2), before))
        self.assertEqual(before["alice", "group_team"]["unread"], 1)

    def test_a_recall_that_came_first_stands(self):
        webhooks.apply_event(webhook_events.GroupRecall("team", "", (1,)), at_ms=0, now_s=NOON_S)

        import_all(group_body(1))

        last = orjson.loads(self.row("group_team").last_message)
        self.assertEqual((last["status"], last["elemType"], "textElem" in last), (6, 0, False))

    def test_what_was_sent_after_a_time_is_unread(self):
        bodies = [group_body(number, GroupAtInfo=AT_ALL) for number in (1, 2, 3)]

        import_all(*bodies, read_to_s=NOON_S + 2)
        import_all(*bodies, read_to_s=NOON_S + 2)

        row = rows()["alice", "group_team"]
        self.assertEqual((row["unread"], row["mentions"]), (1, {"3": 2}))
        reading.read(owner_id="alice", conversation_id="group_team", sequence=2)
        self.assertEqual(self.row("group_team").unread_count, 1)

    def test_it_does_not_hide_what_came_since(self):
        feeding_messages.record([c2c("bob", "alice", 9)], now_s=NOON_S)

        import_all(c2c_body(1))

        self.assertEqual((rows()["alice", "c2c_bob"]["last"], self.row().unread_count), ("c9", 1))

    def test_the_vendors_import_bodies_are_taken(self):
        payloads = Path(__file__).parent.parent / "payloads"
        c2c_import = json.loads((payloads / "import_c2c.json").read_text())
        of_group = json.loads((payloads / "import_group.json").read_text())
        for number, item in enumerate(of_group["MsgList"], 1):
            item["MsgSeq"] = number

        self.assertEqual(import_all(c2c_import, of_group), (Summary(applied=3), []))

    def test_bad_ones_are_told_by_number_and_reason_and_the_rest_goes_in(self):
        nameless = {key: value for key, value in c2c_body().items() if key != "MsgRandom"}
        summary, bad = import_all(
            c2c_body(),
            7,
            group_body(MsgSeq=None),
            c2c_body(MsgTime=None),
            nameless,
            c2c_body(MsgTime=NOON_S * 1000),
            c2c_body(Unknown=1),
            webhook(c2c_body(), CallbackCommand="C2C.CallbackAfterMsgReport"),
            webhook(c2c_body(), CallbackCommand=["x"]),
            group_body(From_Account="bo\0b"),
            {"GroupId": "team", "MsgList": [7]},
            group_body(),
        )

        self.assertEqual(summary, Summary(applied=2, bad=10))
        self.assertEqual([bad_record.number for bad_record in bad], list(range(2, 12)))
        words = ("object", "MsgSeq", "MsgTime", "MsgRandom", "MsgTime", "Unknown", "Not a webhook", "CallbackCommand")
        for bad_record, word in zip(bad, words):
            self.assertIn(word, bad_record.reason)

    def test_what_was_online_only_or_did_not_go_through_is_left_out(self):
        summary, _bad = import_all(c2c_body(OnlineOnlyFlag=1), webhook(c2c_body(), SendMsgResult=1))

        self.assertEqual((summary, Message.objects.count()), (Summary(left_out=2), 0))

    def test_one_without_a_number_is_the_same_each_time(self):
        body = c2c_body(MsgSeq=None)

        summaries = [import_all(body)[0] for _ in range(2)]

        self.assertEqual(summaries, [Summary(applied=1), Summary(already_stored=1)])

    def test_a_dry_run_tells_what_would_be_and_changes_nothing(self):
        import_all(c2c_body(1))

        summary, _bad = import_all(c2c_body(1), c2c_body(2), group_body(), dry_run=True)

        self.assertEqual((summary, Message.objects.count()), (Summary(applied=2, already_stored=1), 1))
        self.assertFalse(Conversation.objects.filter(conversation_id="group_team").exists())

    def test_queries_depend_on_the_batches_and_not_on_messages_or_members(self):
        def check(members: int, messages: int) -> None:
            for number in range(members):
                GroupMember.objects.create(group_id="team", user_id=f"m{messages}_{number}", events='[[0,"member"]]')
            import_all(group_body(messages - 1))
            with self.assertNumQueries(QUERIES):
                import_all(*(group_body(number) for number in range(messages, 2 * messages)))

        check(2, 10)
        check(20, 200)

    def test_a_record_of_more_than_a_batch_goes_in_parts(self):
        shared = group_body()
        items = [{key: shared[key] for key in ("From_Account", "MsgTime", "MsgBody")} | {"MsgSeq": n} for n in range(1, 6)]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(transfer_messages, "BATCH_MESSAGES", 2)

            summary, bad = import_all({"GroupId": "team", "MsgList": items}, [c2c_body(n) for n in range(3)])

        self.assertEqual((summary, [bad_record.number for bad_record in bad]), (Summary(applied=8), []))

    def test_many_batches_are_as_one(self):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(transfer_messages, "BATCH_MESSAGES", 2)
            positions: list[int] = []

            summary, _bad = import_all(*(c2c_body(number) for number in range(5)), on_batch=positions.append)

        self.assertEqual((summary, positions), (Summary(applied=5), [2, 4, 5]))


AT_ALL = [{"GroupAtAllFlag": 1}]
QUERIES = 17


class CommandTests(TestCase):
    @pytest.fixture(autouse=True)
    def _files(self, tmp_path: Path):
        self.folder = tmp_path

    def file(self, *bodies: Any) -> str:
        path = self.folder / "messages.jsonl"
        path.write_bytes(b"".join(body if isinstance(body, bytes) else orjson.dumps(body) + b"\n" for body in bodies))
        return str(path)

    def run_command(self, *arguments: str) -> tuple[str, str, int]:
        out, err = StringIO(), StringIO()
        try:
            call_command("import_messages", *arguments, stdout=out, stderr=err)
        except SystemExit as stop:
            return out.getvalue(), err.getvalue(), int(stop.code or 0)
        return out.getvalue(), err.getvalue(), 0

    def test_it_says_what_it_did_and_which_lines_are_bad(self):
        name = self.file(c2c_body(), b'{"a"}\n', c2c_body(MsgTime=None), c2c_body())

        out, err, status = self.run_command(name)

        self.assertEqual((out.strip(), status), ("1 new, 1 already stored, 0 online-only or undelivered, 2 invalid.", 1))
        first, second = err.strip().splitlines()
        self.assertTrue(first.startswith(f"{name}, line 2: Not JSON: "), first)
        self.assertTrue(first.endswith(", at character 5."), first)
        self.assertEqual(second, f"{name}, line 3: MsgTime: Missing.")

    def test_of_an_array_it_says_which_entries_are_bad(self):
        name = self.file(json.dumps([c2c_body(), c2c_body(MsgTime=None)], indent=1).encode())

        out, err, status = self.run_command(name)

        self.assertEqual((out.strip(), status), ("1 new, 0 already stored, 0 online-only or undelivered, 1 invalid.", 1))
        self.assertEqual(err.strip(), f"{name}, entry 2: MsgTime: Missing.")

    def test_several_files_are_summed_up_and_a_dry_run_says_so(self):
        name = self.file(c2c_body(1), c2c_body(2))

        out, _err, status = self.run_command("--dry-run", name, name)

        self.assertEqual(
            (out.splitlines()[0], status), ("4 new, 0 already stored, 0 online-only or undelivered, 0 invalid.", 0)
        )
        self.assertIn("nothing was changed", out)
        self.assertFalse(Message.objects.exists())

    def test_the_time_after_which_all_is_unread_comes_in_both_forms(self):
        name = self.file(*(c2c_body(number) for number in (3, 6)))
        for text in (str(NOON_S + 1), "2025-10-09T08:53:21Z", "2025-10-09 08:53:21"):
            with self.subTest(text):
                self.run_command("--unread-after", text, name)
                self.assertEqual(Conversation.objects.get(owner_id="alice").unread_count, 1)
                Conversation.objects.all().delete()
                Message.objects.all().delete()

    def test_a_time_that_is_none_is_refused(self):
        for text in ("yesterday", "2025-13-01", str(NOON_S * 1000), "-1"):
            with self.assertRaisesMessage(CommandError, "Expected ISO 8601"):
                self.run_command(f"--unread-after={text}", self.file(c2c_body()))

    def test_standard_input_is_read(self):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("sys.stdin", type("Stdin", (), {"buffer": BytesIO(orjson.dumps(c2c_body()))}))

            out, _err, status = self.run_command("-")

        self.assertEqual((out[:5], status), ("1 new", 0))
        self.assertEqual(list(json_records.Records(BytesIO(b""))), [])


def roaming(number: int = 1, **more: Any) -> dict[str, Any]:
    """A message of admin_getroammsg."""
    body = c2c_body(number, MsgFlagBits=0, IsPeerRead=0) | {"MsgTimeStamp": NOON_S + number // 3}
    del body["MsgTime"]
    return body | {"MsgKey": f"{number}_{number}_{NOON_S + number // 3}"} | more


def simple(number: int = 1, **more: Any) -> dict[str, Any]:
    """A message of group_msg_get_simple, whose group is beside the list."""
    return {
        "From_Account": "bob",
        "IsPlaceMsg": 0,
        "MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Text": f"g{number}"}}],
        "MsgPriority": 1,
        "MsgRandom": number,
        "MsgSeq": number,
        "MsgTimeStamp": NOON_S + number,
    } | more


ANSWER = {"ActionStatus": "OK", "ErrorCode": 0, "ErrorInfo": ""}
PLACEHOLDER = {"IsPlaceMsg": 1, "MsgBody": []}


def roaming_answer(*messages: dict[str, Any]) -> dict[str, Any]:
    last = {"LastMsgTime": NOON_S, "LastMsgKey": "1_1_1"}
    return ANSWER | last | {"Complete": 1, "MsgCnt": len(messages), "MsgList": list(messages)}


def simple_answer(*messages: dict[str, Any]) -> dict[str, Any]:
    return ANSWER | {"GroupId": "team", "IsFinished": 1, "RspMsgList": list(messages)}


class VendorAnswerTests(TestCase):
    """The forms in which operators hold their past."""

    def setUp(self):
        for user_id in feeding.ROSTER:
            GroupMember.objects.create(group_id="team", user_id=user_id, events='[[0,"member"]]')

    def last(self, owner_id: str = "alice", conversation_id: str = "c2c_bob") -> dict[str, Any]:
        row = Conversation.objects.get(owner_id=owner_id, conversation_id=conversation_id)
        return json.loads(row.last_message)

    def test_whole_answers_and_single_messages_are_taken(self):
        for form in (
            [roaming_answer(roaming(1), roaming(2)), simple_answer(simple(1), simple(2))],
            [roaming(1), roaming(2), *(simple(n, GroupId="team") for n in (1, 2))],
            [roaming(1), roaming(2), simple(1), simple(2)],
        ):
            with self.subTest(form=len(form)), transaction.atomic():
                summary, bad = import_all(*form, default_group="team")

                self.assertEqual((summary, bad), (Summary(applied=4), []))
                self.assertEqual(self.last()["textElem"], {"text": "c2"})
                self.assertEqual(self.last("carol", "group_team")["textElem"], {"text": "g2"})
                transaction.set_rollback(True)

    def test_the_files_of_get_history_are_taken(self):
        platform = {"ClientIP": "203.0.113.7", "MsgFromPlatform": "Windows"}
        one_to_one = c2c_body(1, **platform, MsgTimestamp=NOON_S)
        in_group = group_body(1, **platform, MsgTimestamp=NOON_S)
        for body in (one_to_one, in_group):
            del body["MsgTime"]

        file = {"MsgList": [one_to_one, in_group], "AppID": 1400000001, "Time": "2026-11-29"}
        summary, bad = import_all(file, {"MsgList": [one_to_one]}, one_to_one)

        self.assertEqual((summary.applied, summary.already_stored + 1, bad), (2, 3, []))
        self.assertEqual(self.last()["timestamp"], NOON_S)

    def test_a_recalled_message_comes_as_recalled_without_its_content(self):
        summary, _bad = import_all(
            roaming_answer(roaming(1), roaming(2, MsgFlagBits=8), roaming(3, MsgFlagBits=8, MsgBody=[])),
        )

        self.assertEqual((summary.recalled, summary.bad), (2, 0))
        recalled = Message.objects.filter(is_recalled=True)
        self.assertEqual(recalled.count(), 2)
        self.assertNotIn("c2", self.last().get("textElem", {}).values())
        self.assertEqual(Conversation.objects.get(owner_id="alice").unread_count, 0)

    def test_other_flags_are_no_recall(self):
        self.assertEqual(import_all(roaming(1, MsgFlagBits=7))[0], Summary(applied=1))

    def test_a_gone_message_of_a_group_stays_gone(self):
        summary, bad = import_all(simple_answer(simple(1), simple(2, **PLACEHOLDER)))

        self.assertEqual((summary, bad), (Summary(applied=1, recalled=1), []))
        webhooks.apply_event(webhook_events.parse(*_sent_again(group_body(2)), now_s=NOON_S), at_ms=0, now_s=NOON_S)
        self.assertNotEqual(self.last("alice", "group_team").get("textElem"), {"text": "g2"})
        self.assertEqual(Conversation.objects.get(owner_id="alice").unread_count, 0)

    def test_a_peers_read_shows_to_the_sender(self):
        import_all(roaming_answer(roaming(1, IsPeerRead=1)))

        self.assertTrue(self.last("bob", "c2c_alice")["isPeerRead"])

    def test_a_second_time_changes_nothing(self):
        records = [
            roaming_answer(roaming(1, IsPeerRead=1), roaming(2, MsgFlagBits=8)),
            simple_answer(simple(1), simple(2, **PLACEHOLDER)),
        ]
        import_all(*records)
        before, versions = rows(), sorted(Owner.objects.values_list("owner_id", "version"))

        summary, _bad = import_all(*records)

        self.assertEqual((summary.applied, summary.recalled), (0, 2))
        self.assertEqual((rows(), sorted(Owner.objects.values_list("owner_id", "version"))), (before, versions))

    def test_an_empty_answer_is_nothing_and_a_failure_is_bad(self):
        failure = {"ActionStatus": "FAIL", "ErrorCode": 10010, "ErrorInfo": "no such group"}

        summary, bad = import_all(ANSWER | {"IsFinished": 1, "GroupId": "team"}, failure)

        self.assertEqual(summary, Summary(bad=1))
        self.assertIn("no such group", bad[0].reason)

    def test_unknown_keys_and_missing_parts_are_refused_by_name(self):
        _summary, bad = import_all(
            roaming(1, Unknown=1),
            simple(1),
            simple(1, GroupId="team", MsgSeq=None),
            simple(1, GroupId="team", MsgSeq=None, **PLACEHOLDER),
            simple_answer({"MsgSeq": 1}) | {"RspMsgList": 7},
        )

        for bad_record, key in zip(bad, ("Unknown", "To_Account", "MsgSeq", "MsgSeq", "RspMsgList"), strict=True):
            self.assertIn(key, bad_record.reason)

    def test_a_dry_run_recalls_nothing(self):
        import_all(roaming(1))

        summary, _bad = import_all(roaming(1, MsgFlagBits=8), dry_run=True)

        self.assertEqual((summary.recalled, Message.objects.filter(is_recalled=True).count()), (1, 0))


class VendorAnswerCommandTests(TestCase):
    @pytest.fixture(autouse=True)
    def _files(self, tmp_path: Path):
        self.folder = tmp_path

    def run_import(self, *options: str, records: list[dict[str, Any]]) -> str:
        path = self.folder / "history.jsonl"
        path.write_bytes(b"\n".join(map(orjson.dumps, records)))
        out = StringIO()
        call_command("import_messages", str(path), *options, stdout=out)
        return out.getvalue().strip()

    def test_the_group_of_single_messages_is_an_option(self):
        text = self.run_import("--group", "team", records=[simple(1), simple(2, **PLACEHOLDER)])

        self.assertEqual(
            text,
            "1 new, 0 already stored, 0 online-only or undelivered, 0 invalid. 1 message was recalled or deleted.",
        )
        self.assertEqual({*Message.objects.values_list("thread", flat=True)}, {"team"})

    def test_a_malformed_group_is_refused(self):
        with self.assertRaisesMessage(CommandError, "GroupId"):
            self.run_import("--group", "tëam", records=[simple(1)])


def _sent_again(body: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return "Group.CallbackAfterSendMsg", body
