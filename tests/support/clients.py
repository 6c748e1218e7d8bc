"""Clients of a running server that act, poll and stream at once."""

import json
import random
import urllib.request
from typing import Any

from django.db import connection

from tests.support.servers import EventStream

# SQLite has one writer at a time anyway: there a few are enough.
IS_POSTGRESQL = connection.vendor == "postgresql"
CONVERSATIONS = 12
IDS = [f"c2c_peer{n}" for n in range(CONVERSATIONS)]


class Api:
    """alice's requests to a server."""

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
        return {one["conversationID"]: one for one in self.ask("conversations/?count=500")[1]["conversationList"]}

    def act(self) -> int:
        """Any one action on any conversation; the status."""
        one = random.choice(IDS)
        group = random.choice(("work", "home"))
        return self.ask(
            *random.choice(
                (
                    (f"conversations/{one}/pin/", "PUT"),
                    (f"conversations/{one}/pin/", "DELETE"),
                    (f"conversations/{one}/read/", "POST", {}),
                    (f"conversations/{one}/draft/", "PUT", {"draftText": str(random.random())}),
                    ("conversations/mark/", "POST", {"conversationIDList": IDS, "markType": random.choice((1, 2, 4)),
                     "enableMark": random.random() < 0.5}),
                    ("conversations/read/", "POST", {"scope": "all"}),
                    ("conversation-groups/", "POST", {"groupName": group, "conversationIDList": [one]}),
                    (f"conversation-groups/{group}/", "DELETE"),
                    (f"conversation-groups/{group}/remove/", "POST", {"conversationIDList": [one]}),
                    *(((f"conversations/{one}/", "DELETE"),) if random.random() < 0.02 else ()),
                )
            )
        )[0]  # fmt: skip


def apply(page: dict[str, Any], conversations: dict[str, Any]) -> None:
    """A page of the feed, as any client would."""
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
    """Follows events/, is cut off again and again, and goes on after the last event."""

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
