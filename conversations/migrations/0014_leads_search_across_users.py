"""The group Lead may search across users."""

from django.db import migrations


def allow_leads(apps, schema_editor):
    # Django makes permissions only after all migrations have run; it leaves alone those that are there.
    content_type, _ = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
        app_label="conversations", model="conversation"
    )
    permission, _ = apps.get_model("auth", "Permission").objects.get_or_create(
        content_type=content_type, codename="view_across_users", defaults={"name": "Can search conversations across users"}
    )
    for group in apps.get_model("auth", "Group").objects.filter(name="Lead"):
        group.permissions.add(permission)


def disallow_leads(apps, schema_editor):
    for group in apps.get_model("auth", "Group").objects.filter(name="Lead"):
        group.permissions.remove(*group.permissions.filter(codename="view_across_users"))


class Migration(migrations.Migration):
    dependencies = [("conversations", "0013_across_users_indexes")]

    operations = [migrations.RunPython(allow_leads, disallow_leads)]
