"""manage.py export_user: everything that is stored about a user, and of others no more than the user's app showed."""

import io
import threading
import tracemalloc
from collections import Counter
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import TestCase, TransactionTestCase
from django.test.utils import CaptureQueriesContext

from conversations.access import api_keys
from conversations.actions import drafts
from conversations.feeding import messages
from conversations.maintenance import erasure
from conversations.models import ApiKey, Conversation, Message, Owner, Thread
from conversations.store.transactions import one_moment
from conversations.transfer.user_export import export_lines
from tests.support import subject
from tests.support.cast import make_conversation, make_conversations
from tests.support.members import team
from tests.support.messages import NOON_S, c2c, group
from tests.support.subject import EVE, FACE_URL, KEPT, MARKER, NICK, PEERS

Line = dict[str, Any]


def exported(user_id: str = EVE) -> list[Line]:
    return [orjson.loads(line) for line in export_lines(user_id)]


def of_type(type_: str, lines: list[Line]) -> list[Line]:
    return [line for line in lines if line["type"] == type_]


class ContentTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        subject.leave_traces()

    def setUp(self):
        self.lines = exported()

    def test_every_text_of_theirs_is_in_it(self):
        as_json = (".wire_head", ".last_message", ".former_names", ".group_names", ".changes")
        own = [
            (where, text)
            for where, row, text in subject.cells()
            if MARKER in text and row.get("owner_id") == EVE and not where.endswith(as_json)
        ]
        self.assertGreater(len(own), 5)

        for where, text in own:
            self.assertIn(repr(text), repr(self.lines), where)
        sent = Message.objects.filter(sender=EVE).values_list("position", flat=True)
        found = [line["position"] for line in of_type("message", self.lines) if line["isSent"]]
        self.assertEqual(sorted(found), sorted(sent))

    def test_the_profile_with_earlier_names(self):
        (profile,) = of_type("profile", self.lines)

        self.assertEqual((profile["userID"], profile["nickName"], profile["faceUrl"]), (EVE, NICK, FACE_URL))
        self.assertIn(f"Evie {MARKER}", profile["formerNames"])
        self.assertEqual(profile["groupNames"], [f"work {MARKER}"])

    def test_conversations_as_the_app_shows_them_and_with_what_it_does_not_show(self):
        found = {line["conversation"]["conversationID"]: line for line in of_type("conversation", self.lines)}

        self.assertEqual(len(found), Conversation.objects.filter(owner_id=EVE).count())
        with_alice = found["c2c_alice"]["conversation"]
        self.assertEqual((with_alice["draftText"], with_alice["customData"]), (f"draft {MARKER}", f"data {MARKER}"))
        self.assertEqual(found["c2c_bob"]["conversation"]["conversationGroupList"], [f"work {MARKER}"])
        self.assertTrue(found[f"c2c_{PEERS[2]}"]["state"]["deletedAt"])
        self.assertEqual((found["c2c_zoe"]["conversation"]["recvOpt"], found["c2c_zoe"]["state"]["version"]), (1, 0))

    def test_messages_sent_and_received_one_to_one_and_none_of_others_in_groups(self):
        found = of_type("message", self.lines)

        counts = Counter((line["conversationID"].split("_")[0], line["isSent"]) for line in found)
        self.assertEqual(counts, {("c2c", True): 5, ("c2c", False): 3, ("group", True): 3})
        self.assertEqual({line["sender"] for line in found if not line["isSent"]}, set(PEERS))
        texts = [line["body"]["textElem"]["text"] for line in found if line["body"] and not line["isSent"]]
        self.assertEqual(texts, [f"hello {KEPT}"] * 3)
        everything = repr([line for line in self.lines if line["type"] != "conversation"])
        for words in ("one", "three", "four", "five"):
            self.assertNotIn(f"{words} {KEPT}", everything)

    def test_memberships_keys_and_what_staff_did(self):
        (membership,) = of_type("groupMembership", self.lines)
        (key,) = of_type("apiKey", self.lines)
        views = of_type("view", self.lines)
        changes = of_type("staffChange", self.lines)

        self.assertEqual((membership["groupID"], membership["events"]), ("team", [[subject.NOON_MS, "member"]]))
        self.assertEqual((key["name"], key["canRead"], key["canWrite"]), (f"phone {MARKER}", True, True))
        self.assertEqual([view["conversationID"] for view in views], ["", "c2c_alice"])
        self.assertEqual({view["reason"] for view in views}, {f"ticket {MARKER}"})
        self.assertEqual(len(changes), 3)
        (wrong,) = of_type("inconsistency", self.lines)
        self.assertEqual((wrong["conversationID"], wrong["kind"]), ("c2c_alice", "unread"))

    def test_no_secret_and_no_member_of_staff_is_in_it(self):
        text = b"".join(export_lines(EVE))

        self.assertNotIn(b"sue", text)
        self.assertNotIn(b"digest", text)
        self.assertNotIn(bytes(ApiKey.objects.get().digest).hex().encode(), text)

    def test_webhooks_without_what_is_others(self):
        found = of_type("webhook", self.lines)

        commands = Counter(line["command"].rpartition(".")[2] for line in found)
        self.assertEqual(commands["CallbackPortraitSet"], 4)
        self.assertEqual(commands["CallbackAfterSendMsg"], 16)
        (created,) = [line["content"] for line in found if line["command"].endswith("CreateGroup")]
        self.assertEqual(created["MemberList"], [{"Member_Account": EVE}])

    def test_no_line_names_a_table_of_others(self):
        """Everything that is stored with the user's ID is exported, or here is why not."""
        not_exported = {
            "Thread": "their messages are",
            "ProfileUpdate": "no more than that a name is being copied",
            "SavedView": "of staff, for any list",
            "LoginLogEntry": "of staff",
            "Group": "not of one user",
            "RefusedWebhooks": "of nobody",
            "Verification": "of nobody",
        }
        covered = {
            "Owner", "Conversation", "ConversationEvent", "Message", "GroupMember", "ApiKey", "PendingReceipt",
            "AccessLogEntry", "WebhookEvent", "Inconsistency",
        }  # fmt: skip
        tables = {model.__name__ for model in apps.get_app_config("conversations").get_models() if model._meta.managed}
        self.assertEqual(tables, covered | not_exported.keys())

    def test_after_an_erasure_there_is_only_that(self):
        erasure.erase(EVE)

        lines = exported()

        self.assertNotIn(MARKER, repr(lines))
        self.assertEqual(
            Counter(line["type"] for line in lines),
            {"export": 1, "profile": 1, "message": 7, "view": 2, "staffChange": 2, "webhook": 4},
        )


class CommandTests(TestCase):
    @pytest.fixture(autouse=True)
    def _files(self, tmp_path: Path, capfdbinary):
        self.folder, self.captured = tmp_path, capfdbinary

    def test_a_file_holds_what_standard_output_does(self):
        make_conversation()
        target, out = self.folder / "alice.jsonl", io.StringIO()

        call_command("export_user", "alice", "--output", str(target), stdout=out)
        call_command("export_user", "alice")

        files, printed = target.read_bytes().splitlines(), self.captured.readouterr().out.splitlines()
        self.assertEqual(files[1:], printed[1:])  # the first has the time
        self.assertEqual(out.getvalue(), f"Exported 3 lines to {target}.\n")
        self.assertEqual([orjson.loads(line)["type"] for line in files], ["export", "profile", "conversation"])

    def test_an_unknown_user_or_impossible_id_is_an_error_and_writes_nothing(self):
        target = self.folder / "nobody.jsonl"
        for user_id, why in (("nobody", "Unknown user nobody."), ("böb", "Invalid user ID")):
            with self.subTest(user_id), self.assertRaisesMessage(CommandError, why):
                call_command("export_user", user_id, "--output", str(target))
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_another_users_data_is_not_in_it(self):
        make_conversation("bob", "c2c_carol", draft_text="secret")
        make_conversation("alice", "c2c_carol")
        api_keys.create_api_key(name="bobs", owner_id="bob")
        messages.record([c2c("bob", "carol", 1)], now_s=NOON_S)

        self.assertNotIn(b"bob", b"".join(export_lines("alice")))


class SizeTests(TestCase):
    def test_queries_do_not_grow_with_rows(self):
        team("alice", "bob")
        make_conversations(3)
        messages.record([c2c("alice", "bob", 1), group("alice", 1)], now_s=NOON_S)
        with CaptureQueriesContext(connection) as few:
            list(export_lines("alice"))
        make_conversations(60, start=3)
        messages.record([c2c("alice", f"user{number}", number) for number in range(2, 60)], now_s=NOON_S)
        messages.record([group("alice", number) for number in range(2, 60)], now_s=NOON_S)

        with CaptureQueriesContext(connection) as many:
            list(export_lines("alice"))

        self.assertEqual(len(few), len(many))

    @pytest.mark.slow
    def test_memory_does_not_grow_with_messages(self):
        Owner.objects.create(owner_id="alice")
        body = orjson.dumps({"text": "x" * 2000}).decode()
        peaks = []
        for start, end in ((0, 1_500), (1_500, 6_000)):
            Message.objects.bulk_create(
                Message(thread="alice\x1fbob", position=f"{number:030d}", sender="bob", body=body)
                for number in range(start, end)
            )
            Thread.objects.get_or_create(thread="alice\x1fbob")
            tracemalloc.start()
            for _line in export_lines("alice"):
                pass
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
        self.assertLess(peaks[1], 1.3 * peaks[0])


class OneMomentTests(TransactionTestCase):
    def test_a_change_meanwhile_is_not_in_it_and_does_not_wait(self):
        make_conversations(3)
        with one_moment():
            lines = export_lines("alice")
            next(lines), next(lines)
            self.change_elsewhere()
            rest = [orjson.loads(line) for line in lines]

        self.assertEqual([line["conversation"]["draftText"] for line in of_type("conversation", rest)], ["", "", ""])
        self.assertTrue(Conversation.objects.filter(draft_text="later").exists())

    def change_elsewhere(self) -> None:
        def change() -> None:
            drafts.set_draft(owner_id="alice", conversation_id="c2c_peer2", text="later")
            connection.close()

        thread = threading.Thread(target=change)
        thread.start()
        thread.join()
