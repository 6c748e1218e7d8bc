"""How many conversations a user's own apps may begin: by drafts, settings and reports. Messages and services have no limit."""

from typing import Any

from django.db import connection
from django.http import HttpResponse
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from conversations.feeding import members, messages
from conversations.models import Conversation, Owner
from tests.support.acting import ActionTestCase, version
from tests.support.api import conversation_url, url
from tests.support.cast import ALICE, BOB, bearer, make_conversations, usersig, with_key
from tests.support.messages import NOON_S, c2c
from tests.support.staff import boss

MOST = 3
REPORT = url("conversations/report/")


@override_settings(MAX_CONVERSATIONS=MOST)
class BegunConversationTests(ActionTestCase):
    def draft(self, number: int, credential: dict[str, str] | None = None, **parameters: Any) -> HttpResponse:
        address = conversation_url(f"c2c_{number}", **parameters).replace("/?", "/draft/?")
        return self.put(address if parameters else f"{address}draft/", {"draftText": "hi"}, credential)

    def mute(self, number: int, credential: dict[str, str] | None = None) -> HttpResponse:
        return self.put(f"{conversation_url(f'c2c_{number}')}receive-option/", {"recvOpt": 2}, credential)

    def report(self, *numbers: int, credential: dict[str, str] | None = None, **parameters: Any) -> HttpResponse:
        objects = [{"conversationID": f"c2c_{number}"} for number in numbers]
        address = url("conversations/report/", **parameters)
        return self.send("POST", address, {"conversationList": objects}, credential)

    def assert_full(self, response: HttpResponse) -> None:
        body = self.assert_problem(response, 400, 51006, "conversationID")
        self.assertEqual(body["detail"], "Apps can create at most 3 conversations.")

    def begun(self, owner_id: str = ALICE) -> int:
        return Owner.objects.get(owner_id=owner_id).begun_by_apps

    def ids(self) -> list[str]:
        return sorted(Conversation.objects.filter(owner_id=ALICE).values_list("conversation_id", flat=True))

    def test_drafts_settings_and_reports_share_a_count(self):
        self.assertEqual(self.draft(1).status_code, 200)
        self.assertEqual(self.mute(2).status_code, 200)
        self.assert_results(self.report(3), 0)

        with self.assert_no_change():
            self.assert_full(self.draft(4))
            self.assert_full(self.mute(4))
            [result] = self.assert_results(self.report(4), 51006)
        self.assertEqual(result["resultInfo"], "Apps can create at most 3 conversations.")
        self.assertEqual((self.ids(), self.begun()), (["c2c_1", "c2c_2", "c2c_3"], MOST))

    def test_a_report_takes_as_many_as_there_is_room_for(self):
        self.assert_results(self.report(1, 2, 2, 1, 3, 4, 5, 3), 0, 0, 0, 0, 0, 51006, 51006, 0)

        self.assertEqual((self.ids(), self.begun()), (["c2c_1", "c2c_2", "c2c_3"], MOST))

    def test_an_invalid_one_takes_no_room(self):
        bad = {"conversationID": "nonsense"}
        body = {"conversationList": [bad, bad, bad, *({"conversationID": f"c2c_{n}"} for n in range(MOST))]}

        self.assert_results(self.send("POST", REPORT, body), 6017, 6017, 6017, 0, 0, 0)

    def test_conversations_that_are_there_change_as_before(self):
        self.report(1, 2)
        self.mute(3)

        self.assertEqual(self.draft(1).status_code, 200)
        self.assertEqual(self.draft(3).status_code, 200)  # it begins now, and was counted before
        self.assert_results(self.report(1, 2, 3), 0, 0, 0)
        self.assertEqual(self.delete(conversation_url("c2c_1")).status_code, 204)
        self.assertEqual(self.draft(1).status_code, 200)
        self.assert_full(self.draft(4))
        self.assertEqual(self.begun(), MOST)

    def test_messages_and_groups_are_neither_limited_nor_counted(self):
        make_conversations(2 * MOST)
        messages.record([c2c(BOB, ALICE, 1), c2c("carol", ALICE, 2)], now_s=NOON_S)
        members.join("team", [ALICE], at_ms=1)
        self.assertEqual(self.begun(), 0)
        self.report(1, 2, 3)

        messages.record([c2c("dave", ALICE, 3)], now_s=NOON_S)

        self.assertEqual(self.shown("c2c_dave")["unreadCount"], 1)
        self.assertEqual(self.begun(), MOST)
        self.assert_full(self.draft(4))

    def test_services_and_staff_have_no_limit(self):
        service = with_key(None, ["read", "write"])
        self.assert_results(self.report(*range(2 * MOST), credential=service, owner=ALICE), *[0] * 2 * MOST)
        self.assertEqual(self.draft(20, service, owner=ALICE).status_code, 200)
        self.client.force_login(boss())
        self.assertEqual(self.draft(21, {}, owner=ALICE).status_code, 200)

        self.assertEqual(self.begun(), 0)
        self.assertEqual(self.draft(22).status_code, 200)

    def test_a_key_of_the_user_shares_the_count_and_other_users_have_their_own(self):
        self.report(1, 2, 3)

        self.assert_full(self.draft(4, with_key(ALICE, ["write"])))
        bob = bearer(usersig(BOB))
        self.assertEqual(self.draft(4, bob).status_code, 200)
        self.assertEqual(self.begun(BOB), 1)

    def test_a_refused_setting_takes_no_version(self):
        self.report(1, 2, 3)
        before = version()

        self.mute(4)

        self.assertEqual(version(), before)

    @override_settings(MAX_CONVERSATIONS=0)
    def test_off(self):
        self.assert_results(self.report(*range(2 * MOST)), *[0] * 2 * MOST)
        self.assertEqual(self.draft(20).status_code, 200)
        self.assertEqual(self.mute(21).status_code, 200)

        self.assertEqual(self.begun(), 2 * MOST + 2)

    @override_settings(MAX_CONVERSATIONS=10_000)
    def test_the_cost_does_not_grow_with_the_list(self):
        def queries(number: int) -> list[int]:
            numbers = []
            for call in (self.draft, self.mute, self.report):
                with CaptureQueriesContext(connection) as captured:
                    call(number)
                numbers.append(len(captured))
                number += 1
            return numbers

        queries(10)
        few = queries(20)
        make_conversations(500)
        Owner.objects.named(ALICE).update(begun_by_apps=5000)

        self.assertEqual(queries(30), few)
