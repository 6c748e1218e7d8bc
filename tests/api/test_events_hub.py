"""Who is woken, what is not lost, and what is left behind: the event streams' inside, without a server."""

import asyncio
import logging
import time
from collections.abc import Coroutine
from typing import Any
from unittest import IsolatedAsyncioTestCase, mock

from django.db import OperationalError
from django.http import HttpResponse

from conversations import logs as conversation_logs
from conversations.access.api_keys import Grant
from conversations.api.authentication import Actor
from conversations.api.events import hub as events_hub
from conversations.api.events import stream
from conversations.api.events import threads as events_threads
from conversations.api.events.hub import Hub
from conversations.api.events.returns import Returns
from conversations.api.events.threads import Threads
from conversations.lists.change_feed import Changes
from conversations.lists.standing import Standing
from tests.support.cast import ALICE, BOB

SCOPE = {"type": "http", "method": "GET", "path": "/api/v1/events/", "query_string": b"", "headers": []}


class FakeThreads:
    """Answers by the name of what it is to run; an exception is raised."""

    def __init__(self, **answers: Any):
        self.answers = answers
        self.calls: list[str] = []

    async def run(self, function, *args):
        self.calls.append(function.__name__)
        await asyncio.sleep(0)
        answer = self.answers[function.__name__]
        if isinstance(answer, Exception):
            raise answer
        return answer


def never() -> Coroutine:
    return asyncio.Event().wait()


class HubTests(IsolatedAsyncioTestCase):
    def setUp(self):
        self.tokens: dict[str, str] = {}
        self.threads = FakeThreads(sync_tokens=self.tokens)
        self.announcements: asyncio.Queue = asyncio.Queue()
        self.hub = Hub(self.threads, self.listen)
        self.addCleanup(self.hub.close)

    async def listen(self):
        while True:
            yield await self.announcements.get()

    async def announce(self, *owner_ids: str) -> None:
        self.announcements.put_nowait(owner_ids)
        await asyncio.sleep(0.02)

    async def test_only_the_followers_of_the_owner_are_woken(self):
        with self.hub.follow(ALICE) as first, self.hub.follow(ALICE) as second, self.hub.follow(BOB) as other:
            await self.announce(ALICE, "carol")

            self.assertEqual([first.take(), second.take(), other.take()], [True, True, False])

    async def test_a_follower_who_leaves_leaves_nothing_behind(self):
        with self.assertRaises(ValueError), self.hub.follow(ALICE), self.hub.follow(ALICE):
            self.assertEqual(len(self.hub), 2)
            raise ValueError

        self.assertEqual((len(self.hub), self.hub._followers), (0, {}))

    async def test_a_change_between_reading_and_waiting_is_not_lost(self):
        with self.hub.follow(ALICE) as follower:
            await self.announce(ALICE)
            self.assertTrue(follower.take())
            await self.announce(ALICE)  # while it reads
            await asyncio.wait_for(follower.wait(), 1)

            self.assertTrue(follower.take())
            self.assertFalse(follower.take())

    async def test_a_notification_without_names_wakes_the_followers_that_missed_something(self):
        self.tokens |= {ALICE: "1.5", BOB: "1.5"}
        with self.hub.follow(ALICE) as behind, self.hub.follow(BOB) as other, self.hub.follow("nobody") as unseen:
            behind.see("1.4"), other.see("1.5"), unseen.see("0")
            await self.announce()

            self.assertEqual([behind.take(), other.take(), unseen.take()], [True, False, False])

    async def test_a_poll_leaves_those_alone_that_are_about_to_read_unless_it_knew_more(self):
        self.tokens |= {ALICE: "1.5", BOB: "1.5"}
        with self.hub.follow(ALICE) as current, self.hub.follow(BOB) as behind:
            await self.announce()
            self.assertEqual([current.take(), behind.take()], [False, False])

            current.see("1.5")
            behind.see("1.4")

            self.assertEqual([current.take(), behind.take()], [False, True])

    async def test_without_notifications_lists_are_polled(self):
        with mock.patch.object(events_hub, "POLL_INTERVAL_S", 0.01):
            hub = Hub(self.threads, listen=None)
            hub._listen = None
            with hub.follow(ALICE) as follower:
                follower.see("0")
                await asyncio.sleep(0.05)
                self.assertFalse(follower.take())
                self.threads.answers["sync_tokens"] = OperationalError("away for a moment")
                await asyncio.sleep(0.05)
                self.threads.answers["sync_tokens"] = {ALICE: "2.1"}
                async with asyncio.timeout(5):
                    while not follower.take():
                        await follower.wait()
            hub.close()

    async def test_the_end_reaches_all_and_whoever_comes_later(self):
        with self.hub.follow(ALICE) as follower:
            self.hub.close()
            await asyncio.wait_for(follower.wait(), 1)
            with self.hub.follow(BOB) as late:
                await asyncio.wait_for(late.wait(), 1)

        self.assertEqual((follower.is_over, late.is_over), (True, True))
        await asyncio.wait(self.hub._tasks, timeout=1)
        self.assertTrue(all(task.done() for task in self.hub._tasks))


class StreamTests(IsolatedAsyncioTestCase):
    """The ASGI application, with what threads would do prepared."""

    def setUp(self):
        actor = Actor(Grant(ALICE, frozenset({"read"}), f"user:{ALICE}"))
        subscription = stream.Subscription(actor, ALICE, None, False, None)
        page = Changes("1.1", [], True, False, "1.1")
        self.threads = FakeThreads(
            admit=(subscription, HttpResponse(content_type="text/event-stream")),
            read={ALICE: Standing("1.1", {})},
            _page=(page, b"{}"),
        )
        self.hub = Hub(self.threads, listen=never)
        self.hub._start = lambda: None
        self.enterContext(mock.patch.multiple(stream, threads=self.threads, hub=self.hub, returns=Returns(self.threads)))
        self.received: asyncio.Queue = asyncio.Queue()
        self.received.put_nowait({"type": "http.request", "body": b"", "more_body": False})
        self.sent: list[dict] = []
        self.may_send = asyncio.Event()
        self.may_send.set()

    async def send(self, message: dict) -> None:
        self.sent.append(message)
        await self.may_send.wait()

    def start(self) -> asyncio.Task:
        return asyncio.create_task(stream.events(SCOPE, self.received.get, self.send))

    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.sent)

    async def test_a_client_that_goes_is_forgotten_at_once(self):
        task = self.start()
        await asyncio.sleep(0.02)
        self.assertEqual(len(self.hub), 1)

        self.received.put_nowait({"type": "http.disconnect"})
        await asyncio.wait_for(task, 1)

        self.assertEqual(len(self.hub), 0)
        self.assertEqual([other for other in asyncio.all_tasks() if other is not asyncio.current_task()], [])

    async def test_a_client_that_does_not_read_is_not_read_for(self):
        task = self.start()
        await asyncio.sleep(0.02)
        self.may_send.clear()
        for _n in range(100):
            self.hub.wake([ALICE])
            await asyncio.sleep(0)

        self.assertLessEqual(self.threads.calls.count("_page"), 3)
        self.hub.close()
        self.may_send.set()
        await asyncio.wait_for(task, 1)

    async def test_a_database_that_fails_ends_the_stream_in_order(self):
        self.threads.answers["_page"] = OperationalError("gone")

        await asyncio.wait_for(self.start(), 1)

        self.assertEqual(self.sent[-1], {"type": "http.response.body", "body": b""})
        self.assertIn(b"event: unread\ndata: {}\n\n", self.body())

    async def test_the_end_of_the_server_ends_the_stream_in_order(self):
        task = self.start()
        await asyncio.sleep(0.02)

        self.hub.close()
        await asyncio.wait_for(task, 1)

        self.assertEqual(self.sent[-1], {"type": "http.response.body", "body": b""})


class ThreadsTests(IsolatedAsyncioTestCase):
    async def test_a_database_that_fails_is_logged_once(self):
        def fail():
            raise OperationalError("gone")

        threads = Threads()
        conversation_logs.sparing.__init__()
        with (
            mock.patch.object(conversation_logs, "INTERVAL_S", 60),
            mock.patch.multiple(events_threads, close_old_connections=mock.DEFAULT),
            self.assertLogs(events_threads.logger) as logs,
        ):
            for _n in range(3):
                with self.assertRaises(OperationalError):
                    await threads.run(fail)

        self.assertEqual([record.levelno for record in logs.records], [logging.ERROR])

    async def test_a_crowd_shares_few_threads(self):
        threads = Threads()
        with mock.patch.multiple(events_threads, close_old_connections=mock.DEFAULT):
            started = time.monotonic()
            await asyncio.gather(*(threads.run(time.sleep, 0.05) for _n in range(2 * events_threads.THREADS)))

        self.assertGreater(time.monotonic() - started, 0.09)
