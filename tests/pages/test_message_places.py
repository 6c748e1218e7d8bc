"""Each message has a lasting address, which shows it among those around it; a number or a date leads there."""

from conversations.feeding import members, messages
from conversations.formats.messages import GroupRecall
from conversations.models import Conversation
from conversations.pages import message_pages
from tests.support.cast import make_conversation
from tests.support.messages import NOON_S, c2c, group
from tests.support.pages import DETAIL, AsSupport
from tests.support.staff import message

DAY_S = 24 * 60 * 60


def place(number: int) -> str:
    return f"{number:020d}"


class PlaceTests(AsSupport):
    def setUp(self):
        super().setUp()
        members.join("team", ["alice", "bob"], at_ms=1000)
        messages.record([group("bob", n) for n in range(1, 131)], now_s=NOON_S)

    def page(self, status=200, **query):
        return self.get(DETAIL, status, owner="alice", id="group_team", **query)

    def numbers(self, page) -> list[int]:
        return [int(bubble.number) for bubble in page.context["page"].bubbles]

    def test_each_message_links_to_its_own_address(self):
        page = self.page(hasUnreadCount="true")

        url = f"/conversation/?owner=alice&amp;id=group_team&amp;hasUnreadCount=true&amp;at={place(130)}#m{place(130)}"
        self.assertContains(page, f'href="{url}"')
        self.assertContains(page, f'id="m{place(130)}"')

    def test_the_address_shows_the_message_marked_among_those_around_it(self):
        page = self.page(at=place(60))

        self.assertEqual(self.numbers(page), list(range(35, 85)))
        self.assertContains(page, f'<div class="message found" id="m{place(60)}">')
        self.assertContains(page, " found", 1)

    def test_from_there_older_and_newer_pages_meet_each_message_once(self):
        page = self.page(at=place(60))
        found = self.numbers(page)

        for name in ("older_messages_url", "newer_messages_url"):
            url = page.context[name]
            while url:
                side = self.get(url)
                found += self.numbers(side)
                url = side.context[name]

        self.assertEqual(sorted(found), list(range(1, 131)))

    def test_what_htmx_adds_at_one_side_has_no_link_at_the_other(self):
        page = self.page(at=place(60))

        older = self.get(page.context["older_messages_url"], pane="older-messages")
        newer = self.get(page.context["newer_messages_url"], pane="newer-messages")

        self.assertNotContains(older, "newer-messages")
        self.assertNotContains(newer, "older-messages")
        self.assertContains(newer, place(85))

    def test_the_newest_are_a_link_away_and_have_none(self):
        self.assertEqual(self.page(at=place(60)).context["newest_messages_url"], "/conversation/?owner=alice&id=group_team")
        self.assertEqual(self.page().context["newest_messages_url"], "")
        self.assertEqual(self.page().context["newer_messages_url"], "")

    def test_the_end_of_a_conversation_has_no_newer_page(self):
        page = self.page(at=place(130))

        self.assertEqual(self.numbers(page), list(range(105, 131)))
        self.assertEqual(page.context["newer_messages_url"], "")

    def test_a_message_that_does_not_show_says_so(self):
        Conversation.objects.filter(owner_id="alice").update(cleared_position=place(20))

        for position in (place(7), place(500)):
            self.assertContains(self.page(at=position), "This message is not shown here")
        self.assertNotContains(self.page(at=place(21)), "This message is not shown here")
        self.assertEqual(self.numbers(self.page(at=place(7)))[0], 21)

    def test_a_page_past_the_end_leads_back(self):
        page = self.page(**{"from": place(500)})

        self.assertEqual(self.numbers(page), [])
        self.assertContains(page, "No messages on this page")
        self.assertEqual(self.numbers(self.get(page.context["older_messages_url"]))[-1], 130)

    def test_unread_begins_once_however_the_pages_are_cut(self):
        Conversation.objects.filter(owner_id="alice").update(group_read_sequence=59)

        for query, expected in (({"at": place(60)}, ["60"]), ({"from": place(61)}, []), ({"from": place(60)}, ["60"])):
            page = self.page(**query)
            marked = [bubble.number for bubble in page.context["page"].bubbles if bubble.starts_unread]
            self.assertEqual(marked, expected, query)

    def test_a_reported_last_message_has_an_address_too(self):
        make_conversation(conversation_id="c2c_bob", last_message=message(), last_message_position="5")
        page = self.get(DETAIL, owner="alice", id="c2c_bob")

        [(_bubble, url, _reading)] = page.context["bubbles"]

        self.assertContains(self.get(url.partition("#")[0]), 'found" id="m5"')

    def test_reloading_after_a_change_stays_there(self):
        page = self.page(at=place(60))

        url = f"/conversation/?owner=alice&amp;id=group_team&amp;at={place(60)}"
        self.assertContains(page, f'id="changed-bar" href="{url}"')

    def test_a_recalled_one_keeps_its_address(self):
        messages.recall(GroupRecall("team", "bob", (60,)))

        self.assertContains(self.page(at=place(60)), f'found" id="m{place(60)}"')

    def test_bad_positions_are_named(self):
        for name in message_pages.SIZES:
            self.assertContains(self.page(400, **{name: "x"}), "Invalid position in the conversation.", status_code=400)


class JumpTests(AsSupport):
    def setUp(self):
        super().setUp()
        members.join("team", ["alice", "bob"], at_ms=1000)
        messages.record([group("bob", n, time_s=NOON_S + n * DAY_S) for n in range(1, 4)], now_s=NOON_S + 4 * DAY_S)
        messages.record([c2c("bob", "alice", 3 * n * DAY_S) for n in range(1, 4)], now_s=NOON_S + 4 * DAY_S)

    def go(self, text: str, id_: str = "group_team", **query):
        return self.client.get(DETAIL, {"owner": "alice", "id": id_, "go": text, **query})

    def test_a_number_leads_to_its_message(self):
        for text in ("2", "#2", " #2 "):
            url = f"/conversation/?owner=alice&id=group_team&at={place(2)}#m{place(2)}"
            self.assertRedirects(self.go(text), url, fetch_redirect_response=False)

    def test_a_date_leads_to_the_first_message_since(self):
        for text in ("2025-10-11", "2025-10-10 08:54", "2025-10-11T08:53", "2025-10-11T10:53+02:00"):
            self.assertIn(f"at={place(2)}#", self.go(text).url, text)

    def test_one_to_one_a_date_leads_to_the_first_message_since(self):
        self.assertIn(f"at={NOON_S + 2 * DAY_S:010d}", self.go("2025-10-11", "c2c_bob").url)

    def test_the_list_beside_it_stays(self):
        self.assertIn("&hasUnreadCount=true&nextSeq=", self.go("2", hasUnreadCount="true", nextSeq="abc").url)

    def test_what_leads_nowhere_says_what_would(self):
        cases = (
            ("group_team", "soon", "Enter a message number such as #1038, or a date"),
            ("group_team", "2026-02-30", "Enter a message number such as #1038, or a date"),
            ("group_team", "0001-01-01", "Enter a message number such as #1038, or a date"),
            ("group_team", "9999-12-31T23:59:59-23:59", "Enter a message number such as #1038, or a date"),
            ("group_team", "9" * 30, "Enter a message number such as #1038, or a date"),
            ("c2c_bob", "1038", "Enter a date such as"),
            ("c2c_bob", "2027-01-01", "No messages since 2027-01-01 00:00 UTC."),
        )
        for id_, text, expected in cases:
            page = self.go(text, id_)
            self.assertContains(page, expected)
            self.assertContains(page, f'value="{text}" required')
            self.assertTrue(page.context["page"].bubbles)
