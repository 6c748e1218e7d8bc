"""The browser's three panes: owners by nick, tabs and their counts, single panes for htmx, rows that changed."""

import re
from html import unescape
from unittest import mock

import pytest
from django.db import connection
from django.test import TestCase
from django.urls import reverse

from conversations.actions import deletions, pins
from conversations.models import Conversation, Owner
from conversations.models.lookups import NickRest, NickStart
from conversations.pages import conversation_list, list_filters
from tests.support.cast import make_conversation, make_conversations
from tests.support.logs import lines
from tests.support.pages import DETAIL, LIST, SEARCH, UPDATES, AsSupport
from tests.support.staff import boss, message


class OwnersTests(AsSupport):
    def names(self, **query):
        return [owner.owner_id for owner, _url, _avatar in self.get(SEARCH, pane="owners", **query).context["owners"]]

    def make(self, **nicks):
        Owner.objects.bulk_create(Owner(owner_id=owner_id, nick_name=nick) for owner_id, nick in nicks.items())

    def test_ids_come_before_nicks_and_each_owner_once(self):
        self.make(bob="Bobby", u1="bobcat", u2="Rob", u3="BOBBY TABLES")

        self.assertEqual(self.names(q="bob"), ["bob", "u3", "u1"])

    def test_a_nick_of_any_script_and_case_is_found(self):
        self.make(u1="陈晓明", u2="Alice Wang", u3="100% sure_")

        for text, found in (("陈", ["u1"]), ("alice w", ["u2"]), ("ALICE", ["u2"]), ("100%", ["u3"]), ("%", []), ("_", [])):
            with self.subTest(text=text):
                self.assertEqual(self.names(q=text), found)

    def test_a_nick_is_found_by_its_second_word_too_after_those_that_begin_so(self):
        self.make(u1="Bob Miller", u2="Miller", u3="Al B. Miller", u4="O Mill", u5="Anna MILLER-Wu", u6="小明 Ltd", miller="")
        self.make(u7="王\u3000小红", u8=" Jo  Fox ", u9="Bo Fox")

        self.assertEqual(self.names(q="mill"), ["miller", "u2", "u4", "u1", "u5", "u3"])
        self.assertEqual(self.names(q="b. mill"), ["u3", "u1"])  # blanks do not count: bobmiller
        self.assertEqual(self.names(q="ltd"), ["u6"])
        self.assertEqual(self.names(q="小红"), ["u7"])
        self.assertEqual(self.names(q="fox"), ["u9", "u8"])

    def test_a_nick_longer_than_an_index_entry_is_kept_and_found_by_its_start(self):
        self.make(u1="长" * 3000)

        self.assertEqual(self.names(q="长长长"), ["u1"])

    def test_twenty_of_all_are_shown(self):
        self.make(**{f"x{n:02}": f"y{n}" for n in range(15)}, **{f"z{n:02}": f"x{n}" for n in range(15)})

        page = self.get(SEARCH, q="x")

        self.assertEqual(len(page.context["owners"]), 20)
        self.assertContains(page, "Keep typing")

    def test_nicks_are_found_through_their_index(self):
        for part, index in ((NickStart, "owner_by_nick"), (NickRest, "owner_by_rest_of_nick")):
            statement, parameters = Owner.objects.nicked("al", part)[:20].query.sql_with_params()
            with connection.cursor() as cursor:
                if connection.vendor == "postgresql":
                    cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
                    cursor.execute(f"EXPLAIN {statement}", parameters)
                else:
                    cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
                plan = str(cursor.fetchall())

            self.assertIn(index, plan)
            self.assertNotIn("Sort", plan)
            self.assertNotIn("TEMP B-TREE", plan)

    def test_typing_gets_the_found_owners_alone(self):
        self.make(bob="Bobby")

        page = self.get(SEARCH, pane="owners", q="bob")

        self.assertContains(page, "Bobby")
        self.assertNotContains(page, "<html")

    def test_the_only_one_that_is_found_opens(self):
        self.make(alice="Alice Liddell", alan="Alan Turing")

        self.assertRedirects(self.client.get(SEARCH, {"q": "turing"}), f"{LIST}?owner=alan")
        self.get(SEARCH, q="al")
        self.get(SEARCH, q="nobody")

    def test_those_looked_into_are_at_hand(self):
        self.make(alice="Alice", bob="Bob")
        self.get(LIST, owner="bob"), self.get(LIST, owner="alice"), self.get(LIST, owner="nobody")

        recent = self.get(SEARCH).context["recent_owners"]

        self.assertEqual([owner.owner_id for owner, _url, _avatar in recent], ["alice", "bob"])
        self.assertEqual(self.names(), [])  # nobody stands there twice
        self.assertNotContains(self.get(SEARCH), "No data yet")
        self.make(carol="Carol")
        self.assertEqual(self.names(), ["carol"])


class TabTests(AsSupport):
    def counts(self, **query):
        return {tab.name: tab.count for tab in self.get(LIST, owner="alice", **query).context["tabs"]}

    def test_each_tab_shows_and_counts_its_own(self):
        make_conversation(conversation_id="c2c_unread", unread_count=1)
        make_conversation(conversation_id="group_at", group_at_info='[{"seq":"1","atType":2}]')
        make_conversation(conversation_id="c2c_pinned", is_pinned=True)
        make_conversation(conversation_id="c2c_marked", marks=-(1 << 63))
        make_conversation(conversation_id="c2c_draft", draft_text="half-typed")

        page = self.get(LIST, owner="alice")
        shown = {
            tab.name: {entry.conversation.conversation_id for entry in self.get(tab.url).context["entries"]}
            for tab in page.context["tabs"]
        }

        c2c = {"c2c_unread", "c2c_pinned", "c2c_marked", "c2c_draft"}
        self.assertEqual(
            shown,
            {
                "all": c2c | {"group_at"}, "unread": {"c2c_unread"}, "mentions": {"group_at"}, "pinned": {"c2c_pinned"},
                "marked": {"c2c_marked"}, "drafts": {"c2c_draft"}, "c2c": c2c, "groups": {"group_at"},
            },
        )  # fmt: skip
        self.assertEqual(self.counts(), {name: str(len(ids)) for name, ids in shown.items()})

    def test_the_chosen_tab_is_told_and_keeps_the_other_filters(self):
        tabs = self.get(LIST, owner="alice", hasUnreadCount="true", search="bob").context["tabs"]

        self.assertEqual([tab.name for tab in tabs if tab.is_chosen], ["unread"])
        self.assertIn("search=bob", tabs[2].url)
        self.assertNotIn("hasUnreadCount", tabs[2].url)

    def test_counts_stop_at_ninety_nine(self):
        make_conversations(120)

        self.assertEqual((self.counts()["all"], self.counts()["groups"]), ("99+", ""))

    def test_only_the_first_of_a_long_list_are_counted_and_that_is_said(self):
        make_conversations(list_filters.COUNTED_ROWS + 5, activity_key=5)
        Conversation.objects.filter(conversation_id="c2c_peer1").update(draft_text="x", activity_key=9)
        Conversation.objects.filter(conversation_id="c2c_peer2").update(marks=1, activity_key=1)

        Conversation.objects.filter(conversation_id="c2c_peer3").update(is_pinned=True)  # which comes first, wherever it was

        counts = self.counts()

        self.assertEqual((counts["drafts"], counts["marked"], counts["all"], counts["pinned"]), ("1+", "", "99+", "1"))

    def test_beside_other_filters_the_tabs_count_what_fits_those(self):
        make_conversations(3, unread_count=1)
        make_conversation(conversation_id="group_peer", unread_count=1, draft_text="x")

        counts = self.counts(search="peer1")
        self.assertEqual((counts["all"], counts["unread"], counts["drafts"], counts["groups"]), ("1", "1", "", ""))

    def test_where_no_tab_says_how_many_are_found_that_is_said(self):
        make_conversations(3, unread_count=1)
        make_conversation(conversation_id="group_peer", unread_count=1)

        self.assertContains(self.get(LIST, owner="alice", hasUnreadCount="true", type="1"), "3 found")
        self.assertNotContains(self.get(LIST, owner="alice", hasUnreadCount="true"), "found")

    def test_a_filter_that_finds_nothing_says_what_to_drop(self):
        make_conversation()

        page = self.get(LIST, owner="alice", hasDraft="true", search="bob")

        self.assertEqual([chip.label for chip in page.context["chips"]], ["draft: yes", "name or ID: bob"])
        self.assertContains(page, "Try removing a filter")
        self.assertEqual(len(self.get(page.context["chips"][0].value).context["entries"]), 1)


class TotalsTests(AsSupport):
    def test_the_list_says_what_the_badge_of_the_app_says(self):
        make_conversation(conversation_id="c2c_bob", unread_count=3)
        make_conversation(conversation_id="c2c_carol", unread_count=4, recv_opt=2)

        for page in (self.get(LIST, owner="alice", type="2"), self.get(UPDATES, owner="alice", since="0")):
            self.assertContains(page, ">3 unread</a>")
            self.assertContains(page, ">+4 muted</a>")
            links = [unescape(link) for link in re.findall(r'<a href="(/owner/unread/[^"]*)"', page.content.decode())]
            shown = [[row.conversation_id for row, *_rest in self.get(url).context["share_rows"]] for url in links]
            self.assertEqual(shown, [["c2c_bob"], ["c2c_carol"]])  # those that make it up
        self.assertContains(self.get(LIST, owner="nobody"), ">0 unread</a></span>")
        with mock.patch.object(conversation_list, "COUNTED_ROWS", 2):  # too many to look at them all, but few of them count
            self.assertContains(self.get(LIST, owner="alice"), ">3 unread</a>")
        with mock.patch.object(conversation_list, "COUNTED_ROWS", 1):
            self.assertNotContains(self.get(LIST, owner="alice"), "Unread in total")


class PaneTests(AsSupport):
    def test_each_pane_comes_alone(self):
        make_conversations(60, last_message=message())
        conversation = {"owner": "alice", "id": "c2c_peer1"}

        for url, pane, query, has, has_not in (
            (LIST, "rows", {"owner": "alice"}, 'data-id="c2c_peer1"', 'id="tabs"'),
            (LIST, "list", {"owner": "alice"}, 'id="tabs"', 'id="panel"'),
            (LIST, "browse", {"owner": "alice"}, 'id="panel"', 'id="owner-sidebar"'),
            (LIST, "panel", {"owner": "alice"}, "Select a conversation", 'id="tabs"'),
            (DETAIL, "panel", conversation, 'class="conversation"', 'id="tabs"'),
        ):
            with self.subTest(pane=pane):
                page = self.get(url, pane=pane, **query)
                self.assertContains(page, has)
                for part in (has_not, "<html"):
                    self.assertNotContains(page, part)

    def test_each_icon_that_says_something_says_its_own(self):
        make_conversation(is_pinned=True, recv_opt=2)

        page = self.get(DETAIL, owner="alice", id="c2c_bob").content.decode()

        self.assertEqual(set(re.findall(r'role="img" aria-label="([^"]*)"', page)), {"pinned", "receive without notification"})

    def test_going_back_gets_the_whole_page(self):
        make_conversation()

        page = self.client.get(f"{LIST}?owner=alice", headers={"HX-Request": "true", "HX-History-Restore-Request": "true"})

        self.assertContains(page, 'id="owner-sidebar"')

    def test_a_conversation_stands_in_its_list(self):
        make_conversations(60)
        make_conversation(conversation_id="c2c_pinned", is_pinned=True)

        page = self.get(DETAIL, owner="alice", id="c2c_peer3", isPinned="false")

        self.assertNotIn("c2c_pinned", [entry.conversation.conversation_id for entry in page.context["entries"]])
        self.assertContains(page, 'href="/conversation/?owner=alice&amp;id=c2c_peer4&amp;isPinned=false"')
        self.assertEqual(page.context["list_url"], "/owner/?owner=alice&isPinned=false")

    def test_a_link_to_an_older_row_shows_its_own_part_of_the_list(self):
        make_conversations(60)
        older = self.get(self.get(LIST, owner="alice").context["older_url"])
        entry = older.context["entries"][0]

        page = self.get(entry.url + older.context["filter_query"])

        self.assertEqual(page.context["entries"][0].conversation, entry.conversation)

    def test_a_refusal_fits_its_pane(self):
        page = self.get(DETAIL, 404, pane="panel", owner="alice", id="c2c_bob")

        self.assertContains(page, "Conversation c2c_bob not found.", status_code=404)
        self.assertNotContains(page, "<html", status_code=404)

    def test_a_list_costs_the_same_whatever_its_length_and_filters(self):
        make_conversation(last_message=message())
        few = [self.count_queries(LIST, owner="alice", **more) for more in ({}, {"search": "b"})]
        make_conversations(120, last_message=message(), marks=1)

        self.assertEqual([self.count_queries(LIST, owner="alice", **more) for more in ({}, {"search": "b"})], few)

    @pytest.mark.skipif(connection.vendor != "postgresql", reason="PostgreSQL's plans")
    def test_a_list_is_planned_for_its_owner(self):
        usual = connection.connection.prepare_threshold
        seen = []

        def look(execute, *arguments):
            seen.append(connection.connection.prepare_threshold)
            return execute(*arguments)

        with connection.execute_wrapper(look):
            self.get(LIST, owner="alice", hasUnreadCount="true")

        self.assertEqual(set(seen), {usual, None})
        self.assertEqual(connection.connection.prepare_threshold, usual)


class UpdatesTests(AsSupport):
    def updates(self, token, **query):
        return self.get(UPDATES, owner="alice", since=token, **query)

    def token(self):
        return self.get(LIST, owner="alice").context["token"]

    def test_what_changed_comes_as_rows_and_the_place_to_go_on_from(self):
        make_conversations(3)
        token = self.token()
        pins.set_pinned(owner_id="alice", conversation_id="c2c_peer1", pinned=True)

        page = self.updates(token)

        self.assertEqual([entry.conversation.conversation_id for entry in page.context["entries"]], ["c2c_peer1"])
        self.assertContains(page, 'id="tabs"')
        self.assertEqual(page.context["token"], self.token())
        self.assertEqual(self.updates(page.context["token"]).context["entries"], [])

    def test_a_row_that_is_deleted_or_fits_no_more_is_gone(self):
        make_conversations(3, unread_count=1)
        token = self.token()
        deletions.delete(owner_id="alice", conversation_ids=["c2c_peer0"])
        pins.set_pinned(owner_id="alice", conversation_id="c2c_peer1", pinned=True)

        everything, not_pinned = self.updates(token), self.updates(token, isPinned="false")

        self.assertEqual((everything.context["deleted"], everything.context["no_longer_matching"]), (["c2c_peer0"], {}))
        version = Conversation.objects.get(conversation_id="c2c_peer1").version
        self.assertEqual(
            (not_pinned.context["deleted"], not_pinned.context["no_longer_matching"]), (["c2c_peer0"], {"c2c_peer1": version})
        )
        self.assertContains(not_pinned, "no longer matches the filter")

    def test_too_much_or_another_epoch_asks_for_the_list_anew(self):
        make_conversations(60)

        for token in ("0", "1.1"):
            with self.subTest(token=token):
                self.assertContains(self.updates(token), 'data-too-much="1"')

    def test_a_bad_token_or_filter_is_refused(self):
        self.get(UPDATES, 400, owner="alice", since="garbage")
        self.get(UPDATES, 400, owner="alice", since="0", nosuch="1")

    def test_news_cost_the_same_whatever_changed(self):
        make_conversations(40, last_message=message())
        token = self.token()
        pins.set_pinned(owner_id="alice", conversation_id="c2c_peer1", pinned=True)
        few = self.count_queries(UPDATES, owner="alice", since=token)
        for number in range(2, 30):
            pins.set_pinned(owner_id="alice", conversation_id=f"c2c_peer{number}", pinned=True)

        self.assertEqual(self.count_queries(UPDATES, owner="alice", since=token), few)


class FailureTests(TestCase):
    def test_a_server_error_has_a_request_id_to_tell(self):
        self.client.force_login(boss())
        self.client.raise_request_exception = False
        make_conversation(last_message="not JSON")

        with self.assertLogs("conversations.api", "ERROR") as logged:
            response = self.client.get(f"{LIST}?owner=alice", headers={"X-Request-ID": "abc-123"})

        self.assertContains(response, "abc-123", status_code=500)
        self.assertEqual(response["X-Request-ID"], "abc-123")
        line = lines(logged.records)
        self.assertIn("request_id=abc-123", line)
        self.assertIn("JSONDecodeError", line)
        self.assertNotContains(response, "JSONDecodeError", status_code=500)

    def test_the_address_of_the_stream_is_given_to_those_only_who_may_read_it(self):
        self.client.force_login(boss())

        page = self.client.get(f"{LIST}?owner=a%26b")

        self.assertEqual(page.context["events_url"], f"{reverse('api:events')}?owner=a%26b")
