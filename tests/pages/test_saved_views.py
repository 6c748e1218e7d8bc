"""Saved views: filters under a name, for whichever list is open."""

import threading
from unittest.mock import patch

from django.contrib.auth.models import User
from django.db import connection
from django.test import Client, TestCase, TransactionTestCase
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from conversations.exceptions import InvalidParameter
from conversations.models import SavedView
from conversations.pages import conversation_list, list_filters
from conversations.staff import saved_views, search_syntax
from tests.support.cast import make_conversation, make_conversations, with_key
from tests.support.staff import boss, colleague, viewer

SAVED, CHANGE, COUNTS, LIST = (
    reverse(name) for name in ("saved-views", "saved-view-change", "saved-view-counts", "conversation-list")
)


class AsViewer(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.user, cls.boss = viewer(), boss()

    def setUp(self):
        self.client.force_login(self.user)

    def save(self, name="mine", query="owner=alice&hasUnreadCount=true", status=302, **form):
        answer = self.client.post(f"{SAVED}?{query}", {"name": name, **form})
        self.assertEqual(answer.status_code, status)
        return answer

    def refused(self, *arguments, **form):
        """The message on the page that follows, where nothing was kept."""
        before = SavedView.objects.count()
        answer = self.save(*arguments, **form)
        self.assertEqual(SavedView.objects.count(), before)
        page = self.client.get(answer.url)
        self.assertContains(page, 'class="outcome error"')
        return page

    def change(self, view, status=302, **form):
        answer = self.client.post(CHANGE, {"id": view.pk, **form})
        self.assertEqual(answer.status_code, status)
        return answer

    def shared(self, filters="is:pinned", name="all"):
        return saved_views.save(user=self.boss, name=name, filters=filters, is_shared=True)


class KeepingTests(AsViewer):
    def test_the_filters_of_the_list_are_kept_under_a_name(self):
        answer = self.save("  my   unread ")

        view = SavedView.objects.get()
        self.assertEqual((view.user, view.name, view.filters, view.is_shared), (self.user, "my unread", "is:unread", False))
        self.assertRedirects(answer, f"{LIST}?owner=alice&hasUnreadCount=true", fetch_redirect_response=False)

    def test_a_window_stays_one(self):
        self.save(query="owner=alice&activeSince=7d")

        self.assertEqual(SavedView.objects.get().filters, "updated:>7d")

    def test_it_shows_on_any_list_and_leads_to_its_filters(self):
        self.save()
        make_conversation("bob", "c2c_alice")

        page = self.client.get(LIST, {"owner": "bob"})
        (link,) = page.context["saved"]
        shown = self.client.get(link.url, follow=True)

        self.assertContains(page, ">mine</a>")
        self.assertRedirects(shown, f"{LIST}?owner=bob&hasUnreadCount=true")
        self.assertTrue(shown.context["saved"][0].is_chosen)

    def test_only_ones_own_and_shared_ones_show(self):
        saved_views.save(user=self.boss, name="private", filters="is:read")
        self.shared()
        self.save()

        page = self.client.get(SAVED)

        self.assertEqual([view.name for view in page.context["views"]], ["mine", "all"])
        self.assertNotContains(page, "private")

    def test_it_can_be_renamed_and_deleted(self):
        self.save()
        view = SavedView.objects.get()

        self.change(view, name="other")
        self.assertEqual(SavedView.objects.get().name, "other")
        self.change(view, delete="1")
        self.assertFalse(SavedView.objects.exists())

    def test_a_bad_name_or_no_filter_is_refused(self):
        for name, query in (("", "hasUnreadCount=true"), ("  ", "type=1"), ("x" * 41, "type=1"), ("a\0b", "type=1"), ("a", "")):
            self.refused(name, f"owner=alice&{query}")
        self.save(query="owner=alice&type=9", status=400)
        self.save(query="owner=alice&colour=red", status=400)
        self.refused(query=f"owner=alice&conversationGroup={'x' * 600}")
        self.assertFalse(SavedView.objects.exists())

    def test_a_name_is_ones_own_once(self):
        saved_views.save(user=self.boss, name="mine", filters="is:read")
        self.save()

        page = self.refused(query="owner=alice&type=1")

        self.assertContains(page, "with this name already exists")
        self.assertEqual(page.context["filters"], {"type": "1"})  # what was to be saved is still there
        self.refused(query="type=1")

    def test_there_is_a_limit(self):
        with patch.object(saved_views, "MAX_OWN", 1):
            self.save()
            self.assertContains(self.refused("two"), "You have 1 saved views")

    def test_deleting_an_account_takes_its_views_along(self):
        self.save()

        User.objects.filter(pk=self.user.pk).delete()

        self.assertFalse(SavedView.objects.exists())


class SharingTests(AsViewer):
    def test_sharing_needs_the_permission(self):
        self.save(is_shared="on", status=403)
        self.save()
        self.change(SavedView.objects.get(), name="mine", is_shared="on", status=403)
        self.assertFalse(SavedView.objects.filter(is_shared=True).exists())

        self.client.force_login(self.boss)
        self.save("shared", is_shared="on")
        self.assertEqual(SavedView.objects.get(is_shared=True).name, "shared")

    def test_a_shared_view_shows_that_it_is_and_whose(self):
        self.shared(), self.save()

        chips = self.client.get(LIST, {"owner": "alice"})

        self.assertContains(chips, "<title>shared by boss</title>", count=1)
        self.assertContains(chips, ">mine</a>")
        self.assertContains(chips, ">Manage views</a>")
        self.client.force_login(self.boss)
        self.assertContains(self.client.get(LIST, {"owner": "alice"}), "<title>shared by you</title>", count=1)

    def test_another_ones_view_is_not_there(self):
        view = saved_views.save(user=self.boss, name="private", filters="is:read")

        self.change(view, name="stolen", status=404)
        self.change(view, delete="1", status=404)
        self.assertEqual(SavedView.objects.get().name, "private")

    def test_a_shared_view_is_for_its_maker_and_sharers_to_change(self):
        view = self.shared()

        self.change(view, name="stolen", status=403)
        self.change(view, delete="1", status=403)
        self.assertNotContains(self.client.get(SAVED), "Delete")

    def test_no_more_than_a_number_are_shared(self):
        self.client.force_login(self.boss)
        with patch.object(saved_views, "MAX_SHARED", 1):
            self.save("one", is_shared="on")
            self.refused("two", is_shared="on")


class CountTests(AsViewer):
    def counts(self, **query):
        page = self.client.get(COUNTS, {"owner": "alice"} | query)
        return {link.view.name: link.count for link in page.context["saved"]}

    def test_a_bad_filter_is_refused(self):
        for query in ({"markType": "x"}, {"activeSince": "9" * 30}, {"isPinned": "maybe"}):
            page = self.client.get(COUNTS, {"owner": "alice"} | query)

            self.assertContains(page, *query, status_code=400)

    def test_each_view_tells_how_many_of_this_list_it_shows(self):
        make_conversations(3, unread_count=1), make_conversation(conversation_id="group_team", is_pinned=True)
        make_conversations(120, "bob", unread_count=1)
        (
            self.shared("is:unread", "unread"),
            self.shared("type:group is:pinned", "team"),
            self.shared("group:none mark:star", "no"),
        )

        self.assertEqual(self.counts(), {"unread": "3", "team": "1", "no": ""})
        self.assertEqual(self.counts(owner="bob"), {"unread": "99+", "team": "", "no": ""})

    def test_beyond_the_first_rows_nobody_counts(self):
        make_conversations(3, unread_count=1)
        self.shared("is:unread", "unread")

        with patch.object(list_filters, "COUNTED_ROWS", 2):
            self.assertEqual(self.counts(), {"unread": "2+"})

    def test_the_first_rows_are_read_once_and_compared_with_no_others(self):
        for n in range(3):
            self.shared(f"recv:{n} -is:unread", f"view {n}")

        with CaptureQueriesContext(connection) as captured:
            self.counts()
            conversation_list.counts_context("alice", {"isPinned": "false", "markType": "0", "isMuted": "false"})
        reads = [query["sql"] for query in captured if '"conversations_conversation"' in query["sql"]]

        self.assertGreaterEqual(len(reads), 4)
        for sql in reads:
            self.assertEqual(sql.count('FROM "conversations_conversation"'), 1)
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN {'QUERY PLAN' if connection.vendor == 'sqlite' else ''} {sql}")
                self.assertNotRegex(str(cursor.fetchall()), "Join|Loop|LIST SUBQUERY")

    def test_all_filters_can_be_counted(self):
        make_conversation(last_message_at=timezone.now())
        finds = ("is:draft", "-is:muted is:mentioned", "updated:>7d", "updated:<7d", 'group:"x"', "recv:0 bob", "mark:63")
        for find in finds:
            self.shared(find, find)

        self.assertEqual(self.counts(), dict.fromkeys(finds, "") | {"updated:>7d": "1", "recv:0 bob": "1"})

    def test_more_views_and_rows_cost_no_more_queries(self):
        make_conversation()
        self.shared()
        self.counts()
        with CaptureQueriesContext(connection) as few:
            self.counts()
        make_conversations(60)
        for n in range(20):
            self.shared(f"recv:{n % 5} {n}", f"view {n}")
        with CaptureQueriesContext(connection) as many:
            self.counts()

        self.assertEqual(len(few), len(many))

    def test_what_is_kept_is_what_the_search_box_says(self):
        view = self.shared(search_syntax.text_of({"search": '"'}))

        self.assertEqual(search_syntax.filters_of(view.filters), {"search": '"'})


class DoorTests(TestCase):
    def setUp(self):
        self.view = saved_views.save(user=boss(), name="all", filters="is:read", is_shared=True)

    def ask_all(self, client, **credential):
        return [
            client.get(SAVED, **credential),
            client.get(COUNTS, {"owner": "alice"}, **credential),
            client.post(f"{SAVED}?owner=alice&type=1", {"name": "x"}, **credential),
            client.post(CHANGE, {"id": self.view.pk, "delete": "1"}, **credential),
        ]

    def test_the_anonymous_and_api_keys_are_sent_to_log_in(self):
        for credential in ({}, with_key(scopes=("read", "write")), with_key(None)):
            for answer in self.ask_all(self.client, **credential):
                self.assertTrue(answer.url.startswith(reverse("login")))
        self.assertEqual(SavedView.objects.count(), 1)

    def test_other_staff_is_refused(self):
        self.client.force_login(colleague())

        self.assertEqual([answer.status_code for answer in self.ask_all(self.client)], [403] * 4)

    def test_without_the_csrf_token_nothing_happens(self):
        client = Client(enforce_csrf_checks=True)
        client.force_login(User.objects.get(username="boss"))

        self.assertEqual([answer.status_code for answer in self.ask_all(client)[2:]], [403] * 2)
        self.assertEqual(SavedView.objects.count(), 1)

    def test_a_number_that_is_none_is_refused(self):
        self.client.force_login(User.objects.get(username="boss"))

        for number in ("", "x", "-1", "9" * 30, "١"):
            self.assertEqual(self.client.post(CHANGE, {"id": number, "name": "x"}).status_code, 400)
        self.assertEqual(self.client.post(CHANGE, {"id": 10**17, "name": "x"}).status_code, 404)

    def test_the_admin_shows_them(self):
        self.client.force_login(User.objects.get(username="boss"))

        self.assertContains(self.client.get(reverse("admin:conversations_savedview_changelist")), "is:read")


class TogetherTests(TransactionTestCase):
    """Many at once get no more than one after the other."""

    MANY, MOST = 12, 3

    def kept(self, users, *, is_shared):
        together, kept, refused = threading.Barrier(len(users)), [], []

        def run(n, user):
            try:
                connection.ensure_connection()
                together.wait(timeout=20)
                kept.append(saved_views.save(user=user, name=f"view {n}", filters="is:read", is_shared=is_shared))
            except InvalidParameter as error:
                refused.append(error)
            finally:
                connection.close()

        threads = [threading.Thread(target=run, args=arguments) for arguments in enumerate(users)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len(kept) + len(refused), len(users))
        return len(kept), SavedView.objects.count()

    def test_no_more_of_ones_own(self):
        with patch.object(saved_views, "MAX_OWN", self.MOST):
            self.assertEqual(self.kept([boss()] * self.MANY, is_shared=False), (self.MOST, self.MOST))

    def test_no_more_shared_ones(self):
        users = [User.objects.create_superuser(f"boss{n}") for n in range(self.MANY)]

        with patch.object(saved_views, "MAX_SHARED", self.MOST):
            self.assertEqual(self.kept(users, is_shared=True), (self.MOST, self.MOST))
