"""The text that names a row Admin: it reaches exactly the one row."""

from django.test import SimpleTestCase, TestCase
from hypothesis import given
from hypothesis import strategies as st

from conversations.models import Conversation, ConversationRow, composite_keys
from tests.support.cast import make_conversation
from tests.support.staff import ODD_ID

printable = st.characters(min_codepoint=0x20, max_codepoint=0x7E)
owner_ids = st.text(printable, min_size=1, max_size=64)
conversation_ids = st.text(printable, min_size=1, max_size=64).map("c2c_".__add__).filter(lambda id_: not id_.endswith("@TGS"))


class PairTextTests(SimpleTestCase):
    @given(owner_ids, conversation_ids)
    def test_a_text_gives_its_pair_back(self, owner_id, conversation_id):
        self.assertEqual(
            composite_keys.from_text(composite_keys.to_text(owner_id, conversation_id)), (owner_id, conversation_id)
        )

    def test_anything_else_names_nothing(self):
        for text in ("", "/", "c2c_bob", "alice/", "/c2c_bob", "alice/bob", "al%69ce/c2c_bob", "alice/c2c_b\0b", "爱/c2c_bob"):
            with self.subTest(text=text):
                self.assertIsNone(composite_keys.from_text(text))


class KeyLookupTests(TestCase):
    def test_two_owners_rows_of_one_id_are_two_rows(self):
        make_conversation("alice", "c2c_bob"), make_conversation("bob", "c2c_bob")

        row = ConversationRow.objects.get(pk="alice/c2c_bob")

        self.assertEqual((row.owner_id, row.conversation_id, row.pk), ("alice", "c2c_bob", "alice/c2c_bob"))
        self.assertEqual(len(set(ConversationRow.objects.all())), 2)

    def test_many_pairs_are_looked_up_together(self):
        make_conversation("alice", "c2c_bob"), make_conversation("bob", "c2c_bob"), make_conversation("bob/x", ODD_ID)
        texts = ["alice/c2c_bob", composite_keys.to_text("bob/x", ODD_ID), *(f"nobody/c2c_{n}" for n in range(1500)), "c2c_bob"]

        found = ConversationRow.objects.filter(pk__in=texts).values_list("owner_id", flat=True)

        self.assertEqual(sorted(found), ["alice", "bob/x"])

    def test_a_bare_conversation_id_finds_no_row(self):
        make_conversation("alice", "c2c_bob")

        self.assertFalse(ConversationRow.objects.filter(pk="c2c_bob").exists())
        self.assertFalse(ConversationRow.objects.filter(pk__in=["c2c_bob", ""]).exists())

    def test_deleting_through_the_admins_model_spares_the_other_owner(self):
        make_conversation("alice", "c2c_bob"), make_conversation("bob", "c2c_bob")

        ConversationRow.objects.get(pk="alice/c2c_bob").delete()

        self.assertEqual(list(Conversation.objects.values_list("owner_id", flat=True)), ["bob"])

    def test_reading_again_reads_the_same_row(self):
        make_conversation("alice", "c2c_bob", show_name="Alice's"), make_conversation("bob", "c2c_bob", show_name="Bob's")
        row = ConversationRow.objects.get(pk="bob/c2c_bob")

        row.refresh_from_db()

        self.assertEqual(row.show_name, "Bob's")
