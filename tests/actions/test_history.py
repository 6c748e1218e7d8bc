"""Each change that is no message leaves an event: what, from which value to which, by whom, and once."""

import orjson
from django.test import TestCase

from conversations import acting
from conversations.actions import deletions, drafts, groups, pins, reading, recounts, settings
from conversations.feeding import webhooks
from conversations.models import Conversation, ConversationEvent
from conversations.transfer.conversations import import_records
from tests.support.api import ApiTestCase, conversation_url
from tests.support.cast import ALICE, make_conversation, with_key
from tests.support.members import joined, left, row_of, tell
from tests.support.staff import boss


def events(conversation_id: str = "c2c_bob") -> list[tuple[str, dict, str]]:
    """The kind, the changes and the actor of each, oldest first."""
    rows = ConversationEvent.objects.of(ALICE, conversation_id).reverse()
    return [(row.kind, orjson.loads(row.changes), row.actor) for row in rows]


class KindTests(TestCase):
    def setUp(self):
        self.row = make_conversation(unread_count=2, imported_unread=2)
        self.of = {"owner_id": ALICE, "conversation_id": "c2c_bob"}
        self.among = {"owner_id": ALICE, "conversation_ids": ["c2c_bob"]}

    def assert_event(self, kind: str, changes: dict) -> None:
        [(was, from_to, _actor)] = events()
        self.assertEqual((was, {name: from_to.get(name) for name in changes}), (kind, changes))

    def test_pin(self):
        pins.set_pinned(**self.of, pinned=True)
        pins.set_pinned(**self.of, pinned=True)

        self.assert_event("pin", {"isPinned": [False, True]})

    def test_receive_option(self):
        settings.set_receive_option(**self.of, option=2)

        self.assert_event("recv_opt", {"recvOpt": [0, 2]})

    def test_marks_and_custom_data(self):
        settings.set_marks(**self.among, marks=5, enabled=True)
        settings.set_custom_data(**self.among, text="vip")

        [mark, custom_data] = events()
        self.assertEqual(mark[:2], ("mark", {"markList": [[], [1, 4]]}))
        self.assertEqual(custom_data[:2], ("custom_data", {"customData": ["", "vip"]}))

    def test_conversation_groups(self):
        groups.create(**self.among, name="work")
        groups.delete(owner_id=ALICE, name="work")

        [added, removed] = events()
        self.assertEqual(added[:2], ("group", {"conversationGroupList": [[], ["work"]]}))
        self.assertEqual(removed[0], "group")

    def test_a_draft_leaves_no_text(self):
        drafts.set_draft(**self.of, text="secret words")
        drafts.set_draft(**self.of, text="other secret words")
        drafts.set_draft(**self.of, text=None)

        self.assertEqual([event[1] for event in events()], [{"hasDraft": [False, True]}, {}, {"hasDraft": [True, False]}])
        self.assertNotIn("secret", repr(events()))

    def test_read(self):
        reading.read(**self.of)

        self.assert_event("read", {"unreadCount": [2, 0]})

    def test_deletion_and_return(self):
        deletions.delete(**self.among)
        drafts.set_draft(**self.of, text="again")

        self.assertEqual([event[0] for event in events()], ["delete", "draft"])
        self.assertEqual([event[1]["isDeleted"] for event in events()], [[False, True], [True, False]])

    def test_a_setting_before_the_conversation_begins(self):
        settings.set_receive_option(owner_id=ALICE, conversation_id="c2c_carol", option=1)

        [event] = ConversationEvent.objects.of(ALICE, "c2c_carol")
        self.assertEqual((event.kind, event.version, orjson.loads(event.changes)), ("recv_opt", 0, {"recvOpt": [None, 1]}))

    def test_many_at_once_have_one_each(self):
        ids = ["c2c_bob", *(make_conversation(conversation_id=f"c2c_{name}").conversation_id for name in ("carol", "dave"))]
        settings.set_marks(owner_id=ALICE, conversation_ids=ids, marks=1, enabled=True)

        self.assertEqual([len(events(conversation_id)) for conversation_id in ids], [1, 1, 1])

    def test_correction(self):
        recounts.move_read_position(**self.of, to=1)

        self.assertEqual(events()[0][0], "repair")

    def test_import(self):
        with acting.acting("command:import_conversations"):
            import_records([(1, {"owner": ALICE, "conversation": {"conversationID": "c2c_eve"}})])

        self.assertEqual(events("c2c_eve"), [("import", {}, "command:import_conversations")])

    def test_the_version_is_that_of_the_change(self):
        pins.set_pinned(**self.of, pinned=True)

        self.assertEqual(ConversationEvent.objects.get().version, Conversation.objects.get().version)


class MembershipTests(TestCase):
    def test_joining_and_leaving_are_events_and_messages_are_none(self):
        tell(joined(ALICE, "bob"))
        tell(left(ALICE, at_ms=1_760_000_060_000))

        self.assertEqual(row_of().membership, "left")
        kinds_and_changes = [event[:2] for event in events("group_team")]
        self.assertEqual([kind for kind, _changes in kinds_and_changes], ["roster", "roster"])
        self.assertEqual(kinds_and_changes[1][1], {"membership": ["member", "left"]})

    def test_a_message_leaves_no_event(self):
        webhook = {
            "CallbackCommand": "C2C.CallbackAfterSendMsg", "From_Account": "bob", "To_Account": ALICE, "MsgSeq": 1,
            "MsgRandom": 1, "MsgTime": 1_760_000_000, "MsgKey": "1_1_1760000000", "SendMsgResult": 0,
            "MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Text": "hi"}}],
        }  # fmt: skip
        webhooks.receive(webhook["CallbackCommand"], orjson.dumps(webhook), webhook)

        self.assertEqual(Conversation.objects.count(), 2)
        self.assertEqual(ConversationEvent.objects.count(), 0)


class ActorTests(ApiTestCase):
    def setUp(self):
        self.addCleanup(acting.begin, acting.SYSTEM)
        make_conversation()
        self.pin = conversation_url("c2c_bob").rstrip("/") + "/pin/"

    def actors(self) -> list[str]:
        return [actor for _kind, _changes, actor in events()]

    def test_a_usersig_and_a_key_without_their_secrets(self):
        key = with_key(ALICE, ("write",))
        self.client.put(self.pin, **self.alice)
        self.client.delete(self.pin, **key)

        text = key["HTTP_AUTHORIZATION"].removeprefix("Bearer imk_")
        self.assertEqual(self.actors(), ["usersig", f"key:{text.split('_')[0]}"])

    def test_a_webhook(self):
        content = {"Report_Account": ALICE, "Peer_Account": "bob", "LastReadTime": 1_760_000_000}
        body = {"CallbackCommand": "C2C.CallbackAfterMsgReport", **content}
        webhook = webhooks.receive(body["CallbackCommand"], orjson.dumps(body), body)

        self.assertEqual(self.actors(), [f"webhook:{webhook.pk}"])

    def test_staff_in_the_api_and_on_the_pages(self):
        user = boss()
        self.client.force_login(user)
        self.client.get("/owner/", {"owner": ALICE})
        self.client.post(
            f"/conversation/correct/?owner={ALICE}&action=pin&id=c2c_bob", {"seen": Conversation.objects.get().version}
        )
        self.assertEqual(self.actors(), [f"staff:{user.pk}"])

    def test_what_goes_on_by_itself(self):
        acting.begin("key:of-the-request-before")
        self.client.get("/livez")
        self.client.get("/")
        pins.set_pinned(owner_id=ALICE, conversation_id="c2c_bob", pinned=True)

        self.assertEqual(self.actors(), ["system"])
