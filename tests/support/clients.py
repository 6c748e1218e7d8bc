"""Clients of a running server that act, poll and stream at once."""

import json
import random
import urllib.request
from typing import Any

from django.db import connection

from tests.support.servers import EventStream

# SQLite has a single writer at a time, so a few are enough there.
IS_POSTGRESQL = connection.vendor == "postgresql"
CONVERSATIONS = 12
IDS = [f"c2c_peer{n}" for n in range(CONVERSATIONS)]


class Api:
    """Alice's requests to a server."""

    def __init__(self, port: int, headers: dict[str, str]):
        self.address, self.headers = f"http://127.0.0.1:{port}/api/v1/", headers

    def ask(self, path: str, method: str = "GET", body: Any = None) -> tuple[int, Any]:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self.address + path, data, self.headers | {"Content-Type": "application/json"}, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return answer.status, json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())

    def list(self) -> dict[str, Any]:
        return {row["conversationID"]: row for row in self.ask("conversations/?count=500")[1]["conversationList"]}

    def act(self) -> int:
        """Do a random action on a random conversation, and return the status."""
        id_ = random.choice(IDS)
        group = random.choice(("work", "home"))
        return self.ask(
            *random.choice(
                (
                    (f"conversations/{id_}/pin/", "PUT"),
                    (f"conversations/{id_}/pin/", "DELETE"),
                    (f"conversations/{id_}/read/", "POST", {}),
                    (f"conversations/{id_}/draft/", "PUT", {"draftText": str(random.random())}),
                    ("conversations/mark/", "POST", {"conversationIDList": IDS, "markType": random.choice((1, 2, 4)),
                     "enableMark": random.random() < 0.5}),
                    ("conversations/read/", "POST", {"scope": "all"}),
                    ("conversation-groups/", "POST", {"groupName": group, "conversationIDList": [id_]}),
                    (f"conversation-groups/{group}/", "DELETE"),
                    (f"conversation-groups/{group}/remove/", "POST", {"conversationIDList": [id_]}),
                    *(((f"conversations/{id_}/", "DELETE"),) if random.random() < 0.02 else ()),
                )
            )
        )[0]  # fmt: skip


def apply(page: dict[str, Any], conversations: dict[str, Any]) -> None:
    """Apply a page of changes to a client's conversations."""
    if page["resetRequired"]:
        conversations.clear()
    for change in page["changes"]:
        if "conversation" in change:
            conversations[change["conversation"]["conversationID"]] = change["conversation"]
        elif change["kind"] == "deleted":
            conversations.pop(change["conversationID"], None)


class Poller:
    """Follows changes/ in small pages."""

    def __init__(self, api: Api):
        self.api, self.conversations, self.since = api, {}, "0"

    def step(self) -> None:
        status, page = self.api.ask(f"changes/?since={self.since}&count={random.randint(1, 5)}")
        assert status == 200, page
        apply(page, self.conversations)
        self.since = page["version"]


class Streamer:
    """Follows events/, is cut off again and again, and continues after the last event."""

    def __init__(self, port: int, headers: dict[str, str]):
        self.port, self.headers, self.conversations, self.since = port, headers, {}, "0"

    def step(self) -> None:
        with EventStream(self.port, self.headers | {"Last-Event-ID": self.since}) as stream:
            for count, event in enumerate(stream):
                if event.name == "changes":
                    apply(event.data, self.conversations)
                    self.since = event.id
                if count > random.randint(2, 8):
                    return
