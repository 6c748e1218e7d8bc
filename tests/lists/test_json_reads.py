"""The hot reads against the same reads by hand, for any rows and any filter."""

from collections.abc import Iterable

import orjson
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from conversations.choices import MUTED_OPTIONS, ConversationType, Mark
from conversations.formats import marks as formats_marks
from conversations.lists import cursors, json_reads
from conversations.lists.filters import ConversationFilterSet
from conversations.models import Conversation, Owner
from conversations.sync_tokens import NEVER_SEEN
from conversations.times import from_epoch_s, to_epoch_s
from tests.support.cast import ALICE, CAROL, make_conversation
from tests.support.hypothesis_profiles import examples

GROUPS = ["work", None, "家"]
MARKS = [1, 2, 4, 8, 1 << 32, 1 << 63]
NAMES = ["", "Bob", "bOB 100%", "a_b", "张三", "c:\\d"]
IDS = [f"{prefix}{name}" for prefix in ("c2c_", "group_") for name in ("bob", "B", "a%b", "a_b", "100", "c2c_", "x/y", "z")]

rows = st.builds(
    lambda id_, last_s, marks, is_deleted, unread, **fields: Conversation(
        owner_id=ALICE,
        conversation_id=id_,
        type=ConversationType.C2C if id_.startswith("c2c_") else ConversationType.GROUP,
        last_message_at=None if last_s is None else from_epoch_s(last_s),
        marks=formats_marks.to_signed(sum(marks)),
        deleted_at=from_epoch_s(1) if is_deleted else None,
        unread_count=0 if is_deleted else unread,
        version=1,
        created_version=1,
        **fields,
    ),
    id_=st.sampled_from(IDS),
    last_s=st.none() | st.integers(0, 5),
    marks=st.sets(st.sampled_from(MARKS), max_size=3),
    is_deleted=st.sampled_from([False, False, False, True]),
    unread=st.integers(0, 3),
    show_name=st.sampled_from(NAMES),
    draft_text=st.sampled_from(["", "half-typed"]),
    recv_opt=st.integers(0, 4),
    is_pinned=st.booleans(),
    activity_key=st.integers(0, 3),
    group_at_info=st.sampled_from(["[]", "[]", '[{"seq":"1","atType":2}]']),
    conversation_groups=st.sampled_from([0, 1, 0b100, 0b101]),
)
lists = st.lists(rows, max_size=16, unique_by=lambda row: row.conversation_id)
flags = st.sampled_from(["true", "false"])
filters = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["0", "1", "2"]),
        "conversationGroup": st.sampled_from(["", "work", "家", "unknown"]),
        "markType": st.sets(st.sampled_from(MARKS), max_size=2).map(lambda marks: str(sum(marks))),
        "hasUnreadCount": flags,
        "hasGroupAtInfo": flags,
        "hasDraft": flags,
        "isPinned": flags,
        "recvOpt": st.sampled_from("01234"),
        "search": st.sampled_from(["b", "BOB", "%", "_", "c2c_", "三", "\\", "00", "x/"]),
        "activeSince": st.integers(0, 5).map(str),
        "activeBefore": st.integers(0, 6).map(str),
    },
)


def fits(row: Conversation, name: str, value: str) -> bool:
    """One condition, as its one-line description says."""
    match name:
        case "type":
            return value == "0" or row.type == int(value)
        case "conversationGroup":
            names = {group for bit, group in enumerate(GROUPS) if row.conversation_groups >> bit & 1}
            return value in names if value else not names
        case "markType":
            return bool(row.marks & int(value)) if int(value) else row.marks == 0
        case "hasUnreadCount":
            return (row.unread_count > 0) == (value == "true")
        case "hasGroupAtInfo":
            return (row.group_at_info != "[]") == (value == "true")
        case "hasDraft":
            return (row.draft_text != "") == (value == "true")
        case "isPinned":
            return row.is_pinned == (value == "true")
        case "recvOpt":
            return row.recv_opt == int(value)
        case "search":
            return any(value.lower() in text.lower() for text in (row.show_name, row.conversation_id))
        case "activeSince":
            return row.last_message_at is not None and to_epoch_s(row.last_message_at) >= int(value)
        case "activeBefore":
            return row.last_message_at is not None and to_epoch_s(row.last_message_at) < int(value)
    raise AssertionError(name)


def by_hand(conversations: list[Conversation], conditions: dict[str, str]) -> list[Conversation]:
    """The rows that are there and fit, in display order."""
    chosen = [
        row
        for row in conversations
        if row.deleted_at is None and all(fits(row, name, value) for name, value in conditions.items())
    ]
    return sorted(chosen, key=lambda row: (not row.is_pinned, -row.order_key, row.conversation_id))


def selected(conditions: dict[str, str]):
    conversations = Conversation.objects.for_owner(ALICE)
    return ConversationFilterSet(conditions, conversations, owner_id=ALICE).selected()


def save(conversations: list[Conversation]) -> None:
    """alice's list, and a row of each ID for somebody else."""
    Owner.objects.create(owner_id=ALICE, version=7, epoch=3, group_names='["work",null,"家"]')
    Owner.objects.create(owner_id=CAROL, version=9, epoch=4)
    Conversation.objects.bulk_create(conversations)
    Conversation.objects.bulk_create(
        Conversation(
            owner_id=CAROL, conversation_id=id_, type=1 if id_[0] == "c" else 2, unread_count=5, version=1, created_version=1
        )
        for id_ in IDS
    )


def texts(conversation_ids: Iterable[bytes]) -> list[str]:
    return [id_.decode() for id_ in conversation_ids]


class ByHandTests(TestCase):
    @examples(80)
    @given(lists, filters, st.integers(1, 6), st.booleans())
    def test_a_walk_of_any_filter_and_page_size_is_the_list_by_hand(self, conversations, conditions, count, extra):
        save(conversations)
        expected = [row.conversation_id for row in by_hand(conversations, conditions)]
        seen, place = [], None

        while True:
            if place is None and not conditions:
                page = json_reads.page(ALICE, None, count, extra=extra)
            else:
                chosen = selected(conditions)
                page = json_reads.selected_page(chosen.after(**place._asdict()) if place else chosen, ALICE, count, extra=extra)
            seen += [orjson.loads(conversation)["conversationID"] for conversation in page.conversations]
            place = page.next
            self.assertEqual(page.token, "3.7")
            if place is None:
                break
            self.assertEqual(len(page.conversations), count)
            text = cursors.next_seq(place, owner_id=ALICE, bound_to="")
            self.assertEqual(cursors.after(text, owner_id=ALICE, bound_to=""), place)

        self.assertEqual(seen, expected)

    @examples(80)
    @given(lists, filters)
    def test_totals_of_any_filter_are_the_sums_by_hand(self, conversations, conditions):
        save(conversations)
        chosen = by_hand(conversations, conditions)
        muted = [row for row in chosen if row.recv_opt in MUTED_OPTIONS]
        loud = [row for row in chosen if row.recv_opt not in MUTED_OPTIONS]

        token, totals = json_reads.totals(selected(conditions), ALICE)

        self.assertEqual(token, "3.7")
        self.assertEqual(
            totals,
            {
                "total": sum(row.unread_count for row in loud),
                "muted": sum(row.unread_count for row in muted),
                "conversations": sum(row.unread_count > 0 for row in chosen),
                "mentions": sum(row.group_at_info != "[]" for row in chosen),
                "markedUnread": sum(bool(row.marks & Mark.UNREAD) for row in chosen),
            },
        )

    @examples(80)
    @given(lists, st.lists(st.sampled_from([*IDS, "c2c_nobody", "malformed", ""]), max_size=12))
    def test_a_lookup_finds_what_is_there(self, conversations, asked):
        save(conversations)
        there = {row.conversation_id for row in conversations if row.deleted_at is None}

        found = json_reads.lookup(ALICE, asked)

        self.assertEqual((set(texts(found.conversations)), found.token), (there & set(asked), "3.7"))


class DamagedRowTests(TestCase):
    def test_a_page_that_ends_with_a_damaged_row_says_where_the_next_begins(self):
        names = {"show_name": '"isPinned":true,"orderkey":7', "draft_text": '\\"isPinned":true', "last_message": "{broken"}
        for number in range(3):
            make_conversation(ALICE, f'group_"\\{number}', activity_key=9 - number, **names)

        first = json_reads.page(ALICE, None, 1)
        second = json_reads.page(ALICE, first.next, 1)

        self.assertEqual(first.next, cursors.Cursor(False, 9, 'group_"\\0'))
        self.assertIn(b"{broken", second.conversations[0])
        self.assertEqual(second.next, cursors.Cursor(False, 8, 'group_"\\1'))


class NeverSeenTests(TestCase):
    def test_every_read_of_an_owner_never_seen_is_empty_and_from_the_start(self):
        everything = Conversation.objects.for_owner(ALICE)

        self.assertEqual(json_reads.sync_token(ALICE), NEVER_SEEN)
        for asked in (["c2c_bob"], ["c2c_bob", "c2c_x"], []):
            self.assertEqual(json_reads.lookup(ALICE, asked), json_reads.Snapshot(NEVER_SEEN, {}))
        for page in (json_reads.page(ALICE, None, 5), json_reads.selected_page(everything, ALICE, 5)):
            self.assertEqual(page, json_reads.Page(NEVER_SEEN, [], None))
        self.assertEqual(json_reads.totals(everything, ALICE)[1].keys(), everything.totals().keys())
        self.assertEqual(set(json_reads.totals(everything, ALICE)[1].values()), {0})

    def test_each_read_is_one_query(self):
        everything = Conversation.objects.for_owner(ALICE)
        for read in (
            lambda: json_reads.sync_token(ALICE),
            lambda: json_reads.lookup(ALICE, ["c2c_bob"]),
            lambda: json_reads.lookup(ALICE, ["c2c_bob"] * 1000),
            lambda: json_reads.page(ALICE, None, 5),
            lambda: json_reads.selected_page(everything, ALICE, 5),
            lambda: json_reads.totals(everything, ALICE),
        ):
            with self.assertNumQueries(1):
                read()
