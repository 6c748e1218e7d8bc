"""The role for support staff: they see owners and conversations, and change nothing."""

from django.db import migrations

ROLE = "Support"
SEEN = ("owner", "conversation")


def add_role(apps, schema_editor):
    role, _ = apps.get_model("auth", "Group").objects.get_or_create(name=ROLE)
    role.permissions.add(*(_view_permission(apps, model) for model in SEEN))


def _view_permission(apps, model):
    # Django makes permissions only after all migrations have run; it leaves alone those that are there.
    content_type, _ = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
        app_label="conversations", model=model
    )
    permission, _ = apps.get_model("auth", "Permission").objects.get_or_create(
        content_type=content_type, codename=f"view_{model}", defaults={"name": f"Can view {model}"}
    )
    return permission


def remove_role(apps, schema_editor):
    apps.get_model("auth", "Group").objects.filter(name=ROLE).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("conversations", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(add_role, remove_role)]
