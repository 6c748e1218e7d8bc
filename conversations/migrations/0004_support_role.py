"""The group *Support*: its members see users, conversations, messages, groups and webhooks, and change nothing."""

from django.db import migrations

ROLE = "Support"
MODELS = ("owner", "conversation", "message", "group", "groupmember", "webhookevent")


def add_role(apps, schema_editor):
    role, _ = apps.get_model("auth", "Group").objects.get_or_create(name=ROLE)
    role.permissions.add(*(_permission(apps, model, f"view_{model}", f"Can view {model}") for model in MODELS))
    role.permissions.add(_permission(apps, "conversation", "read_text", "Can read message texts"))


def _permission(apps, model: str, codename: str, name: str):
    # Django makes permissions only after all migrations have run; it leaves alone those that are there.
    content_type, _ = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
        app_label="conversations", model=model
    )
    permission, _ = apps.get_model("auth", "Permission").objects.get_or_create(
        content_type=content_type, codename=codename, defaults={"name": name}
    )
    return permission


def remove_role(apps, schema_editor):
    apps.get_model("auth", "Group").objects.filter(name=ROLE).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("conversations", "0003_storage"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(add_role, remove_role)]
