"""Who of the staff looked into whose list; owners by how their nick begins; the admin's log by what an entry is about.

The indexes are made while others go on writing, where the database can.
"""

import django.db.models.functions.datetime
from django.db import migrations, models

import conversations.querysets

BY_NICK = models.Index(
    conversations.querysets.NickStart("nick_name"),
    models.F("owner_id"),
    condition=models.Q(("nick_name", ""), _negated=True),
    name="owner_by_nick",
)


def add_indexes(apps, schema_editor):
    owner = apps.get_model("conversations", "Owner")
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.add_index(owner, BY_NICK, concurrently=True)
        schema_editor.execute("CREATE INDEX CONCURRENTLY conversations_log_by_object ON django_admin_log (object_id)")
    else:
        schema_editor.add_index(owner, BY_NICK)
        schema_editor.execute("CREATE INDEX conversations_log_by_object ON django_admin_log (object_id)")


def remove_indexes(apps, schema_editor):
    schema_editor.execute("DROP INDEX conversations_log_by_object")
    schema_editor.remove_index(apps.get_model("conversations", "Owner"), BY_NICK)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("conversations", "0011_support_sees_the_feed"),
        ("admin", "0003_logentry_add_action_flag_choices"),
    ]

    operations = [
        migrations.CreateModel(
            name="Look",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("username", models.CharField(max_length=150, verbose_name="user name")),
                ("owner_id", models.CharField(max_length=64, verbose_name="owner")),
                ("reason", models.CharField(blank=True, db_default="", max_length=200, verbose_name="reason")),
                (
                    "looked_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="looked at"
                    ),
                ),
            ],
            options={"verbose_name": "look into a list", "verbose_name_plural": "looks into lists"},
        ),
        migrations.AddIndex(
            model_name="look",
            index=models.Index(
                models.F("owner_id"), models.OrderBy(models.F("looked_at"), descending=True), name="look_by_owner"
            ),
        ),
        migrations.AddIndex(
            model_name="look",
            index=models.Index(
                models.F("username"), models.OrderBy(models.F("looked_at"), descending=True), name="look_by_user"
            ),
        ),
        migrations.SeparateDatabaseAndState(
            [migrations.RunPython(add_indexes, remove_indexes)], [migrations.AddIndex(model_name="owner", index=BY_NICK)]
        ),
    ]
