"""getConversation: one object, or why there is none."""

from django.test import SimpleTestCase
from django.utils import timezone

from conversations.choices import Membership
from conversations.formats import conversation, marks
from conversations.models import Owner
from tests.support.api import ApiTestCase, conversation_url, url
from tests.support.cast import ALICE, BOB, CAROL, make_conversation, make_conversations

ODD_IDS = [f"group_a{character}b" for character in ".,:#@+%&?/ \"'\\;=~!$()*[]{}<>|^`_-"] + [
    "c2c_c2c_group_",
    "group_c2c_x",
    "group_@TGS#2J4SZEAEL",
    "c2c_%FF",
    "c2c_%2F",
    "c2c_..",
    "c2c_lookup",
    "c2c_" + "u" * 64,
    "group_" + "g" * 96,
]


class OneConversationTests(ApiTestCase):
    def test_it_has_the_twenty_keys_in_order_with_empty_values_of_the_right_kind(self):
        make_conversation()

        response = self.get(conversation_url("c2c_bob"))

        self.assertEqual(response.status_code, 200)
        self.assertEqual(response["Content-Type"], "application/json")
        self.assertEqual(tuple(response.json()), conversation.KEYS)
        self.assertEqual(
            response.json(),
            {
                "conversationID": "c2c_bob",
                "type": 1,
                "userID": "bob",
                "groupID": None,
                "groupType": None,
                "showName": "",
                "faceUrl": "",
                "recvOpt": 0,
                "unreadCount": 0,
                "draftText": "",
                "draftTimestamp": 0,
                "isPinned": False,
                "orderkey": 0,
                "groupAtInfoList": [],
                "customData": "",
                "c2cReadTimestamp": 0,
                "groupReadSequence": 0,
                "markList": [],
                "conversationGroupList": [],
                "lastMessage": None,
            },
        )

    def test_a_group_shows_every_value_it_has(self):
        make_conversation(
            conversation_id="group_team",
            group_type="Work",
            show_name="团队 \U0001f600",
            unread_count=3,
            marks=marks.to_signed(1 | 1 << 63),
            conversation_groups=0b10,
            group_at_info='[{"seq":"9007199254740993","atType":3}]',
            last_message='{"msgID":"m","seq":"7"}',
            activity_key=(1 << 53) - 1,
        )
        Owner.objects.named(ALICE).update(group_names='["a","工作"]')

        shown = self.get(conversation_url("group_team")).json()

        self.assertEqual((shown["userID"], shown["groupID"], shown["groupType"]), (None, "team", "Work"))
        self.assertEqual((shown["showName"], shown["unreadCount"]), ("团队 \U0001f600", 3))
        self.assertEqual((shown["markList"], shown["conversationGroupList"]), ([1, 1 << 63], ["工作"]))
        self.assertEqual(shown["groupAtInfoList"], [{"seq": "9007199254740993", "atType": 3}])
        self.assertEqual((shown["lastMessage"], shown["orderkey"]), ({"msgID": "m", "seq": "7"}, (1 << 53) - 1))

    def test_extra_adds_version_and_membership_and_nothing_else(self):
        row = make_conversation(conversation_id="group_team", membership=Membership.KICKED)

        shown = self.get(conversation_url("group_team", extra="true")).json()

        self.assertEqual(tuple(shown), (*conversation.KEYS, "imsite"))
        self.assertEqual(shown["imsite"], {"version": row.version, "membership": "kicked"})

    def test_odd_ids_are_found_by_path_with_and_without_the_final_slash(self):
        for conversation_id in ODD_IDS:
            make_conversation(conversation_id=conversation_id)

        for conversation_id in ODD_IDS:
            if "/" not in conversation_id:
                for address in (conversation_url(conversation_id), conversation_url(conversation_id).rstrip("/")):
                    with self.subTest(address):
                        self.assertEqual(self.get(address).json().get("conversationID"), conversation_id)

    def test_odd_ids_are_found_by_dash_and_by_lookup(self):
        for conversation_id in ODD_IDS:
            make_conversation(conversation_id=conversation_id)

        looked_up = self.get(url("conversations/lookup/", id=ODD_IDS)).json()

        for conversation_id in ODD_IDS:
            with self.subTest(conversation_id):
                shown = self.get(url("conversations/-/", id=conversation_id)).json()
                self.assertEqual(shown.get("conversationID"), conversation_id)
        self.assertEqual([conversation["conversationID"] for conversation in looked_up["conversationList"]], ODD_IDS)

    def test_a_slash_in_the_path_is_404_and_says_what_to_do(self):
        make_conversation(conversation_id="group_a/b")

        body = self.assert_problem(self.get(conversation_url("group_a/b")), 404, 60009)

        self.assertIn("?id=", body["detail"])

    def test_dash_needs_an_id_and_only_dash_takes_one(self):
        make_conversation()

        self.assert_problem(self.get(url("conversations/-/")), 400, 6017, "id")
        self.assert_problem(self.get(conversation_url("c2c_bob", id="c2c_bob")), 400, 6017, "id")

    def test_it_costs_one_query_however_long_the_list(self):
        for more in (1, 200):
            make_conversations(more, start=more)

            with self.assertNumQueries(1):
                self.assertEqual(self.get(conversation_url(f"c2c_peer{more}", extra="true")).status_code, 200)

    def test_unknown_parameters_and_bad_flags_are_refused_by_name(self):
        make_conversation()

        self.assert_problem(self.get(conversation_url("c2c_bob", expand="1")), 400, 6017, "expand")
        self.assert_problem(self.get(conversation_url("c2c_bob", extra="yes")), 400, 6017, "extra")
        self.assert_problem(self.get(conversation_url("c2c_bob", placeholder="")), 400, 6017, "placeholder")
        self.assert_problem(self.get(conversation_url("c2c_bob") + "?extra=true&extra=true"), 400, 6017, "extra")


class NoConversationTests(ApiTestCase):
    def test_an_unknown_one_is_6004(self):
        make_conversation()

        body = self.assert_problem(self.get(conversation_url("c2c_carol")), 404, 6004)

        self.assertIn("c2c_carol", body["detail"])

    def test_an_owner_never_seen_has_none(self):
        with self.assertNumQueries(1):
            response = self.get(conversation_url("c2c_bob"))

        self.assert_problem(response, 404, 6004)
        self.assertFalse(Owner.objects.exists())

    def test_a_deleted_one_is_as_unknown(self):
        make_conversation(deleted_at=timezone.now())

        self.assert_problem(self.get(conversation_url("c2c_bob")), 404, 6004)

    def test_another_owners_row_does_not_show(self):
        make_conversation(owner_id=CAROL)

        self.assert_problem(self.get(conversation_url("c2c_bob")), 404, 6004)

    def test_malformed_ids_are_6017_with_the_right_form(self):
        for malformed, right in {
            "C2Cbob": "c2c_bob",
            "GROUPteam": "group_team",
            "@TGS#2J4SZEAEL": "group_@TGS#2J4SZEAEL",
            "group_@TGS": "%23",
            "bob": "c2c_",
            "c2c_": "c2c_",
            "group_": "group_",
            "C2C_bob": "c2c_",
            "c2c_" + "u" * 65: "64",
            "group_" + "g" * 97: "96",
            "c2c_张": "printable ASCII",
            "c2c_a\0b": "printable ASCII",
            "c2c_a\nb": "printable ASCII",
            "c2c_" + "x" * 10_000: "64",
        }.items():
            for address in (conversation_url(malformed), url("conversations/-/", id=malformed, placeholder="true")):
                with self.subTest(address[:80]), self.assertNumQueries(0):
                    body = self.assert_problem(self.get(address), 400, 6017, "conversationID")
                    self.assertIn(right, body["detail"])


class PlaceholderTests(ApiTestCase):
    def test_an_unknown_peer_gets_an_unsaved_object_with_the_known_name(self):
        Owner.objects.create(owner_id=BOB, nick_name="Bob B.", face_url="https://example.org/bob.png")

        response = self.get(conversation_url("c2c_bob", placeholder="true"))

        self.assertEqual(tuple(response.json()), conversation.KEYS)
        self.assertEqual((response.json()["showName"], response.json()["faceUrl"]), ("Bob B.", "https://example.org/bob.png"))
        self.assertNotIn("ETag", response)
        self.assert_problem(self.get(conversation_url("c2c_bob")), 404, 6004)

    def test_without_a_known_name_the_id_is_shown(self):
        shown = self.get(conversation_url("c2c_dave", placeholder="true")).json()

        self.assertEqual((shown["showName"], shown["userID"], shown["type"]), ("dave", "dave", 1))

    def test_a_group_that_others_have_shows_none_of_its_names(self):
        make_conversation(owner_id=CAROL, conversation_id="group_team", show_name="Secret", face_url="https://x/y.png")

        shown = self.get(conversation_url("group_team", placeholder="true")).json()

        self.assertEqual((shown["showName"], shown["faceUrl"], shown["groupID"]), ("team", "", "team"))

    def test_a_saved_one_is_given_as_it_is(self):
        make_conversation(unread_count=4)

        self.assertEqual(self.get(conversation_url("c2c_bob", placeholder="true")).json()["unreadCount"], 4)


class OddIdTests(SimpleTestCase):
    def test_the_ids_above_are_different_and_well_formed(self):
        self.assertEqual(len(set(ODD_IDS)), len(ODD_IDS))
