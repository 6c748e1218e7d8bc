"""Leave room in the owners' pages: each change of a list updates its owner's row, and in place if there is room.

Django's second indexes for LIKE on text keys go: no read uses them, and every new owner would pay.
"""

from django.db import migrations

LIKE_INDEXES = ("conversations_owner_owner_id_516c72bf_like", "conversations_apikey_prefix_eb3351c7_like")


def _set_fillfactor(percent):
    def run(apps, schema_editor):
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(f"ALTER TABLE conversations_owner SET (fillfactor = {percent})")
            for index in LIKE_INDEXES:
                schema_editor.execute(f"DROP INDEX IF EXISTS {index}")

    return run


class Migration(migrations.Migration):
    dependencies = [("conversations", "0002_support_role")]

    operations = [migrations.RunPython(_set_fillfactor(50), _set_fillfactor(100))]
