"""Who may act on which list: every changing call with every kind of credential."""

import re
from datetime import timedelta

import time_machine
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from conversations.access import api_keys
from conversations.models import ApiKey, Conversation, Owner
from tests.support.acting import ACTIONS, ON_LISTED, ON_MANY, SETTINGS, Action, ActionTestCase, make_scene, version
from tests.support.api import BROWSER, PROBLEM_KEYS, url
from tests.support.cast import ALICE, BOB, CAROL, bearer, usersig, with_key
from tests.support.staff import boss, colleague, support

READ_ONLY, WRITES = ("read",), ("read", "write")


class OwnListTests(ActionTestCase):
    def assert_acts(self, action: Action, credential: dict[str, str], **parameters: str) -> None:
        make_scene(for_unpin=action.name == "unpin")
        before = version()

        response = self.act(action, credential, **parameters)

        self.assertIn(response.status_code, (200, 204), response.content)
        self.assertGreater(version(), before)

    def test_a_usersig_and_a_writing_key_act_on_their_own_list_named_or_not(self):
        for credential in (self.alice, with_key(ALICE, WRITES), with_key(ALICE, ["write"])):
            for action in ACTIONS:
                with self.subTest(action.name):
                    self.assert_acts(action, credential)
                    self.assert_acts(action, credential, owner=ALICE)

    def test_a_service_key_acts_on_the_list_it_names(self):
        service = with_key(None, WRITES)

        for action in ACTIONS:
            with self.subTest(action.name):
                self.assert_acts(action, service, owner=ALICE)

    def test_what_one_owner_does_leaves_the_same_ids_of_another_alone(self):
        make_scene(BOB)
        before = Owner.objects.filter(owner_id=BOB).values().get()

        for action in ACTIONS:
            self.assert_acts(action, self.alice)

        self.assertEqual(Owner.objects.filter(owner_id=BOB).values().get(), before)
        shown = self.get(url(), bearer(usersig(BOB))).json()["conversationList"]
        self.assertEqual([conversation["unreadCount"] for conversation in shown], [3, 3])

    def test_addresses_work_without_their_final_slash(self):
        for action in ACTIONS:
            with self.subTest(action.name):
                self.assert_acts(action._replace(path=action.path.rstrip("/")), self.alice)


class RefusedTests(ActionTestCase):
    def setUp(self):
        make_scene()
        make_scene(CAROL)

    def assert_refused(self, credential: dict[str, str], status: int, code: int, *fields: str, **parameters: str) -> None:
        """Each call is, and nothing of it is done."""
        for action in ACTIONS:
            with self.subTest(action.name, **parameters), self.assert_no_change():
                self.assert_problem(self.act(action, credential, **parameters), status, code, *fields)

    def test_another_owners_list_is_10007_whether_it_exists_or_not(self):
        for credential in (self.alice, with_key(ALICE, WRITES)):
            for owner_id in (CAROL, "nobody", "Alice", "alice ", ""):
                self.assert_refused(credential, 403, 10007, owner=owner_id)

    def test_the_refusal_tells_nothing_of_another_owner(self):
        for action in ACTIONS:
            details = {self.act(action, owner=owner_id).json()["detail"] for owner_id in (CAROL, "nobody")}

            self.assertEqual(len(details), 1)
            self.assertNotIn(CAROL, details.pop())

    def test_a_key_that_may_only_read_or_feed_changes_nothing(self):
        self.assert_refused(with_key(ALICE, READ_ONLY), 403, 10007)
        self.assert_refused(with_key(None, READ_ONLY), 403, 10007, owner=ALICE)
        self.assert_refused(with_key(None, ["ingest"]), 403, 10007, owner=ALICE)

    def test_an_expired_key_is_6014(self):
        key, text = api_keys.create_api_key(
            name="app", owner_id=ALICE, scopes=WRITES, expires_at=timezone.now() + timedelta(hours=1)
        )
        ApiKey.objects.filter(prefix=key.prefix).update(expires_at=timezone.now() - timedelta(milliseconds=1))

        self.assert_refused(bearer(text), 401, 6014)

    def test_a_revoked_key_is_6014(self):
        key, text = api_keys.create_api_key(name="app", owner_id=ALICE, scopes=WRITES)
        api_keys.revoke(key.prefix)

        self.assert_refused(bearer(text), 401, 6014)

    def test_an_expired_usersig_is_70001_and_a_bad_one_70003(self):
        self.assert_refused(bearer(usersig(expire_s=-1)), 401, 70001)
        self.assert_refused(bearer(usersig(secret_key="another")), 401, 70003)

    def test_no_credential_and_an_unknown_key_are_6014(self):
        self.assert_refused({}, 401, 6014)
        self.assert_refused({}, 401, 6014, owner=ALICE)
        self.assert_refused(bearer("imk_unknown_secret"), 401, 6014)
        self.assert_refused({"HTTP_AUTHORIZATION": "Basic YTpi"}, 401, 6014)

    def test_a_service_key_has_to_name_a_valid_owner(self):
        service = with_key(None, WRITES)

        self.assert_refused(service, 400, 6017, "owner")
        for owner_id in ("", "x" * 65, "张", "a\0b", "a\nb"):
            self.assert_refused(service, 400, 6017, "owner", owner=owner_id)

    def test_a_credential_is_checked_before_the_body_is_read(self):
        expired, bob = bearer(usersig(expire_s=-1)), bearer(usersig(BOB))
        for action in ACTIONS:
            for body in (b"{", b"[" * 100_000, b"\xff"):
                with self.subTest(action.name):
                    self.assert_problem(self.act(action, {}, body), 401, 6014)
                    self.assert_problem(self.act(action, expired, body), 401, 70001)
                    self.assert_problem(self.act(action, bob, body, owner=ALICE), 403, 10007)

    def test_whoever_may_not_costs_no_query(self):
        for action in ACTIONS:
            for credential, parameters in (({}, {}), (bearer(usersig(expire_s=-1)), {}), (self.alice, {"owner": CAROL})):
                with self.subTest(action.name), self.assertNumQueries(0):
                    self.act(action, credential, **parameters)


class LeakTests(ActionTestCase):
    def answers(self) -> list[tuple]:
        """Status, body and number of queries of each call by alice, who has nothing."""
        found = []
        self.enterContext(time_machine.travel(1_760_000_000, tick=False))
        for action in ACTIONS:
            Owner.objects.filter(owner_id=ALICE).delete()
            Conversation.objects.filter(owner_id=ALICE).delete()
            Owner.objects.create(owner_id=ALICE)
            with CaptureQueriesContext(connection) as queries:
                response = self.act(action)
            body = {key: value for key, value in response.json().items() if key != "requestId"}
            found.append((action.name, response.status_code, body, len(queries)))
        return found

    def test_what_only_another_owner_has_is_as_unknown_and_costs_as_much(self):
        alone = self.answers()
        make_scene(CAROL)

        beside_carol = self.answers()

        self.assertEqual(beside_carol, alone)


class StaffTests(ActionTestCase):
    def setUp(self):
        make_scene()
        self.client = Client(enforce_csrf_checks=True)

    def token(self, user: User) -> str:
        """The CSRF token of the browsable page, after a login."""
        self.client.force_login(user)
        page = self.client.get(url("conversations/lookup/", owner=ALICE, id="c2c_bob"), **BROWSER).content.decode()
        found = re.search(r'"csrfToken": "(\w+)"', page)
        return found.group(1) if found else ""

    def statuses(self, **headers: str) -> set[int]:
        found = set()
        for action in ACTIONS:
            response = self.send(action.method, action.address(owner=ALICE), action.body, {}, **headers)
            found.add(response.status_code)
            if response.status_code >= 400:
                self.assertEqual(list(response.json()), PROBLEM_KEYS)
        return found

    def test_staff_that_may_change_conversations_acts_with_the_csrf_token(self):
        token = self.token(boss())

        for action in ACTIONS:
            make_scene(for_unpin=action.name == "unpin")
            before = version()

            response = self.send(action.method, action.address(owner=ALICE), action.body, {}, HTTP_X_CSRFTOKEN=token)

            with self.subTest(action.name):
                self.assertIn(response.status_code, (200, 204), response.content)
                self.assertGreater(version(), before)

    def test_without_the_token_nothing_is_done(self):
        self.token(boss())

        with self.assert_no_change():
            self.assertEqual(self.statuses(), {403})
            self.assertEqual(self.statuses(HTTP_X_CSRFTOKEN="x" * 64), {403})

    def test_staff_that_may_only_look_or_not_even_that_changes_nothing(self):
        for user in (support(), colleague(), User.objects.create_user("customer")):
            token = self.token(user)

            with self.subTest(user.username), self.assert_no_change():
                self.assertEqual(self.statuses(HTTP_X_CSRFTOKEN=token or "x" * 64), {403})

    def test_staff_has_to_name_the_owner(self):
        token = self.token(boss())

        for action in ACTIONS:
            with self.subTest(action.name), self.assert_no_change():
                response = self.send(action.method, action.address(), action.body, {}, HTTP_X_CSRFTOKEN=token)
                self.assert_problem(response, 400, 6017, "owner")

    def test_a_session_does_not_lend_its_rights_to_a_bad_credential(self):
        token = self.token(boss())

        with self.assert_no_change():
            self.assertEqual(self.statuses(HTTP_X_CSRFTOKEN=token, HTTP_AUTHORIZATION="Bearer x"), {401})
            self.assertEqual(self.statuses(HTTP_X_CSRFTOKEN=token, **with_key(CAROL, WRITES)), {403})


class MethodTests(ActionTestCase):
    def test_other_methods_are_405_and_name_those_that_are_there(self):
        make_scene()
        for path, allowed in {
            "conversations/c2c_bob/": "GET, DELETE, HEAD, OPTIONS",
            "conversations/c2c_bob/pin/": "PUT, DELETE, OPTIONS",
            "conversations/c2c_bob/draft/": "PUT, OPTIONS",
            "conversations/c2c_bob/receive-option/": "PUT, OPTIONS",
            "conversations/c2c_bob/read/": "POST, OPTIONS",
            "conversations/c2c_bob/clear/": "POST, OPTIONS",
            **{action.path: "POST, OPTIONS" for action in ON_MANY if action.name != "create group"},
            "conversations/read/": "POST, OPTIONS",
            "conversations/report/": "POST, OPTIONS",
            "conversation-groups/": "GET, POST, HEAD, OPTIONS",
            "conversation-groups/work/": "PATCH, DELETE, OPTIONS",
        }.items():
            for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "LINK"} - set(allowed.split(", ")):
                with self.subTest(path=path, method=method), self.assert_no_change():
                    response = self.send(method, url(path))
                    self.assert_problem(response, 405, 60009)
                    self.assertEqual(response["Allow"], allowed)


class OwnerNeverSeenTests(ActionTestCase):
    def test_acting_on_what_is_not_there_creates_no_owner(self):
        for action in ACTIONS:
            if action.name not in ("create group", "report", *SETTINGS):
                with self.subTest(action.name), self.assert_no_change():
                    self.assertIn(self.act(action).status_code, (200, 404))
        self.assertFalse(Owner.objects.exists())

    def test_an_unknown_conversation_is_6004_in_the_path_and_in_a_list(self):
        for action in ON_LISTED:
            self.assert_problem(self.act(action), 404, 6004)
        for action in ON_MANY[:3]:
            self.assert_results(self.act(action), 6004, 6004)
