"""Requests per credential over HTTP: which doors count, for whom, and what a refusal looks like."""

import hashlib
import json
from itertools import count
from typing import Any
from unittest import mock

from django.http import HttpResponse
from django.test import TestCase, override_settings

from conversations.api import fast_path
from conversations.models import WebhookEvent
from conversations.times import now_s
from tests.support.acting import ACTIONS, ActionTestCase, make_scene
from tests.support.api import conversation_url, url
from tests.support.cast import ALICE, BOB, CAROL, SDK_APP_ID, bearer, make_conversation, usersig, with_key
from tests.support.ingest import TEXT
from tests.support.staff import boss, support
from tests.support.vendor_rest import ADMINISTRATOR, BODIES, VendorRestTestCase, query

MOST, TOKEN = 3, "a token for tests"
USERS_ARE_LIMITED = override_settings(RATE_LIMIT_USER=MOST, RATE_LIMIT_KEY=0)
KEYS_ARE_LIMITED = override_settings(RATE_LIMIT_USER=0, RATE_LIMIT_KEY=MOST)


class LimitTestCase(ActionTestCase):
    def setUp(self):
        make_scene()

    def use_up(self, credential: dict[str, str] | None = None, *, address: str = url("unread/", owner=ALICE)) -> None:
        """Make as many requests as are allowed."""
        for _n in range(MOST):
            self.assertEqual(self.get(address, credential).status_code, 200)

    def assert_too_many(self, response: HttpResponse) -> None:
        body = self.assert_problem(response, 429, 7008)
        self.assertEqual((body["type"], body["title"]), ("urn:imsite:problem:too-often", "Too many requests"))
        self.assertIn(int(response["Retry-After"]), (59, 60))
        self.assertIn(response["Retry-After"] + " s", body["detail"])
        self.assertEqual(response["Cache-Control"], "no-store")


@USERS_ARE_LIMITED
class UserTests(LimitTestCase):
    def test_at_the_limit_every_call_is_refused(self):
        self.use_up()

        for address in (url(), conversation_url("c2c_bob"), url("conversations/lookup/", id="c2c_bob"), url("changes/")):
            self.assert_too_many(self.get(address))
        with self.assert_no_change():
            for action in ACTIONS:
                self.assert_too_many(self.act(action))

    def test_the_fast_and_the_slow_path_share_a_count(self):
        self.assertEqual(self.get(url()).status_code, 200)
        with mock.patch.object(fast_path, "bearer_call", return_value=None):
            self.assertEqual(self.get(url()).status_code, 200)
        self.assertEqual(self.get(conversation_url("c2c_bob")).status_code, 200)

        self.assert_too_many(self.get(url()))
        self.assert_too_many(self.get(url("unread/")))

    def test_all_usersigs_of_a_user_share_a_count_and_a_key_has_its_own(self):
        self.use_up(bearer(usersig(expire_s=100)))

        self.assert_too_many(self.get(url(), bearer(usersig(expire_s=200))))
        key = with_key(ALICE)
        self.use_up(key)
        self.assert_too_many(self.get(url(), key))
        self.use_up(with_key(ALICE))

    def test_other_users_and_service_keys_are_not_affected(self):
        self.use_up()

        self.use_up(bearer(usersig(BOB)), address=url("unread/"))
        service = with_key(None)
        for _n in range(2 * MOST):
            self.assertEqual(self.get(url(owner=ALICE), service).status_code, 200)

    def test_refused_calls_count_too(self):
        for address in (url(nonsense=1), conversation_url("c2c_nobody"), url(owner=CAROL)):
            self.assertIn(self.get(address).status_code, (400, 403, 404))

        self.assert_too_many(self.get(url()))

    def test_a_bad_credential_counts_for_nobody(self):
        for _n in range(2 * MOST):
            self.assertEqual(self.get(url(), bearer(usersig(secret_key="another"))).status_code, 401)

        self.use_up()

    def test_each_member_of_staff_has_a_count(self):
        self.client.force_login(support())
        self.use_up({})

        self.assert_too_many(self.get(url(owner=ALICE), {}))
        self.client.force_login(boss())
        self.use_up({})

    def test_the_refusal_is_in_the_clients_language(self):
        self.use_up()

        for address in (url(), url("unread/")):
            response = self.get(address, HTTP_ACCEPT_LANGUAGE="zh-CN")
            self.assertEqual((response.status_code, response["Content-Language"]), (429, "zh-hans"))

    @override_settings(RATE_LIMIT_USER=0)
    def test_off(self):
        for _n in range(3 * MOST):
            self.assertEqual(self.get(url()).status_code, 200)


@KEYS_ARE_LIMITED
class ServiceKeyTests(LimitTestCase):
    def test_a_service_key_may_have_a_limit_as_well(self):
        service = with_key(None)
        self.use_up(service)

        self.assert_too_many(self.get(url(owner=ALICE), service))
        self.use_up(with_key(None))

    def test_users_and_staff_are_not_affected(self):
        for _n in range(2 * MOST):
            self.assertEqual(self.get(url()).status_code, 200)
        self.client.force_login(boss())
        for _n in range(2 * MOST):
            self.assertEqual(self.get(url(owner=ALICE), {}).status_code, 200)


@KEYS_ARE_LIMITED
@override_settings(IM_SDK_APP_ID=SDK_APP_ID, IM_CALLBACK_TOKEN=TOKEN)
class WebhookTests(TestCase):
    def send(self, parameters: dict[str, Any] | None = None, **headers: str) -> HttpResponse:
        """Send a webhook of a new message each time."""
        body = {
            "CallbackCommand": "C2C.CallbackAfterSendMsg", "From_Account": BOB, "To_Account": ALICE, "MsgTime": now_s(),
            "MsgSeq": next(self.numbers), "MsgRandom": 7, "MsgBody": TEXT,
        }  # fmt: skip
        address = "/callbacks/tencent/"
        return self.client.post(address, json.dumps(body), "application/json", query_params=parameters, **headers)

    def setUp(self):
        self.numbers = count(1)

    def test_the_cloud_is_never_limited(self):
        time_s = now_s()
        sign = hashlib.sha256(f"{TOKEN}{time_s}".encode()).hexdigest()

        for _n in range(3 * MOST):
            response = self.send({"SdkAppid": SDK_APP_ID, "RequestTime": time_s, "Sign": sign})
            self.assertEqual((response.status_code, response.json()["ErrorCode"]), (200, 0))
        self.assertEqual(WebhookEvent.objects.count(), 3 * MOST)

    def test_a_forwarding_key_is_refused_in_the_vendors_form_and_nothing_is_stored(self):
        key = with_key(None, ["ingest"])
        for _n in range(MOST):
            self.assertEqual(self.send(**key).status_code, 200)

        response = self.send(**key)

        self.assertEqual((response.status_code, response.json()["ErrorCode"]), (429, 7008))
        self.assertEqual(response.json()["ActionStatus"], "FAIL")
        self.assertGreater(int(response["Retry-After"]), 0)
        self.assertEqual(WebhookEvent.objects.count(), MOST)
        self.assertEqual(self.send(**with_key(None, ["ingest"])).status_code, 200)


@KEYS_ARE_LIMITED
class VendorRestTests(VendorRestTestCase):
    def call(self, path: str = "recentcontact/get_list") -> dict[str, Any]:
        return self.post(path, BODIES[path])

    def test_an_administrators_calls_are_limited_like_a_service_keys(self):
        make_conversation()
        for _n in range(MOST):
            self.assertEqual(self.call()["ErrorCode"], 0)

        for path in BODIES:
            self.assertEqual(self.call(path)["ErrorCode"], 60007)
        address = "/v4/openim/get_c2c_unread_msg_num"
        response = self.client.post(address, json.dumps({"To_Account": ALICE}), "application/json", query_params=query())
        self.assertGreater(int(response["Retry-After"]), 0)

    @override_settings(IM_ADMINISTRATORS=frozenset((ADMINISTRATOR, "deputy")))
    def test_each_administrator_has_a_count(self):
        for _n in range(MOST):
            self.call()

        answer = self.post("recentcontact/get_list", BODIES["recentcontact/get_list"], query("deputy"))
        self.assertEqual(answer["ErrorCode"], 0)

    @USERS_ARE_LIMITED
    def test_the_limit_of_users_does_not_apply(self):
        for _n in range(2 * MOST):
            self.assertEqual(self.call()["ErrorCode"], 0)
