"""The tab History: what happened to a conversation, by whom, and how many messages came between."""

from conversations import acting
from conversations.access import api_keys
from conversations.actions import pins, settings
from conversations.feeding import messages
from conversations.models import ConversationEvent
from tests.support.cast import make_conversation
from tests.support.messages import NOON_S, c2c
from tests.support.pages import DETAIL, AsSupport
from tests.support.staff import viewer


def pin(pinned: bool = True) -> None:
    pins.set_pinned(owner_id="alice", conversation_id="c2c_bob", pinned=pinned)


class HistoryTests(AsSupport):
    def history(self, status: int = 200, **parameters: str):
        return self.get(DETAIL, status, owner="alice", id="c2c_bob", part="history", **parameters)

    def test_an_event_says_what_when_and_by_whom(self):
        make_conversation(), make_conversation("bob", "c2c_bob")
        key, _text = api_keys.create_api_key(name="back office", scopes=["write"])
        with acting.acting(f"key:{key.prefix}"):
            pin()
        pins.set_pinned(owner_id="bob", conversation_id="c2c_bob", pinned=True)

        page = self.history()

        self.assertContains(page, "<strong>Pinned</strong>", count=1)
        self.assertContains(page, f"by API key back office ({key.prefix})")
        self.assertContains(page, "Pinned: no → yes")

    def test_each_kind_of_actor_has_a_name(self):
        make_conversation()
        names = {
            "usersig": "the user&#x27;s app (UserSig)",
            "key:0123456789ab": "API key ? (0123456789ab)",
            "staff:999999": "a former member of staff",
            f"staff:{self.user.pk}": "sue",
            "administrator:root": "app administrator root",
            "webhook:7": "webhook 7",
            "command:import_conversations": "command import_conversations",
            "system": "imsite",
        }
        for number, actor in enumerate(names):
            with acting.acting(actor):
                pin(number % 2 == 0)

        page = self.history()

        for name in names.values():
            self.assertContains(page, f"by {name}")

    def test_messages_between_two_events_are_counted(self):
        make_conversation()
        pin()
        messages.record([c2c("bob", "alice", number) for number in (1, 2, 3)], now_s=NOON_S)
        ConversationEvent.objects.update(time_us=(NOON_S - 10) * 1_000_000)
        pin(False)

        self.assertContains(self.history(), "3 messages", count=1)
        self.assertNotContains(self.history(kind="pin"), "3 messages")

    def test_the_ticket_has_the_newest_ones(self):
        make_conversation()
        for number in range(7):
            pin(number % 2 == 0)

        ticket = self.get(DETAIL, owner="alice", id="c2c_bob", part="explain").context["ticket"]

        self.assertRegex(ticket.splitlines()[-1], r"UTC Pinned by imsite\. Pinned: no → yes$")
        self.assertEqual(ticket.count("Pinned:"), 5)

    def test_one_kind_alone(self):
        make_conversation()
        pin()
        settings.set_receive_option(owner_id="alice", conversation_id="c2c_bob", option=2)

        page = self.history(kind="recv_opt")

        self.assertEqual([event.kind for event, *_urls in page.context["events"]], ["Message receiving option changed"])

    def test_pages_follow_each_other_and_an_event_has_an_address(self):
        make_conversation()
        for number in range(35):
            pin(number % 2 == 0)

        first = self.history()
        second = self.client.get(first.context["older_url"])
        times = [event.time_us for page in (first, second) for event, *_urls in page.context["events"]]
        self.assertEqual((len(times), times), (35, sorted(times, reverse=True)))
        of_one = self.client.get(first.context["events"][4][1].partition("#")[0])
        self.assertEqual(of_one.context["events"][0][0].time_us, times[4])

    def test_the_number_of_events_does_not_change_the_number_of_statements(self):
        make_conversation()
        counts = set()
        for size in (3, 25):
            for number in range(size):
                with acting.acting(f"staff:{number}"):
                    pin(number % 2 == 0)
            counts.add(self.count_queries(DETAIL, owner="alice", id="c2c_bob", part="history"))
        self.assertEqual(len(counts), 1)

    def test_bad_parameters(self):
        make_conversation()
        for parameters in ({"until": "yesterday"}, {"until": "-1"}, {"kind": "message"}, {"kind": "'"}):
            with self.subTest(parameters):
                self.history(400, **parameters)


class MaskTests(AsSupport):
    @classmethod
    def make_user(cls):
        return viewer()

    def test_what_apps_note_is_hidden_from_those_who_may_not_read(self):
        make_conversation()
        settings.set_custom_data(owner_id="alice", conversation_ids=["c2c_bob"], text="a secret note")

        page = self.get(DETAIL, owner="alice", id="c2c_bob", part="history")

        self.assertContains(page, "Custom data: … → …")
        self.assertNotContains(page, "a secret note")
