"""Users who were erased."""

from django.db import migrations, models

import conversations.models.index_operations


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("conversations", "0005_refused_webhooks")]

    operations = [
        migrations.AddField(
            model_name="owner",
            name="erased_at_s",
            field=models.BigIntegerField(
                db_default=0, help_text="epoch seconds; 0 for a user who was never erased", verbose_name="erased"
            ),
        ),
        migrations.AlterField(
            model_name="conversation",
            name="changed_by",
            field=models.CharField(
                blank=True,
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
                db_default="",
                max_length=12,
                verbose_name="changed by",
            ),
        ),
        conversations.models.index_operations.AddIndexBesideWrites(
            model_name="owner",
            index=models.Index(models.F("owner_id"), condition=models.Q(("erased_at_s__gt", 0)), name="owner_erased"),
        ),
    ]
