"""An action that waits for an import of the same conversation finds it as the import left it."""

import threading
import time
from typing import Any

from django.db import connection, transaction
from django.test import TransactionTestCase

from conversations.actions import deletions, drafts, pins, reading, settings
from conversations.exceptions import ConversationError
from conversations.models import Conversation
from conversations.transfer import conversations
from tests.support.cast import ALICE

NOON_S = 1_790_000_000
WAIT_S = 0.3


def receive(sent_s: int, **more: Any) -> None:
    """alice's row for bob, replaced by one with a newer message."""
    message = {"timestamp": sent_s, "seq": "1", "random": 1}
    values = {"conversationID": "c2c_bob", "unreadCount": 1, "lastMessage": message} | more
    conversations.import_records([(1, {"owner": ALICE, "conversation": values})])


class WaitingTests(TransactionTestCase):
    def meanwhile(self, act, **arguments: Any) -> Any:
        """What `act` gives when it begins before an import of the same conversation is committed."""
        answers: list[Any] = []

        def run() -> None:
            try:
                answers.append(act(owner_id=ALICE, **arguments))
            except ConversationError as error:
                answers.append(error)
            finally:
                connection.close()

        waiting = threading.Thread(target=run)
        with transaction.atomic():
            receive(NOON_S + 1, showName="new")
            waiting.start()
            time.sleep(WAIT_S)
        waiting.join(timeout=20)
        return answers[0]

    def setUp(self):
        receive(NOON_S, showName="old")

    def test_an_action_on_one_finds_it(self):
        for act, more in (
            (pins.set_pinned, {"pinned": True}),
            (drafts.set_draft, {"text": "x"}),
            (settings.set_receive_option, {"option": 1}),
            (reading.read, {}),
            (deletions.clear_history, {}),
        ):
            with self.subTest(act.__name__):
                Conversation.objects.all().delete()
                receive(NOON_S, showName="old")

                outcome = self.meanwhile(act, conversation_id="c2c_bob", **more)

                self.assertNotIsInstance(outcome, ConversationError)
                self.assertEqual(outcome.conversation.show_name, "new")

    def test_an_action_on_many_finds_it(self):
        outcome = self.meanwhile(settings.set_marks, conversation_ids=["c2c_bob"], marks=1, enabled=True)

        self.assertEqual([result.code for result in outcome.results], [0])
        self.assertEqual(Conversation.objects.get().show_name, "new")
