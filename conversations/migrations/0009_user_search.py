"""An index on PostgreSQL by which users are found by any part of their ID or nickname."""

from django.db import migrations

from conversations.models import index_operations, name_search


def add_index(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(name_search.CREATE_FUNCTION, params=None)
        index_operations.add_index(schema_editor, apps.get_model("conversations", "Owner"), name_search.INDEX)


def remove_index(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        index_operations.remove_index(schema_editor, apps.get_model("conversations", "Owner"), name_search.INDEX)
        schema_editor.execute(name_search.DROP_FUNCTION)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("conversations", "0008_conversation_events")]

    operations = [migrations.RunPython(add_index, remove_index)]
