"""The feed of changes: it continues from any sync token, and a client that missed too much starts over, once."""

from datetime import timedelta

import orjson
from django.test import TestCase, override_settings
from django.utils import timezone

from conversations import sync_tokens
from conversations.actions import deletions, drafts, groups, pins
from conversations.exceptions import InvalidParameter
from conversations.lists import change_feed
from conversations.models import Conversation, Owner
from tests.support.cast import ALICE, make_conversation, make_conversations


def read(since: str = "0", count: int = 100, **more) -> change_feed.Changes:
    return change_feed.read(ALICE, sync_tokens.parse(since), count, **more)


def kinds(page: change_feed.Changes) -> list[tuple[str, str]]:
    changes = map(orjson.loads, page.changes)
    return [
        (change["kind"], change.get("conversationID") or change.get("conversation", {}).get("conversationID", ""))
        for change in changes
    ]


def pin(conversation_id: str) -> None:
    pins.set_pinned(owner_id=ALICE, conversation_id=conversation_id, pinned=True)


def delete(*conversation_ids: str) -> None:
    deletions.delete(owner_id=ALICE, conversation_ids=conversation_ids)


class TokenTests(TestCase):
    def setUp(self):
        make_conversations(4)
        Owner.objects.update(epoch=77)

    def test_what_is_no_token_is_refused(self):
        for text in ("x", "1", "1.", ".1", "1.2.3.4", "-1.2", "1.-2", "1 .2", "¹.2", "1.2\n", "9" * 19 + ".1", "00", "1,2"):
            with self.subTest(text), self.assertRaises(InvalidParameter):
                sync_tokens.parse(text)

    def test_none_and_zero_are_the_start(self):
        self.assertEqual(read("").changes, read("0").changes)
        self.assertEqual(len(read("0").changes), 4)

    def test_another_epoch_a_version_ahead_and_one_too_old_start_over(self):
        Owner.objects.update(reset_below=3)

        for text in ("76.4", "78.4", "77.5", "77.2", "77.0", "77.1.2", "77.3.9"):
            with self.subTest(text):
                page = read(text)
                self.assertEqual((page.reset_required, page.since, page.changes, page.is_finished), (True, "0", [], False))
        for text in ("77.3", "77.4", "77.1.3", "77.1.4"):
            with self.subTest(text):
                self.assertFalse(read(text).reset_required)

    def test_an_owner_never_seen_is_at_the_start_and_a_token_of_a_lost_one_starts_over(self):
        page = change_feed.read("nobody", None, 10)
        lost = change_feed.read("nobody", sync_tokens.parse("77.3"), 10)

        self.assertEqual((page.since, page.changes, page.is_finished, page.reset_required), ("0", [], True, False))
        self.assertTrue(lost.reset_required)

    def test_it_is_one_query_however_much_it_gives(self):
        with self.assertNumQueries(1):
            read()
        make_conversations(50, start=100)
        with self.assertNumQueries(1):
            read()


class ChangesTests(TestCase):
    def setUp(self):
        make_conversations(3)
        self.since = read().since

    def test_a_row_that_changed_ten_times_shows_once_at_its_newest(self):
        for n in range(10):
            drafts.set_draft(owner_id=ALICE, conversation_id="c2c_peer1", text=str(n))

        page = read(self.since)

        self.assertEqual(kinds(page), [("changed", "c2c_peer1")])
        self.assertEqual(orjson.loads(page.changes[0])["conversation"]["draftText"], "9")
        self.assertEqual(read(page.since).changes, [])

    def test_changes_come_in_the_order_in_which_they_happened(self):
        pin("c2c_peer2")
        make_conversation(conversation_id="c2c_new")
        delete("c2c_peer0")
        pin("c2c_peer1")

        expected = [("changed", "c2c_peer2"), ("new", "c2c_new"), ("deleted", "c2c_peer0"), ("changed", "c2c_peer1")]
        self.assertEqual(kinds(read(self.since)), expected)

    def test_pages_of_any_size_give_the_same(self):
        pin("c2c_peer2")
        groups.create(owner_id=ALICE, name="work", conversation_ids=["c2c_peer0", "c2c_peer1"])
        delete("c2c_peer2")
        whole = read(self.since).changes

        for count in (1, 2, 3):
            changes, since, is_finished = [], self.since, False
            while not is_finished:
                page = read(since, count)
                self.assertLessEqual(len(page.changes), count)
                changes, since, is_finished = changes + page.changes, page.since, page.is_finished
            self.assertEqual(changes, whole)

    def test_groups_stand_where_they_changed(self):
        groups.create(owner_id=ALICE, name="work", conversation_ids=["c2c_peer0"])
        pin("c2c_peer1")

        page = read(self.since)

        self.assertEqual(kinds(page), [("groups", ""), ("changed", "c2c_peer0"), ("changed", "c2c_peer1")])
        self.assertEqual(orjson.loads(page.changes[0]), {"kind": "groups", "conversationGroupList": ["work"]})

    def test_a_rename_changes_each_row_in_the_group_and_the_groups(self):
        groups.create(owner_id=ALICE, name="work", conversation_ids=["c2c_peer0", "c2c_peer1"])
        since = read().since

        groups.rename(owner_id=ALICE, name="work", new_name="home")

        self.assertEqual(kinds(read(since)), [("groups", ""), ("changed", "c2c_peer0"), ("changed", "c2c_peer1")])

    def test_extra_adds_version_and_membership(self):
        page = read(extra=True)

        self.assertEqual(orjson.loads(page.changes[0])["conversation"]["imsite"], {"version": 1, "membership": "member"})


class CatchingUpTests(TestCase):
    def setUp(self):
        make_conversations(6)

    def test_deletions_of_before_the_start_are_not_told_and_later_ones_are(self):
        delete("c2c_peer0")
        first = read(count=2)
        delete("c2c_peer1", "c2c_peer5")

        rest = read(first.since)

        self.assertEqual(kinds(first), [("new", "c2c_peer1"), ("new", "c2c_peer2")])
        expected = [("new", "c2c_peer3"), ("new", "c2c_peer4"), ("deleted", "c2c_peer1"), ("deleted", "c2c_peer5")]
        self.assertEqual(kinds(rest), expected)
        self.assertEqual(rest.since.count("."), 1)

    def test_old_deletions_do_not_reset_it_half_way(self):
        delete("c2c_peer0")
        Owner.objects.update(reset_below=Owner.objects.get().version)

        page = read(count=1)
        for _step in range(4):
            page = read(page.since, count=1)
            self.assertFalse(page.reset_required)

        self.assertTrue(page.is_finished)

    def test_what_was_forgotten_since_the_start_does(self):
        first = read(count=1)
        delete("c2c_peer5")
        Owner.objects.update(reset_below=Owner.objects.get().version)

        self.assertTrue(read(first.since).reset_required)


@override_settings(TOMBSTONE_DAYS=30)
class OldDeletionTests(TestCase):
    def setUp(self):
        make_conversations(4)

    def test_deletions_older_than_that_make_older_followers_start_over(self):
        before = read().since
        delete("c2c_peer0")
        after = read().since
        Conversation.objects.filter(conversation_id="c2c_peer0").update(deleted_at=timezone.now() - timedelta(days=31))

        delete("c2c_peer1")

        self.assertTrue(read(before).reset_required)
        self.assertEqual(kinds(read(after)), [("deleted", "c2c_peer1")])

    def test_younger_ones_do_not(self):
        before = read().since
        delete("c2c_peer0")
        Conversation.objects.filter(conversation_id="c2c_peer0").update(deleted_at=timezone.now() - timedelta(days=29))

        delete("c2c_peer1")

        self.assertEqual(kinds(read(before)), [("deleted", "c2c_peer0"), ("deleted", "c2c_peer1")])
