"""Owners Admin."""

from django.test import TestCase
from django.urls import reverse

from conversations.models import Owner
from tests.support.cast import make_conversation
from tests.support.staff import boss

LIST = reverse("admin:conversations_owner_changelist")


class OwnerAdminTests(TestCase):
    def setUp(self):
        self.client.force_login(boss())
        for owner_id in ("alice", "alice2", "bob", "alice/x y"):
            Owner.objects.create(owner_id=owner_id, group_names='["work",null,"<b>"]')

    def test_a_search_finds_ids_that_begin_alike(self):
        found = self.client.get(LIST, {"q": "alice"}).context["cl"].result_list

        self.assertEqual([owner.owner_id for owner in found], ["alice", "alice/x y", "alice2"])

    def test_one_owner_is_shown_and_not_edited(self):
        url = reverse("admin:conversations_owner_change", args=["alice_2Fx y"])

        self.assertContains(self.client.get(url), "&lt;b&gt;, work")
        self.assertContains(self.client.get(url), "/owner/?owner=alice%2Fx+y")
        self.assertEqual(self.client.post(url, {"nick_name": "x"}).status_code, 403)

    def test_an_erased_user_is_shown_as_one(self):
        Owner.objects.filter(owner_id="bob").update(erased_at_s=1_760_000_000)

        page = self.client.get(reverse("admin:conversations_owner_change", args=["bob"]))

        self.assertContains(page, "2025-10-09 08:53:20 UTC")

    def test_an_id_with_a_nul_is_nobodys(self):
        for page in ("change", "history"):
            answer = self.client.get(f"{LIST}a%00b/{page}/")

            self.assertRedirects(answer, reverse("admin:index"))

    def test_an_owner_leads_to_the_list_and_to_the_rows_in_the_admin(self):
        make_conversation("alice/x y", "c2c_bob")
        rows_url = reverse("admin:conversations_conversationrow_changelist") + "?q=alice%2Fx+y"

        page = self.client.get(LIST, {"q": "alice/x y"})

        self.assertContains(page, "/owner/?owner=alice%2Fx+y")
        self.assertContains(page, f'href="{rows_url}"')
        self.assertEqual([row.owner_id for row in self.client.get(rows_url).context["cl"].result_list], ["alice/x y"])
