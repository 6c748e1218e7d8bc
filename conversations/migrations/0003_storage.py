"""How PostgreSQL stores the tables, and an index of Django's log by what an entry is about.

Each change of a list updates its owner's row, in place if its page has room. Django's second indexes for LIKE on text keys
go: no read uses them, and every new row would pay.
"""

from django.db import migrations, models

from conversations.models import index_operations

LOG_BY_OBJECT = models.Index(fields=["object_id"], name="conversations_log_by_object")
LIKE_INDEXES = "SELECT indexname FROM pg_indexes WHERE tablename LIKE 'conversations\\_%' AND indexname LIKE '%\\_like'"


def tune(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE conversations_owner SET (fillfactor = 50)")
        with schema_editor.connection.cursor() as cursor:
            cursor.execute(LIKE_INDEXES)
            names = [name for (name,) in cursor.fetchall()]
        for name in names:
            schema_editor.execute(f"DROP INDEX IF EXISTS {schema_editor.quote_name(name)}")


def add_log_index(apps, schema_editor):
    index_operations.add_index(schema_editor, apps.get_model("admin", "LogEntry"), LOG_BY_OBJECT)


def remove_log_index(apps, schema_editor):
    index_operations.remove_index(schema_editor, apps.get_model("admin", "LogEntry"), LOG_BY_OBJECT)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("conversations", "0002_indexes"), ("admin", "0003_logentry_add_action_flag_choices")]

    operations = [
        migrations.RunPython(tune, migrations.RunPython.noop),
        migrations.RunPython(add_log_index, remove_log_index),
    ]
