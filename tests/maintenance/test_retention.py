"""What is old enough goes, everything else stays, and a setting of 0 keeps for ever."""

from datetime import timedelta
from io import StringIO
from unittest import mock

from axes.models import AccessAttempt
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.test import TestCase, override_settings
from django.utils import timezone

from conversations.access import api_keys
from conversations.maintenance import retention
from conversations.models import (
    AccessLogEntry,
    ApiKey,
    ConversationEvent,
    LoginLogEntry,
    RefusedWebhooks,
    WebhookEvent,
    WebhookOutcome,
)
from conversations.times import to_epoch_us

OLD, NEW = timedelta(days=40), timedelta(days=20)
DAYS = dict.fromkeys(("EVENT_DAYS", "WEBHOOK_DAYS", "ACCESS_LOG_DAYS", "STAFF_LOG_DAYS", "REVOKED_KEY_DAYS"), 30)


@override_settings(**DAYS)
class RetentionTests(TestCase):
    def setUp(self):
        now, staff = timezone.now(), User.objects.create_user("sue")
        for age in (OLD, NEW):
            for outcome in WebhookOutcome:
                event = WebhookEvent.objects.create(command="C2C.CallbackAfterSendMsg", outcome=outcome)
                WebhookEvent.objects.filter(pk=event.pk).update(received_at=now - age)
            RefusedWebhooks.objects.create(reason="clock", hour=now - age, count=1, last_at=now - age)
            ConversationEvent.objects.create(
                owner_id="alice", conversation_id="c2c_bob", time_us=to_epoch_us(now - age), version=1, kind="pin"
            )
            entry = AccessLogEntry.objects.create(username="sue", owner_id="alice")
            AccessLogEntry.objects.filter(pk=entry.pk).update(viewed_at=now - age)
            LoginLogEntry.objects.create(event="failed", username="sue", hour=now - age, count=1, last_at=now - age)
            content_type = ContentType.objects.get_for_model(User)
            LogEntry.objects.create(
                user=staff, content_type=content_type, object_id="1", action_flag=CHANGE, action_time=now - age
            )
            for moment in ("revoked_at", "expires_at"):
                key, _text = api_keys.create_api_key(name=f"{moment} {age}", scopes=["read"])
                ApiKey.objects.filter(pk=key.pk).update(**{moment: now - age})
            Session.objects.create(session_key=f"key{age}", session_data="", expire_date=now - age + NEW)
            attempt = AccessAttempt.objects.create(username=f"sue{age}", failures_since_start=1)
            AccessAttempt.objects.filter(pk=attempt.pk).update(attempt_time=now - age + NEW)
        api_keys.create_api_key(name="in use", scopes=["read"])

    def test_what_is_old_goes_and_all_else_stays(self):
        dry = [retention.prune(kind, dry_run=True) for kind in retention.KINDS]
        with self.subTest("the rows as they were"):
            self.assertEqual(WebhookEvent.objects.count(), 6)
        wet = [retention.prune(kind) for kind in retention.KINDS]

        self.assertEqual((dry, wet), ([1, 1, 1, 1, 1, 1, 2, 1, 1], [1, 1, 1, 1, 1, 1, 2, 1, 1]))
        left = (WebhookEvent, ConversationEvent, AccessLogEntry, LogEntry, LoginLogEntry, ApiKey, Session, AccessAttempt)
        self.assertEqual([model._default_manager.count() for model in left], [5, 1, 1, 1, 1, 3, 1, 1])
        self.assertEqual(WebhookEvent.objects.filter(outcome=WebhookOutcome.FAILED).count(), 2)
        self.assertEqual([retention.prune(kind) for kind in retention.KINDS], [0] * len(retention.KINDS))

    def test_a_webhook_that_is_applied_again_meanwhile_and_fails_stays(self):
        webhooks = retention.KINDS[0]
        fail = WebhookEvent.objects.filter(outcome=WebhookOutcome.APPLIED).update

        class Meanwhile(list):
            """The chosen rows, which change before they are deleted."""

            def __init__(self, rows):
                super().__init__(rows)
                fail(outcome=WebhookOutcome.FAILED)

        with mock.patch.object(retention, "list", Meanwhile, create=True):
            retention.prune(webhooks)

        self.assertEqual(WebhookEvent.objects.filter(outcome=WebhookOutcome.FAILED).count(), 4)

    @override_settings(**dict.fromkeys(DAYS, 0))
    def test_zero_days_are_for_ever(self):
        self.assertEqual([retention.prune(kind) for kind in retention.KINDS[:6]], [0] * 6)

    def test_a_kind_that_fails_does_not_keep_the_others_from_being_pruned(self):
        fail = mock.Mock(side_effect=RuntimeError("broken"))
        kinds = [kind._replace(older_than=fail) if number == 0 else kind for number, kind in enumerate(retention.KINDS)]
        output = StringIO()

        with (
            mock.patch.object(retention, "KINDS", kinds),
            self.assertLogs("conversations", "ERROR") as log,
            self.assertRaisesMessage(CommandError, "Failed, as logged above: webhooks. The rest is done."),
        ):
            call_command("prune", stdout=output)

        self.assertIn("Pruning webhooks failed", log.output[0])
        self.assertNotIn("1 webhooks deleted", output.getvalue())
        self.assertEqual((Session.objects.count(), AccessLogEntry.objects.count()), (1, 1))
        call_command("prune", stdout=output)
        self.assertIn("1 webhooks deleted", output.getvalue())
