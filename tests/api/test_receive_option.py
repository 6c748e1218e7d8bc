"""setC2CReceiveMessageOpt and setGroupReceiveMessageOpt: how new messages are announced."""

from tests.support.acting import ActionTestCase
from tests.support.api import conversation_url
from tests.support.cast import make_conversation


def option_url(conversation_id: str = "c2c_bob") -> str:
    return f"{conversation_url(conversation_id)}receive-option/"


class ReceiveOptionTests(ActionTestCase):
    def test_a_group_knows_five_options_and_one_to_one_three(self):
        make_conversation()
        make_conversation(conversation_id="group_team")

        for conversation_id, options in (("c2c_bob", (1, 2, 0)), ("group_team", (1, 2, 3, 4, 0))):
            for option in options:
                with self.subTest(conversation_id, option=option), self.assert_versions(1):
                    response = self.put(option_url(conversation_id), {"recvOpt": option})

                    self.assertEqual(response.json()["recvOpt"], option)
                    self.assertEqual(response.json(), self.shown(conversation_id))

    def test_the_same_again_is_no_change(self):
        make_conversation(recv_opt=2)

        with self.assert_no_change():
            response = self.put(option_url(), {"recvOpt": 2})

        self.assertEqual((response.status_code, response.json()["recvOpt"]), (200, 2))

    def test_it_is_no_activity(self):
        make_conversation(activity_key=5, draft_text="x", unread_count=2)
        before = self.shown()

        after = self.put(option_url(), {"recvOpt": 1}).json()

        self.assertEqual({key for key in before if before[key] != after[key]}, {"recvOpt"})

    def test_totals_follow(self):
        make_conversation(conversation_id="group_team", unread_count=7)
        make_conversation(unread_count=1)

        for option in (1, 2, 3):
            self.put(option_url("group_team"), {"recvOpt": option})
            self.assertEqual((self.totals()["total"], self.totals()["muted"]), (1, 7))
        for option in (4, 0):
            self.put(option_url("group_team"), {"recvOpt": option})
            self.assertEqual((self.totals()["total"], self.totals()["muted"]), (8, 0))


class BadOptionTests(ActionTestCase):
    def setUp(self):
        make_conversation(recv_opt=1)
        make_conversation(conversation_id="group_team", recv_opt=4)

    def assert_refused(self, option, conversation_id: str = "c2c_bob") -> None:
        with self.subTest(conversation_id, option=option), self.assert_no_change():
            response = self.put(option_url(conversation_id), {"recvOpt": option})
            self.assert_problem(response, 400, 6017, "recvOpt")

    def test_one_to_one_does_not_know_those_of_groups(self):
        self.assert_refused(3)
        self.assert_refused(4)

    def test_there_are_no_others(self):
        for conversation_id in ("c2c_bob", "group_team"):
            for option in (-1, 5, 255, 1 << 31, 1 << 63, 10**40):
                self.assert_refused(option, conversation_id)

    def test_it_has_to_be_a_whole_number(self):
        for option in ("2", "", 1.0, 0.5, True, False, None, [2], {"recvOpt": 2}, "RECEIVE"):
            self.assert_refused(option)

    def test_a_group_without_membership_is_6004(self):
        with self.assert_no_change():
            self.assert_problem(self.put(option_url("group_x"), {"recvOpt": 2}), 404, 6004)
            self.assert_problem(self.put(option_url("group_x"), {"recvOpt": 9}), 400, 6017, "recvOpt")
