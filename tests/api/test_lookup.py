"""getConversationList(IDs): by GET up to 100, by POST up to 1000."""

from urllib.parse import urlencode

from django.utils import timezone

from conversations.api.parameters import MAX_IDS_IN_URL
from tests.support.api import ApiTestCase, ids_of, url
from tests.support.cast import CAROL, make_conversation, make_conversations

LOOKUP = "conversations/lookup/"


class LookupTests(ApiTestCase):
    def both_ways(self, ids):
        """The answer by GET, which has to be the same by POST."""
        by_get = self.get(url(LOOKUP, id=ids))
        by_post = self.post(url(LOOKUP), {"conversationIDList": ids})
        self.assertEqual((by_get.status_code, by_post.status_code), (200, 200))
        self.assertEqual(by_get.json(), by_post.json())
        return by_get

    def test_found_ones_come_in_the_order_asked_and_repeats_once(self):
        make_conversations(5)

        response = self.both_ways(["c2c_peer3", "c2c_peer0", "c2c_peer3", "c2c_peer4", "c2c_peer0"])

        self.assertEqual(ids_of(response), ["c2c_peer3", "c2c_peer0", "c2c_peer4"])
        self.assertEqual(response.json()["unresolved"], [])

    def test_one_bad_id_spoils_nothing_and_each_is_explained_once(self):
        make_conversation()

        response = self.both_ways(["c2c_x", "C2Cbob", "c2c_bob", "c2c_x", "", "c2c_a\0b", "c2c_张", "C2Cbob"])

        self.assertEqual(ids_of(response), ["c2c_bob"])
        unresolved = response.json()["unresolved"]
        self.assertEqual(
            [(entry["conversationID"], entry["resultCode"]) for entry in unresolved],
            [("c2c_x", 6004), ("C2Cbob", 6017), ("", 6017), ("c2c_a\0b", 6017), ("c2c_张", 6017)],
        )
        self.assertEqual([list(entry) for entry in unresolved], [["conversationID", "resultCode", "resultInfo"]] * 5)
        self.assertIn("c2c_bob", unresolved[1]["resultInfo"])

    def test_nothing_but_bad_ids_is_still_an_answer(self):
        make_conversation()

        for ids in (["\0"], ["\0", "c2c_\0"], ["nobody"]):
            self.assertEqual(ids_of(self.both_ways(ids)), [])

    def test_deleted_and_other_owners_rows_are_as_unknown(self):
        make_conversation(deleted_at=timezone.now())
        make_conversation(owner_id=CAROL, conversation_id="c2c_dave")

        response = self.both_ways(["c2c_bob", "c2c_dave"])

        self.assertEqual([entry["resultCode"] for entry in response.json()["unresolved"]], [6004, 6004])

    def test_an_owner_never_seen_has_none_of_them(self):
        response = self.both_ways(["c2c_bob", "c2c_carol"])

        self.assertEqual((ids_of(response), len(response.json()["unresolved"])), ([], 2))

    def test_it_costs_one_query_for_any_number(self):
        make_conversations(1000)

        for count in (1, 2, 100):
            with self.assertNumQueries(1):
                self.assertEqual(len(ids_of(self.get(url(LOOKUP, id=[f"c2c_peer{n}" for n in range(count)])))), count)
        with self.assertNumQueries(1):
            response = self.post(url(LOOKUP), {"conversationIDList": [f"c2c_peer{n}" for n in range(1000)]})
        self.assertEqual(ids_of(response), [f"c2c_peer{n}" for n in range(1000)])

    def test_extra_works_both_ways(self):
        make_conversation()

        by_get = self.get(url(LOOKUP, id="c2c_bob", extra="true")).json()
        by_post = self.post(url(LOOKUP, extra="true"), {"conversationIDList": ["c2c_bob"]}).json()

        self.assertEqual(by_get, by_post)
        self.assertEqual(by_get["conversationList"][0]["imsite"], {"version": 1, "membership": "member"})

    def test_it_works_without_the_final_slash(self):
        make_conversation()

        self.assertEqual(ids_of(self.get(url("conversations/lookup", id="c2c_bob"))), ["c2c_bob"])
        self.assertEqual(ids_of(self.post(url("conversations/lookup"), {"conversationIDList": ["c2c_bob"]})), ["c2c_bob"])


class NumberOfIdsTests(ApiTestCase):
    def test_by_get_one_to_a_hundred(self):
        for count, status in ((0, 400), (1, 200), (100, 200), (101, 400), (1001, 400), (20_000, 400)):
            with self.subTest(count=count):
                response = self.get(f"{url(LOOKUP)}?{'&'.join(['id=c2c_bob'] * count)}")
                self.assertEqual(response.status_code, status)
                if status == 400:
                    self.assertIn(str(MAX_IDS_IN_URL), self.assert_problem(response, 400, 6017, "id")["detail"])

    def test_by_post_one_to_a_thousand(self):
        for count, status in ((0, 400), (1, 200), (1000, 200), (1001, 400), (100_000, 400)):
            with self.subTest(count=count):
                response = self.post(url(LOOKUP), {"conversationIDList": [f"c2c_{n}" for n in range(count)]})
                self.assertEqual(response.status_code, status)
                if status == 400:
                    self.assertIn("1000", self.assert_problem(response, 400, 6017, "conversationIDList")["detail"])

    def test_an_id_of_ten_kilobytes_is_only_malformed(self):
        long_id = "c2c_" + "x" * 10_000

        for response in (self.get(url(LOOKUP, id=long_id)), self.post(url(LOOKUP), {"conversationIDList": [long_id]})):
            self.assertEqual([entry["resultCode"] for entry in response.json()["unresolved"]], [6017])


class AddressTests(ApiTestCase):
    def test_commas_and_plus_signs_are_part_of_an_id(self):
        make_conversation(conversation_id="group_a,b")
        make_conversation(conversation_id="group_a+b")
        make_conversation(conversation_id="group_a b")

        response = self.get(f"{url(LOOKUP)}?id=group_a,b&id=group_a%2Bb&id=group_a+b")

        self.assertEqual(ids_of(response), ["group_a,b", "group_a+b", "group_a b"])

    def test_text_that_is_not_utf8_is_refused(self):
        for query in ("id=c2c_%FF", "id=%ED%A0%80&id=c2c_bob", "%FF=1"):
            self.assert_problem(self.get(f"{url(LOOKUP)}?{query}"), 400, 6017, "query")

    def test_utf8_need_not_be_escaped(self):
        raw = "id=c2c_张".encode().decode("latin-1")

        response = self.client.generic("GET", url(LOOKUP), QUERY_STRING=raw, **self.alice)

        self.assertEqual(response.json()["unresolved"][0]["conversationID"], "c2c_张")

    def test_unknown_and_doubled_parameters_are_refused_by_name(self):
        for query, name in (("ids=c2c_bob&id=c2c_bob", "ids"), ("id=c2c_bob&extra=true&extra=true", "extra")):
            self.assert_problem(self.get(f"{url(LOOKUP)}?{query}"), 400, 6017, name)
        self.assert_problem(self.get(f"{url(LOOKUP)}?id=c2c_bob&=x"), 400, 6017)

    def test_parameters_of_a_post_are_as_strict(self):
        address = f"{url(LOOKUP)}?{urlencode({'id': 'c2c_bob'})}"

        self.assert_problem(self.post(address, {"conversationIDList": ["c2c_bob"]}), 400, 6017, "id")
