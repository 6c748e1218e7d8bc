"""Lists that do not say what is stored: found, and put right."""

from io import StringIO
from unittest import mock

import orjson
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as HypothesisTestCase

from conversations import positions, sync_tokens
from conversations.actions import deletions, reading, recounts
from conversations.choices import ChangedBy, Membership
from conversations.choices import InconsistencyKind as Kind
from conversations.exceptions import Code
from conversations.feeding import members, messages
from conversations.formats.messages import MessageEdit
from conversations.lists import change_feed
from conversations.maintenance import discrepancies, verify
from conversations.models import Conversation, GroupMember, Message, Owner, Thread
from conversations.threads import thread_of
from tests.support import feeding
from tests.support import messages as support_messages
from tests.support.cast import make_conversation
from tests.support.hypothesis_profiles import examples
from tests.support.members import team
from tests.support.messages import NOON_S, c2c, group, text


def kinds(**options) -> list[Kind]:
    return [finding.kind for finding in verify.findings(**options)]


class AnyEventsTests(HypothesisTestCase):
    @given(support_messages.events)
    @examples(120)
    def test_nothing_is_wrong_after_any_events(self, events):
        team(*feeding.ROSTER)

        support_messages.feed_in(events, set())

        self.assertEqual([str(finding) for finding in verify.findings()], [])

    @given(support_messages.events_with_owners)
    @examples(150)
    def test_nothing_is_wrong_after_what_owners_do_between_them(self, steps):
        team(*feeding.ROSTER)

        support_messages.feed_in_with_owners(steps)

        self.assertEqual([str(finding) for finding in verify.findings()], [])


class AnyDamageTests(HypothesisTestCase):
    """A list's rows compared together are those that are found one by one."""

    @given(support_messages.events_with_owners, st.randoms(use_true_random=False))
    @examples(80)
    def test_together_the_same_rows_are_found(self, steps, random):
        team(*feeding.ROSTER)
        support_messages.feed_in_with_owners(steps)
        self.damage(random)

        for owner in Owner.objects.all():
            rows = list(Conversation.objects.filter(owner_id=owner.owner_id).defer("wire_head"))
            names = orjson.loads(owner.group_names)
            alone = [row for row in rows if discrepancies.of_row(row, names)]
            self.assertEqual(list(discrepancies.rows_with_any(rows, names)), alone)

    def damage(self, random) -> None:
        positions_of: dict[str, list[str]] = {}
        for thread, position in Message.objects.values_list("thread", "position"):
            positions_of.setdefault(thread, [positions.NO_POSITION]).append(position)
            changes = random.choice(({"is_recalled": True}, {"is_shown": False}, {"body": None}, {}, {}, {}, {}))
            Message.objects.filter(thread=thread, position=position).update(**changes or {"random": 1})
        for row in Conversation.objects.filter(deleted_at=None).defer("wire_head"):
            position = random.choice(positions_of.get(thread_of(row.owner_id, row.conversation_id), [positions.NO_POSITION]))
            changes = random.choice((
                {"unread_count": 1}, {"last_message_position": position}, {"cleared_position": position}, {"activity_key": 0},
                {"last_message": None, "last_message_position": ""}, {"last_message": "{"}, {"is_claimed": row.is_group},
                {"group_at_info": '[{"seq":"3","atType":1}]'}, {"membership": "left"}, {"version": 0}, {"changed_by": ""},
            ))  # fmt: skip
            Conversation.objects.named(row.owner_id, row.conversation_id).update(**changes)


class DamageTests(TestCase):
    """Each kind of damage, planted in a list that was right."""

    def setUp(self):
        team()
        incoming = [group("bob", 1), group("bob", 2, at_accounts=("alice",)), group("alice", 3), group("bob", 4)]
        messages.record([*incoming, c2c("bob", "alice", 1), c2c("alice", "bob", 6)], now_s=NOON_S)
        self.group = Conversation.objects.filter(owner_id="alice", conversation_id="group_team")
        self.c2c = Conversation.objects.filter(owner_id="alice", conversation_id="c2c_bob")
        self.assertEqual(kinds(), [])

    def assert_mended(self, rows, kind: Kind, **damage) -> None:
        """Check that the damage is the only finding, each time, and that a repair restores the row, once."""
        before = rows.values(*damage).get()
        rows.update(**damage)

        self.assertEqual((kinds(), kinds()), ([kind], [kind]))
        findings = list(verify.findings(repair=True))

        self.assertEqual([(finding.kind, finding.is_repaired) for finding in findings], [(kind, True)])
        self.assertEqual(rows.values(*damage).get(), before)
        self.assertEqual(kinds(), [])
        row = rows.get()
        self.assertEqual((row.changed_by, row.version), (ChangedBy.REPAIR, Owner.objects.get(owner_id="alice").version))

    def test_an_unread_number(self):
        self.assert_mended(self.group, Kind.UNREAD, unread_count=7)

    def test_a_last_message_that_is_older(self):
        first = Message.objects.get(thread="team", position__endswith="1")
        self.assert_mended(self.group, Kind.LAST_MESSAGE, last_message=first.body, last_message_position=first.position)

    def test_a_last_message_that_is_gone(self):
        self.assert_mended(self.group, Kind.LAST_MESSAGE, last_message=None, last_message_at=None, last_message_position="")

    def test_an_older_last_message_whatever_the_threads_row_says(self):
        row = self.group.get()
        Thread.objects.filter(thread="team").update(last_position=positions.of_group(2))
        self.assertEqual(kinds(), [])

        self.group.update(last_message_position=positions.of_group(2), last_message='{"seq":"2"}')
        self.assertIn(Kind.LAST_MESSAGE, kinds())
        Thread.objects.filter(thread="team").delete()
        self.assertIn(Kind.LAST_MESSAGE, kinds(repair=True))

        self.assertEqual(self.group.get().last_message_position, row.last_message_position)

    def test_a_last_message_that_was_recalled(self):
        Message.objects.filter(thread="team", position__endswith="4").update(is_recalled=True)

        self.assertEqual(sorted(kinds(repair=True)), [Kind.OLD_CONTENT, Kind.OLD_CONTENT, Kind.OLD_CONTENT] + [Kind.UNREAD] * 2)

        self.assertEqual(kinds(), [])
        last = orjson.loads(self.group.get().last_message)
        self.assertEqual((last["seq"], last["status"], "textElem" in last), ("4", 6, False))

    def test_a_last_message_that_was_edited(self):
        before = self.group.get().last_message
        edited = MessageEdit(group_id="team", seq=4, elements=text("edited"), event_time_ms=NOON_S * 1000)
        messages.edit([edited])
        after = self.group.get().last_message
        self.assertIn("edited", after)

        self.group.update(last_message=before)

        self.assertEqual((kinds(repair=True), kinds()), ([Kind.OLD_CONTENT], []))
        self.assertEqual(self.group.get().last_message, after)

    def test_a_last_message_that_is_no_json(self):
        self.assert_mended(self.group, Kind.LAST_MESSAGE_JSON, last_message='{"sender":')

    def test_the_owners_own_last_message_is_their_own_again(self):
        self.assert_mended(self.c2c, Kind.LAST_MESSAGE_JSON, last_message="[]")

    def test_a_mention_that_is_missing(self):
        self.assert_mended(self.group, Kind.MENTIONS, group_at_info="[]")

    def test_a_mention_of_another_kind(self):
        self.assert_mended(self.group, Kind.MENTIONS, group_at_info='[{"seq":"2","atType":2}]')

    def test_mentions_that_are_no_json(self):
        self.assert_mended(self.group, Kind.MENTIONS, group_at_info='[{"seq"')

    def test_a_mention_that_was_read(self):
        reading.read(owner_id="alice", conversation_id="group_team")
        self.assert_mended(self.group, Kind.MENTIONS, group_at_info='[{"seq":"2","atType":1}]')

    def test_an_order_key(self):
        self.assert_mended(self.group, Kind.ORDER_KEY, activity_key=1)

    def test_a_membership(self):
        self.assert_mended(self.group, Kind.MEMBERSHIP, membership=Membership.LEFT)

    def test_a_conversation_group_without_a_name(self):
        self.assert_mended(self.group, Kind.CONVERSATION_GROUPS, conversation_groups=4)

    def test_created_after_it_changed(self):
        self.group.update(created_version=99)

        self.assertEqual((kinds(), kinds(repair=True), kinds()), ([Kind.CREATED_VERSION], [Kind.CREATED_VERSION], []))

    def test_a_deleted_row_that_has_mentions(self):
        deletions.delete(owner_id="alice", conversation_ids=["group_team"])
        self.assert_mended(self.group, Kind.DELETED_COUNTS, group_at_info='[{"seq":"2","atType":1}]')

    def test_an_owner_behind_the_rows(self):
        Owner.objects.filter(owner_id="alice").update(version=1)

        self.assertEqual((kinds(), kinds(repair=True), kinds()), ([Kind.VERSION_BEHIND], [Kind.VERSION_BEHIND], []))

        newest = max(Conversation.objects.filter(owner_id="alice").values_list("version", flat=True))
        self.assertEqual(Owner.objects.get(owner_id="alice").version, newest)

    def test_a_reset_that_never_ends(self):
        Owner.objects.filter(owner_id="alice").update(reset_below=99)

        self.assertEqual((kinds(), kinds(repair=True), kinds()), ([Kind.RESET_BELOW], [Kind.RESET_BELOW], []))

    def test_two_rows_of_one_version_reach_every_follower_again(self):
        token = sync_tokens.parse(change_feed.read("alice", None, 100).since)
        self.group.update(version=self.c2c.get().version)

        self.assertEqual((kinds(), kinds(repair=True), kinds()), ([Kind.SAME_VERSION], [Kind.SAME_VERSION], []))

        changed = {
            orjson.loads(change)["conversation"]["conversationID"] for change in change_feed.read("alice", token, 100).changes
        }
        self.assertEqual(changed, {"c2c_bob", "group_team"})

    def test_several_at_once_take_one_number(self):
        before = Owner.objects.get(owner_id="alice").version
        self.group.update(unread_count=9, activity_key=1, membership=Membership.KICKED)

        self.assertEqual(sorted(kinds(repair=True)), [Kind.MEMBERSHIP, Kind.ORDER_KEY, Kind.UNREAD])

        self.assertEqual(Owner.objects.get(owner_id="alice").version, before + 1)


class NoDamageTests(TestCase):
    """What looks odd and is right."""

    def test_what_was_imported_stands_beside_no_messages(self):
        place = positions.of_group(9)
        make_conversation(
            "alice", "group_team", unread_count=3, imported_unread=3, imported_unread_position=place, last_message="{}",
            last_message_position=place, group_at_info='[{"seq":"8","atType":1}]',
        )  # fmt: skip

        self.assertEqual(kinds(), [])

    def test_rows_that_only_remember_have_no_number(self):
        for peer in ("bob", "carol"):
            make_conversation("alice", f"c2c_{peer}", deleted_at=timezone.now(), version=0, created_version=0)

        self.assertEqual(kinds(), [])

    def test_a_group_left_and_one_that_ended(self):
        team()
        messages.record([group("bob", 1)], now_s=NOON_S)
        members.leave("team", ["alice"], at_ms=(NOON_S + 5) * 1000, membership=Membership.LEFT)
        members.dissolve("team", [], at_ms=(NOON_S + 9) * 1000)

        self.assertEqual(kinds(), [])


class WalkTests(TestCase):
    def setUp(self):
        for owner_id in ("alice", "bob", "carol"):
            for number in range(3):
                make_conversation(owner_id, f"c2c_{number}", unread_count=1)

    def test_every_row_of_every_owner_is_met_once(self):
        with mock.patch.multiple(verify, OWNERS_PER_BATCH=2, ROWS_PER_BATCH=2):
            found = [(finding.owner_id, finding.conversation_id) for finding in verify.findings()]

        self.assertEqual(found, [(owner_id, f"c2c_{n}") for owner_id in ("alice", "bob", "carol") for n in range(3)])

    def test_one_owner_alone_is_checked_and_repaired(self):
        self.assertEqual(kinds(owner_id="bob", repair=True), [Kind.UNREAD] * 3)

        self.assertEqual(Conversation.objects.filter(unread_count=1).count(), 6)

    def test_what_is_right_again_under_the_lock_is_no_finding(self):
        looked = verify.rows_with_any

        def mend_after_looking(rows, group_names):
            found = list(looked(rows, group_names))
            Conversation.objects.filter(owner_id="alice").update(unread_count=0)
            return found

        with mock.patch.object(verify, "rows_with_any", mend_after_looking):
            found = kinds(owner_id="alice")

        self.assertEqual(found, [])

    def test_longer_threads_cost_no_more_queries(self):
        Conversation.objects.update(unread_count=0)
        messages.record([c2c("bob", "alice", n) for n in range(1, 4)], now_s=NOON_S)
        few = self.queries()
        messages.record([c2c("bob", "alice", n) for n in range(4, 70)], now_s=NOON_S)

        self.assertEqual(self.queries(), few)

    def test_more_conversations_cost_no_more_queries(self):
        Conversation.objects.update(unread_count=0)
        self.fill(range(2))
        few = self.queries()
        self.fill(range(2, 30))

        self.assertEqual(self.queries(), few)

    def fill(self, numbers) -> None:
        for number in numbers:
            members.join(f"team{number}", ["alice", "bob"], at_ms=1000)
            messages.record([group("bob", 1, group_id=f"team{number}"), c2c(f"user{number}", "alice", 1)], now_s=NOON_S)

    def test_many_unread_messages_give_the_same_findings(self):
        messages.record([c2c(sender, "alice", n) for n in range(1, 4) for sender in ("bob", "carol")], now_s=NOON_S)
        together = list(verify.findings())
        with mock.patch.object(discrepancies, "COUNTED_AT_ONCE", 5):
            self.assertEqual(list(verify.findings()), together)
        self.assertEqual(len(together), 9)

    def queries(self) -> int:
        with CaptureQueriesContext(connection) as context:
            self.assertEqual(kinds(owner_id="alice"), [])
        return len(context)


class CommandTests(TestCase):
    def run_command(self, *arguments: str, status: int = 0) -> str:
        out = StringIO()
        try:
            call_command("verify_conversations", *arguments, stdout=out, stderr=out)
        except SystemExit as stop:
            self.assertEqual(stop.code, status)
        else:
            self.assertEqual(status, 0)
        return out.getvalue()

    def test_a_right_list_is_silent_but_for_the_summary(self):
        make_conversation()

        self.assertEqual(self.run_command(), "Lists checked: 1, conversations: 1.\n0 inconsistencies.\n")
        self.assertIn("\n0 inconsistencies, 0 fixed.\n", self.run_command("--repair"))

    def test_findings_are_exit_status_1_until_they_are_repaired(self):
        make_conversation(unread_count=7)

        self.assertIn("alice c2c_bob: unread count differs from the stored messages: 7 -> 0\n", self.run_command(status=1))
        self.assertIn(
            "7 -> 0\nLists checked: 1, conversations: 1.\n1 inconsistency. Without --dry-run, all would be fixed.\n",
            self.run_command("--repair", "--dry-run", status=1),
        )
        self.assertIn(
            "7 -> 0 (fixed)\nLists checked: 1, conversations: 1.\n1 inconsistency, 1 fixed.", self.run_command("--repair")
        )
        self.run_command()

    def test_an_owner_must_be_one(self):
        for owner, reason in (("", "Invalid user ID"), ("爱", "Invalid user ID"), ("nobody", "Unknown user nobody.")):
            with self.subTest(owner=owner), self.assertRaisesMessage(CommandError, reason):
                self.run_command("--owner", owner)


class RecountTests(TestCase):
    def test_the_number_follows_again_under_a_new_version(self):
        messages.record([c2c("bob", "alice", 1)], now_s=NOON_S)
        Conversation.objects.filter(owner_id="alice").update(unread_count=5)

        recounts.recount_each(owner_id="alice", conversation_ids=["c2c_bob"])

        row = Conversation.objects.get(owner_id="alice")
        self.assertEqual((row.unread_count, row.version, row.changed_by), (1, 2, ChangedBy.REPAIR))

    def test_a_right_number_takes_no_version(self):
        messages.record([c2c("bob", "alice", 1)], now_s=NOON_S)

        recounts.recount_each(owner_id="alice", conversation_ids=["c2c_bob"])

        self.assertEqual(Owner.objects.get(owner_id="alice").version, 1)

    def test_another_owners_conversation_is_not_there(self):
        make_conversation("bob", "c2c_alice")

        outcome = recounts.recount_each(owner_id="alice", conversation_ids=["c2c_alice"])

        self.assertEqual(outcome.results[0].code, Code.CONVERSATION_NOT_FOUND)

    def test_a_member_who_is_not_known_counts_nothing(self):
        messages.record([group("bob", 1)], now_s=NOON_S)
        make_conversation("dave", "group_team", unread_count=4)

        recounts.recount_each(owner_id="dave", conversation_ids=["group_team"])

        self.assertEqual(Conversation.objects.get(owner_id="dave").unread_count, 0)
        self.assertFalse(GroupMember.objects.filter(user_id="dave").exists())
