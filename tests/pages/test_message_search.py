"""A text is found in the messages of one conversation, a bounded number at a time, by staff who may read texts."""

from unittest import mock

from conversations.feeding import members, messages
from conversations.formats.messages import GroupRecall, IncomingMessage
from conversations.models import Conversation
from conversations.pages import message_search
from tests.support.messages import NOON_S, c2c, text
from tests.support.pages import DETAIL, AsSupport
from tests.support.staff import viewer


def say(number: int, words: str) -> IncomingMessage:
    time_s = NOON_S + number
    return IncomingMessage(sender="bob", group_id="team", time_s=time_s, seq=number, random=number, elements=text(words))


class SearchTests(AsSupport):
    def setUp(self):
        super().setUp()
        members.join("team", ["alice", "bob"], at_ms=1000)

    def found(self, words: str, status: int = 200, **query: str):
        return self.get(DETAIL, status, owner="alice", id="group_team", text=words, **query)

    def numbers(self, page) -> list[int]:
        return [int(match.bubble.number) for match, _url in page.context["matches"]]

    def test_long_messages_end_the_page_early_and_nothing_is_skipped(self):
        messages.record([say(number, f"invoice {number}") for number in range(1, 5)], now_s=NOON_S)

        with mock.patch.object(message_search, "SEARCHED_S", -1):
            page = self.found("invoice 1")
            self.assertEqual(self.numbers(page), [])
            for _page in range(3):
                page = self.client.get(page.context["older_matches_url"])
        self.assertEqual(self.numbers(page), [1])

    def test_letters_of_any_case_are_found_also_beyond_ascii(self):
        messages.record([say(1, "STRASSE und Straße"), say(2, "ΣΊΣΥΦΟΣ")], now_s=NOON_S)
        self.assertEqual(self.numbers(self.found("strasse")), [1])
        self.assertEqual(self.numbers(self.found("σίσυφος")), [2])

    def test_matches_are_highlighted_and_lead_to_their_place(self):
        messages.record([say(1, "The invoice is <b>here</b>"), say(2, "no"), say(3, "INVOICE  again,\ninvoice")], now_s=NOON_S)

        page = self.found("invoice")

        self.assertEqual(self.numbers(page), [3, 1])
        self.assertContains(page, "2 messages contain “invoice”")
        self.assertContains(page, "<mark>INVOICE</mark> again, <mark>invoice</mark>")
        self.assertContains(page, "The <mark>invoice</mark> is &lt;b&gt;here&lt;/b&gt;")
        self.assertContains(page, f'href="/conversation/?owner=alice&amp;id=group_team&amp;at={3:020d}#m{3:020d}"')

    def test_a_phrase_and_chinese_are_found(self):
        messages.record([say(1, "下午三点前给你"), say(2, "one \n two")], now_s=NOON_S)

        self.assertEqual(self.numbers(self.found("三点")), [1])
        self.assertEqual(self.numbers(self.found("  One   two ")), [2])

    def test_a_long_text_is_cut_around_the_match(self):
        messages.record([say(1, "a" * 500 + " here " + "b" * 500)], now_s=NOON_S)

        [(match, _url)] = self.found("here").context["matches"]

        shown = "".join(piece.text for piece in match.pieces)
        self.assertRegex(shown, "^…a+ here b+…$")
        self.assertLess(len(shown), 200)

    def test_a_page_searches_a_bounded_number_and_leads_on(self):
        messages.record([say(1, "needle"), *(say(n, "hay") for n in range(2, 30)), say(30, "needle")], now_s=NOON_S)

        with mock.patch.object(message_search, "SEARCHED", 10):
            page = self.found("needle")
            pages = [page]
            while url := page.context["older_matches_url"]:
                pages.append(page := self.get(url))

        self.assertEqual([self.numbers(page) for page in pages], [[30], [], [1], []])
        self.assertContains(pages[0], "1 message contains “needle” (searched back to #21)")
        self.assertContains(pages[1], "No message contains “needle” (searched back to #11)")

    def test_no_more_than_some_matches_are_on_a_page(self):
        messages.record([say(n, "needle") for n in range(1, 8)], now_s=NOON_S)

        with mock.patch.object(message_search, "MATCHES_SHOWN", 3):
            page = self.found("needle")
            older = self.get(page.context["older_matches_url"])

        self.assertEqual((self.numbers(page), self.numbers(older)), ([7, 6, 5], [4, 3, 2]))

    def test_what_the_user_does_not_see_is_not_found(self):
        messages.record([say(n, "needle") for n in range(1, 4)], now_s=NOON_S)
        messages.recall(GroupRecall("team", "", (2,)))
        Conversation.objects.filter(owner_id="alice").update(cleared_position=f"{1:020d}")

        self.assertEqual(self.numbers(self.found("needle")), [3])
        self.assertEqual(self.numbers(self.found("recalled")), [])

    def test_one_to_one_the_time_says_how_far(self):
        messages.record([c2c("bob", "alice", n) for n in range(1, 13)], now_s=NOON_S)

        with mock.patch.object(message_search, "SEARCHED", 2):
            page = self.get(DETAIL, owner="alice", id="c2c_bob", text="c12")

        self.assertContains(page, "1 message contains “c12” (searched back to 2025-10-09 08:53:23 UTC)")

    def test_signs_are_just_signs(self):
        messages.record([say(1, "why (not)?"), say(2, "100%"), say(3, ".*")], now_s=NOON_S)

        for words, expected in (("(not)?", [1]), ("%", [2]), (".*", [3]), ("\\", [])):
            self.assertEqual(self.numbers(self.found(words)), expected, words)

    def test_a_text_of_a_wrong_length_is_refused(self):
        for words in (" ", "x" * 101):
            self.assertContains(self.found(words, 400), "Enter 1 to 100 characters to find.", status_code=400)

    def test_the_list_beside_it_stays(self):
        messages.record([say(1, "needle")], now_s=NOON_S)

        self.assertContains(self.found("needle", hasUnreadCount="true"), "hasUnreadCount=true&amp;at=")


class MaskedSearchTests(AsSupport):
    @classmethod
    def make_user(cls):
        return viewer()

    def test_without_the_right_to_read_nothing_is_searched(self):
        members.join("team", ["alice", "bob"], at_ms=1000)
        messages.record([say(1, "needle")], now_s=NOON_S)

        page = self.get(DETAIL, 403, owner="alice", id="group_team", text="needle")

        self.assertContains(page, "permission to read message texts", status_code=403)
        self.assertNotContains(self.get(DETAIL, owner="alice", id="group_team"), 'name="text"')
