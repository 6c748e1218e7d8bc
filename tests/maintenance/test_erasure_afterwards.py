"""What comes in after an erasure, and is older than it, brings nothing of the user back."""

from dataclasses import replace

import orjson
from django.test import TestCase

from conversations.feeding import member_inference, messages, profiles, reports, webhooks
from conversations.formats import webhook_events
from conversations.formats.rest_groups import Profile
from conversations.maintenance import erasure, verify
from conversations.models import Conversation, GroupMember, WebhookEvent, WebhookOutcome
from conversations.times import now_ms, now_s
from conversations.transfer import conversations as conversation_imports
from conversations.transfer import messages as message_imports
from conversations.transfer.exports import export_lines
from tests.support import subject
from tests.support.messages import c2c
from tests.support.subject import EVE, FACE_URL, KEPT, MARKER, NICK


class AfterwardsTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        subject.leave_traces()

    def assert_stays_erased(self) -> None:
        self.assertEqual([(where, text) for where, _row, text in subject.cells() if MARKER in text], [])
        self.assertFalse(Conversation.objects.filter(owner_id=EVE).exists())
        self.assertFalse(GroupMember.objects.filter(user_id=EVE).exists())
        self.assertEqual(list(verify.findings()), [])

    def test_replayed_webhooks(self):
        erasure.erase(EVE)
        waiting = WebhookEvent.objects.exclude(outcome=WebhookOutcome.APPLIED)
        self.assertEqual(waiting.count(), 6)

        list(webhooks.replay(WebhookEvent.objects.all()))
        profiles.propagate_all()
        member_inference.count_for_inferred()

        self.assert_stays_erased()
        bobs = Conversation.objects.get(owner_id="bob", conversation_id=f"c2c_{EVE}")
        self.assertIn(f"late {KEPT}", bobs.last_message)

    def test_webhooks_that_were_long_on_their_way(self):
        stored = list(WebhookEvent.objects.exclude(body="").values_list("command", "body"))
        erasure.erase(EVE)
        WebhookEvent.objects.all().delete()

        for command, body in stored:
            event = webhook_events.parse(command, orjson.loads(body), now_s=now_s())
            webhooks.apply_event(event, at_ms=subject.NOON_MS, now_s=now_s())
        profiles.propagate_all()

        self.assert_stays_erased()

    def test_a_history_import(self):
        bodies = [subject.c2c(EVE, "alice", 70, f"old {MARKER}"), subject.in_group(EVE, 70, f"old {MARKER}")]
        records = [{key: value for key, value in body.items() if key not in ("SendMsgResult", "Type")} for body in bodies]
        erasure.erase(EVE)

        summary = message_imports.import_records(enumerate(records, start=1))

        self.assertEqual((summary.applied, summary.bad), (2, 0))
        self.assert_stays_erased()
        last = orjson.loads(Conversation.objects.get(owner_id="alice", conversation_id="group_team").last_message)
        self.assertEqual((last["seq"], last["status"], last["sender"]), ("70", 6, ""))

    def test_an_import_of_an_older_export(self):
        lines = [orjson.loads(line) for line in export_lines(Conversation.objects.present())]
        own = sum(line["owner"] == EVE for line in lines)
        erasure.erase(EVE)
        Conversation.objects.filter(owner_id="zoe").delete()

        summary = conversation_imports.import_records(enumerate(lines, start=1))

        self.assertEqual((summary.created, summary.bad), (3, own))
        self.assert_stays_erased()

    def test_reports_by_others(self):
        older = subject.last_message(EVE, 80, f"older {MARKER}")
        conversation = {"conversationID": f"c2c_{EVE}", "showName": NICK, "faceUrl": FACE_URL, "lastMessage": older}
        in_group = {"conversationID": "group_other", "lastMessage": older}
        erasure.erase(EVE)

        for owner_id in ("zoe", "bob", "new"):
            reports.record(owner_id=owner_id, objects=[conversation, in_group], is_vouched_for=True)

        self.assert_stays_erased()
        shown = Conversation.objects.get(owner_id="new", conversation_id=f"c2c_{EVE}")
        self.assertEqual((shown.show_name, orjson.loads(shown.last_message)["status"]), (EVE, 6))

    def test_a_user_who_comes_back_is_a_new_one(self):
        erasure.erase(EVE)

        later = now_s() + 1
        profiles.set_profiles([Profile(user_id=EVE, nick_name="Eve again", face_url="", at_ms=now_ms() + 1000)])
        messages.record([replace(c2c("alice", EVE, 1), time_s=later)], now_s=later)

        (row,) = Conversation.objects.for_owner(EVE)
        self.assertEqual((row.conversation_id, row.unread_count), ("c2c_alice", 1))
        self.assertEqual(Conversation.objects.get(owner_id="alice", conversation_id=f"c2c_{EVE}").show_name, "Eve again")
        self.assertEqual(list(verify.findings()), [])
        # A later remark in an app is one of the new user.
        reports.record(owner_id="alice", objects=[{"conversationID": f"c2c_{EVE}", "showName": "My Eve"}])
        self.assertEqual(Conversation.objects.get(owner_id="alice", conversation_id=f"c2c_{EVE}").show_name, "My Eve")

    def test_a_user_who_comes_back_can_be_erased_again(self):
        erasure.erase(EVE)
        later = now_s() + 1
        messages.record([replace(c2c(EVE, "alice", 1), time_s=later)], now_s=later)

        tally = erasure.erase(EVE)

        self.assertEqual((tally[erasure.Kind.MESSAGES], tally[erasure.Kind.CONVERSATIONS]), (1, 1))
        self.assertEqual(erasure.count(EVE).total(), 0)
        self.assertEqual(list(verify.findings()), [])
