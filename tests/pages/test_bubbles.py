"""What a bubble says besides its text: where a file is, who recalled it, when it was edited; and what members did."""

import json

from django.urls import reverse

from conversations.feeding import members, messages
from conversations.formats.messages import GroupRecall, MessageEdit
from conversations.models import GroupMember, Owner
from tests.support.cast import make_conversation
from tests.support.messages import NOON_S, group, text
from tests.support.pages import DETAIL, AsSupport
from tests.support.staff import message, viewer

FILE = message(elemType=6, fileElem={"fileName": "plan.pdf", "url": "https://files.example/plan.pdf?a=1&b=2"}, textElem=None)
LINK = (
    '<a href="https://files.example/plan.pdf?a=1&amp;b=2" target="_blank" rel="noopener noreferrer" '
    'referrerpolicy="no-referrer" title="https://files.example/plan.pdf?a=1&amp;b=2">'
    'open at files.example<span class="hidden"> (in a new tab)</span></a>'
)


class BubbleTests(AsSupport):
    def page(self, part="messages"):
        return self.get(DETAIL, owner="alice", id="group_team", part=part)

    def test_a_file_is_a_click_away(self):
        make_conversation(conversation_id="group_team", last_message=FILE)

        self.assertContains(self.page(), LINK, html=True)

    def test_a_recalled_one_says_who_recalled_it_and_nothing_of_what_it_was(self):
        members.join("team", ["alice", "bob"], at_ms=1000)
        Owner.objects.update_or_create(owner_id="carol", defaults={"nick_name": "Carol"})
        messages.record([group("bob", n) for n in (1, 2, 3, 4)], now_s=NOON_S)
        for number, revoker in ((1, "bob"), (2, "carol"), (3, "admin"), (4, "")):
            messages.recall(GroupRecall("team", "", (number,), revoker))

        shown = self.page().context["page"].bubbles

        expected = ["recalled by the sender", "recalled by Carol (carol)", "recalled by admin", "recalled"]
        self.assertEqual([bubble.recall for bubble in shown], expected)
        self.assertNotContains(self.page(), "<span>g")

    def test_a_reported_recall_says_who_recalled_it(self):
        make_conversation(conversation_id="group_team", last_message=message(status=6, revokerInfo={"userID": "carol"}))

        self.assertContains(self.page(), "recalled by carol")

    def test_an_edited_one_says_when(self):
        members.join("team", ["alice", "bob"], at_ms=1000)
        messages.record([group("bob", 1)], now_s=NOON_S)
        messages.edit([MessageEdit(group_id="team", seq=1, event_time_ms=NOON_S * 1000, elements=text("new"))])

        [bubble] = self.page().context["page"].bubbles

        self.assertEqual(bubble.notes, ["edited 2025-10-09 08:53:20 UTC"])
        self.assertEqual([part.text for part in bubble.parts], ["new"])

    def test_who_came_back_to_a_group_says_when(self):
        make_conversation(conversation_id="group_team")
        events = [[NOON_S * 1000, "member"], [(NOON_S + 60) * 1000, "left"], [(NOON_S + 120) * 1000, "member"]]
        seen_again = [[0, "listed"], [NOON_S * 1000, "kicked"], [(NOON_S + 60) * 1000, "seen"]]
        for user_id, member_events in (("bob", events), ("carol", seen_again), ("dave", events[:1])):
            GroupMember.objects.create(group_id="team", user_id=user_id, events=json.dumps(member_events))

        page = self.page("members")

        changes = {member.user_id: [change.label for change in member.changes] for member in page.context["page"].members}
        self.assertEqual(
            changes, {"bob": ["joined", "left", "joined again"], "carol": ["removed", "sent a message"], "dave": []}
        )
        self.assertContains(page, "joined again 2025-10-09 08:55 UTC")


class MaskedBubbleTests(AsSupport):
    @classmethod
    def make_user(cls):
        return viewer()

    def test_without_the_right_to_read_no_address_shows(self):
        make_conversation(conversation_id="group_team", last_message=FILE)

        self.assertNotContains(self.get(DETAIL, owner="alice", id="group_team"), "files.example")

    def test_nobody_sees_anything(self):
        self.client.logout()

        self.assertIn(reverse("login"), self.get(DETAIL, 302, owner="alice", id="group_team", at="1").url)
