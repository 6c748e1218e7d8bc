"""Who may read which list: API keys, UserSigs, and none."""

from datetime import timedelta

from django.test import override_settings
from django.utils import timezone

from conversations.access import api_keys
from conversations.models import ApiKey
from tests.support.api import ApiTestCase, conversation_url, url
from tests.support.cast import ALICE, BOB, CAROL, bearer, make_conversation, make_conversations, usersig, with_key

ADDRESSES = (conversation_url("c2c_bob"), url("conversations/lookup/", id="c2c_bob"), url(), url("unread/"))


def owned(address: str, owner_id: str) -> str:
    return f"{address}{'&' if '?' in address else '?'}owner={owner_id}"


class OwnerTests(ApiTestCase):
    def setUp(self):
        make_conversation()
        make_conversation(owner_id=CAROL, unread_count=9)

    def test_a_credential_opens_its_own_list_named_or_not(self):
        for credential in (self.alice, with_key(ALICE)):
            for address in ADDRESSES:
                self.assertEqual(self.get(address, credential).status_code, 200)
                self.assertEqual(self.get(owned(address, ALICE), credential).content, self.get(address).content)

    def test_another_owners_list_is_10007_whether_it_exists_or_not(self):
        for credential in (self.alice, with_key(ALICE)):
            for address in ADDRESSES:
                seen = [self.get(owned(address, owner), credential) for owner in (CAROL, "nobody", "Alice", "alice%20", "")]
                for response in seen:
                    self.assert_problem(response, 403, 10007)
                self.assertEqual(len({response.json()["detail"] for response in seen}), 1)

    def test_a_service_key_reads_the_owner_it_names(self):
        service = with_key(None)

        self.assertEqual(self.get(url("unread/", owner=CAROL), service).json()["total"], 9)
        self.assertEqual(self.get(url("unread/", owner=ALICE), service).json()["total"], 0)
        self.assertEqual(self.get(url("unread/", owner="nobody"), service).json()["total"], 0)

    def test_a_service_key_has_to_name_a_valid_owner(self):
        service = with_key(None)

        for address in ADDRESSES:
            self.assert_problem(self.get(address, service), 400, 6017, "owner")
        for owner_id in ("", "x" * 65, "张", "a\0b", "a\nb"):
            self.assert_problem(self.get(url(owner=owner_id), service), 400, 6017, "owner")

    def test_odd_owner_ids_are_told_apart(self):
        service = with_key(None)
        for owner_id in ("a b", "a+b", "a/b", "a&b", "a%20b", "A B", " ", "x" * 64):
            make_conversation(owner_id=owner_id, conversation_id=f"c2c_{owner_id}")

            shown = self.get(url(owner=owner_id), service).json()["conversationList"]

            self.assertEqual([conversation["userID"] for conversation in shown], [owner_id])


class ScopeTests(ApiTestCase):
    def test_without_the_read_scope_nothing_is_read(self):
        make_conversation()

        for address in ADDRESSES:
            self.assert_problem(self.get(owned(address, ALICE), with_key(None, ["ingest"])), 403, 10007)

    def test_the_write_scope_includes_read(self):
        make_conversation()

        for credential in (with_key(ALICE, ["write"]), with_key(None, ["write", "ingest"])):
            for address in ADDRESSES:
                self.assertEqual(self.get(owned(address, ALICE), credential).status_code, 200)


class NoCredentialTests(ApiTestCase):
    def test_none_is_6014_and_says_how(self):
        for address in (*ADDRESSES, owned(ADDRESSES[0], ALICE), conversation_url("malformed"), url(nonsense=1)):
            with self.assertNumQueries(0):
                response = self.get(address, {})
            self.assert_problem(response, 401, 6014)
            self.assertEqual(response["WWW-Authenticate"], "Bearer")

    def test_unknown_ones_are_401_before_anything_is_read(self):
        make_conversation()

        for credential, code in {
            "Bearer imk_unknown_secret": 6014,
            "Bearer imk_": 6014,
            "Bearer imk_é_x": 6014,
            "Bearer ": 6014,
            "Bearer": 6014,
            "": 6014,
            "Basic YTpi": 6014,
            "Token x": 6014,
            "imk_x_y": 6014,
            "Bearer x": 70003,
            "Bearer 张".encode().decode("latin-1"): 70003,
            "Bearer " + "x" * 100_000: 70003,
        }.items():
            for method in (self.client.get, self.client.post, self.client.head, self.client.put):
                with self.subTest(credential[:30]):
                    response = method(url("conversations/lookup/"), HTTP_AUTHORIZATION=credential)
                    self.assertEqual(response.status_code, 401)
                    self.assertEqual(response["WWW-Authenticate"], "Bearer")
                    if response.content:
                        self.assert_problem(response, 401, code)

    def test_the_scheme_may_be_written_in_any_case(self):
        for scheme in ("bearer", "BEARER", "Bearer "):
            response = self.get(url(), {"HTTP_AUTHORIZATION": f"{scheme} {usersig()}"})
            self.assertEqual(response.status_code, 200)


class EndOfKeyTests(ApiTestCase):
    def test_a_revoked_key_stops_at_once(self):
        key, text = api_keys.create_api_key(name="app", owner_id=ALICE)
        self.assertEqual(self.get(url(), bearer(text)).status_code, 200)

        api_keys.revoke(key.prefix)

        self.assert_problem(self.get(url(), bearer(text)), 401, 6014)

    def test_an_expired_key_stops_at_once(self):
        key, text = api_keys.create_api_key(name="app", owner_id=ALICE, expires_at=timezone.now() + timedelta(hours=1))
        self.assertEqual(self.get(url(), bearer(text)).status_code, 200)

        ApiKey.objects.filter(prefix=key.prefix).update(expires_at=timezone.now() - timedelta(milliseconds=1))

        self.assert_problem(self.get(url(), bearer(text)), 401, 6014)


class CostTests(ApiTestCase):
    def test_a_usersig_adds_no_query_and_a_key_one(self):
        make_conversations(3)
        key = with_key(ALICE)
        self.get(url(), key)  # its first use is noted

        for address in ADDRESSES[1:]:
            with self.assertNumQueries(1):
                self.get(address, self.alice)
            with self.assertNumQueries(2):
                self.get(address, key)

    def test_a_poll_by_key_costs_two(self):
        make_conversation()
        key = with_key(ALICE)
        tag = self.get(url(), key)["ETag"]

        with self.assertNumQueries(2):
            self.assertEqual(self.get(url(), key, HTTP_IF_NONE_MATCH=tag).status_code, 304)


class UserSigTests(ApiTestCase):
    def test_it_opens_its_own_users_list(self):
        make_conversation(owner_id=BOB, conversation_id="c2c_alice")

        shown = self.get(url(), bearer(usersig(BOB))).json()["conversationList"]

        self.assertEqual([conversation["userID"] for conversation in shown], [ALICE])

    def test_an_expired_one_is_70001_and_a_bad_one_70003(self):
        self.assert_problem(self.get(url(), bearer(usersig(expire_s=-1))), 401, 70001)
        for bad in (usersig(secret_key="another"), usersig(sdk_app_id=7), usersig()[:-5], "x" + usersig(), usersig("张")):
            self.assert_problem(self.get(url(), bearer(bad)), 401, 70003)

    @override_settings(IM_SDK_APP_ID=0, IM_SECRET_KEY="")
    def test_a_server_without_an_app_takes_none(self):
        self.assert_problem(self.get(url()), 401, 70003)
        self.assert_problem(self.get(url(), bearer(usersig(sdk_app_id=0, secret_key="x"))), 401, 70003)
