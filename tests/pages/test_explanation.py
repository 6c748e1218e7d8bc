"""The explanation of an unread count leads to the messages in it, and shows how they begin to staff who may read texts."""

from conversations.choices import Membership
from conversations.feeding import members, messages
from conversations.models import Conversation, Message, Owner
from tests.support.cast import make_conversation
from tests.support.messages import NOON_S, c2c, group
from tests.support.pages import DETAIL, AsSupport
from tests.support.staff import viewer


def text_of(pieces) -> str:
    return "".join(f"{piece.text}{piece.note and ' ' + piece.note}" for piece in pieces)


class ExplanationTests(AsSupport):
    def setUp(self):
        super().setUp()
        members.join("team", ["alice", "bob"], at_ms=1000)

    def page(self, id_: str = "group_team", **query):
        return self.get(DETAIL, owner="alice", id=id_, part="explain", **query)

    def headline(self, id_: str = "group_team") -> str:
        return text_of(self.page(id_).context["explanation"].headline)

    def test_the_headline_leads_to_the_first_unread_message(self):
        messages.record([group("bob", n) for n in range(1, 8)], now_s=NOON_S)
        Conversation.objects.filter(owner_id="alice").update(group_read_sequence=2, unread_count=5)

        page = self.page()

        self.assertEqual(self.headline(), "5 unread messages since #3.")
        link = f'<a href="/conversation/?owner=alice&amp;id=group_team&amp;at={3:020d}#m{3:020d}">#3</a>'
        self.assertContains(page, f"<strong>5 unread messages since {link}.</strong>", html=True)

    def test_the_sum_shows_only_where_something_was_imported(self):
        messages.record([group("bob", 1), group("bob", 2)], now_s=NOON_S)
        self.assertEqual(self.headline(), "2 unread messages since #1.")

        Conversation.objects.filter(owner_id="alice").update(unread_count=5, imported_unread=3)
        self.assertEqual(self.headline(), "5 unread: 3 imported + 2 messages = 5.")
        Conversation.objects.filter(owner_id="alice").update(unread_count=6)
        self.assertEqual(self.headline(), "6 unread, but expected 5 = 3 imported + 2 messages.")
        Conversation.objects.filter(owner_id="alice").update(imported_unread=0)
        self.assertEqual(self.headline(), "6 unread, but expected 2.")

    def test_nothing_unread_and_one_message_read_well(self):
        messages.record([c2c("bob", "alice", 3)], now_s=NOON_S)
        make_conversation(conversation_id="c2c_carol")

        self.assertEqual(
            text_of(self.page("c2c_bob").context["explanation"].headline), "1 unread message: 2025-10-09 08:53:21 UTC."
        )
        self.assertEqual(text_of(self.page("c2c_carol").context["explanation"].headline), "No unread messages.")

    def test_each_message_leads_to_its_place_and_shows_how_it_begins(self):
        Owner.objects.update_or_create(owner_id="bob", defaults={"nick_name": "Bobby"})
        messages.record([group("alice", 1), group("bob", 2)], now_s=NOON_S)

        page = self.page(hasUnreadCount="true")

        url = f"/conversation/?owner=alice&amp;id=group_team&amp;hasUnreadCount=true&amp;at={2:020d}#m{2:020d}"
        expected = f'<li><a href="{url}">#2</a> Bobby (bob), 2025-10-09 08:53:22 UTC <q class="dim">g2</q></li>'
        self.assertContains(page, expected, html=True)
        self.assertContains(page, '<q class="dim">g1</q>')

    def test_long_words_are_cut(self):
        messages.record([group("bob", 1)], now_s=NOON_S)
        body = Conversation.objects.get(owner_id="alice", conversation_id="group_team").last_message
        Message.objects.update(body=body.replace("g1", "w" * 100))

        self.assertContains(self.page(), f'<q class="dim">{"w" * 59}…</q>')

    def test_words_of_messages_that_the_user_does_not_see_are_left_out(self):
        messages.record([group("carol", 1, time_s=NOON_S)], now_s=NOON_S)
        members.leave("team", ["alice"], at_ms=(NOON_S + 10) * 1000, membership=Membership.LEFT)
        messages.record([group("bob", 2, time_s=NOON_S + 60)], now_s=NOON_S + 60)

        page = self.page()

        self.assertContains(page, '<q class="dim">g1</q>')
        self.assertNotContains(page, ">g2<")

    def test_the_ticket_has_no_text_of_a_message(self):
        messages.record([group("bob", 1)], now_s=NOON_S)

        ticket = self.page().context["ticket"]

        self.assertIn("1 unread message: #1.", ticket)
        self.assertIn("  Seq 1, bob, 2025-10-09 08:53:21 UTC", ticket)
        self.assertNotIn("g1", ticket)

    def test_more_messages_cost_no_more_queries(self):
        messages.record([group("bob", n) for n in range(1, 4)], now_s=NOON_S)
        few = self.count_queries(DETAIL, pane="panel", owner="alice", id="group_team", part="explain")
        messages.record([group("bob", n) for n in range(4, 60)], now_s=NOON_S)

        many = self.count_queries(DETAIL, pane="panel", owner="alice", id="group_team", part="explain")

        self.assertLessEqual(many, few)


class MaskedExplanationTests(AsSupport):
    @classmethod
    def make_user(cls):
        return viewer()

    def test_without_the_right_to_read_messages_have_no_words(self):
        members.join("team", ["alice", "bob"], at_ms=1000)
        messages.record([group("bob", 1)], now_s=NOON_S)

        page = self.get(DETAIL, owner="alice", id="group_team", part="explain")

        self.assertContains(page, f"&amp;at={1:020d}")
        self.assertNotContains(page, "<q")
