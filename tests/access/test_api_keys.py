"""API keys: made once, kept as a hash, stopped within a second, and cheap to use."""

from datetime import timedelta
from unittest import mock

from django.db import IntegrityError, transaction
from django.test import TestCase, TransactionTestCase
from django.utils import timezone

from conversations.access import api_keys
from conversations.exceptions import InvalidParameter, NotAuthenticated
from conversations.models import ApiKey
from tests.support.cast import ALICE


def used_at(key: ApiKey):
    return ApiKey.objects.get(prefix=key.prefix).last_used_at


class MakingTests(TestCase):
    def test_a_key_opens_its_owner_with_its_scopes(self):
        key, text = api_keys.create_api_key(name="app", owner_id=ALICE, scopes=["read", "write"])

        grant = api_keys.Grant(ALICE, frozenset({"read", "write"}), f"imk_{key.prefix}")
        self.assertEqual(api_keys.find(text), grant)

    def test_the_scope_write_includes_read(self):
        key, text = api_keys.create_api_key(name="app", owner_id=ALICE, scopes=["write"])

        self.assertEqual(api_keys.find(text).scopes, {"read", "write"})
        with self.assertRaises(IntegrityError), transaction.atomic():
            ApiKey.objects.filter(prefix=key.prefix).update(can_read=False)

    def test_a_key_without_an_owner_is_a_service_and_may_feed(self):
        _key, text = api_keys.create_api_key(name="back end", scopes=["ingest"])

        self.assertEqual(api_keys.find(text)[:2], (None, {"ingest"}))

    def test_only_a_hash_of_it_is_kept(self):
        key, text = api_keys.create_api_key(name="app", owner_id=ALICE)

        row = ApiKey.objects.values().get(prefix=key.prefix)
        secret = text.removeprefix(f"imk_{key.prefix}_")
        self.assertGreaterEqual(len(secret), 40)
        for value in row.values():
            self.assertNotIn(secret, value.decode("latin-1") if isinstance(value, bytes | memoryview) else str(value))
        self.assertNotIn(secret, str(key))

    def test_no_two_keys_are_alike(self):
        texts = {api_keys.create_api_key(name="app")[1] for _ in range(20)}

        self.assertEqual(len(texts), 20)
        self.assertTrue(all(text.startswith("imk_") for text in texts))

    def test_what_makes_no_sense_is_refused_by_name(self):
        for field, arguments in (
            ("name", {"name": ""}),
            ("name", {"name": "x" * 101}),
            ("name", {"name": "a\nb"}),
            ("name", {"name": "a\0b"}),
            ("owner", {"owner_id": ""}),
            ("owner", {"owner_id": "x" * 65}),
            ("owner", {"owner_id": "张"}),
            ("scopes", {"scopes": []}),
            ("scopes", {"scopes": ["admin"]}),
            ("scopes", {"scopes": ["read", "ingest"], "owner_id": ALICE}),
            ("expires_at", {"expires_at": timezone.now()}),
        ):
            with self.subTest(**arguments), self.assertRaises(InvalidParameter) as caught:
                api_keys.create_api_key(**{"name": "app"} | arguments)
            self.assertEqual(list(caught.exception.errors), [field])
        self.assertFalse(ApiKey.objects.exists())

    def test_the_database_lets_only_services_feed(self):
        with self.assertRaises(IntegrityError), transaction.atomic():
            ApiKey.objects.create(prefix="x", digest=b"", name="x", owner_id=ALICE, can_ingest=True)


class FindingTests(TestCase):
    def test_an_unknown_prefix_and_a_wrong_secret_look_the_same(self):
        key, text = api_keys.create_api_key(name="app", owner_id=ALICE)
        refusals = set()

        for wrong in (text[:-1], text + "x", f"imk_{key.prefix}_", f"imk_{'0' * 12}_{text[-43:]}", text.swapcase()):
            with self.assertNumQueries(1), self.assertRaises(NotAuthenticated) as caught:
                api_keys.find(wrong)
            refusals.add((caught.exception.code, str(caught.exception.detail)))

        self.assertEqual(len(refusals), 1)

    def test_text_that_can_be_no_key_does_not_reach_the_database(self):
        for text in ("imk_", "imk__x", "imk_a\0b_c", "imk_张_x", "imk_' OR 1=1_x", "imk_%_x"):
            with self.subTest(repr(text)), self.assertNumQueries(0), self.assertRaises(NotAuthenticated):
                api_keys.find(text)

    def test_revoked_and_expired_ones_say_so_to_their_holder_only(self):
        revoked, revoked_text = api_keys.create_api_key(name="app")
        expired, expired_text = api_keys.create_api_key(name="app", expires_at=timezone.now() + timedelta(days=1))
        api_keys.revoke(revoked.prefix)
        ApiKey.objects.filter(prefix=expired.prefix).update(expires_at=timezone.now() - timedelta(seconds=1))

        for text in (revoked_text, expired_text):
            with self.assertRaises(NotAuthenticated) as holder:
                api_keys.find(text)
            with self.assertRaises(NotAuthenticated) as guesser:
                api_keys.find(text[:-1] + ("x" if text[-1] != "x" else "y"))
            self.assertNotEqual(str(holder.exception.detail), str(guesser.exception.detail))
        self.assertEqual({used_at(revoked), used_at(expired)}, {None})

    def test_revoking_again_keeps_the_first_time(self):
        key, _text = api_keys.create_api_key(name="app")
        api_keys.revoke(key.prefix)
        first = ApiKey.objects.get(prefix=key.prefix).revoked_at

        api_keys.revoke(key.prefix)
        api_keys.revoke("unknown")

        self.assertEqual(ApiKey.objects.get(prefix=key.prefix).revoked_at, first)


class LastUseTests(TestCase):
    def test_it_is_written_at_the_first_use_and_then_once_an_hour(self):
        key, text = api_keys.create_api_key(name="app")
        self.assertIsNone(used_at(key))

        with self.assertNumQueries(2):
            api_keys.find(text)
        first = used_at(key)
        for _ in range(5):
            with self.assertNumQueries(1):
                api_keys.find(text)

        self.assertEqual(used_at(key), first)
        self.assertLess(abs(timezone.now() - first), timedelta(minutes=1))

    def test_it_is_written_again_after_an_hour_and_not_before(self):
        key, text = api_keys.create_api_key(name="app")

        for minutes, queries in ((59, 1), (61, 2)):
            ApiKey.objects.update(last_used_at=timezone.now() - timedelta(minutes=minutes))
            with self.assertNumQueries(queries):
                api_keys.find(text)
        self.assertLess(timezone.now() - used_at(key), timedelta(minutes=1))

    def test_one_keys_use_is_not_anothers(self):
        used, text = api_keys.create_api_key(name="app")
        other, _text = api_keys.create_api_key(name="app")

        api_keys.find(text)

        self.assertIsNotNone(used_at(used))
        self.assertIsNone(used_at(other))


class RememberedTests(TransactionTestCase):
    """Outside of a transaction, as in a server."""

    def setUp(self):
        api_keys._remembered.clear()
        self.key, self.text = api_keys.create_api_key(name="back end")

    def test_a_key_is_looked_up_once_a_second(self):
        with mock.patch.object(api_keys, "monotonic", return_value=100.0) as clock:
            grant = api_keys.find(self.text)
            with self.assertNumQueries(0):
                self.assertEqual(api_keys.find(self.text), grant)
            clock.return_value = 101.0
            with self.assertNumQueries(1):
                self.assertEqual(api_keys.find(self.text), grant)

    def test_a_key_that_another_process_revoked_is_refused_after_a_second_and_one_of_this_process_at_once(self):
        with mock.patch.object(api_keys, "monotonic", return_value=100.0) as clock:
            api_keys.find(self.text)
            ApiKey.objects.update(revoked_at=timezone.now())
            self.assertTrue(api_keys.find(self.text))
            clock.return_value = 101.0
            with self.assertRaises(NotAuthenticated):
                api_keys.find(self.text)
        _key, other = api_keys.create_api_key(name="other")
        api_keys.find(other)
        api_keys.revoke(_key.prefix)
        with self.assertRaises(NotAuthenticated):
            api_keys.find(other)

    def test_only_the_whole_text_is_remembered(self):
        api_keys.find(self.text)
        for text in (self.text[:-1], self.text + "x", self.text.upper()):
            with self.assertRaises(NotAuthenticated):
                api_keys.find(text)
        self.assertNotIn(self.text.encode(), repr(api_keys._remembered).encode())
