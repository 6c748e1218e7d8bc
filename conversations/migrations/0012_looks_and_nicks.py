"""Who of the staff looked into whose list."""

import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("conversations", "0011_support_sees_the_feed"),
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
    ]
