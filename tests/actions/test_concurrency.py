"""Many clients change one owner's list at once: nothing is lost, nothing is numbered twice, and every follower ends right."""

import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from django.test import SimpleTestCase

from tests.support.clients import CONVERSATIONS, IDS, IS_POSTGRESQL, Api, Poller, Streamer
from tests.support.servers import RunningServer, scratch_postgresql

CLIENTS, SECONDS = (50, 6) if IS_POSTGRESQL else (4, 2)


class ManyClientsTests(SimpleTestCase):
    databases = "__all__"

    def setUp(self):
        stack = self.enterContext(ExitStack())
        url = {"DATABASE_URL": stack.enter_context(scratch_postgresql())} if IS_POSTGRESQL else {}
        self.server = RunningServer("asgi", "imsite.asgi:application", RATE_LIMIT_USER="0", **url)  # one user's many apps
        stack.callback(self.server.stop)
        self.server.do(f"len(make_conversations({CONVERSATIONS}, unread_count=3, imported_unread=3))")
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
