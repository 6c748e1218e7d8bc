"""The README's client does what the README says of it."""

import json
import re
import threading
import urllib.request
from pathlib import Path

from django.conf import settings
from django.test import SimpleTestCase

from conversations.formats import conversation
from tests.support.servers import RunningServer

BLOCK = re.compile(r"```python\n(import .*?)```", re.DOTALL)
PAUSE_S = 0.05


def follow_of(readme: str):
    names: dict = {}
    exec(BLOCK.search((Path(settings.BASE_DIR) / readme).read_text()).group(1), names)
    return names["follow"]


class FollowTests(SimpleTestCase):
    def setUp(self):
        self.server = RunningServer("wsgi", "imsite.wsgi:application")
        self.addCleanup(self.server.stop)
        self.server.do("len(make_conversations(250))")
        self.key = self.server.do("with_key(scopes=('read', 'write'))")["HTTP_AUTHORIZATION"].removeprefix("Bearer ")

    def ask(self, path: str, method: str = "GET"):
        address = f"http://127.0.0.1:{self.server.port}/api/v1/{path}"
        request = urllib.request.Request(address, method=method, headers={"Authorization": f"Bearer {self.key}"})
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.loads(answer.read() or "null")

    def following(self, conversations: dict, known: threading.Event):
        """A thread that follows until the list has what `wait_for` waits for."""
        pages = follow_of("README.md")(f"http://127.0.0.1:{self.server.port}", self.key, conversations, pause_s=PAUSE_S)

        def run():
            for _since in pages:
                if known.is_set():
                    return

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        return thread

    def list(self) -> dict:
        page = self.ask("conversations/?count=500")
        return {one["conversationID"]: one for one in page["conversationList"]}

    def assert_becomes_equal(self, conversations: dict):
        for _attempt in range(200):
            if conversations == self.list():
                return
            threading.Event().wait(PAUSE_S)
        self.assertEqual(conversations, self.list())

    def test_it_survives_a_restart_a_restore_and_deletions(self):
        conversations: dict = {}
        done = threading.Event()
        thread = self.following(conversations, done)
        self.assert_becomes_equal(conversations)

        self.ask("conversations/c2c_peer7/pin/", "PUT")
        self.ask("conversations/c2c_peer8/", "DELETE")
        self.assert_becomes_equal(conversations)
        self.server.kill()
        self.server.do("delete(owner_id=ALICE, conversation_ids=['c2c_peer9'])")
        self.server.process = self.server.start("wsgi", "imsite.wsgi:application")
        self.server.wait()
        self.assert_becomes_equal(conversations)
        self.server.manage("reset_sync_tokens")
        self.ask("conversations/c2c_peer10/pin/", "PUT")
        self.assert_becomes_equal(conversations)

        self.assertEqual(len(conversations), 248)
        done.set()
        self.ask("conversations/c2c_peer7/pin/", "DELETE")
        thread.join(timeout=10)
        self.assertFalse(thread.is_alive())

    def test_both_languages_have_the_same_program(self):
        english, chinese = (
            BLOCK.search((Path(settings.BASE_DIR) / name).read_text()).group(1) for name in ("README.md", "README.zh.md")
        )

        def code(text: str) -> list[str]:
            return [line.partition("#")[0].rstrip() for line in text.splitlines() if '"""' not in line]

        self.assertEqual(code(english), code(chinese))


class CommandTests(SimpleTestCase):
    def commands(self, readme: str) -> list[list[str]]:
        blocks = re.findall(r"```sh\n(.*?)```", (Path(settings.BASE_DIR) / readme).read_text(), re.DOTALL)
        return [[words for line in block.splitlines() if (words := line.partition("#")[0].strip())] for block in blocks]

    def test_both_languages_have_the_same(self):
        self.assertEqual(self.commands("README.md"), self.commands("README.zh.md"))

    def test_production_begins_with_a_login(self):
        (production,) = (block for block in self.commands("README.md") if "make serve" in block)

        login = ".venv/bin/python manage.py createsuperuser"
        self.assertLess(production.index(".venv/bin/python manage.py migrate"), production.index(login))
        self.assertLess(production.index(login), production.index("make serve"))


class ListenerTests(SimpleTestCase):
    """The apps' listeners tell what is taken: a key that is not known would have every object refused."""

    TOLD = re.compile(r'put\("(\w+)"|"(\w+)":|\["(\w+)"\] =')
    OF_MESSAGES = {
        "msgID",
        "timestamp",
        "seq",
        "random",
        "sender",
        "isSelf",
        "status",
        "elemType",
        "textElem",
        "text",
        "atType",
    }

    def blocks(self, readme: str) -> dict[str, str]:
        text = (Path(settings.BASE_DIR) / readme).read_text()
        return dict(re.findall(r"```(java|swift|dart)\n(.*?)```", text, re.DOTALL))

    def test_their_keys_are_those_of_a_conversation(self):
        for language in ("java", "swift"):
            told = {name for names in self.TOLD.findall(self.blocks("README.md")[language]) for name in names if name}

            with self.subTest(language):
                self.assertEqual(told - set(conversation.KEYS) - self.OF_MESSAGES - {"conversationList"}, set())
                # The rest is in the ID, or ours: a place in the vendor's list is none in this one.
                self.assertEqual(set(conversation.KEYS) - told, {"type", "userID", "groupID", "orderkey"})

    def test_both_languages_have_the_same(self):
        self.assertEqual(self.blocks("README.md"), self.blocks("README.zh.md"))
        self.assertEqual(len(self.blocks("README.md")), 3)
