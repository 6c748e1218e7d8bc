"""The groups of staff: Support may look and change nothing, Editor may also correct lists, Lead also sees who did what."""

from django.db import migrations

SUPPORT = {
    "owner": ["view_owner"],
    "conversation": ["view_conversation", "read_text"],
    "message": ["view_message"],
    "group": ["view_group"],
    "groupmember": ["view_groupmember"],
    "webhookevent": ["view_webhookevent"],
    "refusedwebhooks": ["view_refusedwebhooks"],
}
EDITOR = SUPPORT | {"conversation": [*SUPPORT["conversation"], "change_conversation"]}
LEAD = EDITOR | {
    "accesslogentry": ["view_accesslogentry"],
    "loginlogentry": ["view_loginlogentry"],
    "savedview": ["share_view"],
}
NAMES = {"read_text": "Can read message texts", "share_view": "Can share saved views"}
GROUPS = {"Support": SUPPORT, "Editor": EDITOR, "Lead": LEAD}


def add_groups(apps, schema_editor):
    for name, permissions in GROUPS.items():
        group, _ = apps.get_model("auth", "Group").objects.get_or_create(name=name)
        group.permissions.add(
            *(_permission(apps, model, codename) for model, codenames in permissions.items() for codename in codenames)
        )


def _permission(apps, model: str, codename: str):
    # Django makes permissions only after all migrations have run; it leaves alone those that are there.
    content_type, _ = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
        app_label="conversations", model=model
    )
    name = NAMES.get(codename) or f"Can {codename.replace('_', ' ')}"
    permission, _ = apps.get_model("auth", "Permission").objects.get_or_create(
        content_type=content_type, codename=codename, defaults={"name": name}
    )
    return permission


def remove_groups(apps, schema_editor):
    apps.get_model("auth", "Group").objects.filter(name__in=GROUPS).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("conversations", "0003_storage"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(add_groups, remove_groups)]
