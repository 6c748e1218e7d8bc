"""A filter on a list that is too long to be looked through for one page."""

from unittest import mock
from urllib.parse import urlencode

import pytest

from conversations.lists import pages as lists_pages
from conversations.models import Conversation
from conversations.pages import conversation_list, list_filters
from conversations.times import from_epoch_s
from tests.support.cast import make_conversations
from tests.support.messages import NOON_S
from tests.support.pages import LIST, AsSupport


@mock.patch.object(lists_pages, "SEARCHED_ROWS", 10)
class WalkTests(AsSupport):
    FILTERS = ({"hasUnreadCount": "true"}, {"isPinned": "true"}, {"isPinned": "false"}, {"search": "peer6"}, {"type": "2"})

    def pages(self, **query):
        """The pages as their "older" links follow each other."""
        url, pages = f"{LIST}?{urlencode({'owner': 'alice'} | query)}", []
        while url:
            pages.append(self.get(url))
            url = pages[-1].context["older_url"]
        return pages

    @pytest.mark.slow
    def test_all_that_fit_are_met_once_and_in_order(self):
        make_conversations(64, activity_key=10**15)  # all of one moment: in order of their IDs
        Conversation.objects.filter(conversation_id__contains="5").update(is_pinned=True)
        Conversation.objects.filter(conversation_id__contains="7").update(unread_count=1)
        Conversation.objects.filter(conversation_id__endswith="2").update(activity_key=10**15 + 1)

        for rows_shown in (1, 3, 50):
            for query in self.FILTERS:
                with self.subTest(rows_shown, **query), mock.patch.object(conversation_list, "ROWS_SHOWN", rows_shown):
                    pages = self.pages(**query)
                    met = [entry.conversation.conversation_id for page in pages for entry in page.context["entries"]]
                    fitting = list_filters.filterset_of("alice", query).selected().in_display_order()
                    self.assertEqual(met, [row.conversation_id for row in fitting])
                    self.assertTrue(all(len(page.context["entries"]) <= rows_shown for page in pages))

    def test_where_none_fits_yet_it_is_said_how_far_back_was_looked(self):
        make_conversations(25)
        Conversation.objects.filter(conversation_id="c2c_peer0").update(activity_key=0, draft_text="x")
        for number in range(1, 25):  # another's order keys, which are no times
            Conversation.objects.filter(conversation_id=f"c2c_peer{number}").update(activity_key=8 * 10**15 + number)
        Conversation.objects.filter(conversation_id="c2c_peer15").update(last_message_at=from_epoch_s(NOON_S))

        first, second, third = self.pages(hasDraft="true")

        self.assertContains(first, f"No matches since {from_epoch_s(NOON_S):%Y-%m-%d %H:%M} UTC")
        self.assertContains(second, "No matches so far")
        self.assertContains(first, "Export as JSON Lines")
        self.assertContains(first, "draft: yes")  # what to drop
        self.assertNotContains(first, "No matching conversations")
        self.assertEqual([len(page.context["entries"]) for page in (first, second, third)], [0, 0, 1])
        last = self.get(second.context["older_url"] + "&search=nobody", 400)  # bound to its own filter
        self.assertContains(last, "nextSeq", status_code=400)

    def test_the_end_is_told_where_nothing_was_found(self):
        make_conversations(25)
        pages = self.pages(hasDraft="true")

        self.assertContains(self.get(pages[1].context["older_url"], pane="rows"), "No older matches.")

    def test_no_page_reads_more_because_the_list_is_longer(self):
        make_conversations(25)
        few = self.count_queries(LIST, owner="alice", hasDraft="true")
        make_conversations(60, start=100)

        self.assertEqual(self.count_queries(LIST, owner="alice", hasDraft="true"), few)
