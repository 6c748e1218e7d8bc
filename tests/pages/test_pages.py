"""The staff's pages."""

import re
from urllib.parse import parse_qs, urlsplit

from django.test import TestCase, override_settings
from django.urls import reverse

from conversations.models import Conversation, Owner
from tests.support.cast import make_conversation, make_conversations
from tests.support.pages import DETAIL, LIST, REASON, SEARCH, UPDATES, AsSupport
from tests.support.staff import ODD_ID, boss, colleague, make_deleted, message, support

BAD = "<script>alert(1)</script>"


class DoorTests(TestCase):
    urls = (SEARCH, f"{LIST}?owner=alice", f"{UPDATES}?owner=alice", f"{DETAIL}?owner=alice&id=c2c_bob")

    def test_the_anonymous_are_sent_to_log_in(self):
        for url in self.urls:
            with self.subTest(url=url):
                response = self.client.get(url)
                self.assertEqual(urlsplit(response.url).path, reverse("login"))
                self.assertEqual(parse_qs(urlsplit(response.url).query)["next"], [url])

    def test_too_many_parameters_are_refused_at_once_in_the_demo_as_well(self):
        many = "&".join(f"a{number}=1" for number in range(1001))
        for debug in (True, False):
            for path in ("/login/", "/api/v1/conversations/"):
                with self.subTest(path, debug=debug), override_settings(DEBUG=debug):
                    self.assertEqual(self.client.get(f"{path}?{many}").status_code, 400)

    def test_staff_without_the_permission_is_told_so(self):
        make_conversation(show_name="Secret Bob")
        self.client.force_login(colleague())

        for url in self.urls:
            with self.subTest(url=url):
                page = self.client.get(url)
                self.assertContains(
                    page,
                    "Your account may not view conversation lists.",
                    status_code=403,
                )
                self.assertNotContains(page, "Secret Bob", status_code=403)

    def test_the_permission_alone_does_not_make_one_staff(self):
        user = support()
        user.is_staff = False
        user.save(update_fields=["is_staff"])
        self.client.force_login(user)

        for url in self.urls:
            self.assertEqual(self.client.get(url).status_code, 403)

    def test_logging_in_and_out(self):
        user = support()
        user.set_password("open sesame")
        user.save(update_fields=["password"])

        self.assertContains(self.client.post(reverse("login"), {"username": "sue", "password": "no"}), "alert")
        entered = self.client.post(reverse("login"), {"username": "sue", "password": "open sesame"})
        left = self.client.post(reverse("logout"))

        self.assertRedirects(entered, SEARCH, fetch_redirect_response=False)
        self.assertRedirects(left, reverse("login"))

    def test_pages_only_read(self):
        self.client.force_login(support())

        for url in self.urls:
            self.assertEqual(self.client.post(url).status_code, 405)

    def test_a_pane_sends_the_whole_page_to_log_in(self):
        htmx = {"HX-Request": "true", "HX-Target": "panel"}

        for url in (*self.urls, f"{REASON}?owner=alice"):
            with self.subTest(url=url):
                response = self.client.get(url, headers=htmx)
                login, query = response["HX-Redirect"].split("?", 1)
                self.assertEqual((login, parse_qs(query)["next"]), (reverse("login"), [url]))
                self.assertEqual(response.content, b"")


class OwnerSearchTests(AsSupport):
    def names(self, **query):
        return [owner.owner_id for owner, _url, _avatar in self.get(SEARCH, pane="owners", **query).context["owners"]]

    def test_an_id_finds_itself_first_and_longer_ones(self):
        for owner_id in ("alice2", "alice", "bob", "Alice"):
            Owner.objects.create(owner_id=owner_id)

        self.assertEqual(self.names(q="alice"), ["alice", "Alice", "alice2"])
        self.assertEqual(self.names(q="alicex"), [])

    def test_twenty_are_shown_and_more_are_mentioned(self):
        Owner.objects.bulk_create(Owner(owner_id=f"user{number:02}") for number in range(21))

        page = self.get(SEARCH, q="user")

        self.assertEqual(len(page.context["owners"]), 20)
        self.assertContains(page, "More users match")

    def assert_sends_to_an_administrator(self, page):
        self.assertContains(page, "sk an administrator to import the app's data.")
        self.assertNotContains(page, "manage.py")

    def test_an_empty_site_says_whom_to_ask_and_superusers_what_to_do(self):
        self.assert_sends_to_an_administrator(self.get(SEARCH))
        alice = Owner.objects.create(owner_id="alice")
        self.assert_sends_to_an_administrator(self.get(LIST, owner="alice"))
        alice.delete()
        self.client.force_login(boss())
        for is_demo in (False, True):
            with self.subTest(is_demo=is_demo), override_settings(DEBUG=is_demo):
                page = self.get(SEARCH)
                self.assertContains(page, "import_conversations FILE")
                # In production that command is refused.
                self.assertEqual("create_demo_data" in page.content.decode(), is_demo)

    def test_what_cannot_be_an_id_finds_nobody(self):
        for text in ("爱丽", "a\0b", "x" * 65):
            with self.subTest(text=text[:3]):
                self.assertContains(self.get(SEARCH, q=text), "No user found")

    def test_odd_ids_are_linked_whole(self):
        Owner.objects.create(owner_id="a/b?c&d%20\"e '<b>", nick_name=BAD)

        page = self.get(SEARCH)

        self.assertContains(page, "?owner=a%2Fb%3Fc%26d%2520%22e+%27%3Cb%3E")
        self.assertNotContains(page, BAD)

    def test_more_owners_cost_no_more_queries(self):
        Owner.objects.create(owner_id="a")
        few = self.count_queries(SEARCH)
        Owner.objects.bulk_create(Owner(owner_id=f"user{number:02}") for number in range(30))

        self.assertEqual(self.count_queries(SEARCH), few)


class ListTests(AsSupport):
    def ids(self, **query):
        page = self.get(LIST, **{"owner": "alice"} | query)
        return [entry.conversation.conversation_id for entry in page.context["entries"]]

    def test_the_list_is_in_the_apps_order(self):
        make_conversation(conversation_id="c2c_old", activity_key=1)
        make_conversation(conversation_id="c2c_new", activity_key=3)
        make_conversation(conversation_id="c2c_pinned", activity_key=2, is_pinned=True)

        self.assertEqual(self.ids(), ["c2c_pinned", "c2c_new", "c2c_old"])

    def test_only_this_owners_present_rows_show(self):
        make_conversation("alice", "c2c_bob"), make_conversation("bob", "c2c_alice")
        make_deleted(conversation_id="c2c_gone")

        self.assertEqual(self.ids(), ["c2c_bob"])

    def test_a_row_says_all_that_the_app_shows(self):
        Owner.objects.create(owner_id="alice", group_names='["customers",null,"work"]')
        make_conversation(
            conversation_id="group_team", show_name="Team", unread_count=120, is_pinned=True, recv_opt=2, marks=1,
            conversation_groups=5, group_at_info='[{"seq":"1","atType":2}]', last_message=message(nameCard="Bob"),
            membership="kicked", face_url="https://cdn.example.test/team.png",
        )  # fmt: skip

        page = self.get(LIST, owner="alice")

        for text in ("Team", "99+", "120 unread", "@everyone", "Bob: hi", "starred", "customers", "work", "removed"):
            with self.subTest(text=text):
                self.assertContains(page, text)
        self.assertContains(page, 'aria-label="pinned"')
        self.assertContains(page, 'aria-label="receive without notification"')
        self.assertContains(page, 'src="https://cdn.example.test/team.png"')

    def test_a_draft_stands_for_the_last_message(self):
        make_conversation(draft_text="half-typed", draft_timestamp=1_795_390_000, last_message=message())

        page = self.get(LIST, owner="alice")

        self.assertContains(page, "half-typed")
        self.assertContains(page, "2026-11-2")

    def test_without_a_picture_there_are_initials(self):
        make_conversation(show_name="Bob Stone", face_url="javascript:alert(1)")

        page = self.get(LIST, owner="alice")

        self.assertContains(page, ">BS</span>")
        self.assertNotContains(page, "javascript:")

    def test_leafing_meets_each_row_once(self):
        make_conversations(60, activity_key=7, is_pinned=True)
        Conversation.objects.filter(conversation_id__contains="5").update(is_pinned=False)

        seen, page = [], self.get(LIST, owner="alice")
        while True:
            seen += [entry.conversation.conversation_id for entry in page.context["entries"]]
            if not page.context["older_url"]:
                break
            page = self.get(page.context["older_url"])

        in_order = Conversation.objects.for_owner("alice").in_display_order()
        self.assertEqual(seen, list(in_order.values_list("conversation_id", flat=True)))

    def test_the_filters_are_the_apis(self):
        Owner.objects.create(owner_id="alice", group_names='["work"]')
        make_conversation(conversation_id="c2c_bob", unread_count=1, conversation_groups=1, show_name="Bob")
        make_conversation(conversation_id="group_team", marks=1)

        for query, expected in (
            ({"hasUnreadCount": "true"}, ["c2c_bob"]),
            ({"type": "2"}, ["group_team"]),
            ({"markType": "1"}, ["group_team"]),
            ({"search": "BO"}, ["c2c_bob"]),
            ({"conversationGroup": "work"}, ["c2c_bob"]),
            ({"conversationGroup": ""}, ["group_team"]),
            ({"type": "", "search": "", "markType": "", "isPinned": ""}, ["c2c_bob", "group_team"]),
        ):
            with self.subTest(query=query):
                self.assertEqual(self.ids(**query), expected)

    def test_the_form_shows_what_was_chosen(self):
        make_conversation()

        page = self.get(LIST, owner="alice", recvOpt="2", markType="4294967296", search="a&b")

        self.assertContains(page, '<option value="2" selected>receive without notification</option>', html=True)
        self.assertContains(page, '<option value="4294967296" selected>4294967296</option>', html=True)
        self.assertContains(page, 'value="a&amp;b"')
        self.assertContains(page, "No matching conversations")

    def test_a_bad_filter_is_named(self):
        for name, value in (
            ("isPinned", "maybe"), ("markType", "16"), ("type", "9"), ("activeSince", "1795390000000"), ("hasunread", "1"),
            ("nextSeq", "garbage"), ("search", "x" * 101), ("search", "a\0b"),
        ):  # fmt: skip
            with self.subTest(name=name):
                page = self.get(LIST, 400, owner="alice", **{name: value})
                self.assertContains(page, f"<code>{name}</code>", status_code=400)

    def test_a_cursor_is_for_its_own_list(self):
        make_conversations(60), make_conversations(60, "bob")
        older = parse_qs(urlsplit(self.get(LIST, owner="alice").context["older_url"]).query)["nextSeq"][0]

        self.get(LIST, 400, owner="bob", nextSeq=older)
        self.get(LIST, 400, owner="alice", type="1", nextSeq=older)

    def test_an_impossible_owner_is_refused(self):
        for owner in ("", "爱", "x" * 65):
            with self.subTest(owner=owner):
                self.assertContains(self.get(LIST, 400, owner=owner), "<code>owner</code>", status_code=400)

    def test_an_owner_never_seen_has_an_empty_list(self):
        self.assertContains(self.get(LIST, owner="nobody"), "Unknown user")
        self.assertFalse(Owner.objects.exists())

    def test_more_rows_cost_no_more_queries(self):
        make_conversation(last_message=message())
        few = self.count_queries(LIST, owner="alice")
        make_conversations(60, last_message=message(), marks=1, conversation_groups=1)

        self.assertEqual(self.count_queries(LIST, owner="alice"), few)


class DetailTests(AsSupport):
    def test_all_keys_show(self):
        Owner.objects.create(owner_id="alice", group_names='["work"]')
        make_conversation(recv_opt=2, marks=1, conversation_groups=1, last_message=message(), c2c_read_timestamp=1_795_390_000)

        page = self.get(DETAIL, owner="alice", id="c2c_bob", part="fields")

        self.assertEqual(len(page.context["fields"]), 19)
        for text in ("c2cReadTimestamp", "2026-11-2", "receive without notification", "starred", "work"):
            with self.subTest(text=text):
                self.assertContains(page, text)
        self.assertContains(page, "/admin/conversations/conversationrow/alice_2Fc2c_5Fbob/change/")

    def test_odd_ids_work_from_the_list_to_the_admin(self):
        make_conversation("o/w?n&e%r", ODD_ID)
        boss_like = self.get(LIST, owner="o/w?n&e%r").context["entries"][0].url

        page = self.get(boss_like)

        self.assertEqual(self.get(page.context["admin_url"]).context["original"].conversation_id, ODD_ID)

    def test_text_from_outside_is_escaped(self):
        make_conversation(
            "alice", ODD_ID, show_name=BAD, draft_text=BAD, custom_data=BAD, last_message=message(textElem={"text": BAD}),
            face_url=f'https://x"{BAD}',
        )  # fmt: skip

        for page in (self.get(LIST, owner="alice"), self.get(DETAIL, owner="alice", id=ODD_ID)):
            self.assertNotContains(page, BAD)
            self.assertNotContains(page, "e <script>")

    def test_an_unknown_one_is_not_found(self):
        make_conversation("bob", "c2c_bob"), make_deleted(conversation_id="c2c_gone")

        for conversation_id in ("c2c_bob", "c2c_gone", "group_none"):
            with self.subTest(id=conversation_id):
                page = self.get(DETAIL, 404, owner="alice", id=conversation_id)
                self.assertContains(page, f"Conversation {conversation_id} not found.", status_code=404)

    def test_a_malformed_id_is_refused_with_the_right_form(self):
        self.assertContains(self.get(DETAIL, 400, owner="alice", id="C2Cbob"), "c2c_bob", status_code=400)
        for conversation_id in ("", "c2c_", "c2c_a\0b", "c2c_爱"):
            with self.subTest(id=conversation_id):
                self.get(DETAIL, 400, owner="alice", id=conversation_id)


class FrameTests(AsSupport):
    def test_nothing_is_inline(self):
        make_conversation(last_message=message())

        for url in (SEARCH, f"{LIST}?owner=alice", f"{DETAIL}?owner=alice&id=c2c_bob", f"{LIST}?owner="):
            page = self.client.get(url).content.decode()
            with self.subTest(url=url):
                for inline in ("<style", " style=", " onclick", "hx-on", "js:"):
                    self.assertNotIn(inline, page)
                self.assertEqual(re.findall(r"<script(?! src=)[^>]*>|<script[^>]*>[^<]", page), [])

    def test_the_language_can_be_switched(self):
        self.client.post(reverse("set_language"), {"language": "zh-hans", "next": SEARCH})

        self.assertContains(self.get(SEARCH), 'lang="zh-hans"')

    def test_an_unknown_address_has_a_page(self):
        self.assertContains(self.get("/nowhere/", 404), "There is no page at this address.", status_code=404)

    @override_settings(ALLOWED_HOSTS=["testserver"])
    def test_a_bad_request_has_a_page(self):
        response = self.client.get(reverse("admin:conversations_owner_changelist"), {"nick_name__regex": "x"})

        self.assertContains(response, "is invalid", status_code=400)

    def test_pages_are_nobody_elses(self):
        self.assertIn("private", self.get(SEARCH)["Cache-Control"])
