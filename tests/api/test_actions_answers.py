"""What every changing call answers beside its body: the new version, the language, a page in a browser, and all or nothing."""

from unittest.mock import patch

from django.db import OperationalError

from conversations.models import Owner
from tests.support.acting import ACTIONS, ON_LISTED, ON_MANY, ActionTestCase, make_scene
from tests.support.api import BROWSER, conversation_url, url
from tests.support.cast import ALICE

CHINESE = {"HTTP_ACCEPT_LANGUAGE": "zh-CN,zh;q=0.9,en;q=0.5"}
READS = (
    url(),
    url("unread/"),
    conversation_url("group_team"),
    url("conversations/lookup/", id="c2c_bob"),
    url("conversation-groups/"),
)


class FreshnessTests(ActionTestCase):
    def test_the_answer_belongs_to_the_version_that_the_call_made(self):
        for action in ACTIONS:
            make_scene(for_unpin=action.name == "unpin")
            old = self.get(url())["Owner-Version"]

            response = self.act(action)

            with self.subTest(action.name):
                owner = Owner.objects.get(owner_id=ALICE)
                self.assertEqual(response["Owner-Version"], f"{owner.epoch}.{owner.version}")
                self.assertNotEqual(response["Owner-Version"], old)

    def test_without_a_change_it_is_the_version_as_before(self):
        for action in ACTIONS[:-2]:
            make_scene(for_unpin=action.name == "unpin")
            new = self.act(action)["Owner-Version"]

            again = self.act(action)

            if again.status_code == 200:
                with self.subTest(action.name):
                    self.assertEqual(again["Owner-Version"], new)

    def test_nobody_may_keep_the_answer(self):
        for action in ACTIONS:
            make_scene(for_unpin=action.name == "unpin")

            response = self.act(action)

            with self.subTest(action.name):
                self.assertNotIn("ETag", response)
                self.assertEqual(response["Cache-Control"], "private, no-cache")
                self.assertEqual(response["Vary"][:21], "Authorization, Cookie")
                self.assertEqual(response["X-Content-Type-Options"], "nosniff")

    def test_every_read_has_another_tag_after_it(self):
        for action in ACTIONS:
            make_scene(for_unpin=action.name == "unpin")
            tags = {address: self.get(address)["ETag"] for address in READS}

            self.act(action)

            for address, tag in tags.items():
                with self.subTest(action.name, address=address):
                    self.assertNotEqual(self.get(address, HTTP_IF_NONE_MATCH=tag).status_code, 304)

    def test_a_tag_given_with_a_changing_call_does_not_stop_it(self):
        for action in ACTIONS:
            make_scene(for_unpin=action.name == "unpin")
            tag = self.get(url())["ETag"]

            response = self.send(action.method, action.address(), action.body, HTTP_IF_NONE_MATCH=tag)

            self.assertIn(response.status_code, (200, 204), action.name)

    def test_the_feed_tells_of_it(self):
        for action in ACTIONS:
            make_scene(for_unpin=action.name == "unpin")
            since = self.get(url())["Owner-Version"]

            after = self.act(action)["Owner-Version"]

            page = self.get(url("changes/", since=since)).json()
            with self.subTest(action.name):
                self.assertGreater(len(page["changes"]), 0)
                self.assertEqual((page["version"], page["isFinished"]), (after, True))


class FailureTests(ActionTestCase):
    def test_what_fails_in_the_end_has_changed_nothing(self):
        for action in ACTIONS:
            for error, status, code in ((RuntimeError("secret"), 500, 50004), (OperationalError("secret"), 503, 50005)):
                make_scene(for_unpin=action.name == "unpin")
                with (
                    self.subTest(action.name, status=status),
                    self.assert_no_change(),
                    patch("conversations.store.owners.notifications.notify"),
                    patch("conversations.store.notifications.transaction.on_commit", side_effect=error),
                    self.assertLogs("conversations.api", "ERROR"),
                ):
                    response = self.act(action)
                    self.assert_problem(response, status, code)
                    self.assertNotIn("secret", response.content.decode())


class LanguageTests(ActionTestCase):
    def test_reasons_follow_accept_language(self):
        make_scene()
        for action in ON_MANY:
            body = action.body | {"conversationIDList": ["c2c_x", "C2Cbob", "group_@TGS", "x"]}

            results = self.send(action.method, action.address(), body, **CHINESE).json()["results"]

            for result in results:
                self.assertFalse(result["resultInfo"].isascii(), result)

    def test_problems_do_too(self):
        make_scene()
        for method, path, body in (
            ("PUT", "conversations/c2c_x/pin/", None),
            ("PUT", "conversations/c2c_bob/receive-option/", {"recvOpt": 3}),
            ("PUT", "conversations/c2c_bob/receive-option/", {"recvOpt": 9}),
            ("PUT", "conversations/c2c_bob/draft/", {"draftText": "x" * 20_001}),
            ("PUT", "conversations/c2c_bob/draft/", {"draftText": "x", "draftTimestamp": 10**13}),
            ("POST", "conversations/c2c_bob/read/", {"cleanSequence": 1}),
            ("POST", "conversations/c2c_bob/read/", {"cleanTimestamp": 4_000_000_000}),
            ("POST", "conversations/group_team/read/", {"cleanTimestamp": 1}),
            ("POST", "conversations/mark/", {"conversationIDList": ["c2c_bob"], "markType": 16, "enableMark": True}),
            ("POST", "conversations/mark/", {"conversationIDList": [], "markType": 1, "enableMark": True}),
            ("POST", "conversations/custom-data/", {"conversationIDList": ["c2c_bob"], "customData": "x" * 257}),
            ("POST", "conversation-groups/", {"conversationIDList": ["c2c_bob"], "groupName": "x" * 33}),
            ("PATCH", "conversation-groups/nope/", {"newName": "x"}),
            ("PATCH", "conversation-groups/work/", {"newName": "empty"}),
            ("DELETE", "conversations/group_@TGS/", None),
        ):
            with self.subTest(path, body=body):
                english = self.send(method, url(path), body).json()
                chinese = self.send(method, url(path), body, **CHINESE).json()

                self.assertEqual((english["code"], english["type"]), (chinese["code"], chinese["type"]))
                for key in ("title", "desc"):
                    self.assertTrue(english[key].isascii(), english[key])
                    self.assertFalse(chinese[key].isascii(), chinese[key])


class BrowserTests(ActionTestCase):
    def test_a_credential_gets_json_whatever_it_accepts(self):
        for action in ACTIONS:
            make_scene(for_unpin=action.name == "unpin")

            response = self.send(action.method, action.address(), action.body, **BROWSER)

            with self.subTest(action.name):
                if action.name == "delete":
                    self.assertEqual((response.status_code, response.content), (204, b""))
                else:
                    self.assertEqual((response.status_code, response["Content-Type"]), (200, "application/json"))
                self.assertIn("Owner-Version", response)

    def test_a_refusal_is_a_problem_there_too(self):
        for action in ON_LISTED:
            self.assert_problem(self.send(action.method, action.address(), action.body, **BROWSER), 404, 6004)
        for action in ON_MANY:
            self.assert_problem(self.send(action.method, action.address(), {}, **BROWSER), 400, 6017)

    def test_addresses_that_can_not_be_read_are_405_there(self):
        for action in ACTIONS:
            if action.path not in ("conversations/c2c_bob/", "conversation-groups/"):
                self.assert_problem(self.get(action.address(), **BROWSER), 405, 60009)
