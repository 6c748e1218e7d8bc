"""How PostgreSQL stores the tables, and an index of Django's log by what an entry is about.

Each change of a list updates its owner's row, in place if its page has room. A conversation's row moves in its indexes, but
stays in its page if that has room (docs/decisions/0006-index-writes.md). PostgreSQL cleans a table when a fifth of it has
changed: of the large ones, that is too late and then too much at once. Django's second indexes for LIKE on text keys go: no
read uses them, and every new row would pay.
"""

from django.db import migrations, models

from conversations.models import index_operations

LOG_BY_OBJECT = models.Index(fields=["object_id"], name="conversations_log_by_object")
CLEANED_SOONER = "autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05"
STORAGE = {
    "conversation": f"fillfactor = 80, {CLEANED_SOONER}",
    "owner": f"fillfactor = 50, {CLEANED_SOONER}",
    "groupmember": CLEANED_SOONER,
    "thread": CLEANED_SOONER,
    "message": f"autovacuum_vacuum_insert_scale_factor = 0.05, {CLEANED_SOONER}",
    # Few rows are pending at any time, among many that are applied.
    "webhookevent": "autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02",
}
LIKE_INDEXES = "SELECT indexname FROM pg_indexes WHERE tablename LIKE 'conversations\\_%' AND indexname LIKE '%\\_like'"


def tune(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for table, parameters in STORAGE.items():
            schema_editor.execute(f"ALTER TABLE conversations_{table} SET ({parameters})")
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
