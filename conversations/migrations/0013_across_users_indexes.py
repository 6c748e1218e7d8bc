"""Indexes for searches across users. They are partial: ordinary conversations and what users do themselves are in none."""

from django.db import migrations, models
from django.db.models import F, Q

from conversations.models.index_operations import AddIndexBesideWrites

MENTIONED = Q(deleted_at__isnull=True, last_message_at__isnull=False) & ~Q(group_at_info="[]")


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("conversations", "0012_across_users")]

    operations = [
        AddIndexBesideWrites(
            "conversation",
            models.Index("last_message_at", "owner_id", "conversation_id", name="conversation_mentioned", condition=MENTIONED),
        ),
        AddIndexBesideWrites(
            "conversation",
            models.Index(
                F("unread_count").desc(),
                "owner_id",
                "conversation_id",
                name="conversation_most_unread",
                condition=Q(unread_count__gte=100),
            ),
        ),
        AddIndexBesideWrites(
            "conversationevent",
            models.Index(
                "actor",
                F("time_us").desc(),
                "owner_id",
                "conversation_id",
                name="event_by_actor",
                condition=~Q(actor__in=("usersig", "system")),
            ),
        ),
    ]
