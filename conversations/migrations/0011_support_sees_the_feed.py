"""The role for support staff sees messages, groups, members and webhooks, too; their text only with that permission."""

from django.db import migrations

ROLE = "Support"
SEEN = ("message", "group", "groupmember", "callback")


def grant(apps, schema_editor):
    role = apps.get_model("auth", "Group").objects.filter(name=ROLE).first()
    if role is not None:  # whoever took the role away wants none
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


def take_back(apps, schema_editor):
    role = apps.get_model("auth", "Group").objects.filter(name=ROLE).first()
    if role is not None:
        codenames = [f"view_{model}" for model in SEEN]
        role.permissions.remove(*role.permissions.filter(content_type__app_label="conversations", codename__in=codenames))


class Migration(migrations.Migration):
    dependencies = [
        ("conversations", "0010_feed_in_the_admin"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [migrations.RunPython(grant, take_back)]
