"""Clients beside a standby that does not move: each reads its own changes, also where the sync tokens begin again."""

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from clients.conformance.http_client import HTTPClient
from clients.conformance.runner import Client
from clients.conformance.testee import Testee
from tests.clients.conftest import CLIENTS
from tests.support.cast import usersig
from tests.support.replica import ReplicaTestCase

ID, MARK = "c2c_peer1", "1"


def clients() -> Iterator[Client]:
    """Yield plain HTTP, and the JavaScript client where there is Node."""
    yield HTTPClient()
    if shutil.which("node"):
        yield Testee(["node", str(CLIENTS / "js" / "conformance" / "testee.js")])


class BehindReplicaTests(ReplicaTestCase):
    def test_a_client_reads_its_own_changes(self):
        for client in clients():
            with self.subTest(client), self.connected(client):
                self.change_by(client, "before", is_marked=False)
                self.catch_up()
                self.pause()

                self.change_by(client, "after", is_marked=True)

                self.assertEqual(self.ask(f"conversations/{ID}/").content["draftText"], "before")
                self.assertEqual(self.shown(client), ["after", "after", "after", 2])
                self.catch_up()

    def test_a_client_goes_on_in_a_new_epoch(self):
        for client in clients():
            with self.subTest(client), self.connected(client):
                self.change_by(client, "before", is_marked=False)
                self.catch_up()
                self.pause()
                self.server.manage("reset_sync_tokens")

                self.change_by(client, "after", is_marked=True)

                self.assertEqual(self.shown(client), ["after", "after", "after", 2])
                self.catch_up()
                before = self.reads()
                self.assertEqual(self.shown(client), ["after", "after", "after", 2])
                self.assertEqual(self.reads()["primary",], before["primary",])

    @contextmanager
    def connected(self, client: Client) -> Iterator[None]:
        with closing(client):
            server = f"http://127.0.0.1:{self.server.port}"
            self.call(client, "connect", server=server, credential=usersig("alice"), owner="alice")
            yield

    def call(self, client: Client, name: str, **arguments: Any) -> Any:
        answer = client.call(name, arguments)
        self.assertIsNone(answer.error)
        return answer.value

    def change_by(self, client: Client, draft: str, *, is_marked: bool) -> None:
        self.call(client, "setConversationDraft", conversationID=ID, draftText=draft)
        self.call(client, "markConversation", conversationIDList=[ID], markType=MARK, enableMark=is_marked)

    def shown(self, client: Client) -> list[Any]:
        """Return the draft as one conversation, several by ID and a page have it, and what is unread with the mark."""
        one = self.call(client, "getConversation", conversationID=ID)
        (found,) = self.call(client, "getConversationList", conversationIDList=[ID])
        page = self.call(client, "getConversationListByPage", nextSeq="0", count=10)["conversationList"]
        (listed,) = (row for row in page if row["conversationID"] == ID)
        unread = self.call(client, "getUnreadMessageCountByFilter", filter={"markType": MARK})
        return [one["draftText"], found["draftText"], listed["draftText"], unread]
