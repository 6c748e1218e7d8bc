"""Owners by how their nick begins; the admin's log by what an entry is about; members and messages of a group by what is asked.

A conversation's owners are found by an index that has them in it, which takes the place of the one before once it is there.
"""

from django.db import migrations, models

from conversations.models import index_operations, lookups
from conversations.models.index_operations import AddIndexBesideWrites, RemoveIndexBesideWrites

LOG_BY_OBJECT = models.Index(fields=["object_id"], name="conversations_log_by_object")


def add_log_index(apps, schema_editor):
    index_operations.add_index(schema_editor, apps.get_model("admin", "LogEntry"), LOG_BY_OBJECT)


def remove_log_index(apps, schema_editor):
    index_operations.remove_index(schema_editor, apps.get_model("admin", "LogEntry"), LOG_BY_OBJECT)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("conversations", "0015_saved_views"),
        ("admin", "0003_logentry_add_action_flag_choices"),
    ]

    operations = [
        migrations.RunPython(add_log_index, remove_log_index),
        AddIndexBesideWrites(
            model_name="owner",
            index=models.Index(
                lookups.NickStart("nick_name"),
                models.F("owner_id"),
                condition=models.Q(("nick_name", ""), _negated=True),
                name="owner_by_nick",
            ),
        ),
        AddIndexBesideWrites(
            model_name="conversation",
            index=models.Index(models.F("conversation_id"), models.F("owner_id"), name="conversation_by_owners"),
        ),
        RemoveIndexBesideWrites(model_name="conversation", name="conversation_across_owners"),
        AddIndexBesideWrites(
            model_name="groupmember",
            index=models.Index(models.F("group_id"), condition=models.Q(("is_learnt", True)), name="member_to_count"),
        ),
        AddIndexBesideWrites(
            model_name="message",
            index=models.Index(models.F("thread"), models.F("time_s"), name="message_by_time"),
        ),
    ]
