from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("conversations", "0006_erased_users"),
    ]

    operations = [
        migrations.CreateModel(
            name="LoginLogEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("hour", models.DateTimeField(verbose_name="hour")),
                (
                    "event",
                    models.CharField(
                        choices=[("in", "login"), ("failed", "failed login"), ("locked", "lock-out")],
                        max_length=6,
                        verbose_name="event",
                    ),
                ),
                ("username", models.CharField(blank=True, max_length=150, verbose_name="username")),
                ("address", models.CharField(blank=True, max_length=39, verbose_name="address")),
                ("count", models.PositiveBigIntegerField(verbose_name="count")),
                ("last_at", models.DateTimeField(verbose_name="last")),
            ],
            options={
                "verbose_name": "login log entry",
                "verbose_name_plural": "login log",
                "indexes": [
                    models.Index(models.F("username"), models.F("id"), name="login_log_by_user"),
                    models.Index(models.F("address"), models.F("id"), name="login_log_by_address"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("hour", "event", "username", "address"), name="logins_once_an_hour")
                ],
            },
        ),
    ]
