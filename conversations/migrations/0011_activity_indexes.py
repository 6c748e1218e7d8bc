"""Indexes by which the logs of staff are read from the newest entry on, of all staff and of one."""

from django.db import migrations, models
from django.db.models import F

from conversations.models import index_operations
from conversations.models.index_operations import AddIndexBesideWrites

# Of Django's own table, whose models are not ours.
OF_STAFF_LOG = (
    models.Index(F("action_time").desc(), F("id").desc(), name="staff_log_by_time"),
    models.Index("user_id", F("action_time").desc(), F("id").desc(), name="staff_log_by_user_and_time"),
)


def add_staff_log_indexes(apps, schema_editor):
    for index in OF_STAFF_LOG:
        index_operations.add_index(schema_editor, apps.get_model("admin", "LogEntry"), index)


def remove_staff_log_indexes(apps, schema_editor):
    for index in OF_STAFF_LOG:
        index_operations.remove_index(schema_editor, apps.get_model("admin", "LogEntry"), index)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("conversations", "0010_opened_conversations"),
        ("admin", "0003_logentry_add_action_flag_choices"),
    ]

    operations = [
        AddIndexBesideWrites("accesslogentry", models.Index(F("viewed_at").desc(), F("id").desc(), name="access_log_by_time")),
        AddIndexBesideWrites("loginlogentry", models.Index(F("last_at").desc(), F("id").desc(), name="login_log_by_time")),
        AddIndexBesideWrites(
            "loginlogentry",
            models.Index(F("username"), F("last_at").desc(), F("id").desc(), name="login_log_by_user_and_time"),
        ),
        migrations.RunPython(add_staff_log_indexes, remove_staff_log_indexes),
    ]
