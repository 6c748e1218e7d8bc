"""IDs and positions are compared byte by byte, whatever the order of the database is."""

from unittest import skipUnless

from django.apps import apps
from django.db import connection, models
from django.test import TestCase

from conversations.models import ApiKey, Owner
from conversations.models.byte_order import ByteOrderField

# In the order of English, and of most languages, these are another way round.
IDS = ["B", "Z-1", "Z1", "_a", "a", "a_b", "ab", "z", "é", "中", "😀"]
NAMES = frozenset(("thread", "position", "sender", "recalled_by", "actor"))
NEVER_ORDERED = ApiKey._meta.get_field("owner_id")
ENDINGS = ("_position", "owner_id", "user_id", "peer_id", "group_id", "conversation_id")


def is_key(field: models.Field) -> bool:
    is_named_so = field.column in NAMES or field.column.endswith(ENDINGS)
    return is_named_so and field.get_internal_type() == "CharField" and field is not NEVER_ORDERED


class ByteOrderTests(TestCase):
    def test_ids_come_in_the_order_of_python(self):
        Owner.objects.bulk_create(Owner(owner_id=owner_id) for owner_id in reversed(IDS))

        self.assertEqual(list(Owner.objects.order_by("owner_id").values_list("owner_id", flat=True)), IDS)
        self.assertEqual(list(Owner.objects.after("a").values_list("owner_id", flat=True)), IDS[IDS.index("a") + 1 :])

    @skipUnless(connection.vendor == "postgresql", "SQLite knows no other order")
    def test_no_id_or_position_is_left_to_the_order_of_the_database(self):
        fields = {
            (model._meta.db_table, field.column)
            for model in apps.get_app_config("conversations").get_models()
            for field in model._meta.concrete_fields
            if isinstance(field, ByteOrderField) or is_key(field)
        }
        with connection.cursor() as cursor:
            cursor.execute("SELECT table_name, column_name, collation_name FROM information_schema.columns")
            collations = {(table, column): collation for table, column, collation in cursor.fetchall()}

        self.assertGreater(len(fields), 20)
        self.assertEqual({field: collations[field] for field in fields}, dict.fromkeys(fields, "C"))
