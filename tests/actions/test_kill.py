"""The server is killed while it writes: what it acknowledged is there, and the feed goes on."""

import random
import threading
import time
import urllib.error
from contextlib import ExitStack
from http.client import HTTPException

from django.test import SimpleTestCase

from tests.support.clients import IS_POSTGRESQL, Api, Poller
from tests.support.servers import RunningServer, scratch_postgresql

CLIENTS, KILLS, SECONDS = 6, 2, 1.5
GONE = (urllib.error.URLError, HTTPException, OSError)


class KilledServerTests(SimpleTestCase):
    databases = "__all__"

    def setUp(self):
        stack = self.enterContext(ExitStack())
        url = {"DATABASE_URL": stack.enter_context(scratch_postgresql())} if IS_POSTGRESQL else {}
        self.server = RunningServer("wsgi", "imsite.wsgi:application", **url)
        stack.callback(self.server.stop)
        self.server.do(f"len(make_conversations({CLIENTS}))")
        key = self.server.do("with_key(scopes=('read', 'write'))")["HTTP_AUTHORIZATION"]
        self.api = Api(self.server.port, {"Authorization": key})
        self.acknowledged: dict[str, str] = {}
        self.statuses: set[int] = set()
        self.wrong: list[Exception] = []
        self.over = threading.Event()

    def write(self, conversation_id: str) -> None:
        """Drafts, each with the next number, until it is over; a server that is away is asked again."""
        number = 0
        while not self.over.is_set():
            number += 1
            try:
                status, answer = self.api.ask(f"conversations/{conversation_id}/draft/", "PUT", {"draftText": str(number)})
            except GONE:
                time.sleep(0.05)
                continue
            self.statuses.add(status)
            if status == 200:
                self.acknowledged[conversation_id] = answer["draftText"]

    def follow(self, poller: Poller) -> None:
        while not self.over.is_set():
            try:
                poller.step()
            except GONE:
                time.sleep(0.05)
            except Exception as error:
                self.wrong.append(error)
                return

    def test_nothing_acknowledged_is_lost_and_a_follower_goes_on(self):
        poller = Poller(self.api)
        threads = [threading.Thread(target=self.write, args=(f"c2c_peer{n}",), daemon=True) for n in range(CLIENTS)]
        threads.append(threading.Thread(target=self.follow, args=(poller,), daemon=True))
        for thread in threads:
            thread.start()

        for _kill in range(KILLS):
            time.sleep(random.uniform(0.5, 1) * SECONDS)
            self.server.kill()
            self.server.process = self.server.start("wsgi", "imsite.wsgi:application")
            self.server.wait()
        time.sleep(SECONDS)
        self.over.set()
        for thread in threads:
            thread.join(timeout=20)

        self.assertEqual((self.statuses, self.wrong), ({200}, []))
        drafts = {id_: conversation["draftText"] for id_, conversation in self.api.list().items()}
        self.assertEqual(set(self.acknowledged), set(drafts))
        for conversation_id, text in self.acknowledged.items():
            # The last one may have been written without its answer coming through.
            self.assertGreaterEqual(int(drafts[conversation_id]), int(text))
        for _step in range(20):
            poller.step()
        self.assertEqual(poller.conversations, self.api.list())
        versions = self.server.do("[*Conversation.objects.values_list('version', flat=True)]")
        self.assertEqual(len(set(versions)), len(versions))
