"""Messages by their arrival, for the start page's chart; and who may check UserSigs."""

from django.db import migrations, models

from conversations.models.index_operations import AddIndexBesideWrites


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
