from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("conversations", "0004_staff_groups"),
    ]

    operations = [
        migrations.CreateModel(
            name="RefusedWebhooks",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("app_id", "SdkAppid does not match IM_SDK_APP_ID"),
                            ("unsigned", "no Sign, or no IM_CALLBACK_TOKEN to check it"),
                            ("signature", "Sign does not match IM_CALLBACK_TOKEN"),
                            ("clock", "RequestTime outside CALLBACK_WINDOW_S"),
                            ("credential", "unknown, expired or revoked API key"),
                            ("scope", "API key without the scope ingest"),
                            ("body", "body that is no webhook, or too large"),
                            ("limit", "API key beyond RATE_LIMIT_KEY"),
                            ("database", "database not available"),
                        ],
                        max_length=10,
                        verbose_name="reason",
                    ),
                ),
                ("hour", models.DateTimeField(verbose_name="hour")),
                ("count", models.PositiveBigIntegerField(verbose_name="count")),
                ("last_at", models.DateTimeField(verbose_name="last")),
                ("address", models.GenericIPAddressField(blank=True, null=True, verbose_name="last sender")),
            ],
            options={
                "verbose_name": "refused webhooks",
                "verbose_name_plural": "refused webhooks",
                "constraints": [models.UniqueConstraint(fields=("hour", "reason"), name="refused_webhooks_once_an_hour")],
            },
        ),
    ]
