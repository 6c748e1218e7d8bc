"""manage.py erase_user: nothing of a user is left anywhere but what must stay, and nobody else loses anything."""

import io
from typing import Any
from unittest import mock

import orjson
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.test import TestCase

from conversations import sync_tokens
from conversations.access import api_keys
from conversations.choices import ChangedBy
from conversations.exceptions import NotAuthenticated
from conversations.lists import change_feed
from conversations.maintenance import erasure, verify
from conversations.models import (
    AccessLogEntry,
    ApiKey,
    Conversation,
    Message,
    Owner,
    PendingReceipt,
    ProfileUpdate,
    WebhookOutcome,
)
from conversations.store import notifications
from tests.support import subject
from tests.support.cast import make_conversation
from tests.support.following import Follower
from tests.support.subject import EVE, KEPT, MARKER, PEERS, cells, everything, without, written_forms

# Where the user's ID stays, and why.
ID_STAYS = {
    "conversations.Owner.owner_id": "the time of the erasure is stored with it, so that what is older does not come back",
    "conversations.Conversation.conversation_id": "others' conversations with the user have it as their key",
    "conversations.ConversationEvent.conversation_id": "what happened to these conversations",
    "conversations.Inconsistency.conversation_id": "what a check found there",
    "conversations.Conversation.show_name": "what such a conversation shows without a name",
    "conversations.Conversation.last_message": "one to one, it names both users",
    "conversations.Conversation.wire_head": "the same, ready to be sent",
    "conversations.Thread.thread": "the key of the messages of two users",
    "conversations.Message.thread": "the same",
    "conversations.Message.sender": "one to one: whose turn it was",
    "conversations.Message.body": "one to one: the same",
    "conversations.WebhookEvent.body": "of others, and not applied yet",
    "conversations.AccessLogEntry.owner_id": "whose list staff viewed",
    "conversations.AccessLogEntry.conversation_id": "which of others' conversations staff opened",
    "admin.LogEntry.object_id": "whose list staff changed",
    "admin.LogEntry.object_repr": "the same",
}
# What an erasure may change in others' rows.
MAY_CHANGE = {"show_name", "face_url", "last_message", "wire_head", "version", "changed_by", "changed_at"}


def rows_of_others() -> dict[tuple[str, str], dict[str, Any]]:
    rows = Conversation.objects.exclude(owner_id=EVE).values()
    return {(row["owner_id"], row["conversation_id"]): row for row in rows}


def count_of_others_texts() -> int:
    """How often others' texts stand in others' rows, in messages and logs; webhooks only repeat them."""
    found = ((where, row, text) for where, row, text in cells() if not where.startswith("conversations.WebhookEvent."))
    return sum(text.count(KEPT) for _where, row, text in found if row.get("owner_id") != EVE)


def erase(*arguments: str, user_id: str = EVE) -> list[str]:
    output = io.StringIO()
    call_command("erase_user", user_id, *arguments, stdout=output)
    return output.getvalue().splitlines()


class ErasedTests(TestCase):
    """A user who has left traces everywhere."""

    @classmethod
    def setUpTestData(cls):
        subject.leave_traces()

    def feed(self, owner_id: str) -> Follower:
        def ask(since: str, count: int) -> dict[str, Any]:
            return orjson.loads(change_feed.read(owner_id, sync_tokens.parse(since), count).to_json())

        follower = Follower(ask)
        follower.finish()
        return follower

    def test_nothing_of_theirs_is_left_in_any_table(self):
        before = {where for where, _row, text in cells() if MARKER in text}
        with self.subTest("the test has something to find"):
            self.assertGreater(len(before), 15)

        erase()

        self.assertEqual([(where, text) for where, _row, text in cells() if MARKER in text], [])

    def test_the_id_stays_only_where_it_must(self):
        erase()

        forms = written_forms(EVE)
        found = [(where, row) for where, row, text in cells() if any(form in text for form in forms)]
        self.assertEqual({where for where, _row in found}, set(ID_STAYS))
        for where, row in found:
            if where.startswith("conversations.Message."):
                self.assertIn(EVE, row["thread"])
            elif where.startswith("conversations.Conversation."):
                self.assertEqual(row["conversation_id"], f"c2c_{EVE}")
            elif where.startswith("conversations.WebhookEvent."):
                self.assertIn(KEPT, row["body"].replace("NewMemberList", KEPT))
                self.assertNotEqual(row["outcome"], WebhookOutcome.APPLIED)

    def test_others_lose_names_and_contents_and_nothing_else(self):
        before = rows_of_others()
        texts = count_of_others_texts()

        erase()

        after = rows_of_others()
        self.assertEqual(after.keys(), before.keys())
        for key, row in after.items():
            with self.subTest(key):
                self.assertEqual(without(row, MAY_CHANGE), without(before[key], MAY_CHANGE))
                if key[1] == f"c2c_{EVE}":
                    self.assertEqual((row["show_name"], row["face_url"]), (EVE, ""))
        self.assertEqual(count_of_others_texts(), texts)
        self.assertEqual(list(verify.findings()), [])

    def test_a_last_message_is_the_notice_of_a_recalled_one(self):
        erase()

        for owner_id in ("alice", "zoe"):
            last = orjson.loads(Conversation.objects.get(owner_id=owner_id, conversation_id=f"c2c_{EVE}").last_message)
            self.assertEqual((last["status"], last["elemType"], last["sender"], last["nickName"]), (6, 0, EVE, ""))
        in_group = orjson.loads(Conversation.objects.get(owner_id="alice", conversation_id="group_team").last_message)
        self.assertEqual((in_group["status"], in_group["sender"], in_group["seq"]), (6, "", "6"))
        tips = orjson.loads(Conversation.objects.get(owner_id="zoe", conversation_id="group_tips").last_message)
        self.assertEqual((tips["nickName"], tips["groupAtUserList"]), ("Zoe", ["zoe"]))
        self.assertEqual({tips["groupTipsElem"]["opMember"][key] for key in ("nickName", "faceUrl", "nameCard")}, {""})

    def test_a_message_for_nobody_else_is_not_for_all(self):
        erase()

        targeted = Message.objects.get(thread="team", position=f"{4:020d}")
        self.assertEqual(orjson.loads(targeted.targets), [""])
        mention = Message.objects.get(thread="team", position=f"{3:020d}")
        self.assertEqual(orjson.loads(mention.at_accounts), ["alice"])
        self.assertEqual(orjson.loads(mention.body)["groupAtUserList"], ["alice"])
        recalled = Message.objects.get(thread="team", position=f"{5:020d}")
        self.assertEqual((recalled.is_recalled, recalled.recalled_by), (True, ""))

    def test_followers_hear_of_it(self):
        followers = {owner_id: self.feed(owner_id) for owner_id in (*PEERS, "zoe", "dave")}
        seen = {owner_id: dict(follower.conversations) for owner_id, follower in followers.items()}

        with mock.patch.object(notifications, "notify") as notify, self.captureOnCommitCallbacks(execute=True):
            erase()

        notified = {owner_id for call in notify.call_args_list for owner_id in call.args[0]}
        self.assertLessEqual({EVE, "alice", "bob", "zoe", "dave"}, notified)
        for owner_id, follower in followers.items():
            follower.finish()
            self.assertEqual(follower.resets, 0)
            self.assertEqual(follower.conversations, self.feed(owner_id).conversations)
            self.assertNotIn(MARKER, repr(follower.conversations))
            self.assertEqual(follower.conversations.keys(), seen[owner_id].keys())
        changed = Conversation.objects.get(owner_id="alice", conversation_id=f"c2c_{EVE}")
        self.assertEqual(changed.changed_by, ChangedBy.ERASURE)

    def test_the_users_own_clients_start_over_and_find_nothing(self):
        follower = self.feed(EVE)
        self.assertTrue(follower.conversations)

        erase()

        follower.finish()
        self.assertEqual((follower.resets, follower.shown, follower.groups), (1, [], []))

    def test_the_users_keys_open_nothing(self):
        _key, text = api_keys.create_api_key(name="other", owner_id=EVE, scopes=("read",))

        erase()

        with self.assertRaises(NotAuthenticated):
            api_keys.find(text)
        self.assertFalse(ApiKey.objects.filter(owner_id=EVE).exists())

    def test_who_viewed_and_changed_the_list_stays_known(self):
        before = (AccessLogEntry.objects.count(), LogEntry.objects.count())

        erase()

        self.assertEqual((AccessLogEntry.objects.count(), LogEntry.objects.count()), before)
        views = AccessLogEntry.objects.filter(owner_id=EVE).order_by("id")
        self.assertEqual(list(views.values_list("username", "conversation_id")), [("sue", ""), ("sue", "c2c_alice")])
        others = AccessLogEntry.objects.filter(owner_id="alice").order_by("id")
        self.assertEqual(
            list(others.values_list("reason", "conversation_id")), [(f"ticket {KEPT}", id_) for id_ in ("", f"c2c_{EVE}")]
        )
        (session,) = Session.objects.all()
        ((owner_id, (_hour, _reason, opened)),) = session.get_decoded()["views"].items()
        self.assertEqual((owner_id, opened), ("alice", []))

    def test_nothing_is_pending(self):
        erase()

        self.assertFalse(PendingReceipt.objects.exists())
        self.assertFalse(ProfileUpdate.objects.exists())

    def test_messages_that_nobody_else_has_go(self):
        erase()

        self.assertFalse(Message.objects.filter(thread=f"{EVE}\x1f{EVE}").exists())

    def test_a_second_run_finds_nothing(self):
        erase()
        before, erased_at_s = everything(), Owner.objects.get(owner_id=EVE).erased_at_s

        self.assertEqual(erase(), [f"Nothing of {EVE} is left to erase."])
        self.assertEqual(erase("--dry-run"), [f"Nothing of {EVE} is left to erase.", "Dry run: nothing was changed."])
        self.assertGreaterEqual(Owner.objects.get(owner_id=EVE).erased_at_s, erased_at_s)
        Owner.objects.filter(owner_id=EVE).update(erased_at_s=erased_at_s)
        self.assertEqual(everything(), before)

    def test_a_dry_run_counts_the_same_and_changes_nothing(self):
        before = everything()

        *counted, last = erase("--dry-run")

        self.assertEqual(last, "Dry run: nothing was changed.")
        self.assertEqual(everything(), before)
        self.assertEqual(counted, [line.replace(" erased.", " would be erased.") for line in erase()])
        self.assertEqual(len(counted), len(erasure.Kind))

    def test_another_user_whose_id_differs_by_case_loses_nothing(self):
        erase()

        other = Owner.objects.get(owner_id=PEERS[2])
        self.assertEqual(other.erased_at_s, 0)
        self.assertEqual(Conversation.objects.for_owner(PEERS[2]).count(), 3)
        self.assertIn(KEPT, LogEntry.objects.get(object_id=PEERS[2]).change_message)


class BadInputTests(TestCase):
    def test_an_unknown_user_is_an_error(self):
        with self.assertRaisesMessage(CommandError, "Unknown user nobody."):
            erase(user_id="nobody")
        self.assertFalse(Owner.objects.exists())

    def test_a_text_that_can_be_no_id_is_an_error(self):
        for user_id in ("", "böb", "x" * 65):
            with self.subTest(user_id), self.assertRaisesMessage(CommandError, "Invalid user ID"):
                erase(user_id=user_id)

    def test_a_user_whom_only_others_name_is_known(self):
        last = orjson.dumps(subject.last_message("bob", 1, MARKER)).decode()
        make_conversation("alice", "group_team", last_message=last)

        self.assertEqual(erase(user_id="bob"), ["1 conversations of others erased."])
