"""The feed over HTTP: who may follow, its parameters and headers. What it tells is shown elsewhere."""

from datetime import timedelta

from django.utils import timezone

from conversations.access import api_keys
from conversations.api.responses import VARY
from conversations.models import ApiKey, Owner
from tests.support.api import BROWSER, ApiTestCase, url
from tests.support.cast import ALICE, BOB, CAROL, bearer, make_conversation, make_conversations, usersig, with_key
from tests.support.staff import boss, colleague, support

CHANGES = url("changes/")


class CredentialTests(ApiTestCase):
    def setUp(self):
        make_conversation()
        make_conversation(CAROL)

    def test_owners_and_whoever_reads_for_them_may_follow(self):
        for credential, parameters in (
            (self.alice, {}),
            (self.alice, {"owner": ALICE}),
            (with_key(ALICE), {}),
            (with_key(None), {"owner": ALICE}),
        ):
            response = self.get(url("changes/", **parameters), credential)
            self.assertEqual([change["conversation"]["conversationID"] for change in response.json()["changes"]], ["c2c_bob"])

    def test_another_owners_feed_is_10007_whether_it_exists_or_not(self):
        for credential in (self.alice, with_key(ALICE)):
            for owner_id in (CAROL, "nobody", ""):
                self.assert_problem(self.get(url("changes/", owner=owner_id), credential), 403, 10007)

    def test_without_the_read_scope_it_is_10007(self):
        self.assert_problem(self.get(url("changes/", owner=ALICE), with_key(None, ["ingest"])), 403, 10007)
        self.assertEqual(self.get(CHANGES, with_key(ALICE, ["write"])).status_code, 200)

    def test_what_is_over_or_unknown_is_401(self):
        key, expired = api_keys.create_api_key(name="a", owner_id=ALICE, expires_at=timezone.now() + timedelta(hours=1))
        ApiKey.objects.filter(prefix=key.prefix).update(expires_at=timezone.now() - timedelta(milliseconds=1))
        key, revoked = api_keys.create_api_key(name="b", owner_id=ALICE)
        api_keys.revoke(key.prefix)

        for credential, code in (
            ({}, 6014),
            (bearer(expired), 6014),
            (bearer(revoked), 6014),
            (bearer(usersig(expire_s=-1)), 70001),
            (bearer("x"), 70003),
        ):
            self.assert_problem(self.get(CHANGES, credential), 401, code)

    def test_a_service_key_has_to_name_a_valid_owner(self):
        service = with_key(None)

        self.assert_problem(self.get(CHANGES, service), 400, 6017, "owner")
        for owner_id in ("", "x" * 65, "张", "a\0b"):
            self.assert_problem(self.get(url("changes/", owner=owner_id), service), 400, 6017, "owner")

    def test_staff_follows_by_its_permissions(self):
        for user, status in ((support(), 200), (boss(), 200), (colleague(), 403)):
            self.client.force_login(user)
            for headers in ({}, BROWSER):
                self.assertEqual(self.client.get(url("changes/", owner=ALICE), **headers).status_code, status)

    def test_a_token_of_another_owner_opens_nothing_of_theirs(self):
        token = self.get(CHANGES, bearer(usersig(CAROL)))["Owner-Version"]

        answered = self.get(url("changes/", since=token)).json()

        self.assertNotIn("carol", str(answered))


class ParameterTests(ApiTestCase):
    def test_garbage_for_a_token_is_refused_by_name(self):
        make_conversation()
        for since in (
            *(
                "x",
                "1",
                "01",
                "00",
                "-1",
                "0.0.0.0",
                "1.",
                ".1",
                "1.2.",
                "1..2",
                "1.2.3.4",
                "-1.2",
                "1.-2",
                "+1.2",
                " 1.2",
                "1.2 ",
            ),
            *("1.2\n", "１.２", "1e3.2", "0x1.2", "1,2", "null", "\0", "张", "9" * 19 + ".1", "1." + "9" * 19, "1" * 100_000),
        ):
            with self.subTest(since[:20]), self.assertNumQueries(0):
                self.assert_problem(self.get(url("changes/", since=since)), 400, 6017, "since")

    def test_nothing_empty_and_zero_are_the_start(self):
        make_conversation()

        answers = [self.get(address).content for address in (CHANGES, url("changes/", since=""), url("changes/", since="0"))]

        self.assertEqual(len(set(answers)), 1)

    def test_a_well_formed_token_that_was_never_given_starts_over(self):
        make_conversation()
        Owner.objects.update(epoch=77)
        for since in ("78.0", "76.1", "77.2", "77.999999999999999999", "0.0", "0.1", "999999999999999999.1"):
            with self.subTest(since):
                answered = self.get(url("changes/", since=since)).json()
                self.assertEqual((answered["resetRequired"], answered["changes"], answered["version"]), (True, [], "0"))

    def test_count_is_from_1_and_lowered_to_500(self):
        make_conversations(501)

        for count, given in ((1, 1), (500, 500), (501, 500), (10**17, 500)):
            self.assertEqual(len(self.get(url("changes/", count=count)).json()["changes"]), given)
        self.assertEqual(len(self.get(CHANGES).json()["changes"]), 100)
        for count in ("0", "-1", "", "x", "1.0", "１", "1e2", "9" * 19, "1" * 5000, "null"):
            self.assert_problem(self.get(url("changes/", count=count)), 400, 6017, "count")

    def test_unknown_and_doubled_parameters_are_refused_by_name(self):
        for query, field in (
            ("Since=0", "Since"),
            ("sinse=0", "sinse"),
            ("type=1", "type"),
            ("since=0&since=0", "since"),
            ("count=1&count=2", "count"),
            ("extra=1", "extra"),
            ("since=%FF", "query"),
        ):
            self.assert_problem(self.get(f"{CHANGES}?{query}"), 400, 6017, field)

    def test_extra_adds_version_and_membership(self):
        row = make_conversation()

        (change,) = self.get(url("changes/", extra="true")).json()["changes"]

        self.assertEqual(change["conversation"]["imsite"], {"version": row.version, "membership": "member"})
        self.assertNotIn("imsite", self.get(CHANGES).json()["changes"][0]["conversation"])


class AnswerTests(ApiTestCase):
    def test_it_has_four_keys_and_the_headers_of_a_read(self):
        make_conversation()

        response = self.get(CHANGES)

        self.assertEqual((response.status_code, response["Content-Type"]), (200, "application/json"))
        self.assertEqual(list(response.json()), ["version", "changes", "isFinished", "resetRequired"])
        self.assertEqual(int(response["Content-Length"]), len(response.content))
        self.assertEqual(response["Cache-Control"], "private, no-cache")
        self.assertEqual(response["Vary"], VARY)
        self.assertNotIn("ETag", response)

    def test_owner_version_is_that_of_the_whole_list_whatever_the_page(self):
        make_conversations(5)
        newest = self.get(url())["Owner-Version"]

        first = self.get(url("changes/", count=2))
        last = self.get(url("changes/", since=newest))
        reset = self.get(url("changes/", since="1.1"))

        self.assertEqual({response["Owner-Version"] for response in (first, last, reset)}, {newest})
        self.assertNotEqual(first.json()["version"], newest)
        self.assertEqual(last.json(), {"version": newest, "changes": [], "isFinished": True, "resetRequired": False})

    def test_an_owner_never_seen_has_an_empty_feed_and_stays_unseen(self):
        response = self.get(CHANGES, bearer(usersig(BOB)))

        self.assertEqual(response.json(), {"version": "0", "changes": [], "isFinished": True, "resetRequired": False})
        self.assertEqual(response["Owner-Version"], "0")
        self.assertFalse(Owner.objects.exists())

    def test_head_has_the_headers_of_get(self):
        make_conversation()

        got, head = self.get(CHANGES), self.client.head(CHANGES, **self.alice)

        self.assertEqual((head.status_code, head.content, head["Owner-Version"]), (200, b"", got["Owner-Version"]))
        self.assertEqual(head["Content-Length"], got["Content-Length"])

    def test_both_forms_of_the_address_cost_one_query_at_any_size(self):
        for more in (5, 500):
            make_conversations(more, start=more)
            for address in (CHANGES, url("changes"), url("changes/", since="0", count=500, extra="true")):
                with self.assertNumQueries(1):
                    self.get(address)

    def test_it_is_read_only(self):
        for method in ("post", "put", "patch", "delete"):
            response = getattr(self.client, method)(CHANGES, **self.alice)
            self.assert_problem(response, 405, 60009)
            self.assertEqual(response["Allow"], "GET, HEAD, OPTIONS")
