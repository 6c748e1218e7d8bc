"""Crowds of streams: their heartbeats are spread, and those that come back at once share few queries."""

import asyncio
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from unittest import IsolatedAsyncioTestCase, mock

from django.db import DEFAULT_DB_ALIAS, OperationalError, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import SimpleTestCase, TestCase
from django.test.utils import CaptureQueriesContext

from conversations.access.api_keys import Grant
from conversations.actions.pins import set_pinned
from conversations.api.authentication import Actor
from conversations.api.events import garbage, stream
from conversations.api.events import hub as events_hub
from conversations.api.events import returns as events_returns
from conversations.api.events.admission import Subscription
from conversations.api.events.garbage import Garbage
from conversations.api.events.heart import Heart
from conversations.api.events.hub import Follower, Hub
from conversations.api.events.returns import CATCHING_UP, MOST, Returns
from conversations.api.events.threads import Threads
from conversations.lists import standing
from conversations.lists.json_reads import totals
from conversations.models import Conversation
from conversations.sync_tokens import NEVER_SEEN, parse
from tests.support.cast import ALICE, BOB, make_conversation, make_conversations

SCOPE = {"type": "http", "method": "GET", "path": "/api/v1/events/", "query_string": b"", "headers": []}
FAR_AHEAD_S = 1 << 40


class OneThread:
    """Runs what is for threads in one that has the test's database connection; counts the runs, and those asked for at once."""

    def __init__(self):
        self.runs: Counter[str] = Counter()
        self.running, self.most = 0, 0
        connection.inc_thread_sharing()
        self.executor = ThreadPoolExecutor(1, initializer=connections.__setitem__, initargs=(DEFAULT_DB_ALIAS, shared()))

    def end(self) -> None:
        self.executor.shutdown()
        connection.dec_thread_sharing()

    async def run(self, function, *args):
        self.runs[function.__name__] += 1
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            return await asyncio.get_running_loop().run_in_executor(self.executor, function, *args)
        finally:
            self.running -= 1


def shared() -> BaseDatabaseWrapper:
    return connections[DEFAULT_DB_ALIAS]


class HeartTests(SimpleTestCase):
    def test_heartbeats_of_those_who_came_together_are_spread_evenly(self):
        heart = Heart(interval_s=15)
        followers = [Follower(f"u{n}") for n in range(1000)]
        for follower in followers:
            heart.add(follower)

        self.assertEqual((len(heart.sizes()), min(heart.sizes()), max(heart.sizes())), (150, 6, 7))

    def test_each_beats_once_in_an_interval(self):
        heart = Heart(interval_s=1)
        followers = [Follower(f"u{n}") for n in range(25)]
        for follower in followers:
            heart.add(follower)
        beats: Counter[str] = Counter()
        for _tick in heart.sizes():
            heart.tick()
            beats.update(follower.owner_id for follower in followers if follower.take_beat())

        self.assertEqual(beats, Counter(follower.owner_id for follower in followers))

    def test_who_leaves_makes_room(self):
        heart = Heart(interval_s=0.2)
        first, second, third = (Follower(f"u{n}") for n in range(3))
        heart.add(first)
        heart.add(second)
        heart.remove(first)
        heart.add(third)

        self.assertEqual(heart.sizes(), [1, 1])


class GarbageTests(SimpleTestCase):
    def test_it_is_collected_once_as_many_have_ended_as_are_open(self):
        with mock.patch.object(garbage.gc, "collect") as collect:
            kept = Garbage()
            for _n in range(2999):
                kept.note_end(still_open=3000)
            self.assertEqual(collect.call_count, 0)
            kept.note_end(still_open=3000)

        self.assertEqual(collect.call_count, 1)


class StandingTests(TestCase):
    def test_it_is_each_lists_own_token_and_totals(self):
        make_conversations(3, ALICE, unread_count=2)
        make_conversations(1, BOB, unread_count=5, recv_opt=2)
        make_conversation("empty")

        found = standing.read([ALICE, BOB, "empty", "nobody"])

        for owner_id in (ALICE, BOB, "empty", "nobody"):
            self.assertEqual(tuple(found[owner_id]), totals(Conversation.objects.for_owner(owner_id), owner_id))
        self.assertEqual(found["nobody"].token, NEVER_SEEN)

    def test_many_lists_are_as_many_queries_as_one(self):
        owner_ids = [f"u{n}" for n in range(50)]
        for owner_id in owner_ids:
            make_conversation(owner_id, unread_count=1)
        for some in (owner_ids[:1], owner_ids):
            with self.assertNumQueries(2):
                standing.read(some)


class ReturnTests(IsolatedAsyncioTestCase):
    def setUp(self):
        self.threads = OneThread()
        self.addCleanup(self.threads.end)
        self.returns = Returns(self.threads)
        self.reads: list[int] = []
        self.enterContext(mock.patch.object(standing, "read", self.read))
        self.enterContext(mock.patch.object(events_returns, "PAUSE_S", 0))

    def read(self, owner_ids: list[str]) -> dict[str, str]:
        self.reads.append(len(owner_ids))
        return {owner_id: f"standing of {owner_id}" for owner_id in owner_ids}

    async def test_a_crowd_is_read_for_in_few_queries_one_after_another(self):
        owner_ids = [f"u{n}" for n in range(5 * MOST)]

        found = await asyncio.gather(*map(self.returns.standing, owner_ids))

        self.assertEqual(found, [f"standing of {owner_id}" for owner_id in owner_ids])
        self.assertEqual((self.reads, self.threads.most), ([MOST] * 5, 1))

    async def test_a_failure_reaches_all_that_wait_and_nobody_after(self):
        with mock.patch.object(standing, "read", side_effect=OperationalError("away"), __name__="read"):
            found = await asyncio.gather(*map(self.returns.standing, "abc"), return_exceptions=True)
        self.assertEqual([type(one) for one in found], [OperationalError] * 3)

        self.assertEqual(await self.returns.standing("d"), "standing of d")

    async def test_who_goes_while_waiting_does_not_disturb_the_others(self):
        gone, stays = (asyncio.create_task(self.returns.standing(owner_id)) for owner_id in "ab")
        await asyncio.sleep(0)
        gone.cancel()

        self.assertEqual(await stays, "standing of b")

    async def test_few_catch_up_at_the_same_moment(self):
        def page(number: int) -> int:
            return number

        self.assertEqual(await asyncio.gather(*(self.returns.catch_up(page, n) for n in range(50))), list(range(50)))
        self.assertEqual(self.threads.most, CATCHING_UP)


class CrowdTests(TestCase):
    """Streams of many users that all come back at once, on the database."""

    def setUp(self):
        self.owner_ids = [f"u{n}" for n in range(40)]
        for owner_id in self.owner_ids:
            make_conversations(2, owner_id, unread_count=1)
        self.enterContext(mock.patch.object(events_returns, "PAUSE_S", 0))
        self.threads = OneThread()
        self.addCleanup(self.threads.end)
        self.hub = Hub(self.threads)
        self.hub._start = lambda: None
        self.enterContext(mock.patch.multiple(stream, threads=self.threads, hub=self.hub, returns=Returns(self.threads)))

    async def come_back(self, since: dict[str, str], behind: Iterable[str] = ()) -> dict[str, bytes]:
        """What each stream sends: the totals, and those that are behind their changes and the totals again."""
        sent: dict[str, bytes] = dict.fromkeys(since, b"")
        self.expected = {owner_id: 1 + (owner_id in behind) for owner_id in since}
        self.has_come = asyncio.Event()
        tasks = [asyncio.create_task(self.follow(owner_id, token, sent)) for owner_id, token in since.items()]
        await asyncio.wait_for(self.has_come.wait(), 20)
        await asyncio.sleep(0.05)  # nothing more comes
        self.hub.close()
        await asyncio.gather(*tasks)
        return sent

    async def follow(self, owner_id: str, token: str, sent: dict[str, bytes]) -> None:
        async def send(message) -> None:
            sent[owner_id] += message["body"]
            if all(sent[other].count(b"event: unread\n") == count for other, count in self.expected.items()):
                self.has_come.set()

        grant = Grant(owner_id, frozenset({"read"}), f"user:{owner_id}", FAR_AHEAD_S)
        with self.hub.follow(owner_id) as follower:
            await stream.Stream(SCOPE, send, Subscription(Actor(grant), owner_id, parse(token), False, None)).run(follower)

    def test_those_that_are_current_cost_two_queries_together(self):
        tokens = standing.sync_tokens(self.owner_ids)

        with CaptureQueriesContext(connection) as queries:
            sent = asyncio.run(self.come_back(tokens))

        self.assertLessEqual(len(queries), 4)  # the first one does not wait for the others
        for body in sent.values():
            self.assertEqual((body.count(b"event: unread\n"), body.count(b"event: changes\n")), (1, 0))

    def test_only_those_that_missed_something_read_on_and_get_it(self):
        tokens = standing.sync_tokens(self.owner_ids)
        behind = self.owner_ids[:3]
        for owner_id in behind:
            set_pinned(owner_id=owner_id, conversation_id="c2c_peer0", pinned=True)

        sent = asyncio.run(self.come_back(tokens, behind))

        self.assertEqual(self.threads.runs["_page"], 3)
        for owner_id, body in sent.items():
            self.assertEqual(body.count(b'"conversationID":"c2c_peer0"'), int(owner_id in behind))

    def test_the_poll_asks_for_many_lists_at_once(self):
        async def poll() -> None:
            followers = [self.enterContext(self.hub.follow(owner_id)) for owner_id in self.owner_ids]
            for follower in followers:
                follower.see("1.0")
            with mock.patch.object(events_hub, "POLLED_AT_ONCE", 15):
                await self.hub.poll()
            self.assertTrue(all(follower.take() for follower in followers))

        with self.assertNumQueries(3):
            asyncio.run(poll())


class RetryTests(IsolatedAsyncioTestCase):
    """When clients come back: all of them over a time that grows with their number."""

    def setUp(self):
        self.hub = Hub(Threads(), listen=None)
        self.enterContext(mock.patch.object(stream, "hub", self.hub))
        self.sent: list[bytes] = []
        grant = Grant(ALICE, frozenset({"read"}), f"user:{ALICE}", FAR_AHEAD_S)
        self.stream = stream.Stream(SCOPE, self.send, Subscription(Actor(grant), ALICE, None, False, None))

    async def send(self, message) -> None:
        self.sent.append(message["body"])

    def retries(self) -> list[int]:
        return [int(self.stream._retry().removeprefix(b"retry: ")) for _n in range(500)]

    def test_few_come_back_after_three_to_six_seconds(self):
        self.assertTrue(3000 <= min(self.retries()) < max(self.retries()) <= 6000)

    def test_ten_thousand_come_back_over_a_longer_time(self):
        self.hub._count = 10_000

        self.assertTrue(min(self.retries()) >= 3000 and 15_000 < max(self.retries()) <= 23_000)

    async def test_a_heartbeat_says_so_once_the_crowd_has_grown(self):
        self.stream._retry()
        await self.stream._beat()
        self.hub._count = 10_000
        await self.stream._beat()
        await self.stream._beat()

        self.assertEqual([body.partition(b"retry")[0] for body in self.sent], [b": \n\n", b": \n", b": \n\n"])
        self.assertEqual([body.count(b"retry: ") for body in self.sent], [0, 1, 0])
