"""The fast path of group messages and the row-by-row way lead to the same rows, whatever happened to them before."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any
from unittest import mock

import time_machine
from django.db import transaction
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from conversations.actions import deletions, drafts, pins, reading, settings
from conversations.choices import GroupType, Membership
from conversations.exceptions import ConversationNotFound
from conversations.feeding import group_fast_path, members, profiles, reports
from conversations.feeding import messages as feeding_messages
from conversations.formats.messages import GroupRecall, Mentions, MessageEdit
from conversations.formats.rest_groups import GroupInfo, Profile
from conversations.models import Conversation, Group, GroupMember, Message, Owner
from conversations.transfer.conversations import import_records
from tests.support.hypothesis_profiles import examples
from tests.support.messages import NOON_S, PEOPLE, group, text

CLUB, TOPIC = "@TGS#_club", "@TGS#_club@TOPIC#_news"
people = st.sampled_from(PEOPLE)
threads = st.sampled_from((CLUB, CLUB, TOPIC))
group_types = st.sampled_from([type_.value for type_ in GroupType if type_ != GroupType.BCHATROOM])
skipped_owners = st.sampled_from((frozenset(), frozenset(), frozenset({"bob"}), frozenset({"alice", "erin"})))
flags = st.fixed_dictionaries(
    {},
    optional={
        "counts_as_unread": st.just(False),
        "is_shown_last": st.just(False),
        "at_all": st.just(True),
        "at_accounts": st.lists(people, min_size=1, max_size=2, unique=True).map(tuple),
    },
)
some_targets = st.sampled_from(((), (), (), ("alice", "dave")))
seqs = st.integers(0, 14)
names = st.sampled_from((None, "", "Tea", "Coffee"))
avatars = st.sampled_from((None, "", "https://a.example/1.png"))
# Most requests are short and to one thread: these take the fast path.
several = st.lists(st.tuples(people, st.integers(1, 3), flags), min_size=1, max_size=3)
single = st.lists(st.tuples(people, st.just(1), flags), min_size=1, max_size=1)
steps = st.one_of(
    *[st.tuples(st.just("send"), messages, threads) for messages in (several, single, single, single)],
    st.tuples(st.just("send_to_some"), people, some_targets, threads),
    st.tuples(st.just("send_to_both_threads"), people, flags),
    st.tuples(st.just("recall"), seqs, threads),
    st.tuples(st.just("edit"), seqs, st.sampled_from((None, Mentions(False, ()), Mentions(True, ("alice",)))), threads),
    st.tuples(st.just("read"), people, seqs, threads),
    st.tuples(st.just("pin"), people, threads),
    st.tuples(st.just("clear"), people, threads),
    st.tuples(st.just("mute"), people, st.integers(0, 4), threads),
    st.tuples(st.just("draft"), people, st.sampled_from(("", "I", "I will")), threads),
    st.tuples(st.just("delete"), people, st.booleans(), threads),
    st.tuples(st.just("import"), people, seqs, st.integers(0, 3), st.lists(seqs, max_size=2, unique=True).map(sorted), threads),
    st.tuples(st.just("report"), people, seqs, threads),
    st.tuples(st.just("join"), people, seqs),
    st.tuples(st.just("leave"), people, seqs),
    st.tuples(st.just("dissolve"), seqs),
    st.tuples(st.just("change_group"), threads, names, avatars, seqs),
    st.tuples(st.just("change_type"), group_types, seqs),
    st.tuples(st.just("change_profile"), people, names, avatars, seqs),
)
Step = tuple[Any, ...]


class Story:
    """A group's life; its messages are numbered upwards, those of its topic on their own."""

    def __init__(self, group_type: str):
        self.last_seqs = {CLUB: 0, TOPIC: 0}
        members.join(CLUB, PEOPLE[:4], at_ms=0, group_type=group_type)

    def play(self, step: Step) -> None:
        kind, *arguments = step
        with suppress(ConversationNotFound):  # this owner has no such conversation yet
            getattr(self, f"_{kind}")(*arguments)

    def _message(self, sender: str, thread: str, gap: int = 1, **more: Any):
        self.last_seqs[thread] += gap
        topic_id = TOPIC if thread == TOPIC else ""
        return group(sender, self.last_seqs[thread], group_id=CLUB, topic_id=topic_id, **more)

    def _send(self, messages: list[tuple[str, int, dict[str, Any]]], thread: str) -> None:
        incoming = [self._message(sender, thread, gap, **more) for sender, gap, more in messages]
        feeding_messages.record(incoming, now_s=NOON_S)

    def _send_to_some(self, sender: str, targets: tuple[str, ...], thread: str) -> None:
        feeding_messages.record([self._message(sender, thread, targets=targets)], now_s=NOON_S)

    def _send_to_both_threads(self, sender: str, more: dict[str, Any]) -> None:
        feeding_messages.record([self._message(sender, thread, **more) for thread in (TOPIC, CLUB)], now_s=NOON_S)

    def _recall(self, seq: int, thread: str) -> None:
        feeding_messages.recall(GroupRecall(CLUB, TOPIC if thread == TOPIC else "", (seq,)))

    def _edit(self, seq: int, mentions: Mentions | None, thread: str) -> None:
        topic_id = TOPIC if thread == TOPIC else ""
        edit = MessageEdit(
            group_id=CLUB, topic_id=topic_id, seq=seq, elements=text("edited"), mentions=mentions, event_time_ms=1
        )
        feeding_messages.edit([edit])

    def _read(self, owner_id: str, seq: int, thread: str) -> None:
        reading.read(owner_id=owner_id, conversation_id=f"group_{thread}", sequence=seq)

    def _pin(self, owner_id: str, thread: str) -> None:
        pins.set_pinned(owner_id=owner_id, conversation_id=f"group_{thread}", pinned=True)

    def _mute(self, owner_id: str, option: int, thread: str) -> None:
        settings.set_receive_option(owner_id=owner_id, conversation_id=f"group_{thread}", option=option)

    def _draft(self, owner_id: str, text: str, thread: str) -> None:
        drafts.set_draft(owner_id=owner_id, conversation_id=f"group_{thread}", text=text)

    def _clear(self, owner_id: str, thread: str) -> None:
        deletions.clear_history(owner_id=owner_id, conversation_id=f"group_{thread}")

    def _delete(self, owner_id: str, clear_messages: bool, thread: str) -> None:
        deletions.delete_one(owner_id=owner_id, conversation_id=f"group_{thread}", clear_messages=clear_messages)

    def _import(self, owner_id: str, seq: int, unread: int, mentions: list[int], thread: str) -> None:
        conversation = {
            "conversationID": f"group_{thread}",
            "unreadCount": unread,
            "orderkey": (NOON_S + seq) * 10**6,
            "lastMessage": {"timestamp": NOON_S + seq, "seq": str(seq), "elemType": 1, "textElem": {"text": "imported"}},
            "groupAtInfoList": [{"seq": str(mentioned), "atType": 1} for mentioned in mentions],
        }
        import_records([(1, {"owner": owner_id, "conversation": conversation})])

    def _report(self, owner_id: str, seq: int, thread: str) -> None:
        last_message = {"timestamp": NOON_S + seq, "seq": str(seq), "elemType": 1, "textElem": {"text": "reported"}}
        reported = {"conversationID": f"group_{thread}", "unreadCount": 1, "lastMessage": last_message, "showName": "Told"}
        reports.record(owner_id=owner_id, objects=[reported])

    def _join(self, user_id: str, second: int) -> None:
        members.join(CLUB, [user_id], at_ms=(NOON_S + second) * 1000)

    def _leave(self, user_id: str, second: int) -> None:
        members.leave(CLUB, [user_id], at_ms=(NOON_S + second) * 1000, membership=Membership.LEFT)

    def _dissolve(self, second: int) -> None:
        members.dissolve(CLUB, (), at_ms=(NOON_S + second) * 1000)

    def _change_group(self, thread: str, name: str | None, face_url: str | None, second: int) -> None:
        info = GroupInfo(group_id=thread, name=name, face_url=face_url, at_ms=(NOON_S + second) * 1000)
        profiles.set_group_info(info)

    def _change_type(self, group_type: str, second: int) -> None:
        info = GroupInfo(group_id=CLUB, name=None, face_url=None, at_ms=(NOON_S + second) * 1000, type=group_type)
        profiles.set_group_info(info)

    def _change_profile(self, user_id: str, nick_name: str | None, face_url: str | None, second: int) -> None:
        at_ms = (NOON_S + second) * 1000
        profiles.set_profiles([Profile(user_id=user_id, nick_name=nick_name, face_url=face_url, at_ms=at_ms)])


# Everything but numbers and times: a change that changes nothing may take a number on the fast path.
COMPARED = [
    field.attname
    for field in Conversation._meta.concrete_fields
    if field.attname not in ("version", "created_version", "changed_by", "changed_at", "created_at", "deleted_at", "wire_head")
]


def outcome(steps: Sequence[Step], group_type: str) -> dict[str, Any]:
    """The database at the end of a story; everything is undone."""
    with transaction.atomic():
        story = Story(group_type)
        for step in steps:
            story.play(step)
        database = {
            "rows": {row.pk: _compared(row) for row in Conversation.objects.all()},
            "messages": list(Message.objects.order_by("thread", "position").values_list("thread", "position", "sender")),
            "members": list(GroupMember.objects.order_by("group_id", "user_id").values_list("user_id", "events", "is_member")),
            "groups": list(Group.objects.order_by("group_id").values_list("group_id", "type", "name", "face_url")),
            "is numbered": _is_numbered(),
        }
        transaction.set_rollback(True)
    return database


def _compared(row: Conversation) -> list[Any]:
    return [row.deleted_at is None, *(getattr(row, name) for name in COMPARED)]


def _is_numbered() -> bool:
    """Whether no two rows of an owner have the same number, and the owner's is the highest."""
    versions: dict[str, list[int]] = {}
    for owner_id, version in Conversation.objects.filter(version__gt=0).values_list("owner_id", "version"):
        versions.setdefault(owner_id, []).append(version)
    owners = dict(Owner.objects.filter(owner_id__in=versions).values_list("owner_id", "version"))
    return all(len(set(given)) == len(given) and max(given) == owners[owner_id] for owner_id, given in versions.items())


@mock.patch.object(group_fast_path, "SMALL", 0)
class BothWaysTests(TestCase):
    @given(st.lists(steps, max_size=12), group_types, skipped_owners)
    @examples(200)
    def test_they_come_to_the_same(self, steps, group_type, skipped):
        with time_machine.travel(NOON_S + 100, tick=False), override_settings(SKIP_OWNERS=skipped):
            fast = outcome(steps, group_type)
            with mock.patch.object(group_fast_path, "is_possible", return_value=False):
                by_row = outcome(steps, group_type)

        self.assertEqual(fast, by_row)
        self.assertTrue(fast["is numbered"])

    def test_a_new_message_takes_the_fast_path(self):
        story = Story(GroupType.WORK)
        with mock.patch.object(members, "change_rows", side_effect=AssertionError("row by row")):
            story.play(("send", [("alice", 1, {"at_all": True})], CLUB))
            story.play(("send", [("bob", 1, {}), ("carol", 2, {"at_accounts": ("alice",)})], CLUB))
            story.play(("send", [("bob", 1, {})], TOPIC))

        row = Conversation.objects.get(owner_id="alice", conversation_id=f"group_{CLUB}")
        self.assertEqual((row.unread_count, row.group_at_info), (2, '[{"seq":"4","atType":1}]'))
