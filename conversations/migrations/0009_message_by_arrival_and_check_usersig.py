"""Messages by their arrival, for the start page's chart; and who may check UserSigs."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class AddIndexBesideWrites(AddIndexConcurrently):
    """Without stopping those who write, where the database can do that."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        kind = AddIndexConcurrently if schema_editor.connection.vendor == "postgresql" else migrations.AddIndex
        kind.database_forwards(self, app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        kind = AddIndexConcurrently if schema_editor.connection.vendor == "postgresql" else migrations.AddIndex
        kind.database_backwards(self, app_label, schema_editor, from_state, to_state)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("conversations", "0008_settled_members")]

    operations = [
        migrations.AlterModelOptions(
            name="apikey",
            options={
                "permissions": (("check_usersig", "Can check UserSigs"),),
                "verbose_name": "API key",
                "verbose_name_plural": "API keys",
            },
        ),
        AddIndexBesideWrites(model_name="message", index=models.Index(models.F("created_at"), name="message_by_arrival")),
    ]
