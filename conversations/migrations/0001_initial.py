"""All tables, with the indexes that their rows can't do without."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import conversations.models.composite_keys
import conversations.models.wire_head
import conversations.times
from conversations.models.byte_order import ByteOrderField


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("auth", "__first__"),
    ]

    operations = [
        migrations.CreateModel(
            name="ConversationRow",
            fields=[
                ("owner_id", ByteOrderField(max_length=64, verbose_name="user")),
                (
                    "type",
                    models.SmallIntegerField(choices=[(1, "one to one"), (2, "group")], help_text="type", verbose_name="type"),
                ),
                (
                    "group_type",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("Work", "work group"),
                            ("Public", "public group"),
                            ("Meeting", "meeting group"),
                            ("AVChatRoom", "live room"),
                            ("Community", "community"),
                            ("BChatRoom", "broadcast room"),
                        ],
                        db_default="",
                        help_text="groupType",
                        max_length=16,
                        verbose_name="group type",
                    ),
                ),
                ("show_name", models.TextField(blank=True, db_default="", help_text="showName", verbose_name="name")),
                ("face_url", models.TextField(blank=True, db_default="", help_text="faceUrl", verbose_name="avatar")),
                (
                    "recv_opt",
                    models.SmallIntegerField(
                        choices=[
                            (0, "receive and notify"),
                            (1, "do not receive"),
                            (2, "receive without notification"),
                            (3, "receive, notify of mentions only"),
                            (4, "receive mentions only"),
                        ],
                        db_default=0,
                        help_text="recvOpt",
                        verbose_name="message receiving option",
                    ),
                ),
                ("unread_count", models.IntegerField(db_default=0, help_text="unreadCount", verbose_name="unread")),
                (
                    "last_message",
                    models.TextField(blank=True, help_text="lastMessage, JSON", null=True, verbose_name="last message"),
                ),
                (
                    "last_message_at",
                    models.DateTimeField(
                        blank=True, help_text="lastMessage.timestamp", null=True, verbose_name="last message at"
                    ),
                ),
                (
                    "last_message_position",
                    ByteOrderField(
                        blank=True,
                        db_default="",
                        help_text="position in its message history",
                        max_length=30,
                        verbose_name="position of the last message",
                    ),
                ),
                ("draft_text", models.TextField(blank=True, db_default="", help_text="draftText", verbose_name="draft")),
                (
                    "draft_timestamp",
                    models.BigIntegerField(db_default=0, help_text="draftTimestamp, epoch seconds", verbose_name="draft time"),
                ),
                ("is_pinned", models.BooleanField(db_default=False, help_text="isPinned", verbose_name="pinned")),
                (
                    "activity_key",
                    models.BigIntegerField(
                        db_default=0,
                        help_text="the order key without a draft: of the newest message or of joining",
                        verbose_name="activity key",
                    ),
                ),
                (
                    "order_key",
                    models.GeneratedField(
                        db_persist=True,
                        expression=conversations.models.wire_head.OrderKey(),
                        help_text="orderkey",
                        output_field=models.BigIntegerField(),
                        verbose_name="order key",
                    ),
                ),
                (
                    "group_at_info",
                    models.TextField(db_default="[]", help_text="groupAtInfoList, JSON", verbose_name="mentions"),
                ),
                ("marks", models.BigIntegerField(db_default=0, help_text="markList as 64 bits, signed", verbose_name="marks")),
                (
                    "custom_data",
                    models.TextField(blank=True, db_default="", help_text="customData", verbose_name="custom data"),
                ),
                (
                    "conversation_groups",
                    models.BigIntegerField(
                        db_default=0,
                        help_text="conversationGroupList, as bits of the user's group names",
                        verbose_name="conversation groups",
                    ),
                ),
                (
                    "c2c_read_timestamp",
                    models.BigIntegerField(
                        db_default=0, help_text="c2cReadTimestamp, epoch seconds", verbose_name="read up to (time)"
                    ),
                ),
                (
                    "group_read_sequence",
                    models.BigIntegerField(db_default=0, help_text="groupReadSequence", verbose_name="read up to (number)"),
                ),
                (
                    "membership",
                    models.CharField(
                        choices=[("member", "member"), ("left", "left"), ("kicked", "removed"), ("dissolved", "dissolved")],
                        db_default="member",
                        max_length=9,
                        verbose_name="membership",
                    ),
                ),
                (
                    "is_claimed",
                    models.BooleanField(
                        db_default=False,
                        help_text="reported by the user's app alone, membership unknown",
                        verbose_name="claimed",
                    ),
                ),
                (
                    "imported_unread",
                    models.IntegerField(
                        db_default=0, help_text="unread without stored messages", verbose_name="imported unread"
                    ),
                ),
                (
                    "imported_unread_position",
                    ByteOrderField(
                        blank=True,
                        db_default="",
                        help_text="position of the last imported unread message",
                        max_length=30,
                        verbose_name="end of the imported unread",
                    ),
                ),
                (
                    "deleted_position",
                    ByteOrderField(
                        blank=True,
                        db_default="",
                        help_text="only a newer message brings the conversation back",
                        max_length=30,
                        verbose_name="deleted up to",
                    ),
                ),
                (
                    "cleared_position",
                    ByteOrderField(
                        blank=True,
                        db_default="",
                        help_text="the user doesn't see messages up to here",
                        max_length=30,
                        verbose_name="history cleared up to",
                    ),
                ),
                (
                    "version",
                    models.BigIntegerField(
                        help_text="number of the newest change of this conversation in the user's list", verbose_name="version"
                    ),
                ),
                (
                    "changed_by",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("message", "a message"),
                            ("recall", "a recall"),
                            ("edit", "an edit"),
                            ("read", "reading"),
                            ("pin", "pinning or unpinning"),
                            ("draft", "a draft"),
                            ("recv_opt", "the message receiving option"),
                            ("mark", "marks"),
                            ("custom_data", "custom data"),
                            ("group", "a conversation group"),
                            ("delete", "a deletion"),
                            ("clear", "clearing the history"),
                            ("roster", "joining or leaving the group"),
                            ("name", "a name or avatar"),
                            ("import", "an import"),
                            ("report", "a report by the app"),
                            ("repair", "a correction"),
                        ],
                        db_default="",
                        max_length=12,
                        verbose_name="changed by",
                    ),
                ),
                (
                    "changed_at",
                    models.DateTimeField(blank=True, help_text="time of the newest change", null=True, verbose_name="changed"),
                ),
                ("created_version", models.BigIntegerField(verbose_name="created in version")),
                ("deleted_at", models.DateTimeField(blank=True, null=True, verbose_name="deleted")),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="created"
                    ),
                ),
                (
                    "wire_head",
                    models.GeneratedField(
                        db_persist=True, expression=conversations.models.wire_head.WireHead(), output_field=models.TextField()
                    ),
                ),
                (
                    "conversation_id",
                    conversations.models.composite_keys.CompositeKeyField(
                        help_text="conversationID",
                        max_length=102,
                        primary_key=True,
                        serialize=False,
                        verbose_name="conversation",
                    ),
                ),
            ],
            options={
                "verbose_name": "conversation",
                "verbose_name_plural": "conversations",
                "db_table": "conversations_conversation",
                "managed": False,
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="GroupMemberRow",
            fields=[
                ("group_id", ByteOrderField(max_length=96, verbose_name="group ID")),
                ("events", models.TextField(db_default="[]", help_text="JSON")),
                ("is_member", models.BooleanField(db_default=False, verbose_name="is a member")),
                ("member_since_ms", models.BigIntegerField(help_text="epoch milliseconds", null=True, verbose_name="since")),
                ("is_inferred", models.BooleanField(db_default=False)),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="created"
                    ),
                ),
                (
                    "user_id",
                    conversations.models.composite_keys.MemberKeyField(
                        max_length=64, primary_key=True, serialize=False, verbose_name="user ID"
                    ),
                ),
            ],
            options={
                "verbose_name": "group member",
                "verbose_name_plural": "group members",
                "db_table": "conversations_groupmember",
                "managed": False,
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="MessageRow",
            fields=[
                ("thread", ByteOrderField(max_length=129)),
                ("sender", ByteOrderField(blank=True, help_text="From_Account", max_length=64, verbose_name="sender")),
                (
                    "time_s",
                    models.BigIntegerField(
                        help_text="MsgTime, epoch seconds; empty if only a recall or an edit was received", null=True
                    ),
                ),
                ("random", models.BigIntegerField(help_text="MsgRandom", null=True)),
                ("body", models.TextField(help_text="lastMessage, JSON", null=True)),
                ("counts_as_unread", models.BooleanField(db_default=True, help_text="not NoUnread")),
                ("is_shown", models.BooleanField(db_default=True, help_text="not NoLastMsg")),
                ("is_recalled", models.BooleanField(db_default=False, verbose_name="recalled")),
                (
                    "recalled_by",
                    ByteOrderField(
                        blank=True,
                        db_default="",
                        help_text="Operator_Account; empty if unknown",
                        max_length=64,
                        verbose_name="recalled by",
                    ),
                ),
                (
                    "edited_at_ms",
                    models.BigIntegerField(
                        help_text="EventTime of the newest edit, epoch milliseconds", null=True, verbose_name="edited"
                    ),
                ),
                (
                    "edit",
                    models.TextField(blank=True, db_default="", help_text="newest edit of each part of the content, JSON"),
                ),
                ("at_all", models.BooleanField(db_default=False)),
                ("at_accounts", models.TextField(db_default="[]", help_text="GroupAtInfo, JSON")),
                (
                    "targets",
                    models.TextField(
                        db_default="[]", help_text="To_Account of a targeted group message, JSON; [] means all members"
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="created"
                    ),
                ),
                (
                    "position",
                    conversations.models.composite_keys.MessageKeyField(
                        max_length=30, primary_key=True, serialize=False, verbose_name="position"
                    ),
                ),
            ],
            options={
                "verbose_name": "message",
                "verbose_name_plural": "messages",
                "db_table": "conversations_message",
                "managed": False,
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Group",
            fields=[
                ("group_id", ByteOrderField(max_length=96, primary_key=True, serialize=False, verbose_name="group ID")),
                (
                    "type",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("Work", "work group"),
                            ("Public", "public group"),
                            ("Meeting", "meeting group"),
                            ("AVChatRoom", "live room"),
                            ("Community", "community"),
                            ("BChatRoom", "broadcast room"),
                        ],
                        db_default="",
                        max_length=16,
                        verbose_name="group type",
                    ),
                ),
                ("type_at_ms", models.BigIntegerField(db_default=0, help_text="EventTime, epoch milliseconds")),
                ("name", models.TextField(blank=True, db_default="", help_text="Name", verbose_name="name")),
                ("name_at_ms", models.BigIntegerField(db_default=0, help_text="EventTime, epoch milliseconds")),
                ("face_url", models.TextField(blank=True, db_default="", help_text="FaceUrl", verbose_name="avatar")),
                ("face_url_at_ms", models.BigIntegerField(db_default=0, help_text="EventTime, epoch milliseconds")),
                ("dissolved_at_ms", models.BigIntegerField(blank=True, help_text="EventTime, epoch milliseconds", null=True)),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="created"
                    ),
                ),
            ],
            options={
                "verbose_name": "chat group",
                "verbose_name_plural": "chat groups",
            },
        ),
        migrations.CreateModel(
            name="PendingReceipt",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "owner_id", "peer_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("owner_id", ByteOrderField(max_length=64)),
                ("peer_id", ByteOrderField(max_length=64)),
                ("read_to_s", models.BigIntegerField()),
            ],
            options={
                "verbose_name": "pending read receipt",
                "verbose_name_plural": "pending read receipts",
            },
        ),
        migrations.CreateModel(
            name="ProfileUpdate",
            fields=[
                ("conversation_id", ByteOrderField(max_length=102, primary_key=True, serialize=False)),
                ("last_owner_id", ByteOrderField(blank=True, db_default="", max_length=64)),
                ("generation", models.BigIntegerField(db_default=1)),
            ],
            options={
                "verbose_name": "pending name update",
                "verbose_name_plural": "pending name updates",
            },
        ),
        migrations.CreateModel(
            name="Thread",
            fields=[
                ("thread", ByteOrderField(max_length=129, primary_key=True, serialize=False)),
                ("last_position", ByteOrderField(db_default="", max_length=30)),
                ("pruned_position", ByteOrderField(db_default="", max_length=30)),
            ],
            options={
                "verbose_name": "message history",
                "verbose_name_plural": "message histories",
            },
        ),
        migrations.CreateModel(
            name="AccessLogEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("username", models.CharField(max_length=150, verbose_name="username")),
                ("owner_id", ByteOrderField(max_length=64, verbose_name="user")),
                ("reason", models.CharField(blank=True, db_default="", max_length=200, verbose_name="reason")),
                (
                    "viewed_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="viewed at"
                    ),
                ),
            ],
            options={
                "verbose_name": "access log entry",
                "verbose_name_plural": "access log",
                "indexes": [
                    models.Index(
                        models.F("owner_id"), models.OrderBy(models.F("viewed_at"), descending=True), name="access_log_by_owner"
                    ),
                    models.Index(
                        models.F("username"), models.OrderBy(models.F("viewed_at"), descending=True), name="access_log_by_user"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ApiKey",
            fields=[
                ("prefix", models.CharField(max_length=16, primary_key=True, serialize=False, verbose_name="prefix")),
                ("digest", models.BinaryField(help_text="SHA-256", max_length=32)),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                (
                    "owner_id",
                    models.CharField(
                        blank=True,
                        help_text="Leave empty for a service key (access to all users)",
                        max_length=64,
                        null=True,
                        verbose_name="user",
                    ),
                ),
                ("can_read", models.BooleanField(db_default=True, verbose_name="may read")),
                ("can_write", models.BooleanField(db_default=False, verbose_name="may write")),
                ("can_ingest", models.BooleanField(db_default=False, verbose_name="may ingest")),
                ("expires_at", models.DateTimeField(blank=True, null=True, verbose_name="expires")),
                ("revoked_at", models.DateTimeField(blank=True, null=True, verbose_name="revoked")),
                (
                    "last_used_at",
                    models.DateTimeField(blank=True, help_text="to the hour", null=True, verbose_name="last used"),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="created"
                    ),
                ),
            ],
            options={
                "verbose_name": "API key",
                "verbose_name_plural": "API keys",
                "permissions": (("check_usersig", "Can check UserSigs"),),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("can_ingest", False), ("owner_id__isnull", True), _connector="OR"),
                        name="apikey_ingests_only_as_a_service",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("can_write", False), ("can_read", True), _connector="OR"),
                        name="apikey_that_writes_reads",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Conversation",
            fields=[
                ("owner_id", ByteOrderField(max_length=64, verbose_name="user")),
                ("conversation_id", ByteOrderField(help_text="conversationID", max_length=102, verbose_name="conversation")),
                (
                    "type",
                    models.SmallIntegerField(choices=[(1, "one to one"), (2, "group")], help_text="type", verbose_name="type"),
                ),
                (
                    "group_type",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("Work", "work group"),
                            ("Public", "public group"),
                            ("Meeting", "meeting group"),
                            ("AVChatRoom", "live room"),
                            ("Community", "community"),
                            ("BChatRoom", "broadcast room"),
                        ],
                        db_default="",
                        help_text="groupType",
                        max_length=16,
                        verbose_name="group type",
                    ),
                ),
                ("show_name", models.TextField(blank=True, db_default="", help_text="showName", verbose_name="name")),
                ("face_url", models.TextField(blank=True, db_default="", help_text="faceUrl", verbose_name="avatar")),
                (
                    "recv_opt",
                    models.SmallIntegerField(
                        choices=[
                            (0, "receive and notify"),
                            (1, "do not receive"),
                            (2, "receive without notification"),
                            (3, "receive, notify of mentions only"),
                            (4, "receive mentions only"),
                        ],
                        db_default=0,
                        help_text="recvOpt",
                        verbose_name="message receiving option",
                    ),
                ),
                ("unread_count", models.IntegerField(db_default=0, help_text="unreadCount", verbose_name="unread")),
                (
                    "last_message",
                    models.TextField(blank=True, help_text="lastMessage, JSON", null=True, verbose_name="last message"),
                ),
                (
                    "last_message_at",
                    models.DateTimeField(
                        blank=True, help_text="lastMessage.timestamp", null=True, verbose_name="last message at"
                    ),
                ),
                (
                    "last_message_position",
                    ByteOrderField(
                        blank=True,
                        db_default="",
                        help_text="position in its message history",
                        max_length=30,
                        verbose_name="position of the last message",
                    ),
                ),
                ("draft_text", models.TextField(blank=True, db_default="", help_text="draftText", verbose_name="draft")),
                (
                    "draft_timestamp",
                    models.BigIntegerField(db_default=0, help_text="draftTimestamp, epoch seconds", verbose_name="draft time"),
                ),
                ("is_pinned", models.BooleanField(db_default=False, help_text="isPinned", verbose_name="pinned")),
                (
                    "activity_key",
                    models.BigIntegerField(
                        db_default=0,
                        help_text="the order key without a draft: of the newest message or of joining",
                        verbose_name="activity key",
                    ),
                ),
                (
                    "order_key",
                    models.GeneratedField(
                        db_persist=True,
                        expression=conversations.models.wire_head.OrderKey(),
                        help_text="orderkey",
                        output_field=models.BigIntegerField(),
                        verbose_name="order key",
                    ),
                ),
                (
                    "group_at_info",
                    models.TextField(db_default="[]", help_text="groupAtInfoList, JSON", verbose_name="mentions"),
                ),
                ("marks", models.BigIntegerField(db_default=0, help_text="markList as 64 bits, signed", verbose_name="marks")),
                (
                    "custom_data",
                    models.TextField(blank=True, db_default="", help_text="customData", verbose_name="custom data"),
                ),
                (
                    "conversation_groups",
                    models.BigIntegerField(
                        db_default=0,
                        help_text="conversationGroupList, as bits of the user's group names",
                        verbose_name="conversation groups",
                    ),
                ),
                (
                    "c2c_read_timestamp",
                    models.BigIntegerField(
                        db_default=0, help_text="c2cReadTimestamp, epoch seconds", verbose_name="read up to (time)"
                    ),
                ),
                (
                    "group_read_sequence",
                    models.BigIntegerField(db_default=0, help_text="groupReadSequence", verbose_name="read up to (number)"),
                ),
                (
                    "membership",
                    models.CharField(
                        choices=[("member", "member"), ("left", "left"), ("kicked", "removed"), ("dissolved", "dissolved")],
                        db_default="member",
                        max_length=9,
                        verbose_name="membership",
                    ),
                ),
                (
                    "is_claimed",
                    models.BooleanField(
                        db_default=False,
                        help_text="reported by the user's app alone, membership unknown",
                        verbose_name="claimed",
                    ),
                ),
                (
                    "imported_unread",
                    models.IntegerField(
                        db_default=0, help_text="unread without stored messages", verbose_name="imported unread"
                    ),
                ),
                (
                    "imported_unread_position",
                    ByteOrderField(
                        blank=True,
                        db_default="",
                        help_text="position of the last imported unread message",
                        max_length=30,
                        verbose_name="end of the imported unread",
                    ),
                ),
                (
                    "deleted_position",
                    ByteOrderField(
                        blank=True,
                        db_default="",
                        help_text="only a newer message brings the conversation back",
                        max_length=30,
                        verbose_name="deleted up to",
                    ),
                ),
                (
                    "cleared_position",
                    ByteOrderField(
                        blank=True,
                        db_default="",
                        help_text="the user doesn't see messages up to here",
                        max_length=30,
                        verbose_name="history cleared up to",
                    ),
                ),
                (
                    "version",
                    models.BigIntegerField(
                        help_text="number of the newest change of this conversation in the user's list", verbose_name="version"
                    ),
                ),
                (
                    "changed_by",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("message", "a message"),
                            ("recall", "a recall"),
                            ("edit", "an edit"),
                            ("read", "reading"),
                            ("pin", "pinning or unpinning"),
                            ("draft", "a draft"),
                            ("recv_opt", "the message receiving option"),
                            ("mark", "marks"),
                            ("custom_data", "custom data"),
                            ("group", "a conversation group"),
                            ("delete", "a deletion"),
                            ("clear", "clearing the history"),
                            ("roster", "joining or leaving the group"),
                            ("name", "a name or avatar"),
                            ("import", "an import"),
                            ("report", "a report by the app"),
                            ("repair", "a correction"),
                        ],
                        db_default="",
                        max_length=12,
                        verbose_name="changed by",
                    ),
                ),
                (
                    "changed_at",
                    models.DateTimeField(blank=True, help_text="time of the newest change", null=True, verbose_name="changed"),
                ),
                ("created_version", models.BigIntegerField(verbose_name="created in version")),
                ("deleted_at", models.DateTimeField(blank=True, null=True, verbose_name="deleted")),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="created"
                    ),
                ),
                (
                    "wire_head",
                    models.GeneratedField(
                        db_persist=True, expression=conversations.models.wire_head.WireHead(), output_field=models.TextField()
                    ),
                ),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "owner_id", "conversation_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
            ],
            options={
                "verbose_name": "conversation",
                "verbose_name_plural": "conversations",
                "permissions": (("read_text", "Can read message texts"),),
                "indexes": [
                    models.Index(
                        models.F("owner_id"),
                        models.OrderBy(models.F("is_pinned"), descending=True),
                        models.OrderBy(models.F("order_key"), descending=True),
                        models.F("conversation_id"),
                        condition=models.Q(("deleted_at__isnull", True)),
                        name="conversation_in_order",
                    ),
                    models.Index(models.F("owner_id"), models.F("version"), name="conversation_changes"),
                    models.Index(models.F("owner_id"), condition=models.Q(("is_claimed", True)), name="conversation_claimed"),
                    models.Index(
                        models.F("owner_id"),
                        condition=models.Q(
                            ("deleted_at__isnull", True),
                            models.Q(
                                ("unread_count__gt", 0),
                                models.Q(("group_at_info", "[]"), _negated=True),
                                ("marks__bits", 2),
                                _connector="OR",
                            ),
                        ),
                        name="conversation_counted",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("conversation_id__startswith", "c2c_"), ("type", 1)),
                            models.Q(("conversation_id__startswith", "group_"), ("type", 2)),
                            _connector="OR",
                        ),
                        name="conversation_type_fits_its_id",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("group_type__in", ["", "Work", "Public", "Meeting", "AVChatRoom", "Community", "BChatRoom"])
                        ),
                        name="conversation_has_a_known_group_type",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("recv_opt__in", [0, 1, 2, 3, 4])), name="conversation_has_a_known_receive_option"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("imported_unread__gte", 0), ("unread_count__gte", models.F("imported_unread"))),
                        name="conversation_unread_covers_imported_unread",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("activity_key__gte", 0), ("activity_key__lt", 9007199254740992)),
                        name="conversation_activity_key_fits_javascript",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("marks__bits", 4294967280), _negated=True), name="conversation_has_no_reserved_mark"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("deleted_at__isnull", True), ("unread_count", 0), _connector="OR"),
                        name="conversation_deleted_counts_nothing",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="GroupMember",
            fields=[
                ("group_id", ByteOrderField(max_length=96, verbose_name="group ID")),
                ("user_id", ByteOrderField(max_length=64, verbose_name="user ID")),
                ("events", models.TextField(db_default="[]", help_text="JSON")),
                ("is_member", models.BooleanField(db_default=False, verbose_name="is a member")),
                ("member_since_ms", models.BigIntegerField(help_text="epoch milliseconds", null=True, verbose_name="since")),
                ("is_inferred", models.BooleanField(db_default=False)),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="created"
                    ),
                ),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "group_id", "user_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
            ],
            options={
                "verbose_name": "group member",
                "verbose_name_plural": "group members",
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="Message",
            fields=[
                ("thread", ByteOrderField(max_length=129)),
                ("position", ByteOrderField(max_length=30)),
                ("sender", ByteOrderField(blank=True, help_text="From_Account", max_length=64, verbose_name="sender")),
                (
                    "time_s",
                    models.BigIntegerField(
                        help_text="MsgTime, epoch seconds; empty if only a recall or an edit was received", null=True
                    ),
                ),
                ("random", models.BigIntegerField(help_text="MsgRandom", null=True)),
                ("body", models.TextField(help_text="lastMessage, JSON", null=True)),
                ("counts_as_unread", models.BooleanField(db_default=True, help_text="not NoUnread")),
                ("is_shown", models.BooleanField(db_default=True, help_text="not NoLastMsg")),
                ("is_recalled", models.BooleanField(db_default=False, verbose_name="recalled")),
                (
                    "recalled_by",
                    ByteOrderField(
                        blank=True,
                        db_default="",
                        help_text="Operator_Account; empty if unknown",
                        max_length=64,
                        verbose_name="recalled by",
                    ),
                ),
                (
                    "edited_at_ms",
                    models.BigIntegerField(
                        help_text="EventTime of the newest edit, epoch milliseconds", null=True, verbose_name="edited"
                    ),
                ),
                (
                    "edit",
                    models.TextField(blank=True, db_default="", help_text="newest edit of each part of the content, JSON"),
                ),
                ("at_all", models.BooleanField(db_default=False)),
                ("at_accounts", models.TextField(db_default="[]", help_text="GroupAtInfo, JSON")),
                (
                    "targets",
                    models.TextField(
                        db_default="[]", help_text="To_Account of a targeted group message, JSON; [] means all members"
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="created"
                    ),
                ),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "thread", "position", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
            ],
            options={
                "verbose_name": "message",
                "verbose_name_plural": "messages",
                "indexes": [
                    models.Index(
                        models.F("thread"),
                        models.F("random"),
                        condition=models.Q(("random__isnull", False)),
                        name="message_by_random",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Owner",
            fields=[
                (
                    "owner_id",
                    ByteOrderField(
                        help_text="UserID", max_length=64, primary_key=True, serialize=False, verbose_name="user ID"
                    ),
                ),
                (
                    "version",
                    models.BigIntegerField(
                        db_default=0, help_text="number of the list's newest change", verbose_name="version"
                    ),
                ),
                (
                    "epoch",
                    models.BigIntegerField(
                        db_default=0,
                        default=conversations.times.now_s,
                        help_text="sync tokens of another epoch start over; epoch seconds of the creation or restore",
                    ),
                ),
                (
                    "reset_below",
                    models.BigIntegerField(
                        db_default=0, help_text="sync tokens below this version start over", verbose_name="reset below"
                    ),
                ),
                (
                    "nick_name",
                    models.TextField(blank=True, db_default="", help_text="Tag_Profile_IM_Nick", verbose_name="nickname"),
                ),
                ("former_names", models.TextField(db_default="[]", help_text="JSON")),
                ("nick_name_at_ms", models.BigIntegerField(db_default=0, help_text="EventTime, epoch milliseconds")),
                (
                    "face_url",
                    models.TextField(blank=True, db_default="", help_text="Tag_Profile_IM_Image", verbose_name="avatar"),
                ),
                ("face_url_at_ms", models.BigIntegerField(db_default=0, help_text="EventTime, epoch milliseconds")),
                (
                    "group_names",
                    models.TextField(db_default="[]", help_text="getConversationGroupList", verbose_name="conversation groups"),
                ),
                (
                    "groups_version",
                    models.BigIntegerField(db_default=0, help_text="number of the newest change of a group's name"),
                ),
                (
                    "begun_by_apps",
                    models.BigIntegerField(
                        db_default=0,
                        help_text="conversations that began with a draft, setting or report of the user's apps",
                        verbose_name="created by apps",
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="created"
                    ),
                ),
            ],
            options={
                "verbose_name": "user",
                "verbose_name_plural": "users",
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="WebhookEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("command", models.CharField(help_text="CallbackCommand", max_length=64, verbose_name="command")),
                (
                    "body",
                    models.TextField(
                        blank=True, help_text="JSON; removed some days after the webhook was applied", verbose_name="body"
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        choices=[("pending", "pending"), ("applied", "applied"), ("failed", "failed")],
                        db_default="pending",
                        max_length=8,
                        verbose_name="outcome",
                    ),
                ),
                ("error", models.TextField(blank=True, db_default="", verbose_name="error")),
                (
                    "received_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="received"
                    ),
                ),
                ("applied_at", models.DateTimeField(blank=True, null=True, verbose_name="applied at")),
            ],
            options={
                "verbose_name": "webhook",
                "verbose_name_plural": "webhooks",
                "indexes": [
                    models.Index(models.F("received_at"), name="webhook_by_time"),
                    models.Index(
                        models.F("outcome"),
                        models.F("id"),
                        condition=models.Q(("outcome", "applied"), _negated=True),
                        name="webhook_to_do",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SavedView",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=40, verbose_name="name")),
                ("filters", models.CharField(help_text="in the search box's syntax", max_length=500, verbose_name="filters")),
                ("is_shared", models.BooleanField(db_default=False, verbose_name="shared")),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="created"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="saved_views",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="staff account",
                    ),
                ),
            ],
            options={
                "verbose_name": "saved view",
                "verbose_name_plural": "saved views",
                "permissions": (("share_view", "Can share saved views"),),
                "constraints": [
                    models.UniqueConstraint(models.F("user"), models.F("name"), name="saved_view_once_per_user_and_name")
                ],
            },
        ),
    ]
