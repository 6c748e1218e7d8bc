"""Owner-Version, ETag and 304: a poll that brings nothing new costs next to nothing."""

from conversations.actions.pins import set_pinned
from conversations.api.responses import VARY
from conversations.models import Conversation, Owner
from tests.support.api import ApiTestCase, conversation_url, url
from tests.support.cast import ALICE, BOB, bearer, make_conversation, make_conversations, usersig, with_key

READS = (
    conversation_url("c2c_bob"),
    conversation_url("c2c_bob", extra="true"),
    url("conversations/lookup/", id=["c2c_bob", "c2c_x"]),
    url(),
    url(count=1, type=1),
    url("unread/"),
    url("unread/", type=1),
)


class FreshnessTests(ApiTestCase):
    def setUp(self):
        make_conversation()
        make_conversations(3)
        Owner.objects.named(ALICE).update(epoch=77)

    def test_every_read_says_which_version_it_shows(self):
        version = Owner.objects.get(owner_id=ALICE).version

        for address in READS:
            self.assertEqual(self.get(address)["Owner-Version"], f"77.{version}")
        by_post = self.post(url("conversations/lookup/"), {"conversationIDList": ["c2c_bob"]})
        self.assertEqual(by_post["Owner-Version"], f"77.{version}")

    def test_a_client_may_name_the_version_that_it_has_seen_also_where_there_is_no_replica(self):
        for address in READS:
            got = self.get(address)
            for seen in (got["Owner-Version"], "0", "", "77.999999", "5.1", "77.1.3"):
                named = self.get(address, HTTP_OWNER_VERSION=seen)
                self.assertEqual((named.status_code, named.content), (200, got.content))
            for seen in ("x", "77", "-1.2", "1.2, 1.3", "77.1.3.4", "\u0661.1"):
                self.assert_problem(self.get(address, HTTP_OWNER_VERSION=seen), 400, 6017, "Owner-Version")

    def test_an_owner_never_seen_is_at_the_start(self):
        for address in (url(), url("unread/"), url("conversations/lookup/", id="c2c_a")):
            self.assertEqual(self.get(address, bearer(usersig("nobody")))["Owner-Version"], "0")

    def test_an_unchanged_poll_is_304_without_a_body_for_one_query(self):
        for address in READS:
            first = self.get(address)

            with self.subTest(address), self.assertNumQueries(1):
                again = self.get(address, HTTP_IF_NONE_MATCH=first["ETag"])

            self.assertEqual((again.status_code, again.content), (304, b""))
            self.assertNotIn("Content-Type", again)
            for header in ("ETag", "Owner-Version", "Cache-Control", "Vary"):
                self.assertEqual(again[header], first[header])

    def test_weak_tags_and_lists_of_tags_are_understood(self):
        tag = self.get(url())["ETag"]

        for given in (f"W/{tag}", f'"x", {tag}', f'"x",W/{tag} , "y"'):
            self.assertEqual(self.get(url(), HTTP_IF_NONE_MATCH=given).status_code, 304)
        for given in ("", "x", '"x"', tag.strip('"'), tag[:-2], "W/", ",,,", "\xff"):
            self.assertEqual(self.get(url(), HTTP_IF_NONE_MATCH=given).status_code, 200)

    def test_any_change_of_the_list_changes_the_tag(self):
        before = {address: self.get(address) for address in READS}

        set_pinned(owner_id=ALICE, conversation_id="c2c_peer1", pinned=True)

        for address, old in before.items():
            new = self.get(address, HTTP_IF_NONE_MATCH=old["ETag"])
            self.assertEqual(new.status_code, 200)
            self.assertNotEqual((new["ETag"], new["Owner-Version"]), (old["ETag"], old["Owner-Version"]))

    def test_a_new_epoch_changes_token_and_tag(self):
        old = self.get(url())

        Owner.objects.named(ALICE).update(epoch=78)

        new = self.get(url(), HTTP_IF_NONE_MATCH=old["ETag"])
        self.assertEqual((new.status_code, new["Owner-Version"]), (200, old["Owner-Version"].replace("77.", "78.")))

    def test_owners_at_the_same_version_have_different_tags(self):
        make_conversation(owner_id=BOB, conversation_id="c2c_alice")
        Owner.objects.update(version=5, epoch=77)

        bobs = self.get(url(), bearer(usersig(BOB)), HTTP_IF_NONE_MATCH=self.get(url())["ETag"])

        self.assertEqual(bobs.status_code, 200)

    def test_no_shared_cache_may_keep_an_answer(self):
        for address in READS:
            response = self.get(address)

            self.assertEqual(response["Cache-Control"], "private, no-cache")
            self.assertEqual(response["Vary"], VARY)
        self.assertEqual(self.get(conversation_url("c2c_x"))["Cache-Control"], "no-store")

    def test_what_is_refused_is_refused_with_a_tag_too(self):
        tag = self.get(url())["ETag"]

        for address in (conversation_url("C2Cbob"), conversation_url("c2c_bob", extra="x"), url(count=0), url(nextSeq="x")):
            self.assertEqual(self.get(address, HTTP_IF_NONE_MATCH=tag).status_code, 400)
        self.assertEqual(self.get(url(), {}, HTTP_IF_NONE_MATCH=tag).status_code, 401)

    def test_the_rows_and_their_version_are_read_together(self):
        row = Conversation.objects.get(conversation_id="c2c_bob")

        response = self.get(conversation_url("c2c_bob", extra="true"))

        self.assertEqual(response.json()["imsite"]["version"], row.version)
        self.assertLessEqual(row.version, int(response["Owner-Version"].split(".")[1]))

    def test_head_has_the_headers_of_get(self):
        for address in (conversation_url("c2c_bob"), url(), url("unread/")):
            got = self.get(address)
            head = self.client.head(address, **self.alice)

            self.assertEqual((head.status_code, head["ETag"]), (200, got["ETag"]))
            self.assertEqual(head["Content-Length"], got["Content-Length"])

    def test_a_service_key_and_the_owner_share_a_tag(self):
        tag = self.get(url())["ETag"]

        self.assertEqual(self.get(url(owner=ALICE), with_key(None), HTTP_IF_NONE_MATCH=tag).status_code, 304)
