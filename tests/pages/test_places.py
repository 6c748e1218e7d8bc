"""The box that finds users also takes the ID of a conversation, group, message or API key, and leads to its page."""

from datetime import timedelta
from unittest import mock

from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from conversations.access import api_keys
from conversations.lists import search
from conversations.models import AccessLogEntry, ApiKey, Group, Message, Owner
from conversations.times import to_epoch_s
from tests.support.cast import make_conversation
from tests.support.pages import SEARCH, AsSupport
from tests.support.staff import boss, viewer

GROUP = "@TGS#2J4SZEAEL"


class AsSomebody(AsSupport):
    def places(self, text: str) -> list[tuple[str, str]]:
        return [(place.label, place.url) for place in self.get(SEARCH, pane="owners", q=text).context["places"]]

    def opened(self, text: str) -> str:
        """The page after Enter was pressed; "" for the search's own."""
        response = self.client.get(SEARCH, {"q": text})
        return response.url if response.status_code == 302 else ""

    def message(self, random: int = 1287657, **fields) -> str:
        time_s = to_epoch_s(timezone.now())
        values = {"thread": GROUP, "position": f"{random:020d}", "time_s": time_s, "random": random, "body": "{}"}
        Message.objects.create(**values | fields)
        return f"144115233775727695-{time_s}-{random}"


class PlacesTests(AsSomebody):
    def test_a_conversation_of_one_user_opens_and_that_is_logged(self):
        make_conversation(conversation_id="c2c_bob")

        url = self.opened(" c2c_bob ")

        self.assertEqual(url, f"{reverse('conversation-detail')}?owner=alice&id=c2c_bob")
        self.assertFalse(AccessLogEntry.objects.exists())
        self.get(url)
        self.assertEqual(
            list(AccessLogEntry.objects.values_list("owner_id", "conversation_id")), [("alice", ""), ("alice", "c2c_bob")]
        )

    def test_a_conversation_of_several_users_leads_to_all_of_them(self):
        for owner_id in ("alice", "carol"):
            make_conversation(owner_id, "c2c_bob")
        Owner.objects.create(owner_id="bob")

        self.assertEqual(
            self.places("c2c_bob"),
            [
                ("This conversation for all users", "/admin/conversations/conversationrow/?q=c2c_bob"),
                ("User", "/owner/?owner=bob"),
            ],
        )
        self.get(self.opened("c2c_bob"))

    def test_a_group_leads_to_its_page(self):
        Group.objects.create(group_id=GROUP, name="Sales")
        for owner_id in ("alice", "carol"):
            make_conversation(owner_id, f"group_{GROUP}")

        page = self.opened(GROUP)

        self.assertIn("/admin/conversations/group/", page)
        self.assertContains(self.get(page), "Sales")
        self.assertEqual([label for label, _url in self.places(GROUP)], ["Group Sales"])
        labels = [label for label, _url in self.places(f"group_{GROUP}")]
        self.assertEqual(labels, ["This conversation for all users", "Group Sales"])

    def test_a_group_of_which_only_conversations_are_known_leads_there(self):
        make_conversation("alice", f"group_{GROUP}")

        self.assertEqual(self.places(GROUP)[0][0], "Conversation of alice")

    def test_a_message_is_found_by_its_msg_id(self):
        msg_id = self.message()
        self.message(random=5)

        page = self.opened(msg_id)

        self.assertIn("/admin/conversations/messagerow/", page)
        self.assertContains(self.get(page), "1287657")
        self.assertEqual(self.opened(msg_id[:-1] + "8"), "")

    def test_a_message_that_arrived_late_or_after_too_many_others_is_not_found_and_that_is_said(self):
        msg_id = self.message()
        Message.objects.update(created_at=timezone.now() - timedelta(seconds=1))
        self.assertTrue(self.places(msg_id))
        with mock.patch.object(search, "MESSAGES_SCANNED", 0):
            self.assertEqual(self.places(msg_id), [])
        Message.objects.update(created_at=timezone.now() + timedelta(hours=1))

        self.assertContains(self.get(SEARCH, q=msg_id), "within ten minutes after it was sent")

    def test_request_ids_are_in_the_log(self):
        self.assertContains(self.get(SEARCH, q="6f1c0d5c8a6c4c5f9d0b7b1f7a3e2d10"), "log for request_id=6f1c0d5c")

    def test_users_and_places_stand_side_by_side(self):
        Owner.objects.create(owner_id="team")
        Group.objects.create(group_id="team")

        self.assertEqual(self.opened("team"), "")
        self.assertContains(self.get(SEARCH, q="team"), "Group team")

    def test_texts_of_every_kind_are_taken(self):
        for text in (
            "c2c_",
            "group_",
            "@TGS#",
            "group_@TGS",
            "\0",
            "c2c_\0",
            "group_é",
            "1-1-1",
            "9" * 200,
            f"1-{'9' * 10}-{'9' * 10}",
        ):
            with self.subTest(text=text[:20]):
                self.assertEqual(self.places(text), [])

    def test_the_number_of_rows_does_not_matter(self):
        counts = []
        for start in (0, 2, 20):
            for number in range(start, start * 2 + 2):
                make_conversation(f"user{number}", "group_team")
            Group.objects.get_or_create(group_id="team")
            counts.append(self.count_queries(SEARCH, pane="owners", q="group_team"))

        self.assertEqual(counts[1], counts[2])


class WithoutPermissionTests(AsSomebody):
    @classmethod
    def make_user(cls) -> User:
        return viewer()

    def test_what_staff_may_not_open_they_do_not_learn_of(self):
        Group.objects.create(group_id=GROUP, name="Sales")
        key, _text = api_keys.create_api_key(name="app")

        for text in (GROUP, f"group_{GROUP}", key.prefix, self.message()):
            with self.subTest(text=text):
                page = self.get(SEARCH, q=text)
                self.assertEqual(page.context["places"], [])
                self.assertEqual(page.context["hint"], "")
                self.assertContains(page, "No user found")


class AdministratorTests(AsSomebody):
    @classmethod
    def make_user(cls) -> User:
        return boss()

    def test_an_api_key_is_found_by_its_prefix(self):
        key, text = api_keys.create_api_key(name="app")

        for typed in (key.prefix, f"imk_{key.prefix}", text):
            self.assertEqual(self.opened(typed), f"/admin/conversations/apikey/{key.prefix}/change/")
        self.assertEqual(ApiKey.objects.count(), 1)
        self.assertEqual(self.opened("0" * 12), "")
