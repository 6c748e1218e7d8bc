"""Many clients change one owner's list at once: nothing is lost, nothing is numbered twice, and every follower ends right."""

import json
import random
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from django.db import connection
from django.test import SimpleTestCase

from tests.servers import EventStream, RunningServer, scratch_postgresql

# SQLite has one writer at a time anyway: there a few are enough.
IS_POSTGRESQL = connection.vendor == "postgresql"
CLIENTS, SECONDS = (50, 6) if IS_POSTGRESQL else (4, 2)
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


class ManyClientsTests(SimpleTestCase):
    databases = "__all__"

    def setUp(self):
        stack = self.enterContext(ExitStack())
        url = {"DATABASE_URL": stack.enter_context(scratch_postgresql())} if IS_POSTGRESQL else {}
        self.server = RunningServer("asgi", "imsite.asgi:application", **url)
        stack.callback(self.server.stop)
        self.server.do(f"len(make_conversations({CONVERSATIONS}, unread_count=3, unread_base=3))")
        key = self.server.do("with_key(scopes=('read', 'write'))")["HTTP_AUTHORIZATION"]
        self.headers = {"Authorization": key}
        self.api = Api(self.server.port, self.headers)
        self.wrong: list[Exception] = []

    def test_every_follower_ends_with_the_list_and_every_number_is_given_once(self):
        statuses: list[int] = []
        followers = (Poller(self.api), Streamer(self.server.port, self.headers))
        over = threading.Event()
        threads = [self.repeat(over, lambda: statuses.append(self.api.act())) for _ in range(CLIENTS)]
        threads += [self.repeat(over, follower.step) for follower in followers]

        time.sleep(SECONDS)
        over.set()
        self.stir_until_ended(threads)

        self.assertEqual(self.wrong, [])
        self.assertLessEqual(set(statuses), {200, 204, 404})
        self.assertGreater(len(statuses), CLIENTS)
        self.assert_numbers_are_right()
        for follower in followers:
            self.bring_to_the_end(follower)
            self.assertEqual(follower.conversations, self.api.list())

    def repeat(self, over: threading.Event, step: Callable[[], Any]) -> threading.Thread:
        def run() -> None:
            try:
                while not over.is_set():
                    step()
            except Exception as error:
                self.wrong.append(error)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        return thread

    def stir_until_ended(self, threads: list[threading.Thread]) -> None:
        """A stream that is not cut off yet waits for more events than one."""
        for number in range(200):
            if not any(thread.is_alive() for thread in threads):
                return
            self.api.ask(f"conversations/{IDS[0]}/draft/", "PUT", {"draftText": f"the last, {number}"})
            time.sleep(0.2)
        self.fail("Not every thread has ended.")

    def bring_to_the_end(self, follower: Poller | Streamer) -> None:
        poller = Poller(self.api)
        poller.conversations, poller.since = follower.conversations, follower.since
        newest = self.server.do("Owner.objects.get().version")
        for _attempt in range(100):
            if poller.since.split(".")[1:] == [str(newest)]:
                return
            poller.step()
        self.fail(f"{poller.since} is not {newest}.")

    def assert_numbers_are_right(self) -> None:
        versions = self.server.do("[*Conversation.objects.values_list('version', flat=True)]")
        owner = self.server.do("[*Owner.objects.values_list('version', 'groups_version')][0]")
        numbers = [*versions, *([owner[1]] if owner[1] else [])]
        self.assertEqual(len(set(numbers)), len(numbers))
        self.assertEqual(max(numbers), owner[0])
