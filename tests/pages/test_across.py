"""Conversations of all users that leads look for: old mentions, many unread, changes by others, what does not verify."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import chain
from unittest import mock

import time_machine
from django.contrib.auth.models import Group, Permission, User
from django.core.management import call_command
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from conversations import acting
from conversations.access import api_keys
from conversations.actions import pins, recounts
from conversations.choices import InconsistencyKind
from conversations.feeding import members, messages
from conversations.models import AccessLogEntry, ApiKey, Conversation, Inconsistency, Owner, SavedView
from conversations.staff import across, corrections
from conversations.store import inconsistencies
from tests.support.cast import make_conversation
from tests.support.messages import group
from tests.support.pages import REASON, AsSupport
from tests.support.staff import boss, colleague, lead, support, viewer

ACROSS, SAVED = reverse("across-users"), reverse("saved-views")
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def ago(**span: int) -> datetime:
    return timezone.now() - timedelta(**span)


class AcrossTests(AsSupport):
    @classmethod
    def make_user(cls) -> User:
        return lead()

    def rows(self, **query):
        return [(row.owner_id, row.conversation_id) for row in self.get(ACROSS, **query).context["page"].rows]

    def walk(self, **query):
        """The rows of all pages, as their links follow each other."""
        page, rows = self.get(ACROSS, **query), []
        while True:
            rows += [(row.owner_id, row.conversation_id, row.text) for row in page.context["page"].rows]
            if not page.context["older_url"]:
                return rows
            page = self.client.get(page.context["older_url"])

    # ---- Mentions ----

    def mention(self, owner_id: str, last_at: datetime, *, seq: int = 7, conversation_id="group_team", **fields):
        return make_conversation(
            owner_id, conversation_id, group_at_info=f'[{{"seq":"{seq}","atType":1}}]', last_message_at=last_at,
            last_message="{}", **fields,
        )  # fmt: skip

    def test_mentions_that_are_older(self):
        self.mention("alice", ago(hours=30), show_name="Team")
        self.mention("bob", ago(hours=20))
        make_conversation("carol", "group_team", last_message_at=ago(hours=40))

        page = self.get(ACROSS, show="mentions")

        self.assertContains(page, 'href="/conversation/?owner=alice&amp;id=group_team"')
        self.assertContains(page, "Team")
        self.assertContains(page, "1 mention · 0 unread")
        self.assertEqual(self.rows(), [("alice", "group_team")])  # the page begins with them, older than a day
        self.assertEqual(self.rows(show="mentions", older="2h"), [("alice", "group_team"), ("bob", "group_team")])
        self.assertEqual(self.rows(show="mentions", older="4w"), [])

    def test_the_time_of_a_mention_is_that_of_its_message(self):
        now = int(timezone.now().timestamp())
        old, new = (now - 3 * 86_400, now - 60)
        messages.record([group("bob", 7, time_s=old), group("bob", 8, time_s=new)], now_s=now)
        self.mention("zoe", ago(minutes=1))
        self.mention("zac", ago(minutes=1), seq=8)

        self.assertEqual(self.rows(older="2d"), [("zoe", "group_team")])

    def test_damaged_mentions_have_the_time_of_the_last_message(self):
        make_conversation("alice", "group_team", group_at_info="[{", last_message_at=ago(days=3), last_message="{}")

        self.assertEqual(self.rows(), [("alice", "group_team")])

    def test_a_deleted_conversation_mentions_nobody(self):
        self.mention("alice", ago(days=3), deleted_at=timezone.now())

        self.assertEqual(self.rows(), [])

    def test_how_far_was_searched_is_said(self):
        for number in range(7):
            self.mention(f"user{number}", ago(hours=7 - number))

        with mock.patch.object(across, "SEARCHED", 3):
            self.assertContains(self.get(ACROSS, older="3d"), "Searched up to conversations with a last message at")
            self.assertContains(self.get(ACROSS, older="3d"), "Continue search")
            self.assertEqual(self.walk(older="3d"), [])

    # ---- Unread ----

    def test_the_most_unread_first(self):
        for owner_id, unread in (("alice", 99), ("bob", 100), ("carol", 5000), ("dan", 101)):
            make_conversation(owner_id, unread_count=unread)

        self.assertEqual(self.rows(show="unread"), [("carol", "c2c_bob"), ("dan", "c2c_bob"), ("bob", "c2c_bob")])
        self.assertContains(self.get(ACROSS, show="unread"), "5000 unread")
        self.assertContains(self.get(ACROSS, show="unread"), "100 unread messages or more")

    # ---- Changed ----

    def change(self, owner_id: str, actor: str) -> None:
        make_conversation(owner_id, "c2c_bob", show_name="Bob")
        with acting.acting(actor):
            pins.set_pinned(owner_id=owner_id, conversation_id="c2c_bob", pinned=True)

    def test_what_one_actor_changed(self):
        sam = User.objects.create_user("sam", is_staff=True)
        for owner_id, actor in (
            ("alice", "key:abc"), ("bob", "usersig"), ("carol", "command:import_conversations"), ("dan", f"staff:{sam.pk}"),
            ("eve", "webhook:17"), ("fay", "system"),
        ):  # fmt: skip
            self.change(owner_id, actor)

        for by, owner_id in (
            ("key:abc", "alice"), ("command:import_conversations", "carol"), ("staff:sam", "dan"), ("webhook:17", "eve"),
        ):  # fmt: skip
            with self.subTest(by):
                page = self.get(ACROSS, show="changed", by=by)
                self.assertEqual([row.owner_id for row in page.context["page"].rows], [owner_id])
                self.assertContains(page, "Pinning or unpinning")
                (row,) = page.context["page"].rows
                self.assertContains(self.client.get(row.url.partition("#")[0]), "Pinned: no → yes")
        self.assertEqual(self.rows(show="changed", by="key:other"), [])
        self.assertContains(self.get(ACROSS, show="changed"), "Changed by")

    def test_keys_are_offered_to_those_who_may_see_keys(self):
        ApiKey.objects.create(prefix="abc", name="Sales desk", digest=b"x")
        self.change("alice", "key:abc")

        self.assertNotContains(self.get(ACROSS, show="changed"), "Sales desk")
        self.assertNotContains(self.get(ACROSS, show="changed"), "key:abc")
        self.assertEqual(self.rows(show="changed", by="key:abc"), [("alice", "c2c_bob")])  # who knows it may ask for it
        self.user.user_permissions.add(Permission.objects.get(codename="view_apikey"))
        self.assertContains(self.get(ACROSS, show="changed"), '<option value="key:abc">Sales desk</option>')

    def test_an_unknown_member_of_staff_is_no_account_number(self):
        self.change("alice", f"staff:{self.user.pk}")

        answer = self.get(ACROSS, 400, show="changed", by=f"staff:{self.user.pk}")

        self.assertContains(answer, f"Unknown actor “staff:{self.user.pk}”", status_code=400)

    def test_in_a_window_of_time(self):
        self.change("alice", "key:abc")
        today = timezone.now().date()

        def count(**window):
            return len(self.rows(show="changed", by="key:abc", **window))

        self.assertEqual(count(within="1h"), 1)
        self.assertEqual(count(**{"from": str(today), "to": str(today)}), 1)
        self.assertEqual(count(to=str(today - timedelta(days=1))), 0)
        self.assertEqual(count(**{"from": str(today + timedelta(days=1))}), 0)

    # ---- Verification ----

    def broken(self, *owner_ids: str) -> None:
        for owner_id in owner_ids:
            make_conversation(owner_id, unread_count=7)
            Owner.objects.filter(owner_id=owner_id).update(version=10)

    def verify(self, *arguments: str) -> None:
        with suppress(SystemExit):
            call_command("verify_conversations", *arguments, stdout=mock.Mock(), stderr=mock.Mock())

    def test_what_a_check_finds_stays_until_it_is_right(self):
        self.assertContains(self.get(ACROSS, show="unverified"), "Not all lists have been checked yet")
        self.broken("alice", "bob", "carol")

        self.verify()

        page = self.get(ACROSS, show="unverified")
        self.assertContains(page, "All lists were last checked at")
        self.assertContains(page, "Unread count differs from the stored messages")
        self.assertEqual(
            self.rows(show="unverified"), [("alice", "c2c_bob"), ("bob", "c2c_bob"), ("carol", "c2c_bob")]
        )  # fmt: skip
        recounts.recount_each(owner_id="bob", conversation_ids=["c2c_bob"])
        self.assertEqual(self.rows(show="unverified"), [("alice", "c2c_bob"), ("carol", "c2c_bob")])
        self.verify("--owner", "alice", "--repair")
        self.assertEqual(self.rows(show="unverified"), [("carol", "c2c_bob")])
        Conversation.objects.filter(owner_id="carol").update(unread_count=0)
        self.verify()
        self.assertEqual(self.rows(show="unverified"), [])

    def test_a_dry_run_stores_nothing(self):
        self.broken("alice")
        inconsistencies.replace("gone", [("c2c_bob", InconsistencyKind.UNREAD)])

        for arguments in (("--repair", "--dry-run"), ("--dry-run",), ("--owner", "alice", "--dry-run")):
            self.verify(*arguments)

        self.assertEqual(self.rows(show="unverified"), [("gone", "c2c_bob")])
        self.assertContains(self.get(ACROSS, show="unverified"), "Not all lists have been checked yet")

    def test_a_full_check_forgets_lists_that_are_gone(self):
        self.broken("alice")
        inconsistencies.replace("gone", [("c2c_bob", InconsistencyKind.UNREAD)])

        self.verify("--owner", "alice")
        self.assertEqual(len(self.rows(show="unverified")), 2)
        self.verify()
        self.assertEqual(self.rows(show="unverified"), [("alice", "c2c_bob")])

    def test_lists_without_findings_cost_no_statement_more(self):
        for number in range(5):
            make_conversation(f"user{number}")

        with CaptureQueriesContext(connection) as queries:
            self.verify()

        written = [query["sql"] for query in queries if query["sql"].startswith(("DELETE", "INSERT"))]
        self.assertEqual(["inconsistency" in sql for sql in written], [True, False])  # the end of the check

    def test_marking_as_unread_counts_again_and_so_does_taking_back(self):
        now = int(timezone.now().timestamp())
        make_conversation("alice", "group_team")
        messages.record([group("bob", 7, time_s=now)], now_s=now)
        members.join("team", ["alice"], at_ms=0)
        recounts.move_read_position(owner_id="alice", conversation_id="group_team", to=7)
        for correct in (
            lambda: recounts.mark_unread(owner_id="alice", conversation_id="group_team"),
            lambda: recounts.restore_read_states(owner_id="alice", states={"group_team": recounts.ReadState(7, None, None)}),
        ):
            inconsistencies.replace("alice", [("group_team", kind) for kind in ("unread", "mentions")])
            correct()
            self.assertEqual(list(Inconsistency.objects.values_list("kind", flat=True)), ["mentions"])
        inconsistencies.replace("alice", [("group_team", "unread")])

        recounts.move_read_position(owner_id="alice", conversation_id="group_team", to=8)

        self.assertEqual(Inconsistency.objects.count(), 1)  # a read counts nothing

    def test_a_preview_of_a_recount_changes_nothing(self):
        self.broken("alice")
        self.verify()

        corrections.preview(correction=corrections.CORRECTIONS["recount"], owner_id="alice", conversation_ids=["c2c_bob"])

        self.assertEqual(Inconsistency.objects.count(), 1)

    def test_a_list_without_a_conversation(self):
        inconsistencies.replace("alice", [("", InconsistencyKind.VERSION_BEHIND)])

        self.assertContains(self.get(ACROSS, show="unverified"), 'href="/owner/?owner=alice"')

    # ---- Pages ----

    def test_all_pages_have_each_row_once_and_in_order(self):
        for number in range(8):
            owner_id = f"user{number % 4}"
            conversation_id = f"group_{number}"
            self.mention(
                owner_id, NOW - timedelta(days=number // 3), conversation_id=conversation_id, unread_count=200 + number % 3
            )
            with acting.acting("key:abc"), mock.patch("conversations.store.events.now_us", return_value=1):
                pins.set_pinned(owner_id=owner_id, conversation_id=conversation_id, pinned=True)
        for owner_id in ("user0", "user1"):
            both = (InconsistencyKind.UNREAD, InconsistencyKind.MENTIONS, InconsistencyKind.ORDER_KEY)
            inconsistencies.replace(owner_id, [(id_, kind) for id_ in ("", "group_0", "group_4") for kind in both])
        asked = (
            {"show": "mentions", "older": "1h"},
            {"show": "unread"},
            {"show": "changed", "by": "key:abc"},
            {"show": "unverified"},
        )
        sizes = (8, 8, 8, 18)
        with mock.patch("django.utils.timezone.now", return_value=NOW + timedelta(days=1)):
            for query, size in zip(asked, sizes):
                whole = self.walk(**query)
                self.assertEqual((len(whole), len(set(whole))), (size, size))
                for shown, searched in ((1, 2), (3, 500), (2, 3)):
                    limits = mock.patch.multiple(across, ROWS_SHOWN=shown, SEARCHED=searched)
                    with self.subTest(shown=shown, **query), limits:
                        self.assertEqual(self.walk(**query), whole)

    def test_more_rows_cost_no_more_queries(self):
        asked = ({}, {"show": "unread"}, {"show": "changed", "by": "key:abc"}, {"show": "unverified"})

        def fill(numbers: range) -> None:
            for number in numbers:
                self.mention(f"user{number}", ago(days=3), unread_count=200, show_name="Team")
                with acting.acting("key:abc"):
                    pins.set_pinned(owner_id=f"user{number}", conversation_id="group_team", pinned=True)
                inconsistencies.replace(f"user{number}", [("group_team", InconsistencyKind.UNREAD)])

        fill(range(3))
        few = [self.count_queries(ACROSS, **query) for query in asked]
        fill(range(3, 70))

        for query, before in zip(asked, few):
            with self.subTest(**query):
                self.assertLessEqual(self.count_queries(ACROSS, **query), before)
                self.assertLess(before, 12)

    def test_bad_input_names_its_field(self):
        cases = (
            ("show", {"show": "all"}), ("older", {"older": "soon"}), ("by", {"show": "changed", "by": "sue"}),
            ("by", {"show": "changed", "by": "usersig"}), ("from", {"show": "changed", "by": "key:a", "from": "x"}),
            ("within", {"show": "changed", "by": "key:a", "within": "7"}), ("after", {"after": "x"}),
            ("within", {"show": "changed", "by": "key:a", "within": "7d", "from": "2026-01-01"}),
            ("after", {"after": "x-alice/c2c_bob"}), ("after", {"after": f"{'9' * 18}-alice/c2c_bob"}),
            ("after", {"show": "unread", "after": "x-alice/c2c_bob"}), ("by", {"show": "unread", "by": "key:a"}),
            ("after", {"show": "changed", "by": "key:a", "after": "1-alice/nobody"}), 
            ("by", {"show": "changed", "by": "key:a\0"}), ("by", {"show": "changed", "by": "staff:a\0"}),
        )  # fmt: skip
        for name, query in cases:
            with self.subTest(**query):
                self.assertContains(self.get(ACROSS, 400, **query), name, status_code=400)

    def test_a_key_is_found_by_its_name_and_a_slip_keeps_the_form(self):
        self.client.force_login(boss())
        key, _text = api_keys.create_api_key(name="crm sync", scopes=["write"])
        make_conversation()
        with acting.acting(acting.named(acting.KEY, key.prefix)):
            pins.set_pinned(owner_id="alice", conversation_id="c2c_bob", pinned=True)

        for by in ("crm sync", "key:crm sync", f"key:{key.prefix}"):
            page = self.get(ACROSS, show="changed", by=by)
            self.assertEqual([row.owner_id for row in page.context["page"].rows], ["alice"], by)
        for by in ("crm", "key:crm other"):
            page = self.get(ACROSS, 400, show="changed", by=by)
            self.assertContains(page, "Unknown actor “", status_code=400)
            self.assertContains(page, f'name="by" value="{by}"', status_code=400)

    # ---- Saved views ----

    def save(self, name="mine", **query):
        return self.client.post(f"{ACROSS}?{'&'.join(f'{key}={value}' for key, value in query.items())}", {"name": name})

    def test_a_selection_is_saved_with_a_live_count(self):
        for owner_id in ("alice", "bob"):
            make_conversation(owner_id, unread_count=200)
        self.assertEqual(self.save(show="unread").status_code, 302)
        self.save("old", older="7d")

        page = self.get(ACROSS, show="unread")
        counted = self.get(ACROSS, pane="saved", show="unread")

        self.assertEqual([(link.view.name, link.is_chosen) for link in page.context["saved"]], [("mine", True), ("old", False)])
        self.assertEqual([link.count for link in counted.context["saved"]], ["2", "0"])
        with mock.patch.object(across, "MAX_COUNTED", 1):
            self.assertEqual(self.get(ACROSS, pane="saved").context["saved"][0].count, "1+")
        self.assertRedirects(self.save(show="unread"), f"{ACROSS}?show=unread")  # of the same name
        self.assertEqual(SavedView.objects.count(), 2)

    def test_equal_selections_are_counted_once_and_mentions_read_once(self):
        self.mention("alice", ago(days=3))
        self.mention("bob", ago(days=10))
        self.get(ACROSS)  # logged
        self.save("unread", show="unread")
        self.save("2d", older="2d")
        few = self.count_queries(ACROSS, pane="saved")
        for number in range(3, 9):
            self.save(f"unread{number}", show="unread")
            self.save(f"{number}d", older=f"{number}d")

        self.assertEqual(self.count_queries(ACROSS, pane="saved"), few)
        counts = {link.view.name: link.count for link in self.get(ACROSS, pane="saved").context["saved"]}
        self.assertEqual([counts[name] for name in ("2d", "4d", "unread", "unread8")], ["2", "1", "0", "0"])

    def test_views_of_one_page_are_not_on_the_other(self):
        self.save(show="unread")
        SavedView.objects.create(user=self.user, name="of a list", filters="is:unread")

        in_list = self.get("/owner/", owner="alice").context["saved"]

        self.assertEqual([link.view.name for link in in_list], ["of a list"])
        self.assertEqual([link.view.name for link in self.get(ACROSS).context["saved"]], ["mine"])
        self.assertContains(self.get(SAVED), 'href="/across/?show=unread"')

    def test_a_shared_view_shows_only_to_those_who_may_open_it(self):
        self.client.post(f"{ACROSS}?show=unread", {"name": "for all", "is_shared": "on"})
        view = SavedView.objects.get()
        self.assertTrue(view.is_shared)
        self.client.force_login(support())

        self.assertNotContains(self.get(SAVED), "for all")
        self.assertEqual(self.client.post(reverse("saved-view-change"), {"id": view.pk, "delete": "1"}).status_code, 404)

    def test_a_selection_that_cannot_be_shown_is_not_saved(self):
        self.assertEqual(self.save(older="soon").status_code, 400)
        self.save(show="changed", by="key:" + "x" * 600)
        self.assertFalse(SavedView.objects.exists())

    # ---- Permissions ----

    def test_who_may_see_it(self):
        for make, status in ((colleague, 403), (viewer, 403), (support, 403), (boss, 200)):
            with self.subTest(make.__name__):
                self.client.force_login(make())
                self.get(ACROSS, status)
                if status == 403 and make is not colleague:
                    self.assertNotContains(self.get("/"), f'href="{ACROSS}"')
        only_across = User.objects.create_user("odd", is_staff=True)
        only_across.user_permissions.add(Permission.objects.get(codename="view_across_users"))
        self.client.force_login(only_across)
        self.get(ACROSS, 403)  # not without seeing lists
        for url in (reverse("admin:index"), reverse("admin:password_change")):
            self.assertNotContains(self.get(url), f'href="{ACROSS}"')
        outsider = User.objects.create_user("out")
        outsider.groups.add(Group.objects.get(name="Lead"))
        self.client.force_login(outsider)
        self.get(ACROSS, 403)
        self.client.logout()
        self.assertIn("/login/", self.get(ACROSS, 302).url)

    def test_a_search_is_in_the_access_log_once_an_hour(self):
        with time_machine.travel(NOW, tick=False) as clock:
            for query in ({}, {"show": "unread"}, {"show": "unread", "pane": "saved"}):
                self.get(ACROSS, **query)
            self.get(ACROSS, 400, older="x")
            self.assertEqual(list(AccessLogEntry.objects.values_list("username", "owner_id")), [("lea", "")])
            clock.shift(3600)
            self.get(ACROSS)
        self.assertEqual(AccessLogEntry.objects.count(), 2)
        self.assertContains(self.get(reverse("staff-activity")), f'<a href="{ACROSS}">all users</a>')
        self.assertEqual(self.get("/").context["recent_owners"], [])
        log = reverse("admin:conversations_accesslogentry_changelist")
        self.assertContains(self.get(log), "all users")
        self.client.force_login(colleague())
        self.get(ACROSS, 403)
        self.assertEqual(AccessLogEntry.objects.count(), 2)

    def test_it_is_linked_for_those_who_may(self):
        for url in ("/", reverse("admin:index")):
            self.assertContains(self.get(url), f'href="{ACROSS}">')
        self.assertContains(self.get(ACROSS), f'href="{ACROSS}" aria-current="page"')

    @override_settings(VIEW_REASON_REQUIRED=True)
    def test_the_page_behind_a_link_asks_for_a_reason(self):
        make_conversation(unread_count=200, last_message='{"textElem":{"text":"secret"}}', draft_text="secret")

        page = self.get(ACROSS, show="unread")

        self.assertNotContains(page, "secret")
        (row,) = page.context["page"].rows
        self.assertTrue(self.client.get(row.url).url.startswith(REASON))

    def test_every_state_says_no_text(self):
        with_text = {"last_message": '{"textElem":{"text":"secret"}}', "custom_data": "secret", "draft_text": "secret"}
        self.mention(
            "alice", ago(days=3), unread_count=200, **{name: with_text[name] for name in ("custom_data", "draft_text")}
        )
        with acting.acting("key:abc"):
            pins.set_pinned(owner_id="alice", conversation_id="group_team", pinned=True)
        inconsistencies.replace("alice", [("group_team", InconsistencyKind.UNREAD)])

        queries = ({}, {"show": "unread"}, {"show": "changed", "by": "key:abc"}, {"show": "unverified"})
        self.assertEqual(list(chain(*(self.rows(**query) for query in queries))), [("alice", "group_team")] * 4)
        for query in queries:
            self.assertNotContains(self.get(ACROSS, **query), "secret")
