"""An action that waits for its owner's lock: it acts on what it finds afterwards, not on what was there before."""

import time
from collections.abc import Callable
from typing import Any
from unittest import skipUnless

from django.db import connection, transaction
from django.test import TransactionTestCase

from conversations.actions import pins
from conversations.choices import ChangedBy
from conversations.exceptions import ConversationNotFound
from conversations.models import Conversation, Owner
from conversations.store import json_rows
from conversations.store.owners import lock_one, lock_owner
from conversations.store.rows import save_conversations
from tests.support.cast import ALICE, make_conversation
from tests.support.threads import start_thread

PATIENCE_S = 20
# Not from pg_stat_activity, which stays the same in a transaction.
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
WAITING_ON_A_NODE = "SELECT count(*) FROM citus_lock_waits WHERE blocking_gpid = citus_backend_gpid()"


@skipUnless(connection.vendor == "postgresql", "on SQLite a writer waits before it reads anything")
class WaitingTests(TransactionTestCase):
    def pin_after(self, change: Callable[[], None]) -> Any:
        """Pin alice's conversation with bob while she is locked, then change something; return what was found, or the error."""
        found: list[Any] = []
        failures: list[Exception] = []
        with transaction.atomic():
            lock_owner(ALICE)
            pin = lambda: found.append(pins.set_pinned(owner_id=ALICE, conversation_id="c2c_bob", pinned=True))  # noqa: E731
            thread = start_thread(pin, failures)
            self.wait_until_it_waits()
            change()
        thread.join(PATIENCE_S)
        return failures[0] if failures else found[0].conversation

    def wait_until_it_waits(self) -> None:
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            with connection.cursor() as cursor:
                cursor.execute(WAITING_ON_A_NODE if json_rows.is_distributed() else WAITING)
                if cursor.fetchone()[0]:
                    return
            time.sleep(0.02)
        self.fail("Nothing waits.")

    def test_what_changes_meanwhile_is_seen(self):
        make_conversation()

        def mute() -> None:
            owner, row = lock_one(ALICE, "c2c_bob")
            row.recv_opt = 2
            save_conversations(owner, [row], ("recv_opt",), by=ChangedBy.RECEIVE_OPTION)

        pinned = self.pin_after(mute)

        self.assertEqual((pinned.recv_opt, pinned.is_pinned), (2, True))
        stored, owner = Conversation.objects.get(), Owner.objects.get(owner_id=ALICE)
        self.assertEqual((stored.recv_opt, stored.is_pinned, stored.version), (2, True, owner.version))

    def test_what_is_listed_meanwhile_is_found(self):
        make_conversation(conversation_id="c2c_carol")

        pinned = self.pin_after(make_conversation)

        self.assertTrue(pinned.is_pinned)
        self.assertTrue(Conversation.objects.get(conversation_id="c2c_bob").is_pinned)

    def test_what_is_deleted_meanwhile_is_not_found(self):
        make_conversation()

        refused = self.pin_after(lambda: Conversation.objects.update(deleted_at="2026-01-01T00:00:00Z"))

        self.assertIsInstance(refused, ConversationNotFound)
        self.assertFalse(Conversation.objects.get().is_pinned)
