"""Leave room in the owners' pages: each change of a list updates its owner's row, and in place if there is room."""

from django.db import migrations


def _set_fillfactor(percent):
    def run(apps, schema_editor):
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(f"ALTER TABLE conversations_owner SET (fillfactor = {percent})")

    return run


class Migration(migrations.Migration):
    dependencies = [("conversations", "0002_support_role")]

    operations = [migrations.RunPython(_set_fillfactor(50), _set_fillfactor(100))]
