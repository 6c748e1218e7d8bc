"""Indexes that can be made while others write."""

from django.db import migrations, models

import conversations.models.index_operations
import conversations.models.lookups


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("conversations", "0001_initial"),
    ]

    operations = [
        conversations.models.index_operations.AddIndexBesideWrites(
            model_name="conversation",
            index=models.Index(models.F("conversation_id"), models.F("owner_id"), name="conversation_by_owners"),
        ),
        conversations.models.index_operations.AddIndexBesideWrites(
            model_name="groupmember",
            index=models.Index(models.F("user_id"), models.F("group_id"), name="member_by_user"),
        ),
        conversations.models.index_operations.AddIndexBesideWrites(
            model_name="groupmember",
            index=models.Index(models.F("group_id"), condition=models.Q(("is_inferred", True)), name="member_to_count"),
        ),
        conversations.models.index_operations.AddIndexBesideWrites(
            model_name="message",
            index=models.Index(models.F("created_at"), name="message_by_arrival"),
        ),
        conversations.models.index_operations.AddIndexBesideWrites(
            model_name="message",
            index=models.Index(models.F("thread"), models.F("time_s"), name="message_by_time"),
        ),
        conversations.models.index_operations.AddIndexBesideWrites(
            model_name="owner",
            index=models.Index(
                conversations.models.lookups.NickStart("nick_name"),
                models.F("owner_id"),
                condition=models.Q(("nick_name", ""), _negated=True),
                name="owner_by_nick",
            ),
        ),
        conversations.models.index_operations.AddIndexBesideWrites(
            model_name="owner",
            index=models.Index(
                conversations.models.lookups.NickRest("nick_name"),
                models.F("owner_id"),
                condition=models.Q(("nick_name", ""), _negated=True),
                name="owner_by_rest_of_nick",
            ),
        ),
        conversations.models.index_operations.AddIndexBesideWrites(
            model_name="webhookevent",
            index=models.Index(models.F("command"), models.F("id"), name="webhook_by_command"),
        ),
        conversations.models.index_operations.AddIndexBesideWrites(
            model_name="webhookevent",
            index=models.Index(
                models.F("received_at"),
                condition=models.Q(("outcome", "applied"), models.Q(("body", ""), _negated=True)),
                name="webhook_with_a_spent_body",
            ),
        ),
    ]
