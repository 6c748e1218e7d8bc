"""Several processes for event streams behind one address: each delivers, and they count and report together."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path

from django.conf import settings
from prometheus_client.parser import text_string_to_metric_families

from tests.site.test_serve import START_S, ServeCase
from tests.support.cast import SDK_APP_ID, SECRET_KEY, usersig
from tests.support.servers import EventStream, migrated_sqlite

STREAMS = 24  # all at one of two processes: one time in eight million
PIN = """
import django; django.setup()
from conversations.actions.pins import set_pinned
from tests.support.cast import make_conversations
for number in range(%d):
    make_conversations(1, f"u{number}")
    set_pinned(owner_id=f"u{number}", conversation_id="c2c_peer0", pinned=True)
"""


class WorkerTests(ServeCase):
    def setUp(self):
        super().setUp()
        shutil.copy(migrated_sqlite(), self.folder / "test.sqlite3")
        self.environment |= {"IM_SDK_APP_ID": str(SDK_APP_ID), "IM_SECRET_KEY": SECRET_KEY, "EVENTS_PORT": str(self.port)}
        self.environment |= {"PORT": "1", "EVENTS_WORKERS": "2", "EVENTS_HEARTBEAT_S": "1", "MAX_STREAMS_USER": "2"}
        self.server = self.start("events")
        self.wait_until_it_answers()

    def follow(self, number: int) -> EventStream:
        stream = EventStream(self.port, {"Authorization": f"Bearer {usersig(f'u{number}')}"})
        self.addCleanup(stream.close)
        stream.until("unread")
        return stream

    def answer(self, path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=START_S) as response:
            return response.read().decode()

    def open_streams(self) -> float:
        families = {family.name: family for family in text_string_to_metric_families(self.answer("/metrics"))}
        return families["imsite_open_streams"].samples[0].value

    def wait_for(self, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + START_S
        while not holds() and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertTrue(holds())

    def change_all(self) -> None:
        environment = self.environment | {"DJANGO_SETTINGS_MODULE": "imsite.settings"}
        subprocess.run([sys.executable, "-c", PIN % STREAMS], env=environment, cwd=settings.BASE_DIR, check=True)

    def workers(self) -> list[int]:
        return [int(pid) for pid in Path(f"/proc/{self.server.pid}/task/{self.server.pid}/children").read_text().split()]

    def test_each_delivers_and_if_one_dies_the_other_goes_on(self):
        streams = [self.follow(number) for number in range(STREAMS)]
        self.wait_for(lambda: [self.open_streams() for _n in range(4)] == [STREAMS] * 4)  # whichever answers
        self.assertEqual(json.loads(self.answer("/readyz"))["status"], "ok")

        os.kill(self.workers()[0], signal.SIGKILL)
        self.change_all()

        delivered = [number for number, stream in enumerate(streams) if self.gets_a_change(stream)]
        self.assertTrue(0 < len(delivered) < STREAMS)
        self.wait_for(lambda: self.open_streams() == len(delivered))
        for number in set(range(STREAMS)) - set(delivered):
            self.assertTrue(self.gets_a_change(self.follow(number)))

    def test_the_limit_of_a_credential_holds_in_each(self):
        streams = [EventStream(self.port, {"Authorization": f"Bearer {usersig('u0')}"}) for _number in range(STREAMS)]
        for stream in streams:
            self.addCleanup(stream.close)

        accepted = [stream for stream in streams if stream.response.status == 200]
        self.assertTrue(2 <= len(accepted) <= 4)
        self.assertEqual({stream.response.status for stream in streams}, {200, 429})

    def gets_a_change(self, stream: EventStream) -> bool:
        """Whether a change comes; if not, the stream was cut off."""
        with suppress(AssertionError, OSError, HTTPException):
            return bool(stream.until("changes"))
        return False
