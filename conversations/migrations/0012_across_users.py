"""What checks find, the page of a saved view, and the permission to search across users."""

from django.db import migrations, models

from conversations.models.byte_order import ByteOrderField

KINDS = [
    ("unread", "unread count differs from the stored messages"),
    ("last_message", "last message is not the newest one"),
    ("old_content", "content of a recalled or edited message was not deleted"),
    ("last_message_json", "last message is not valid JSON"),
    ("mentions", "mentions differ from the stored messages"),
    ("order_key", "order key is below that of the last message"),
    ("membership", "membership differs from the group's member list"),
    ("claimed", "a reported-only conversation contains group data"),
    ("conversation_groups", "conversation group without a name"),
    ("created_version", "creation version is higher than the current version"),
    ("deleted_counts", "deleted conversation counts as unread"),
    ("version_behind", "list version is below that of a conversation"),
    ("reset_below", "every sync token would start over"),
    ("same_version", "two conversations share a version"),
]


class Migration(migrations.Migration):
    dependencies = [
        ("conversations", "0011_activity_indexes"),
    ]

    operations = [
        migrations.CreateModel(
            name="Inconsistency",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "owner_id", "conversation_id", "kind", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("owner_id", ByteOrderField(max_length=64, verbose_name="user")),
                ("conversation_id", ByteOrderField(blank=True, max_length=102, verbose_name="conversation")),
                ("kind", models.CharField(choices=KINDS, max_length=20, verbose_name="kind")),
                ("found_at", models.DateTimeField(verbose_name="found")),
            ],
            options={
                "verbose_name": "inconsistency",
                "verbose_name_plural": "inconsistencies",
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Verification",
            fields=[
                ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("finished_at", models.DateTimeField(verbose_name="finished")),
                ("lists", models.BigIntegerField(verbose_name="lists checked")),
                ("conversations", models.BigIntegerField(verbose_name="conversations checked")),
            ],
            options={
                "verbose_name": "check of all lists",
                "verbose_name_plural": "checks of all lists",
                "default_permissions": (),
            },
        ),
        migrations.AlterModelOptions(
            name="conversation",
            options={
                "permissions": (
                    ("read_text", "Can read message texts"),
                    ("view_across_users", "Can search conversations across users"),
                ),
                "verbose_name": "conversation",
                "verbose_name_plural": "conversations",
            },
        ),
        migrations.AddField(
            model_name="savedview",
            name="page",
            field=models.CharField(
                choices=[("list", "a user's list"), ("across", "across users")],
                db_default="list",
                max_length=6,
                verbose_name="page",
            ),
        ),
        migrations.AlterField(
            model_name="savedview",
            name="filters",
            field=models.CharField(
                help_text="of a list in the search box's syntax, across users as in the page's address",
                max_length=500,
                verbose_name="filters",
            ),
        ),
    ]
