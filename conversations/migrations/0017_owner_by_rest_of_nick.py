"""Owners by how the second word of their nick begins, such as a family name."""

from django.db import migrations, models

from conversations.models import lookups
from conversations.models.index_operations import AddIndexBesideWrites


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("conversations", "0016_indexes_beside_writes")]

    operations = [
        AddIndexBesideWrites(
            model_name="owner",
            index=models.Index(
                lookups.NickRest("nick_name"),
                models.F("owner_id"),
                condition=models.Q(("nick_name", ""), _negated=True),
                name="owner_by_rest_of_nick",
            ),
        ),
    ]
