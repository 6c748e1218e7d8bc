from django.db import migrations

from conversations.models.byte_order import ByteOrderField


class Migration(migrations.Migration):
    dependencies = [
        ("conversations", "0009_user_search"),
    ]

    operations = [
        migrations.AddField(
            model_name="accesslogentry",
            name="conversation_id",
            field=ByteOrderField(
                blank=True, db_default="", help_text="empty: the list itself", max_length=102, verbose_name="conversation"
            ),
        ),
    ]
