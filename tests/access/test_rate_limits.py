"""Counting a credential's requests: in this process, and in Redis, which may be away."""

import logging
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import redis
from django.conf import settings as django_settings

from conversations import logs
from conversations.access import rate_limits
from conversations.access.rate_limits import count
from conversations.exceptions import TooManyRequests
from tests.support.servers import free_port

MOST = 3
# Prints how many of five requests are let through, in a process of its own.
FIVE_REQUESTS = """
import django
django.setup()
from conversations.access.rate_limits import count
from conversations.exceptions import TooManyRequests
passed = 0
for _n in range(5):
    try:
        count("user:alice", 3)
        passed += 1
    except TooManyRequests:
        pass
print(passed)
"""


def passed(times: int, credential: str = "user:alice", most: int = MOST) -> int:
    """How many of several requests are let through."""
    return times - sum(refusal(credential, most) is not None for _n in range(times))


def refusal(credential: str = "user:alice", most: int = MOST) -> TooManyRequests | None:
    try:
        count(credential, most)
    except TooManyRequests as error:
        return error
    return None


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> "Clock":
    clock = Clock()
    monkeypatch.setattr(rate_limits, "monotonic", clock)
    return clock


class Clock:
    """Stands still between shifts."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s

    def shift(self, seconds: float) -> None:
        self.now_s += seconds


class TestThisProcess:
    def test_as_many_as_allowed_pass_in_a_minute(self):
        assert passed(MOST) == MOST
        assert refusal()

    def test_others_are_not_affected(self):
        passed(MOST + 1)

        assert refusal("user:bob") is None
        assert refusal("imk_alice") is None

    def test_a_limit_of_zero_is_none(self):
        assert passed(5000, most=0) == 5000

    def test_a_refusal_says_when_the_window_ends_and_then_requests_pass(self, clock):
        passed(MOST)
        clock.shift(20)
        error = refusal()
        assert (error.status, error.code, error.retry_after_s) == (429, 7008, 40)
        assert str(error.detail) == "Too many requests: the limit is 3 per minute. Try again in 40 s."
        clock.shift(39.5)
        assert refusal().retry_after_s == 1
        clock.shift(0.5)
        assert passed(MOST + 1) == MOST

    def test_refused_requests_do_not_prolong_the_window(self, clock):
        passed(MOST)
        for _n in range(6):
            clock.shift(9)
            assert refusal()
        clock.shift(6)
        assert refusal() is None

    def test_ended_windows_are_forgotten(self, clock):
        limiter = rate_limits.ProcessLimiter()
        for number in range(1000):
            limiter.hit(f"user:{number}", MOST)
        clock.shift(60)
        limiter.hit("user:alice", MOST)

        assert list(limiter._counts) == ["user:alice"]


@pytest.fixture
def server() -> Iterator["RedisServer"]:
    if not shutil.which("redis-server"):
        pytest.skip("redis-server missing: apt-get install redis-server")
    with tempfile.TemporaryDirectory() as directory:
        running = RedisServer(directory)
        running.start()
        try:
            yield running
        finally:
            running.stop()


class RedisServer:
    """A Redis of this test's own, in memory only."""

    def __init__(self, directory: str):
        self.directory, self.port = directory, free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        command = ["redis-server", "--bind", "127.0.0.1", "--port", str(self.port), "--save", "", "--dir", self.directory]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        with closing(redis.Redis.from_url(self.url)) as client:
            for _attempt in range(100):
                try:
                    client.ping()
                    return
                except redis.ConnectionError:
                    time.sleep(0.05)
        raise AssertionError("Redis did not start.")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=10)


@pytest.mark.server
class TestRedis:
    @pytest.fixture(autouse=True)
    def _url(self, server, settings):
        settings.REDIS_URL = server.url
        rate_limits.shared_limiter.cache_clear()

    def test_processes_share_a_count(self, server):
        processes = [
            subprocess.Popen(
                [sys.executable, "-c", FIVE_REQUESTS],
                env=os.environ | {"DJANGO_SETTINGS_MODULE": "imsite.settings", "REDIS_URL": server.url},
                cwd=Path(django_settings.BASE_DIR),
                stdout=subprocess.PIPE,
                text=True,
            )
            for _n in range(2)
        ]

        assert sum(int(process.communicate()[0]) for process in processes) == MOST
        assert refusal()
        assert refusal("user:bob") is None

    def test_a_refusal_says_when_the_window_ends(self):
        passed(MOST)

        assert 58 <= refusal().retry_after_s <= 60

    def test_away_requests_go_on_each_process_counts_and_the_log_says_it_once(self, server, caplog, monkeypatch):
        monkeypatch.setattr(logs, "INTERVAL_S", 60)
        monkeypatch.setattr(rate_limits, "sparing", logs.SparingLog())
        passed(1)
        server.stop()

        with caplog.at_level(logging.WARNING):
            assert passed(5) == MOST
            shared = rate_limits.shared_limiter(server.url)
            shared._paused_until = 0
            assert refusal("user:bob") is None

        [line] = caplog.messages
        assert line.startswith("Redis failure: each process counts requests on its own meanwhile: ")
        assert str(server.port) in line

    def test_it_is_not_asked_again_for_a_moment(self, server):
        passed(1)
        server.stop()
        passed(1)
        server.start()

        assert refusal("user:bob") is None
        with closing(redis.Redis.from_url(server.url)) as client:
            assert client.dbsize() == 0
        rate_limits.shared_limiter(server.url)._paused_until = 0
        assert passed(5, "user:bob") == MOST
        with closing(redis.Redis.from_url(server.url)) as client:
            assert client.dbsize() == 1

    def test_one_that_hangs_holds_up_a_request_for_a_moment_only(self, server):
        passed(1)
        os.kill(server.process.pid, 19)  # SIGSTOP
        try:
            started = time.monotonic()
            assert refusal() is None
            assert refusal() is None
            assert time.monotonic() - started < 5
        finally:
            os.kill(server.process.pid, 18)  # SIGCONT
