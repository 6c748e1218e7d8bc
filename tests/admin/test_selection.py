"""Ticks Admin that no form of ours sends."""

from django.test import TestCase
from django.urls import reverse

from conversations.access import api_keys
from conversations.models import ApiKey, SavedView
from tests.support.cast import make_conversation
from tests.support.staff import boss

ACTIONS = {"webhookevent": "replay", "savedview": "delete_selected", "apikey": "revoke", "conversationrow": "recount"}


class TickTests(TestCase):
    def setUp(self):
        self.user = boss()
        self.client.force_login(self.user)

    def tick(self, model: str, *texts: str) -> list[str]:
        """What is form when these are selected."""
        form = {"action": ACTIONS[model], "_selected_action": texts, "index": 0, "post": "yes"}
        page = self.client.post(reverse(f"admin:conversations_{model}_changelist"), form, follow=True)
        self.assertEqual(page.status_code, 200)
        return [str(message) for message in page.context["messages"]]

    def test_a_malformed_one_is_told_of(self):
        for model in ("webhookevent", "savedview"):
            for text in ("x", "", "1.0", "\0", "9" * 30, "9" * 5000):
                with self.subTest(model, text=text[:40]):
                    self.assertEqual(self.tick(model, text), ["No change: the selection is not in this list."])
        for model in ("apikey", "conversationrow"):
            with self.subTest(model):
                self.assertEqual(self.tick(model, "a\0b"), ["No change: the selection is not in this list."])

    def test_nothing_is_done_with_those_beside_it(self):
        view = SavedView.objects.create(user=self.user, name="one", filters="")
        key, _text = api_keys.create_api_key(name="one", owner_id=None)

        self.tick("savedview", str(view.pk), "x")
        self.tick("apikey", key.prefix, "\0")

        self.assertTrue(SavedView.objects.exists())
        self.assertIsNone(ApiKey.objects.get().revoked_at)

    def test_a_bare_id_of_a_conversation_is_no_key_of_a_row(self):
        make_conversation(unread_count=3)

        self.assertEqual(self.tick("conversationrow", "c2c_bob"), [])

    def test_good_ones_are_taken(self):
        view = SavedView.objects.create(user=self.user, name="one", filters="")

        self.tick("savedview", str(view.pk))

        self.assertFalse(SavedView.objects.exists())
