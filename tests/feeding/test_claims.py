"""A group conversation that only its owner's app reported shows what was reported, and nothing of the group."""

import json
from typing import Any

from django.test import TestCase
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as PropertyTestCase

from conversations.choices import Membership
from conversations.feeding import member_inference, members, messages, profiles, reports
from conversations.formats.rest_groups import GroupInfo, MemberList
from conversations.maintenance import verify
from conversations.models import Conversation, GroupMember, Message
from conversations.transfer.conversations import import_records
from conversations.transfer.exports import export_lines
from tests.support.cast import ALICE, BOB
from tests.support.hypothesis_profiles import examples
from tests.support.messages import NOON_S, group

SECRET = GroupInfo(group_id="team", name="The secret team", face_url="https://secret", at_ms=1, type="Public")
LAST = {"timestamp": NOON_S + 50, "seq": "50", "random": 7, "sender": BOB, "elemType": 1, "textElem": {"text": "reported"}}
TOPIC_ID = "group_@TGS#_club@TOPIC#_news"


def report(conversation_id: str = "group_team", *, is_vouched_for: bool = False, **keys: Any) -> None:
    reports.record(owner_id=ALICE, objects=[{"conversationID": conversation_id} | keys], is_vouched_for=is_vouched_for)


def row(conversation_id: str = "group_team") -> Conversation:
    return Conversation.objects.get(owner_id=ALICE, conversation_id=conversation_id)


def lines(owner_id: str = ALICE) -> list[bytes]:
    return list(export_lines(Conversation.objects.for_owner(owner_id)))


class ClaimTestCase(TestCase):
    def setUp(self):
        members.join("team", [BOB], at_ms=1)
        profiles.set_group_info(SECRET)
        messages.record([group(BOB, 7)], now_s=NOON_S)

    def assert_learns_nothing(self) -> None:
        """Whatever happens in the group leaves the row as it is."""
        claimed = row()
        self.assertTrue(claimed.is_claimed)
        before = {name: getattr(claimed, name) for name in ("show_name", "face_url", "group_type", "unread_count", "version")}

        profiles.set_group_info(GroupInfo(group_id="team", name="Renamed", face_url="https://renamed", at_ms=2, type="Work"))
        messages.record([group(BOB, 8), group(BOB, 9)], now_s=NOON_S)
        members.join("team", ["carol"], at_ms=2)
        profiles.propagate_all()
        member_inference.count_for_inferred()

        after = row()
        self.assertEqual({name: getattr(after, name) for name in before}, before)
        self.assertEqual((after.membership, after.last_message), (Membership.MEMBER, claimed.last_message))
        self.assertEqual(list(verify.findings()), [])

    def assert_is_member(self) -> None:
        profiles.set_group_info(SECRET)
        messages.record([group(BOB, 60)], now_s=NOON_S)
        after = row()
        self.assertEqual((after.is_claimed, after.show_name, after.face_url), (False, SECRET.name, SECRET.face_url))
        self.assertEqual(json.loads(after.last_message)["seq"], "60")
        self.assertEqual(list(verify.findings()), [])


class WhatAClaimShowsTests(ClaimTestCase):
    def test_an_id_alone_learns_nothing(self):
        report()

        self.assertEqual((row().show_name, row().face_url, row().group_type), ("team", "", ""))
        self.assert_learns_nothing()

    def test_what_was_reported_stays_as_it_was(self):
        report(showName="Mine", faceUrl="https://mine", groupType="Work", unreadCount=3, lastMessage=LAST)

        self.assertEqual((row().show_name, row().face_url, row().unread_count), ("Mine", "https://mine", 3))
        self.assert_learns_nothing()
        report(showName="Team of mine")
        self.assertEqual((row().show_name, row().is_claimed), ("Team of mine", True))

    def test_it_does_not_tell_that_the_group_is_dissolved(self):
        members.dissolve("team", (), at_ms=5)
        report()

        self.assertEqual(row().membership, Membership.MEMBER)
        members.dissolve("team", (), at_ms=4)
        self.assertEqual((row().membership, row().is_claimed), (Membership.MEMBER, True))

    def test_a_claim_that_its_owner_deleted_stays_one(self):
        report(lastMessage=LAST)
        Conversation.objects.filter(owner_id=ALICE).update(deleted_at="2025-01-01T00:00Z", deleted_position=f"{50:020d}")

        report(lastMessage=LAST | {"seq": "51"})

        self.assert_learns_nothing()


class WhatEndsAClaimTests(ClaimTestCase):
    def setUp(self):
        super().setUp()
        report(showName="Mine")

    def test_a_join(self):
        members.join("team", [ALICE], at_ms=10)
        self.assert_is_member()

    def test_a_member_list(self):
        members.add("team", MemberList({ALICE: None}, is_whole=False, at_ms=10))
        self.assert_is_member()

    def test_a_message_of_her_own(self):
        messages.record([group(ALICE, 10)], now_s=NOON_S)
        self.assert_is_member()

    def test_a_service_that_vouches(self):
        report(is_vouched_for=True)
        self.assert_is_member()

    def test_the_last_message_as_members_know_it(self):
        stored = {"timestamp": NOON_S + 7, "seq": "7", "random": 7, "sender": BOB, "textElem": {"text": "g7"}}
        report(lastMessage=stored)
        self.assert_is_member()

    def test_an_import(self):
        import_records([(1, {"owner": ALICE, "conversation": {"conversationID": "group_team"}})])
        self.assert_is_member()

    def test_a_leave_tells_that_she_was_there(self):
        members.leave("team", [ALICE], at_ms=10, membership=Membership.LEFT)

        self.assertEqual((row().is_claimed, row().membership), (False, Membership.LEFT))
        self.assertEqual(list(verify.findings()), [])

    def test_of_a_group_of_which_nothing_else_is_known(self):
        report("group_other", showName="Other")
        report(TOPIC_ID, showName="News")

        report("group_other", is_vouched_for=True)
        members.join("@TGS#_club", [ALICE], at_ms=1)

        self.assertEqual([row("group_other").is_claimed, row(TOPIC_ID).is_claimed], [False, False])
        self.assertEqual(list(verify.findings()), [])


class TransferTests(ClaimTestCase):
    def move(self) -> None:
        """Export alice's list, and import it into a database that knows nothing of her but this."""
        exported = lines()
        Conversation.objects.filter(owner_id=ALICE).delete()
        import_records((number, json.loads(line)) for number, line in enumerate(exported, 1))
        self.assertEqual(lines(), exported)

    def test_after_an_export_and_import_it_is_as_before(self):
        report(showName="Mine", lastMessage=LAST, unreadCount=2)
        self.assertTrue(json.loads(lines()[0])["conversation"]["claimed"])

        self.move()

        self.assertFalse(GroupMember.objects.filter(user_id=ALICE).exists())
        self.assert_learns_nothing()

    def test_a_service_that_reports_an_export_vouches_for_nothing(self):
        report(showName="Mine", lastMessage=LAST)
        exported = json.loads(lines()[0])["conversation"]
        Conversation.objects.filter(owner_id=ALICE).delete()

        reports.record(owner_id=ALICE, objects=[exported], is_vouched_for=True)

        self.assert_learns_nothing()

    def test_a_member_stays_one(self):
        report(showName="Mine", lastMessage=LAST)
        exported = lines()
        members.join("team", [ALICE], at_ms=1)
        newer = json.loads(exported[0])
        newer["conversation"]["orderkey"] += 10**9

        import_records([(1, newer)])

        messages.record([group(BOB, 60)], now_s=NOON_S)
        self.assertEqual((row().is_claimed, json.loads(row().last_message)["seq"]), (False, "60"))

    def test_only_groups_are_claimed_and_others_do_not_say_so(self):
        import_records([(1, {"owner": ALICE, "conversation": {"conversationID": "c2c_bob", "claimed": True}})])
        members.join("team", [ALICE], at_ms=1)

        self.assertEqual([b"claimed" in line for line in lines()], [False, False])


class VerifyTests(ClaimTestCase):
    def kinds(self) -> list[str]:
        return [finding.kind.value for finding in verify.findings(repair=True)]

    def test_a_claim_with_more_than_its_claim_is_found_and_repaired(self):
        report(lastMessage=LAST)
        stored = Message.objects.get(thread="team", position=f"{7:020d}")
        Conversation.objects.filter(owner_id=ALICE).update(last_message=stored.body, last_message_position=stored.position)
        self.assertEqual(self.kinds(), ["claimed"])
        self.assertIsNone(row().last_message)
        Conversation.objects.filter(owner_id=ALICE).update(membership=Membership.DISSOLVED)
        self.assertEqual(self.kinds(), ["claimed"])
        Conversation.objects.filter(owner_id=ALICE).update(unread_count=1)
        self.assertEqual(self.kinds(), ["unread"])
        GroupMember.objects.create(group_id="team", user_id=ALICE, events="[]")
        self.assertIn("claimed", self.kinds())
        self.assertEqual((list(verify.findings()), row().is_claimed), ([], False))


steps = st.one_of(
    st.tuples(st.just("claim"), st.integers(1, 9)),
    st.tuples(st.just("send"), st.integers(1, 9)),
    st.tuples(st.just("rename"), st.integers(1, 9)),
    st.tuples(st.just("move"), st.just(0)),
    st.tuples(st.just("dissolve"), st.integers(1, 9)),
)


class AnyOrderTests(PropertyTestCase):
    """Whatever is claimed, said, renamed, exported and imported: nothing of the group is shown."""

    @given(st.lists(steps, max_size=10))
    @examples(60)
    def test_nothing_of_the_group_is_ever_shown(self, steps):
        members.join("team", [BOB, "secret"], at_ms=1)
        for kind, number in steps:
            getattr(self, f"_{kind}")(number)

        for line in lines():
            self.assertNotIn(b"secret", line)
            self.assertIn(b'"claimed":true', line)
        self.assertFalse(GroupMember.objects.filter(user_id=ALICE).exists())
        self.assertEqual(list(verify.findings(ALICE)), [])

    def _claim(self, number: int) -> None:
        report(showName="Mine", lastMessage=LAST | {"seq": str(number), "timestamp": NOON_S + number}, unreadCount=number)

    def _send(self, number: int) -> None:
        messages.record([group("secret", number)], now_s=NOON_S)

    def _rename(self, number: int) -> None:
        profiles.set_group_info(GroupInfo(group_id="team", name=f"secret {number}", face_url="https://secret", at_ms=number))

    def _dissolve(self, number: int) -> None:
        members.dissolve("team", (), at_ms=number)

    def _move(self, _number: int) -> None:
        exported = lines()
        Conversation.objects.filter(owner_id=ALICE).delete()
        import_records((number, json.loads(line)) for number, line in enumerate(exported, 1))
        self.assertEqual(lines(), exported)
