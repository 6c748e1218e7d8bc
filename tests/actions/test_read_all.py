"""Everything is read in bounded parts, and the peers are shown it beside them."""

from io import StringIO
from itertools import pairwise
from unittest import mock

import orjson
from django.core.management import call_command
from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext

from conversations.actions import peer_receipts, reading
from conversations.choices import ConversationType
from conversations.models import Conversation, Owner, PendingReceipt
from tests.support.cast import ALICE, make_conversation, make_conversations

READ_S = 1_760_000_000
OWN = orjson.dumps({"isSelf": True, "isPeerRead": False, "timestamp": READ_S}).decode()


def make_unread(count: int, *, start: int = 0) -> None:
    """Unread conversations of alice, and those of her peers, who wrote last."""
    position = f"{READ_S:010d}{1:010d}{1:010d}"
    make_conversations(count, start=start, unread_count=2, imported_unread=2, last_message_position=position)
    Owner.objects.bulk_create([Owner(owner_id=f"peer{start + n}", version=1) for n in range(count)])
    rows = [
        Conversation(
            owner_id=f"peer{start + n}", conversation_id="c2c_alice", type=1, version=1, created_version=1, last_message=OWN
        )
        for n in range(count)
    ]
    Conversation.objects.bulk_create(rows)


def shown() -> int:
    """How many peers see that alice has read."""
    return Conversation.objects.filter(conversation_id="c2c_alice", last_message__contains='"isPeerRead":true').count()


class ReadAllTests(TestCase):
    def test_it_goes_on_part_by_part(self):
        make_unread(25)
        make_conversation(conversation_id="group_team", unread_count=3)
        before = Owner.objects.get(owner_id=ALICE).version

        with mock.patch.object(reading, "PART", 10):
            read = reading.read_all(owner_id=ALICE)

        owner = Owner.objects.get(owner_id=ALICE)
        self.assertEqual((read.changed, read.pending, owner.version), (26, 0, before + 26))
        self.assertEqual(read.token, f"{owner.epoch}.{owner.version}")
        self.assertFalse(Conversation.objects.for_owner(ALICE).unread().exists())
        self.assertEqual((shown(), PendingReceipt.objects.count()), (25, 0))

    def test_no_transaction_reads_more_than_a_part(self):
        make_unread(25)
        with (
            mock.patch.object(reading, "PART", 10),
            mock.patch.object(reading, "save_conversations", side_effect=reading.save_conversations) as save,
        ):
            reading.read_all(owner_id=ALICE)

        self.assertEqual([len(call.args[1]) for call in save.call_args_list], [10, 10, 5])

    def test_a_part_costs_the_same_however_many_conversations_it_has(self):
        counts = []
        for start, size in ((0, 2), (100, 90)):
            make_unread(size, start=start)
            with CaptureQueriesContext(connection) as captured:
                reading.read_all(owner_id=ALICE)
            counts.append(len(captured))

        self.assertEqual(counts[0], counts[1])

    def test_each_further_part_costs_the_same(self):
        counts = []
        with mock.patch.object(reading, "PART", 10):
            for start, size in ((0, 5), (100, 15), (200, 25), (300, 35)):
                make_unread(size, start=start)
                with CaptureQueriesContext(connection) as captured:
                    reading.read_all(owner_id=ALICE)
                counts.append(len(captured))

        steps = {later - sooner for sooner, later in pairwise(counts)}
        self.assertEqual(len(steps), 1, counts)

    def test_what_the_peers_do_not_see_yet_is_said_and_finished_later(self):
        make_unread(25)
        with mock.patch.object(reading, "PATIENCE_S", 0):
            read = reading.read_all(owner_id=ALICE, type_=ConversationType.C2C)
        self.assertEqual((read.changed, read.pending, shown()), (25, 25, 0))
        listed, out = StringIO(), StringIO()

        call_command("replay_callbacks", "--pending", "--dry-run", stdout=listed)
        call_command("replay_callbacks", "--pending", stdout=out)

        self.assertEqual(listed.getvalue(), "alice: pending read receipts\n")
        self.assertEqual(out.getvalue(), "Finished 1 pending update.\n")
        self.assertEqual((shown(), PendingReceipt.objects.count()), (25, 0))

    def test_it_is_shown_in_batches_until_time_is_up(self):
        make_unread(25)
        with mock.patch.object(reading, "PATIENCE_S", 0):
            reading.read_all(owner_id=ALICE)
        with mock.patch.object(peer_receipts, "BATCH", 10), mock.patch("time.monotonic", side_effect=[0, 0, 10]):
            left = peer_receipts.finish(ALICE, until=5)

        self.assertEqual((left, shown()), (5, 20))

    def test_a_later_read_stays_noted(self):
        make_unread(1)
        peer_receipts.begin(ALICE, {"peer0": READ_S})
        show = peer_receipts.show

        def read_meanwhile(reader: str, read_to: dict[str, int]) -> None:
            show(reader, read_to)
            if read_to["peer0"] == READ_S:
                peer_receipts.begin(ALICE, {"peer0": READ_S + 9})
                Conversation.objects.filter(owner_id="peer0").update(last_message=OWN.replace(str(READ_S), str(READ_S + 9)))

        with mock.patch.object(peer_receipts, "show", read_meanwhile):
            left = peer_receipts.finish(ALICE)

        self.assertEqual((left, shown(), PendingReceipt.objects.count()), (0, 1, 0))
