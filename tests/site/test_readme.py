"""The README's first commands and its production block, run in a copy of the project; and both languages are one text."""

import os
import re
import signal
import subprocess
import tempfile
import time
import unittest
import urllib.request
import uuid
from pathlib import Path

from django.db import connection
from django.test import SimpleTestCase, TransactionTestCase

from tests.support import documents
from tests.support.servers import free_port

PAIRS = [
    ("README.md", "README.zh.md"),
    *((f"docs/{page.name}", f"docs/zh/{page.name}") for page in sorted((documents.ROOT / "docs/zh").glob("*.md"))),
]
START_S = 60


class LanguageTests(SimpleTestCase):
    def test_both_have_the_same_commands(self):
        for english, chinese in PAIRS:
            if english == "docs/commands.md":  # its examples are in the help's language only
                continue
            with self.subTest(english):
                self.assertEqual(documents.commands(english), documents.commands(chinese))

    def test_both_have_the_same_sections_and_tables(self):
        def outline(page: str) -> list[tuple[str, int]]:
            text = re.sub(r"```.*?```", "", (documents.ROOT / page).read_text(), flags=re.DOTALL)
            return [
                ("heading", len(match[1])) if match[1] else ("table row", match[0].count(" | "))
                for match in re.finditer(r"^(#+) |^\|.*$", text, re.MULTILINE)
            ]

        for english, chinese in PAIRS:
            if english == "docs/commands.md":
                continue
            with self.subTest(english):
                self.assertEqual(outline(english), outline(chinese))

    def test_both_have_the_same_links(self):
        def links(page: str) -> list[str]:
            pages = re.findall(r"\]\(([^)#\s]+)", (documents.ROOT / page).read_text())
            return sorted(Path(link).name for link in pages if not link.startswith("http") and not link.endswith(".png"))

        def without_each_other(page: str, other: str) -> list[str]:
            here = links(page)
            here.remove(Path(other).name)
            return here

        english, chinese = PAIRS[0]
        self.assertEqual(without_each_other(english, chinese), without_each_other(chinese, english))


class FirstMinuteTests(SimpleTestCase):
    """`make run` in a checkout without a database."""

    def setUp(self):
        self.folder = documents.copied_checkout(Path(self.enterContext(tempfile.TemporaryDirectory())))
        self.port = free_port()
        environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        self.process = subprocess.Popen(
            ["make", "run"],
            cwd=self.folder,
            env=environment | {"PORT": str(self.port)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.addCleanup(self.process.communicate)
        self.addCleanup(os.killpg, self.process.pid, signal.SIGTERM)

    def test_it_serves_the_demo_and_says_how_to_get_in(self):
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/login/", timeout=5) as response:
                    self.assertEqual(response.status, 200)
                    break
            except OSError:
                time.sleep(0.2)
        os.killpg(self.process.pid, signal.SIGINT)
        printed = self.process.stdout.read()

        self.assertIn(["make run", "make test"], documents.commands("README.md"))
        for words in (f"http://127.0.0.1:{self.port}/", "demo / demo", "imk_"):
            self.assertIn(words, printed)


@unittest.skipUnless(connection.vendor == "postgresql", "the block is about PostgreSQL")
class ProductionTests(TransactionTestCase):
    """The production block, with names of our own for the role and the database, and ports of our own."""

    def test_it_serves(self):
        (block,) = (block for block in documents.blocks("README.md") if "make serve" in block)
        self.assertEqual(block, next(block for block in documents.blocks("docs/operations.md") if "make serve" in block))
        folder = documents.copied_checkout(Path(self.enterContext(tempfile.TemporaryDirectory())))
        name, ports = f"imsite_{uuid.uuid4().hex}", (free_port(), free_port())
        (folder / "filled_in").write_text(self.settings(name, *ports))
        self.addCleanup(self.drop, name)

        printed = documents.paste(self.script(block, name, *ports), folder=folder, environment=self.environment())

        self.assertRegex(printed, rf"ok +database: postgresql [\d.]+, {name} at ")  # which one make release migrates

    def environment(self) -> dict[str, str]:
        server = connection.get_connection_params()
        names = {"PGHOST": "host", "PGPORT": "port", "PGUSER": "user", "PGPASSWORD": "password"}
        inherited = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "DEBUG")}
        return inherited | {name: str(server[key]) for name, key in names.items() if server.get(key)}

    def settings(self, name: str, port: int, events_port: int) -> str:
        """What somebody fills in; a shell takes the last value of a name."""
        server = connection.get_connection_params()
        address = f"{server.get('host', '127.0.0.1')}:{server.get('port', 5432)}"
        return (
            f"DATABASE_URL='postgres://{name}:{documents.PASSWORD.replace(' ', '%20')}@{address}/{name}'\n"
            f"SECRET_KEY={uuid.uuid4().hex}{uuid.uuid4().hex}\nPORT={port}\nEVENTS_PORT={events_port}\nWEB_WORKERS=1\n"
        )

    def script(self, block: str, name: str, port: int, events_port: int) -> str:
        head = "-o /dev/null -s -H 'Host: im.example.org' -H 'X-Forwarded-Proto: https'"
        waiting = f"""
            for n in $(seq 120); do
                command curl {head} http://127.0.0.1:{port}/login/ && \\
                    command curl {head} http://127.0.0.1:{events_port}/ && break
                sleep 0.5
            done
            curl {head} http://127.0.0.1:{port}/login/
            test $(command curl {head} -w '%{{http_code}}' http://127.0.0.1:{events_port}/api/v1/events/) = 401
            kill $!; wait $! || true
        """
        block = re.sub(r"^(createuser --pwprompt|createdb --owner) imsite", rf"\1 {name}", block, flags=re.MULTILINE)
        block = re.sub(r"template0 imsite$", f"template0 {name}", block, flags=re.MULTILINE)
        block = re.sub(r"^(install .* \.env\.example .*)$", r"\1\ncat filled_in >> .env", block, flags=re.MULTILINE)
        return block.replace("make serve\n", f"make serve &\n{waiting}")

    def drop(self, name: str) -> None:
        environment = self.environment()
        subprocess.run(["dropdb", "--if-exists", "--force", name], env=environment, check=True)
        subprocess.run(["dropuser", "--if-exists", name], env=environment, check=True)
