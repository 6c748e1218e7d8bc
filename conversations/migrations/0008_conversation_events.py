from django.db import migrations, models

from conversations.models.byte_order import ByteOrderField

# Rows are in the order of their time, so that one entry for each run of pages finds the old ones.
BY_TIME = "CREATE INDEX event_by_time ON conversations_conversationevent USING brin (time_us)"


def index_by_time(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(BY_TIME)


class Migration(migrations.Migration):
    dependencies = [
        ("conversations", "0007_login_log"),
    ]

    operations = [
        migrations.CreateModel(
            name="ConversationEvent",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "owner_id", "conversation_id", "time_us", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("owner_id", ByteOrderField(max_length=64, verbose_name="user")),
                ("conversation_id", ByteOrderField(max_length=102, verbose_name="conversation")),
                ("time_us", models.BigIntegerField(help_text="epoch microseconds", verbose_name="time")),
                ("version", models.BigIntegerField(help_text="0: no client saw the change", verbose_name="version")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("message", "a message"),
                            ("recall", "a recall"),
                            ("edit", "an edit"),
                            ("read", "reading"),
                            ("pin", "pinning or unpinning"),
                            ("draft", "a draft"),
                            ("recv_opt", "the message receiving option"),
                            ("mark", "marks"),
                            ("custom_data", "custom data"),
                            ("group", "a conversation group"),
                            ("delete", "a deletion"),
                            ("clear", "clearing the history"),
                            ("roster", "joining or leaving the group"),
                            ("name", "a name or avatar"),
                            ("import", "an import"),
                            ("report", "a report by the app"),
                            ("repair", "a correction"),
                            ("erasure", "the erasure of a user"),
                        ],
                        max_length=12,
                        verbose_name="kind",
                    ),
                ),
                (
                    "changes",
                    models.TextField(db_default="{}", help_text="JSON: before and after, by field", verbose_name="changes"),
                ),
                ("actor", ByteOrderField(max_length=100, verbose_name="by")),
            ],
            options={
                "verbose_name": "event",
                "verbose_name_plural": "events",
                "default_permissions": (),
            },
        ),
        migrations.RunPython(index_by_time, migrations.RunPython.noop),
    ]
