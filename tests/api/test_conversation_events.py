"""GET conversations/{id}/events/: what happened to a conversation, for service keys and staff alone."""

from conversations import acting
from conversations.actions import deletions, pins
from tests.support.api import ApiTestCase, url
from tests.support.cast import ALICE, make_conversation, with_key

EVENTS = "conversations/c2c_bob/events/"


class EventsTests(ApiTestCase):
    def setUp(self):
        self.service = with_key(None)
        make_conversation()
        with acting.acting(acting.USERSIG):
            for number in range(5):
                pins.set_pinned(owner_id=ALICE, conversation_id="c2c_bob", pinned=number % 2 == 0)

    def page(self, **parameters: object) -> dict:
        response = self.get(url(EVENTS, owner=ALICE, **parameters), self.service)
        self.assertEqual(response.status_code, 200, response.content)
        return response.json()

    def test_an_event(self):
        newest = self.page()["eventList"][0]

        self.assertEqual((newest["kind"], newest["changes"], newest["actor"]), ("pin", {"isPinned": [False, True]}, "usersig"))
        self.assertEqual(set(newest), {"timeUs", "version", "kind", "changes", "actor"})

    def test_pages_follow_each_other(self):
        times, next_seq = [], ""
        for _number in range(3):
            page = self.page(count=2, **({"nextSeq": next_seq} if next_seq else {}))
            times += [event["timeUs"] for event in page["eventList"]]
            next_seq = page["nextSeq"]

        self.assertEqual((len(times), times), (5, sorted(times, reverse=True)))
        self.assertTrue(page["isFinished"])
        self.assertEqual(next_seq, "")

    def test_a_deleted_conversation_keeps_its_events(self):
        deletions.delete(owner_id=ALICE, conversation_ids=["c2c_bob"])

        self.assertEqual(self.page()["eventList"][0]["kind"], "delete")

    def test_users_own_credentials_are_refused(self):
        for credential in (self.alice, with_key(ALICE)):
            self.assertEqual(self.get(url(EVENTS), credential).status_code, 403)

    def test_bad_parameters_are_named(self):
        for parameters in ({"nextSeq": "x"}, {"count": "0"}, {"nonsense": "1"}):
            response = self.get(url(EVENTS, owner=ALICE, **parameters), self.service)
            self.assertEqual(response.status_code, 400)
            self.assertIn(next(iter(parameters)), response.json()["errors"])
