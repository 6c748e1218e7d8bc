"""Staff with a session: the API by Django's permissions and CSRF, and in a browser a page."""

import json
import re

from django.contrib.auth.models import User
from django.test import Client, TestCase

from tests.support.api import BROWSER, PROBLEM_KEYS, conversation_url, url
from tests.support.cast import make_conversation, make_conversations, with_key
from tests.support.staff import boss, colleague, support, viewer

ADDRESSES = (
    conversation_url("c2c_bob", owner="alice"),
    url("conversations/lookup/", owner="alice", id="c2c_bob"),
    url(owner="alice"),
    url("unread/", owner="alice"),
)


class SessionTests(TestCase):
    def setUp(self):
        make_conversation(show_name="Bob <b>&")

    def statuses(self, user: User | None, **headers) -> list[int]:
        if user:
            self.client.force_login(user)
        return [self.client.get(address, **headers).status_code for address in ADDRESSES]

    def test_staff_that_may_view_conversations_reads_any_list(self):
        self.assertEqual(self.statuses(support()), [200] * 4)

    def test_staff_that_may_not_and_people_that_are_no_staff_are_403(self):
        self.assertEqual(self.statuses(colleague()), [403] * 4)
        self.assertEqual(self.statuses(User.objects.create_user("customer")), [403] * 4)

    def test_staff_that_may_not_read_text_is_403_as_every_answer_has_text_in_it(self):
        user = viewer("change_conversation")

        self.assertEqual(self.statuses(user), [403] * 4)
        self.assertEqual(self.client.put(url("conversations/c2c_bob/pin/", owner="alice")).status_code, 403)

    def test_nobody_and_retired_staff_are_401(self):
        self.assertEqual(self.statuses(None), [401] * 4)
        self.assertEqual(self.statuses(User.objects.create_superuser("gone", is_active=False)), [401] * 4)

    def test_refusals_are_problems_in_a_browser_too(self):
        for user, status in ((colleague(), 403), (None, 401)):
            client = Client()
            if user:
                client.force_login(user)
            for address in ADDRESSES:
                response = client.get(address, **BROWSER)
                self.assertEqual((response.status_code, response["Content-Type"]), (status, "application/problem+json"))
                self.assertEqual(list(response.json()), PROBLEM_KEYS)

    def test_the_owner_has_to_be_named(self):
        self.client.force_login(boss())

        response = self.client.get(url())

        self.assertEqual((response.status_code, list(response.json()["errors"])), (400, ["owner"]))

    def test_a_session_does_not_lend_its_rights_to_a_bad_credential(self):
        self.client.force_login(boss())

        for credential in ("Bearer x", "Basic x", ""):
            for headers in ({}, BROWSER):
                response = self.client.get(ADDRESSES[0], HTTP_AUTHORIZATION=credential, **headers)
                self.assertEqual(response.status_code, 401)
        self.assertEqual(self.client.get(url(owner="alice"), **with_key("carol")).status_code, 403)

    def test_a_post_needs_the_csrf_token(self):
        client = Client(enforce_csrf_checks=True)
        client.force_login(boss())
        address, body = url("conversations/lookup/", owner="alice"), {"conversationIDList": ["c2c_bob"]}

        refused = client.post(address, body, "application/json")
        page = client.get(ADDRESSES[1], **BROWSER).content.decode()
        token = re.search(r'"csrfToken": "(\w+)"', page).group(1)
        accepted = client.post(address, body, "application/json", HTTP_X_CSRFTOKEN=token)

        self.assertEqual((refused.status_code, refused["Content-Type"]), (403, "application/problem+json"))
        self.assertEqual(accepted.json()["conversationList"][0]["conversationID"], "c2c_bob")

    def test_the_number_of_queries_does_not_grow_with_the_list(self):
        self.client.force_login(support())
        self.client.get(url(owner="alice"))  # the look of this hour
        counts = set()

        for more in (10, 300):
            make_conversations(more, start=more)
            with self.assertNumQueries(5):  # session, user, and its permissions by user and by group
                counts.add(len(self.client.get(url(owner="alice", count=500)).json()["conversationList"]))

        self.assertEqual(counts, {11, 311})


class PageTests(TestCase):
    def setUp(self):
        make_conversation(show_name="<script>alert(1)</script>", face_url="javascript:alert(1)")
        self.client.force_login(boss())

    def test_a_browser_gets_a_page_that_shows_the_answer(self):
        for address in ADDRESSES:
            response = self.client.get(address, **BROWSER)

            self.assertEqual((response.status_code, response["Content-Type"][:9]), (200, "text/html"))
            self.assertIn("Owner-Version", response)
            self.assertNotIn("ETag", response)
            self.assertIn("Accept", response["Vary"])
        self.assertContains(self.client.get(ADDRESSES[0], **BROWSER), "c2c_bob")

    def test_it_has_nothing_that_the_content_security_policy_forbids(self):
        for address in ADDRESSES:
            response = self.client.get(address, **BROWSER)
            page = response.content.decode()

            self.assertIn("default-src 'self'", response["Content-Security-Policy"])
            self.assertNotIn("<style", page)
            self.assertNotIn("<script>", page)
            self.assertIsNone(re.search(r"<[^>]+\son\w+\s*=", page))
            self.assertIsNone(re.search(r'(?:src|href)="(?:https?:)?//', page))
            self.assertNotIn('href="javascript:', page)

    def test_a_program_gets_json_at_the_same_address(self):
        for accept in ("application/json", "*/*", "application/json, text/plain, */*"):
            response = self.client.get(ADDRESSES[0], HTTP_ACCEPT=accept)

            self.assertEqual(response["Content-Type"], "application/json")
            self.assertEqual(json.loads(response.content)["conversationID"], "c2c_bob")

    def test_a_credential_gets_json_whatever_it_accepts(self):
        for accept in (
            BROWSER["HTTP_ACCEPT"],
            "text/html",
            "image/png",
            "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2",
        ):
            for address in (url(), url("unread/"), url("changes/")):
                response = self.client.get(address, **with_key("alice"), HTTP_ACCEPT=accept)

                self.assertEqual((response.status_code, response["Content-Type"]), (200, "application/json"))

    def test_an_error_in_a_browser_is_a_problem(self):
        response = self.client.get(url(owner="alice", count=0), **BROWSER)

        self.assertEqual((response.status_code, response["Content-Type"]), (400, "application/problem+json"))
