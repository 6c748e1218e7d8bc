"""Whoever could look into lists goes on seeing their text, which has a permission of its own now."""

from django.db import migrations


def grant(apps, schema_editor):
    permissions = apps.get_model("auth", "Permission").objects.filter(content_type__app_label="conversations")
    view = permissions.get(codename="view_conversation")
    # Django makes permissions only after all migrations have run; it leaves alone those that are there.
    read_text, _ = permissions.get_or_create(
        content_type=view.content_type, codename="read_text", defaults={"name": "Can read the text of conversations"}
    )
    for role in view.group_set.all():
        role.permissions.add(read_text)
    for user in view.user_set.all():
        user.user_permissions.add(read_text)


def take_back(apps, schema_editor):
    apps.get_model("auth", "Permission").objects.filter(content_type__app_label="conversations", codename="read_text").delete()


class Migration(migrations.Migration):
    dependencies = [
        ("conversations", "0006_changed_by_and_read_text"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [migrations.RunPython(grant, take_back)]
