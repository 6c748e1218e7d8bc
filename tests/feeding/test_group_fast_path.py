"""The short way of group messages comes to the same as the long way, whatever has become of the members' rows before."""

from contextlib import suppress
from typing import Any
from unittest import mock

import time_machine
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from conversations.actions import deletions, reading
from conversations.choices import Membership
from conversations.exceptions import ConversationNotFound
from conversations.feeding import group_fast_path, members
from conversations.feeding import messages as feeding_messages
from conversations.models import Conversation, Message, Owner
from conversations.transfer.conversations import import_records
from tests.support.messages import NOON_S, PEOPLE, group

TEAM = "group_team"
people = st.sampled_from(PEOPLE)
flags = st.fixed_dictionaries(
    {},
    optional={
        "counts_as_unread": st.just(False),
        "is_shown_last": st.just(False),
        "at_all": st.just(True),
        "at_accounts": st.lists(people, min_size=1, max_size=2, unique=True).map(tuple),
    },
)
seqs = st.integers(0, 14)
steps = st.one_of(
    st.tuples(st.just("say"), st.lists(st.tuples(people, st.integers(1, 3), flags), min_size=1, max_size=3)),
    st.tuples(st.just("say"), st.lists(st.tuples(people, st.just(1), flags), min_size=1, max_size=1)),
    st.tuples(st.just("read"), people, seqs),
    st.tuples(st.just("clear"), people),
    st.tuples(st.just("delete"), people, st.booleans()),
    st.tuples(st.just("import"), people, seqs, st.integers(0, 3), st.lists(seqs, max_size=2, unique=True).map(sorted)),
    st.tuples(st.just("join"), people, seqs),
    st.tuples(st.just("leave"), people, seqs),
)


class Story:
    """A group's life; it numbers its messages upwards."""

    def __init__(self):
        self.seq = 0
        members.join("team", PEOPLE[:4], at_ms=0, type_="Work")

    def play(self, step: tuple[Any, ...]) -> None:
        kind, *rest = step
        with suppress(ConversationNotFound):  # nobody told this owner anything yet
            getattr(self, f"_{kind}")(*rest)

    def _say(self, messages: list[tuple[str, int, dict[str, Any]]]) -> None:
        told = []
        for sender, gap, more in messages:
            self.seq += gap
            told.append(group(sender, self.seq, **more))
        feeding_messages.record(told, now_s=NOON_S)

    def _read(self, owner_id: str, seq: int) -> None:
        reading.read(owner_id=owner_id, conversation_id=TEAM, sequence=seq)

    def _clear(self, owner_id: str) -> None:
        deletions.clear_history(owner_id=owner_id, conversation_id=TEAM)

    def _delete(self, owner_id: str, clear_messages: bool) -> None:
        deletions.delete_one(owner_id=owner_id, conversation_id=TEAM, clear_messages=clear_messages)

    def _import(self, owner_id: str, seq: int, unread: int, mentions: list[int]) -> None:
        conversation = {
            "conversationID": TEAM,
            "unreadCount": unread,
            "orderkey": (NOON_S + seq) * 10**6,
            "lastMessage": {"timestamp": NOON_S + seq, "seq": str(seq), "elemType": 1, "textElem": {"text": "imported"}},
            "groupAtInfoList": [{"seq": str(one), "atType": 1} for one in mentions],
        }
        import_records([(1, {"owner": owner_id, "conversation": conversation})])

    def _join(self, user_id: str, second: int) -> None:
        members.join("team", [user_id], at_ms=(NOON_S + second) * 1000)

    def _leave(self, user_id: str, second: int) -> None:
        members.leave("team", [user_id], at_ms=(NOON_S + second) * 1000, membership=Membership.LEFT)


# What a row is, without when: a change that changes nothing may take a number on the short way.
SHOWN = [
    field.attname
    for field in Conversation._meta.concrete_fields
    if field.attname not in ("version", "created_version", "changed_by", "changed_at", "created_at", "deleted_at", "wire_head")
]


def outcome(told: list[tuple[Any, ...]]) -> dict[str, Any]:
    """The rows that a story ends in; everything is undone."""
    with transaction.atomic():
        story = Story()
        for step in told:
            story.play(step)
        rows = {row.owner_id: row for row in Conversation.objects.order_by("owner_id")}
        shown = {owner: [row.deleted_at is None, *(getattr(row, name) for name in SHOWN)] for owner, row in rows.items()}
        versions = {owner: row.version for owner, row in rows.items() if row.version}
        owners = dict(Owner.objects.filter(owner_id__in=versions).values_list("owner_id", "version"))
        messages = list(Message.objects.order_by("position").values_list("position", "sender"))
        transaction.set_rollback(True)
    return {"rows": shown, "is numbered": versions == owners, "messages": messages}


class BothWaysTests(TestCase):
    @given(st.lists(steps, max_size=12))
    @settings(max_examples=200, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    def test_they_come_to_the_same(self, told):
        with time_machine.travel(NOON_S + 100, tick=False):
            short = outcome(told)
            with mock.patch.object(group_fast_path, "is_possible", return_value=False):
                long = outcome(told)

        self.assertEqual(short, long)
        self.assertTrue(short["is numbered"])

    def test_it_is_the_way_of_a_new_message(self):
        with transaction.atomic():
            story = Story()
            with mock.patch.object(members, "change_rows", side_effect=AssertionError("the long way")):
                story.play(("say", [("alice", 1, {"at_all": True})]))
                story.play(("say", [("bob", 1, {}), ("carol", 2, {"at_accounts": ("alice",)})]))

        self.assertEqual(Conversation.objects.get(owner_id="alice").unread_count, 2)
        self.assertEqual(Conversation.objects.get(owner_id="alice").group_at_info, '[{"seq":"4","atType":1}]')
