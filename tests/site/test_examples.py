"""The examples do what they say: run against a server where their language is here, checked by their texts everywhere."""

import json
import os
import re
import runpy
import shutil
import subprocess
import tempfile
import threading
import unittest
import urllib.request
from pathlib import Path

from django.test import SimpleTestCase

from conversations.formats import conversation
from tests.support.documents import ROOT
from tests.support.servers import RunningServer

EXAMPLES, STUBS = ROOT / "examples", ROOT / "tests" / "stubs" / "java"
PAUSE_S = 0.05
follow = runpy.run_path(str(EXAMPLES / "follow.py"))["follow"]


class ExampleTests(SimpleTestCase):
    """A server and a key of alice's."""

    def setUp(self):
        self.server = RunningServer("wsgi", "imsite.wsgi:application")
        self.addCleanup(self.server.stop)
        self.address = f"http://127.0.0.1:{self.server.port}"
        self.key = self.server.do("with_key(scopes=('read', 'write'))")["HTTP_AUTHORIZATION"].removeprefix("Bearer ")

    def ask(self, path: str, method: str = "GET"):
        headers = {"Authorization": f"Bearer {self.key}"}
        request = urllib.request.Request(f"{self.address}/api/v1/{path}", method=method, headers=headers)
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.loads(answer.read() or "null")

    def list(self) -> dict:
        page = self.ask("conversations/?count=500")
        return {item["conversationID"]: item for item in page["conversationList"]}


class FollowTests(ExampleTests):
    def following(self, conversations: dict, is_over: threading.Event) -> threading.Thread:
        """A thread that follows the list until it is stopped."""
        pages = follow(self.address, self.key, conversations, pause_s=PAUSE_S)

        def run():
            for _since in pages:
                if is_over.is_set():
                    return

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        return thread

    def assert_becomes_equal(self, conversations: dict):
        for _attempt in range(200):
            if conversations == self.list():
                return
            threading.Event().wait(PAUSE_S)
        self.assertEqual(conversations, self.list())

    def test_it_survives_a_restart_a_restore_and_deletions(self):
        self.server.do("len(make_conversations(250))")
        conversations: dict = {}
        is_over = threading.Event()
        thread = self.following(conversations, is_over)
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
        is_over.set()
        self.ask("conversations/c2c_peer7/pin/", "DELETE")
        thread.join(timeout=10)
        self.assertFalse(thread.is_alive())


class CurlTests(ExampleTests):
    def test_every_call_of_it_succeeds(self):
        for conversation_id in ("c2c_bob", "group_@TGS#2J4SZEAEL", "group_design team/2026"):
            self.server.do(f"make_conversation(conversation_id={conversation_id!r})")

        environment = os.environ | {"SERVER": self.address, "KEY": self.key}
        run = subprocess.run(
            ["bash", EXAMPLES / "curl.sh"], env=environment, capture_output=True, text=True, timeout=60, check=False
        )

        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        self.assertEqual(run.stdout.count("== "), (EXAMPLES / "curl.sh").read_text().count("\ncall "))
        self.assertEqual(self.list()["c2c_bob"]["markList"], [1])


@unittest.skipUnless(shutil.which("javac") and shutil.which("java"), "javac missing: apt-get install default-jdk-headless")
class JavaTests(ExampleTests):
    def test_it_compiles_without_a_warning_and_reports_the_list_and_its_changes(self):
        classes = self.enterContext(tempfile.TemporaryDirectory())
        sources = [EXAMPLES / "Reporter.java", *STUBS.rglob("*.java")]

        subprocess.run(["javac", "-Xlint:all", "-Werror", "-encoding", "UTF-8", "-d", classes, *sources], check=True)
        subprocess.run(["java", "-cp", classes, "Session", self.address, self.key], check=True, timeout=60)

        reported = self.list()
        self.assertEqual(set(reported), {"c2c_bob", "group_team", "c2c_carol"})
        self.assertEqual(
            {name: reported["c2c_bob"][name] for name in ("showName", "recvOpt", "draftText", "customData", "markList")},
            {
                "showName": "Name of c2c_bob",
                "recvOpt": 2,
                "draftText": 'A "draft"\nof two lines',
                "customData": "blue",
                "markList": [1, 1 << 32],
            },
        )
        self.assertEqual(reported["c2c_bob"]["conversationGroupList"], ["客户"])
        self.assertEqual(reported["c2c_bob"]["lastMessage"]["textElem"], {"text": "你好, alice"})
        self.assertEqual(reported["group_team"]["groupAtInfoList"], [{"seq": "7", "atType": 1}])
        self.assertTrue(reported["group_team"]["isPinned"])
        self.assertIsNone(reported["c2c_carol"]["lastMessage"])


class SyntaxTests(SimpleTestCase):
    def check(self, *command: str | Path) -> None:
        if not shutil.which(str(command[0])):
            self.skipTest(f"there is no {command[0]}")
        subprocess.run(command, check=True)

    def test_swift(self):
        self.check("swiftc", "-parse", EXAMPLES / "Reporter.swift")

    def test_dart(self):
        self.check("dart", "format", "--output=none", EXAMPLES / "reporter.dart")


class ListenerTests(SimpleTestCase):
    """The apps' listeners send what is taken: an unknown key would be ignored, and named in every result."""

    SENT = re.compile(r'put\("(\w+)"|"(\w+)":|\["(\w+)"\] =')
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

    def test_their_keys_are_those_of_a_conversation(self):
        for name in ("Reporter.java", "Reporter.swift"):
            sent = {key for keys in self.SENT.findall((EXAMPLES / name).read_text()) for key in keys if key}

            with self.subTest(name):
                self.assertEqual(sent - set(conversation.KEYS) - self.OF_MESSAGES - {"conversationList"}, set())
                # The rest is in the ID, or ours: a place in the vendor's list is none in this one.
                self.assertEqual(set(conversation.KEYS) - sent, {"type", "userID", "groupID", "orderkey"})

    def test_every_example_is_described(self):
        described = set(re.findall(r"^\| \[([\w.]+)\]", (EXAMPLES / "README.md").read_text(), re.MULTILINE))

        self.assertEqual(described, {path.name for path in Path(EXAMPLES).iterdir() if path.is_file()} - {"README.md"})
