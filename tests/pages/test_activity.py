"""What staff did: one list of views, corrections, exports, logins and API keys, with filters, pages and CSV."""

import csv
import json
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.contrib.auth.models import Group, Permission, User
from django.contrib.contenttypes.models import ContentType
from django.urls import reverse

from conversations.models import AccessLogEntry, ApiKey, ConversationRow, LoginLogEntry, Owner, WebhookEvent
from conversations.pages import activity as activity_page
from conversations.staff import action_log, activity, corrections
from conversations.staff.activity import ActivityKind
from tests.support.cast import make_conversation
from tests.support.pages import AsSupport
from tests.support.staff import boss, colleague, lead, support, viewer

PAGE, CSV = reverse("staff-activity"), reverse("staff-activity-csv")
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def log(user: User, model, object_id: str, message="", *, minutes: int = 0, flag: int = CHANGE) -> LogEntry:
    text = message if isinstance(message, str) else json.dumps(message)
    about = {"content_type": ContentType.objects.get_for_model(model), "object_id": object_id, "object_repr": object_id}
    moment = NOON - timedelta(minutes=minutes)
    return LogEntry.objects.create(user=user, action_flag=flag, change_message=text, action_time=moment, **about)


def viewed(minutes: int, username="sue", owner_id="alice", **fields) -> None:
    entry = AccessLogEntry.objects.create(username=username, owner_id=owner_id, **fields)
    AccessLogEntry.objects.filter(pk=entry.pk).update(viewed_at=NOON - timedelta(minutes=minutes))


def logged_in(minutes: int, event="in", username="sue", address="192.0.2.1", count=1) -> None:
    moment = NOON - timedelta(minutes=minutes)
    LoginLogEntry.objects.create(
        hour=moment, event=event, username=username, address=address, count=count, last_at=moment
    )  # fmt: skip


class ActivityTests(AsSupport):
    @classmethod
    def make_user(cls) -> User:
        cls.sue = support()
        return lead()

    def setUp(self):
        super().setUp()
        LoginLogEntry.objects.all().delete()  # of the test's own login

    def one_of_each(self) -> None:
        change = [corrections.Change("isPinned", False, True)]
        viewed(1, conversation_id="c2c_bob", reason="ticket 17")
        log(self.sue, ConversationRow, "alice/c2c_bob", corrections.log_message("pin", change, 1), minutes=2)
        log(self.sue, Owner, "alice", f'{action_log.EXPORT}"is:unread" → 3', minutes=3)
        log(self.sue, Owner, "alice", "PUT /api/v1/conversations/c2c_bob/pin/ → 200", minutes=4)
        log(self.sue, ApiKey, "abc123", [{"added": {}}], minutes=5, flag=ADDITION)
        log(self.sue, ApiKey, "abc123", action_log.changed_message("revoked false → true"), minutes=6)
        log(self.sue, WebhookEvent, "7", action_log.changed_message("outcome failed → applied"), minutes=7)
        log(self.sue, Owner, "erased", "", minutes=8)
        logged_in(9, count=2)
        logged_in(10, "failed", username="")
        logged_in(11, "locked")

    KINDS = (
        "view", "correction", "export", "correction", "key-created", "key-revoked", "other", "other", "login", "failed-login",
        "lock-out",
    )  # fmt: skip

    def kinds(self, **query):
        return [entry.kind.value for entry, _shown in self.get(PAGE, **query).context["entries"]]

    def test_every_kind_newest_first(self):
        self.one_of_each()

        self.assertEqual(self.kinds(), list(self.KINDS))

    def test_an_entry_says_who_when_what_and_why(self):
        self.one_of_each()

        page = self.get(PAGE)

        for text in (
            "2026-11-20 11:59:00 UTC", "Reason: ticket 17", 'href="/conversation/?owner=alice&amp;id=c2c_bob"',
            "Pinned. Pinned: no → yes", "export &quot;is:unread&quot; → 3", "PUT /api/v1/", "revoked false → true",
            "2 times from 192.0.2.1", "(unknown account)", 'href="/owner/?owner=alice"',
        ):  # fmt: skip
            with self.subTest(text):
                self.assertContains(page, text)

    def test_a_correction_is_listed_as_it_was_made(self):
        make_conversation()
        effects = corrections.apply(
            correction=corrections.CORRECTIONS["pin"], owner_id="alice", seen={"c2c_bob": 1}, user_id=self.sue.pk
        )
        self.assertTrue(effects)

        self.assertContains(self.get(PAGE, staff="sue"), "Pinned: no → yes")

    def test_each_kind_by_itself(self):
        self.one_of_each()

        for kind in ActivityKind.values:
            with self.subTest(kind):
                self.assertEqual(self.kinds(kind=kind), [kind] * self.KINDS.count(kind))

    def test_one_member_of_staff(self):
        self.one_of_each()
        viewed(1, username="other"), log(self.user, Owner, "bob", "x"), logged_in(20, username="other")

        names = {entry.staff for entry, _shown in self.get(PAGE, staff="sue").context["entries"]}

        self.assertEqual(names, {"sue"})
        self.assertEqual(len(self.kinds(staff="sue")), len(self.KINDS) - 1)
        self.assertEqual(self.kinds(staff="nobody"), [])

    def test_days_are_whole_ones_of_the_reader(self):
        for minutes in (0, 12 * 60, 12 * 60 + 1, 36 * 60 + 1):
            viewed(minutes)

        def count(**days):
            return len(self.kinds(**days))

        self.assertEqual(count(**{"from": "2026-11-20"}), 2)
        self.assertEqual(count(**{"from": "2026-11-19", "to": "2026-11-19"}), 1)
        self.assertEqual(count(to="2026-11-18"), 1)
        self.client.cookies["timezone"] = "Asia/Shanghai"  # eight hours ahead
        self.assertEqual(count(**{"from": "2026-11-20"}), 3)
        self.assertContains(self.get(PAGE), "2026-11-20 20:00:00")
        self.assertEqual(self.rows(**{"from": "2026-11-20"})[0]["time"], "2026-11-20T12:00:00+00:00")

    def test_bad_input_names_its_field(self):
        cases = {
            "from": "yesterday", "to": "2026-02-30", "kind": "nothing", "after": "1-2", "colour": "red",
            "staff": "a\0b",
        }  # fmt: skip
        for name, value in cases.items():
            with self.subTest(name):
                self.assertContains(self.get(PAGE, 400, **{name: value}), name, status_code=400)
        self.get(PAGE, 400, after="9" * 18 + "-0-1")

    def walk(self, **query):
        """The entries of all pages, as their links follow each other."""
        page, entries = self.get(PAGE, **query), []
        while True:
            entries += [entry.position for entry, _shown in page.context["entries"]]
            if not page.context["older_url"]:
                return entries
            page = self.client.get(page.context["older_url"])

    def test_all_pages_have_each_entry_once_and_in_order(self):
        for minutes in (0, 1, 1, 2):
            viewed(minutes), log(self.sue, ApiKey, "abc", minutes=minutes), log(self.user, Owner, "bob", "x", minutes=minutes)
        for minutes in range(3):
            logged_in(minutes)
        whole = self.walk()

        self.assertEqual(len(set(whole)), 15)
        self.assertEqual(whole, sorted(whole, key=lambda position: position.order))
        for shown in (1, 2, 4):
            for scanned in (1, 3, 5000):
                with self.subTest(shown=shown, scanned=scanned), self.limits(shown, scanned):
                    self.assertEqual(self.walk(), whole)
                    self.assertEqual(len(self.walk(kind="key-revoked")), 4)
                    self.assertEqual(len(self.walk(kind="key-revoked", staff="sue")), 4)
                    self.assertEqual(len(self.walk(kind="login")), 3)
                    self.assertEqual(self.walk(kind="export"), [])

    @contextmanager
    def limits(self, shown, scanned):
        with patch.object(activity_page, "ENTRIES_SHOWN", shown), patch.object(activity, "SCANNED", scanned):
            yield

    def test_how_far_was_searched_is_said(self):
        for minutes in range(5):
            log(self.user, Owner, "bob", "x", minutes=minutes)

        with patch.object(activity, "SCANNED", 3):
            self.assertContains(self.get(PAGE, kind="export"), "No matches since 2026-11-20 11:58 UTC")

    def test_more_entries_cost_no_more_queries(self):
        self.one_of_each()
        asked = ({}, {"staff": "sue"}, {"kind": "export"}, {"kind": "login"}, {"from": "2026-11-01", "staff": "sue"})
        few = [self.count_queries(PAGE, **query) for query in asked]
        for minutes in range(100, 180):
            viewed(minutes), log(self.sue, WebhookEvent, str(minutes), minutes=minutes), logged_in(minutes)

        for query, before in zip(asked, few):
            with self.subTest(**query):
                self.assertLessEqual(self.count_queries(PAGE, **query), before)
                self.assertLess(before, 12)

    # ---- CSV ----

    def rows(self, **query):
        answer = self.get(CSV, **query)
        self.assertIn("attachment", answer["Content-Disposition"])
        return list(csv.DictReader(b"".join(answer.streaming_content).decode().splitlines()))

    def test_the_csv_has_the_same_entries(self):
        self.one_of_each()

        rows = self.rows()

        self.assertEqual([row["kind"] for row in rows], list(self.KINDS))
        self.assertEqual(
            rows[0],
            {
                "time": "2026-11-20T11:59:00+00:00", "staff": "sue", "kind": "view", "user": "alice",
                "conversation": "c2c_bob", "about": "", "change": "", "reason": "ticket 17",
            },
        )  # fmt: skip
        self.assertEqual([row["kind"] for row in self.rows(kind="login")], ["login"])
        self.get(CSV, 400, **{"from": "x"})

    def test_the_download_is_an_export_itself(self):
        for minutes in range(5):
            viewed(minutes)
        with patch.multiple(activity_page, MAX_CSV_ENTRIES=3, CSV_PAGE=2):
            self.rows(staff="sue")

        page = self.get(PAGE, kind="export")

        ((entry, texts),) = page.context["entries"]
        self.assertEqual((entry.staff, texts.about.other, texts.text), ("lea", "staff activity", 'export "staff=sue" → 3'))
        self.assertContains(page, f'<a href="{PAGE}">staff activity</a>')
        self.assertEqual(self.kinds(kind="other"), [])
        self.assertEqual(self.kinds(staff="lea"), ["export"])
        self.assertEqual([row["about"] for row in self.rows(kind="export")], ["staff activity"])

    def test_no_cell_is_a_formula(self):
        for start in "=+-@":
            viewed(1, reason=f"{start}HYPERLINK(1)")

        self.assertEqual([row["reason"][:2] for row in self.rows()], ["'@", "'-", "'+", "'="])

    def test_a_csv_that_is_cut_says_so(self):
        for minutes in range(5):
            viewed(minutes)

        with patch.multiple(activity_page, MAX_CSV_ENTRIES=3, CSV_PAGE=2):
            rows = self.rows()

        self.assertEqual(len(rows), 4)
        self.assertIn("Not complete: only the newest 3 entries", rows[-1]["about"])

    # ---- Permissions ----

    def test_who_may_see_it(self):
        for make, status in ((colleague, 403), (viewer, 403), (boss, 200)):
            self.client.force_login(make())
            for url in (PAGE, CSV):
                with self.subTest(make.__name__, url=url):
                    self.get(url, status)
        self.client.force_login(self.sue)
        self.assertContains(self.get(PAGE, 403), "Lead", status_code=403)
        self.assertNotContains(self.get("/"), f'href="{PAGE}"')
        outsider = User.objects.create_user("out")
        outsider.groups.add(Group.objects.get(name="Lead"))
        self.client.force_login(outsider)
        self.get(PAGE, 403)
        self.client.logout()
        self.assertIn("/login/", self.get(PAGE, 302).url)

    def test_it_is_linked_for_those_who_may(self):
        for url in ("/", reverse("admin:index")):
            self.assertContains(self.get(url), f'href="{PAGE}">')
        self.assertContains(self.get(PAGE), f'href="{PAGE}" aria-current="page"')

    def test_logins_need_their_own_permission(self):
        self.one_of_each()
        few = viewer()
        few.user_permissions.add(Permission.objects.get(codename="view_accesslogentry"))
        self.client.force_login(few)

        self.assertEqual(self.kinds(), list(self.KINDS[:8]))
        self.get(PAGE, 400, kind="login")
        self.assertNotContains(self.get(PAGE), "lock-out")

    def test_what_may_not_be_opened_is_no_link(self):
        self.one_of_each()
        user = colleague()
        user.user_permissions.add(Permission.objects.get(codename="view_accesslogentry"))
        self.client.force_login(user)

        page = self.get(PAGE)

        self.assertContains(page, "c2c_bob")
        for path in ("/owner/", "/conversation/", "/admin/conversations/"):
            self.assertNotContains(page, f'href="{path}')
