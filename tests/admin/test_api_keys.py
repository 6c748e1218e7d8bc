"""API keys Admin."""

from base64 import urlsafe_b64encode
from datetime import timedelta

import time_machine
from django.contrib.admin.models import LogEntry
from django.test import TestCase
from django.urls import reverse
from django.utils import timezone

from conversations.access import api_keys
from conversations.admin import shown_once
from conversations.models import ApiKey, Owner
from conversations.times import now_s
from tests.support.staff import boss, viewer

LIST = reverse("admin:conversations_apikey_changelist")
ADD = reverse("admin:conversations_apikey_add")


class ApiKeyAdminTests(TestCase):
    def setUp(self):
        self.client.force_login(boss())

    def add(self, **values):
        access = "one" if values.get("owner_id") else "all"
        given = {"name": "backend", "access": access, "owner_id": "", "scopes": ["read"]} | values
        return self.client.post(ADD, given, follow=True)

    def test_a_new_key_is_shown_once_and_works(self):
        page = self.add(owner_id="alice", scopes=["read", "write"])

        text = page.context["key"]
        self.assertEqual(api_keys.find(text)[:2], ("alice", {"read", "write"}))
        self.assertContains(page, f'<code tabindex="0">{text}</code>')
        self.assertIn("no-store", page["Cache-Control"])
        self.assertNotContains(self.client.get(LIST), text)

    def test_the_scope_write_includes_read(self):
        page = self.add(owner_id="alice", scopes=["write"])

        self.assertEqual(api_keys.find(page.context["key"])[:2], ("alice", {"read", "write"}))
        self.assertContains(self.client.get(LIST), '<td class="field-granted">read, write</td>', html=True)
        self.assertContains(self.client.get(ADD), "The write scope includes read.")

    def test_on_its_way_to_the_page_a_key_is_in_no_cookie_and_no_session(self):
        for button in ("_save", "_continue", "_addanother", "_popup"):
            with self.subTest(button):
                values = {"name": "one", "access": "all", "owner_id": "", "scopes": ["read"], button: "1"}
                redirect = self.client.post(ADD, values)
                held = f"{self.client.cookies} {dict(self.client.session)} {redirect.url}"
                cookie = self.client.cookies[shown_once.NAME]

                text = self.client.get(redirect.url).context["key"]

                self.assertTrue(text.startswith("imk_"))
                for part in (text, text.split("_", 2)[2], urlsafe_b64encode(text.encode()).decode()):
                    self.assertNotIn(part, held)
                self.assertEqual((cookie["path"], cookie["httponly"], cookie["samesite"]), (redirect.url, True, "Strict"))

    def test_a_reload_shows_it_no_more_and_makes_no_other(self):
        page = self.add()

        again = self.client.get(page.redirect_chain[-1][0])

        self.assertEqual(again.context["key"], "")
        self.assertContains(again, "If you did not copy it, revoke it and create another one.")
        self.assertNotContains(again, "<code")
        self.assertEqual(ApiKey.objects.count(), 1)
        self.assertNotIn(shown_once.NAME, self.client.session)

    def test_keys_that_are_created_together_are_all_shown(self):
        values = {"name": "one", "access": "all", "owner_id": "", "scopes": ["read"]}
        urls = [self.client.post(ADD, values).url]
        cookie = self.client.cookies[shown_once.NAME].value
        urls.append(self.client.post(ADD, values | {"name": "two"}).url)

        second = self.client.get(urls[1]).context["key"]
        self.client.cookies[shown_once.NAME] = cookie  # a browser has one for each path
        first = self.client.get(urls[0]).context["key"]

        self.assertEqual([url.split("/")[-3] for url in urls], [text.split("_")[1] for text in (first, second)])
        self.assertNotIn(shown_once.NAME, self.client.session)

    def test_another_browser_page_or_time_does_not_show_it(self):
        values = {"name": "one", "access": "all", "owner_id": "", "scopes": ["read"]}
        other, _text = api_keys.create_api_key(name="other", owner_id=None)
        for spoil in ("cookie", "path", "time", "method"):
            with self.subTest(spoil):
                url = self.client.post(ADD, values).url
                if spoil == "cookie":
                    self.client.cookies[shown_once.NAME] = "x" * len(self.client.cookies[shown_once.NAME].value)
                shown_url = url.replace(url.split("/")[-3], other.prefix) if spoil == "path" else url
                with time_machine.travel(now_s() + (shown_once.HOLDS_S + 1 if spoil == "time" else 0), tick=False):
                    if spoil == "method":
                        self.assertEqual(self.client.head(shown_url).status_code, 405)
                        self.assertTrue(self.client.get(shown_url).context["key"])
                    else:
                        self.assertEqual(self.client.get(shown_url).context["key"], "")
                        self.assertEqual(self.client.get(url).context["key"], "")

    def test_only_staff_who_may_create_keys_see_the_page(self):
        key, _text = api_keys.create_api_key(name="one", owner_id=None)
        url = reverse("admin:conversations_apikey_copy", args=[key.prefix])

        self.assertEqual(self.client.get(url.replace(key.prefix, "nothing")).status_code, 404)
        self.client.force_login(viewer("view_apikey"))
        self.assertEqual(self.client.get(url).status_code, 403)
        self.client.logout()
        self.assertEqual(self.client.get(url).status_code, 302)

    def test_one_user_or_all_is_an_explicit_choice(self):
        for values, field in (
            ({"access": ""}, "access"),
            ({"access": "one", "owner_id": ""}, "owner_id"),
            ({"access": "all", "owner_id": "alice"}, "owner_id"),
        ):
            with self.subTest(values):
                self.assertIn(field, self.add(**values).context["adminform"].form.errors)
        self.assertFalse(ApiKey.objects.exists())
        self.assertNotContains(self.client.get(ADD), "checked required")

    def test_neither_text_nor_digest_stays_anywhere(self):
        self.add()
        key = ApiKey.objects.get()

        page = self.client.get(reverse("admin:conversations_apikey_change", args=[key.prefix]))

        self.assertContains(page, key.prefix)
        self.assertNotContains(page, bytes(key.digest).hex())
        self.assertNotContains(page, "digest")
        self.assertNotIn("imk_", LogEntry.objects.get().change_message + LogEntry.objects.get().object_repr)

    def test_an_empty_owner_makes_a_service_key(self):
        self.add(scopes=["ingest"])

        self.assertIsNone(ApiKey.objects.get().owner_id)
        self.assertContains(self.client.get(LIST), '<td class="field-owner_link">service</td>', html=True)

    def test_a_key_leads_to_its_owner(self):
        Owner.objects.create(owner_id="alice/x")
        self.add(owner_id="alice/x")
        owner_url = reverse("admin:conversations_owner_changelist") + "?q=alice%2Fx"

        self.assertContains(self.client.get(LIST), f'<a href="{owner_url}">alice/x</a>', html=True)
        self.assertEqual([owner.owner_id for owner in self.client.get(owner_url).context["cl"].result_list], ["alice/x"])

    def test_the_form_refuses_what_a_key_cannot_be_made_of(self):
        for values in ({"name": "客服\u3000后台"}, {"owner_id": "böb"}, {"owner_id": "bob", "scopes": ["ingest"]}):
            with self.subTest(values):
                self.assertContains(self.add(**values), "errorlist")
        self.assertFalse(ApiKey.objects.exists())

    def test_what_cannot_be_is_said_at_its_field(self):
        yesterday = timezone.now() - timedelta(days=1)
        for field, values in {
            "owner_id": {"owner_id": "爱"},
            "scopes": {"owner_id": "alice", "scopes": ["ingest"]},
            "expires_at": {"expires_at_0": f"{yesterday:%Y-%m-%d}", "expires_at_1": "00:00"},
            "name": {"name": ""},
        }.items():
            with self.subTest(field=field):
                self.assertIn(field, self.add(**values).context["adminform"].form.errors)
        self.assertFalse(ApiKey.objects.exists())

    def test_nobody_makes_a_key_that_may_more_than_himself(self):
        feed, read, write = ["ingest"], ["read"], ["read", "write"]
        reader, both = ("read_text",), ("read_text", "change_conversation")
        for permissions, scopes, is_made in (
            ((), feed, True),
            ((), read, False),
            ((), ["write"], False),
            (("change_conversation",), ["write"], False),
            (reader, read, True),
            (reader, write, False),
            (both, write, True),
        ):
            with self.subTest(permissions=permissions, scopes=scopes):
                user = viewer("add_apikey", *permissions)
                self.client.force_login(user)
                page = self.add(scopes=scopes)
                self.assertEqual("key" in page.context, is_made)
                if not is_made:
                    self.assertIn("scopes", page.context["adminform"].form.errors)
                user.delete()

    def test_revoking_stops_the_ticked_key_only(self):
        key, _text = api_keys.create_api_key(name="one", owner_id=None)
        other, _text = api_keys.create_api_key(name="other", owner_id=None)

        for _time in range(2):
            self.client.post(LIST, {"action": "revoke", "_selected_action": [key.prefix], "index": 0})

        self.assertIsNotNone(ApiKey.objects.get(prefix=key.prefix).revoked_at)
        self.assertIsNone(ApiKey.objects.get(prefix=other.prefix).revoked_at)
        self.assertEqual(LogEntry.objects.get().object_id, key.prefix)

    def test_a_key_is_neither_edited_nor_deleted(self):
        key, _text = api_keys.create_api_key(name="one", owner_id=None)

        for view in ("change", "delete"):
            url = reverse(f"admin:conversations_apikey_{view}", args=[key.prefix])
            self.assertEqual(self.client.post(url, {"name": "x", "post": "yes"}).status_code, 403)
        self.assertEqual(ApiKey.objects.get().name, "one")
