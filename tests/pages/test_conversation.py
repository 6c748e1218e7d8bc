"""The pane of one conversation: messages, fields, members, JSON, history; and what is masked without the right to read."""

import json
import re
from unittest import mock

from django.test import SimpleTestCase

from conversations.actions import deletions
from conversations.feeding import messages
from conversations.formats import message_preview
from conversations.formats.messages import C2CRecall, GroupRecall
from conversations.models import Conversation, GroupMember, Message, Owner
from conversations.pages import group_members, json_tree
from tests.support.cast import make_conversation
from tests.support.messages import NOON_S, c2c, group
from tests.support.pages import DETAIL, LIST, UPDATES, AsSupport
from tests.support.staff import message, viewer

SECRET = "meet me at nine"


def team(*user_ids, joined_s=0):
    for user_id in user_ids:
        GroupMember.objects.create(group_id="team", user_id=user_id, events=json.dumps([[joined_s * 1000, "member"]]))


def texts(bubble) -> list[str]:
    return [part.text for part in bubble.parts]


class MessageTests(AsSupport):
    def bubbles(self, conversation_id="c2c_bob", **query):
        page = self.get(DETAIL, owner="alice", id=conversation_id, **query)
        return page.context["page"].bubbles

    def test_the_owners_messages_are_own_and_days_are_told(self):
        day = 24 * 60 * 60
        sent = [c2c("bob", "alice", 1), c2c("alice", "bob", 2), c2c("bob", "alice", 3 * day)]
        messages.record(sent, now_s=NOON_S)

        shown = self.bubbles()

        self.assertEqual([bubble.is_own for bubble in shown], [False, True, False])
        self.assertEqual([bubble.starts_day for bubble in shown], [True, False, True])
        self.assertEqual([texts(bubble) for bubble in shown], [["c1"], ["c2"], [f"c{3 * day}"]])

    def test_the_first_unread_is_marked(self):
        messages.record([c2c("bob", "alice", n) for n in (3, 6, 9)], now_s=NOON_S)
        Conversation.objects.filter(owner_id="alice").update(c2c_read_timestamp=NOON_S + 1)

        self.assertEqual([bubble.starts_unread for bubble in self.bubbles()], [False, True, False])

    def test_unread_from_an_older_page_on_is_marked_there(self):
        team("alice", "bob")
        messages.record([group("bob", n) for n in range(1, 61)], now_s=NOON_S)
        Conversation.objects.filter(owner_id="alice").update(group_read_sequence=5)

        page = self.get(DETAIL, owner="alice", id="group_team")
        older = self.get(page.context["older_messages_url"], pane="older-messages")

        marked = [
            [bubble.number for bubble in found.context["page"].bubbles if bubble.starts_unread] for found in (page, older)
        ]
        self.assertEqual(marked, [[], ["6"]])

    def test_a_recalled_one_is_a_notice(self):
        messages.record([c2c("bob", "alice", 1)], now_s=NOON_S)
        messages.recall(C2CRecall("bob", "alice", NOON_S, 1, 1))

        page = self.get(DETAIL, owner="alice", id="c2c_bob")

        self.assertNotContains(page, "c1<")
        self.assertContains(page, "<span>[recalled]</span>")
        self.assertContains(page, '<span class="flag">recalled</span>')

    def test_in_a_group_each_sender_has_a_name_and_each_message_its_number(self):
        Owner.objects.create(owner_id="bob", nick_name="Bobby")
        team("alice", "bob", "carol")
        messages.record([group("bob", 1), group("carol", 2)], now_s=NOON_S)

        shown = self.bubbles("group_team")

        self.assertEqual([(bubble.sender, bubble.number) for bubble in shown], [("Bobby", "1"), ("carol", "2")])

    def test_what_the_owner_could_not_see_is_not_shown(self):
        team("bob")
        team("alice", joined_s=NOON_S + 2)
        messages.record([group("bob", 1), group("bob", 3, targets=("bob",)), group("bob", 4)], now_s=NOON_S)

        self.assertEqual([texts(bubble) for bubble in self.bubbles("group_team")], [["g4"]])

    def test_what_does_not_count_says_so(self):
        team("alice", "bob")
        messages.record([group("bob", 1, counts_as_unread=False, at_accounts=("alice",))], now_s=NOON_S)

        (shown,) = self.bubbles("group_team")

        self.assertEqual(shown.notes, ["not counted as unread", "@you"])

    def test_cleared_history_is_gone(self):
        messages.record([c2c("bob", "alice", n) for n in (3, 6)], now_s=NOON_S)
        deletions.clear_history(owner_id="alice", conversation_id="c2c_bob")

        page = self.get(DETAIL, owner="alice", id="c2c_bob")

        self.assertEqual(page.context["page"].bubbles, [])
        self.assertContains(page, "No messages")

    def test_leafing_back_meets_each_message_once(self):
        team("alice", "bob")
        messages.record([group("bob", n) for n in range(1, 121)], now_s=NOON_S)

        seen, page = [], self.get(DETAIL, owner="alice", id="group_team")
        while True:
            seen = [int(bubble.number) for bubble in page.context["page"].bubbles] + seen
            if not (older := page.context["older_messages_url"]):
                break
            page = self.get(older, pane="older-messages")
            self.assertNotContains(page, 'class="conversation"')

        self.assertEqual(seen, list(range(1, 121)))

    def test_an_imported_last_message_shows_where_none_was_fed(self):
        make_conversation(last_message=message(textElem={"text": "from the import"}))

        (shown,) = self.bubbles()

        self.assertEqual((texts(shown), shown.sender, shown.is_own), (["from the import"], "bob", False))

    def test_a_bad_place_or_part_is_named(self):
        make_conversation()

        for name, value in (
            ("before", "x"),
            ("before", "1" * 31),
            ("before", "\u0664"),
            ("part", "nosuch"),
            ("part", "members"),
        ):
            with self.subTest(name=name, value=value):
                page = self.get(DETAIL, 400, owner="alice", id="c2c_bob", **{name: value})
                self.assertContains(page, f"<code>{name}</code>", status_code=400)

    def test_more_messages_and_members_cost_no_more_queries(self):
        team("alice", "bob")
        messages.record([group("bob", 1)], now_s=NOON_S)
        parts = ("messages", "members", "fields", "json", "history", "explain")
        few = [self.count_queries(DETAIL, owner="alice", id="group_team", part=part) for part in parts]
        team(*(f"user{n}" for n in range(60)))
        messages.record([group(f"user{n}", n + 2) for n in range(60)], now_s=NOON_S)

        more = [self.count_queries(DETAIL, owner="alice", id="group_team", part=part) for part in parts]

        self.assertEqual(more[:-1], few[:-1])
        self.assertLessEqual(more[-1], few[-1] + 3)  # explain() looks at examples of what is left out


class OtherPartTests(AsSupport):
    def test_members_say_what_they_are_and_since_when(self):
        make_conversation(conversation_id="group_team")
        Owner.objects.create(owner_id="bob", nick_name="Bobby")
        team("bob", joined_s=NOON_S)
        GroupMember.objects.create(group_id="team", user_id="carol", events='[[0,"member"],[1760000100000,"kicked"]]')

        page = self.get(DETAIL, owner="alice", id="group_team", part="members")

        found = [
            (member.name, member.membership, member.since and member.since.timestamp())
            for member in page.context["page"].members
        ]
        self.assertEqual(found, [("Bobby", "member", NOON_S), ("carol", "kicked", NOON_S + 100)])

    def test_members_are_leafed_through(self):
        make_conversation(conversation_id="group_team")
        team(*(f"user{n:03}" for n in range(group_members.MEMBERS_SHOWN + 5)))

        page = self.get(DETAIL, owner="alice", id="group_team", part="members")
        rest = self.get(DETAIL, owner="alice", id="group_team", part="members", after=page.context["page"].after)

        self.assertEqual([member.user_id for member in rest.context["page"].members], [f"user{n:03}" for n in range(50, 55)])
        self.assertContains(page, "More members")

    def test_the_json_is_a_tree_and_a_command(self):
        make_conversation("a'b", "group_a/b c", last_message=message())

        page = self.get(DETAIL, owner="a'b", id="group_a/b c", part="json")

        self.assertContains(page, '<span class="key">lastMessage</span>')
        self.assertEqual(
            page.context["curl"],
            'curl -H "Authorization: Bearer $IMSITE_KEY" '
            "'http://testserver/api/v1/conversations/-/?owner=a%27b&id=group_a%2Fb+c'",
        )

    def test_the_explanation_for_a_ticket_says_where_it_is_from(self):
        messages.record([c2c("bob", "alice", 1)], now_s=NOON_S)

        page = self.get(DETAIL, owner="alice", id="c2c_bob", part="explain", hasUnreadCount="true")

        url = "http://testserver/conversation/?owner=alice&id=c2c_bob&part=explain"
        self.assertRegex(
            page.context["ticket"], rf"^Conversation: bob .*\nUser: .*\n{re.escape(url)}\nAs of .* UTC\n\n1 unread"
        )


class MaskTests(AsSupport):
    @classmethod
    def make_user(cls):
        return viewer()

    def test_nothing_that_was_written_is_on_any_page(self):
        team("alice", "bob")
        messages.record([c2c("bob", "alice", 1), group("bob", 1), group("bob", 2)], now_s=NOON_S)
        messages.recall(GroupRecall("team", "", (1,)))
        body = Conversation.objects.get(owner_id="alice", conversation_id="c2c_bob").last_message.replace("c1", SECRET)
        for model in (Conversation, Message):
            column = "last_message" if model is Conversation else "body"
            model.objects.update(**{column: body})
        Conversation.objects.update(draft_text=SECRET, custom_data=SECRET, unread_count=1)
        urls = [(LIST, {}), (UPDATES, {"since": "0"})]
        urls += [
            (DETAIL, {"id": conversation_id, "part": part})
            for conversation_id in ("c2c_bob", "group_team")
            for part in ("messages", "explain", "fields", "json", "history")
        ]

        for url, query in urls:
            with self.subTest(url=url, **query):
                page = self.get(url, owner="alice", **query)
                self.assertNotContains(page, SECRET)
                self.assertContains(page, "hidden")

    def test_kinds_and_numbers_stay(self):
        messages.record([c2c("bob", "alice", 1)], now_s=NOON_S)

        page = self.get(DETAIL, owner="alice", id="c2c_bob")

        self.assertEqual(texts(page.context["page"].bubbles[0]), ["[text]"])
        self.assertContains(page, "1 unread")

    def test_the_page_looks_by_itself_where_the_stream_is_closed(self):
        self.assertContains(self.get(LIST, owner="alice"), 'data-events=""')


class WordsTests(SimpleTestCase):
    def test_in_full_keeps_lines_and_all_elements(self):
        body = json.loads(message(textElem={"text": "one\n  two", "nextElem": {"elemType": 3, "imageElem": {}}}))

        self.assertEqual([part.text for part in message_preview.element_previews(body)], ["one\n  two", "[image]"])
        self.assertEqual([part.text for part in message_preview.element_kinds(body)], ["[text]", "[image]"])

    def test_a_very_long_text_is_cut(self):
        body = json.loads(message(textElem={"text": "x" * 10_000}))

        self.assertEqual(len(message_preview.element_previews(body)[0].text), message_preview.MAX_FULL_LENGTH)

    def test_the_group_itself_speaks_in_notices(self):
        self.assertTrue(message_preview.is_notice({"elemType": 9, "groupTipsElem": {"type": 1}}))
        self.assertFalse(message_preview.is_notice({"elemType": 1, "textElem": {"text": "hi"}}))

    def test_a_tree_is_cut_where_it_gets_wide_deep_or_long(self):
        deep: list = []
        for _level in range(50):
            deep = [deep]

        wide, long_, nested = (json_tree.node_of(value) for value in ({str(n): n for n in range(150)}, "x" * 1000, deep))

        self.assertEqual((len(wide.children), wide.left_out, wide.value), (100, 50, "{150}"))
        self.assertEqual(len(long_.value), json_tree.MAX_TEXT)
        with mock.patch.object(json_tree, "MAX_DEPTH", 2):
            self.assertEqual(json_tree.node_of(deep).children[0].children[0].left_out, 1)
        self.assertTrue(nested.children)
