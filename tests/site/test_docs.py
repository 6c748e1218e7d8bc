"""README and docs/: every command works as pasted, every link leads somewhere, every table is complete."""

import json
import re
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

from django.contrib.auth.models import Permission
from django.core.management import get_commands
from django.test import SimpleTestCase, TestCase
from drf_spectacular.generators import SchemaGenerator

from conversations.exceptions import Code
from conversations.formats.webhook_events import COMMANDS
from conversations.lists.filters import FILTER_NAMES
from conversations.staff import search_syntax
from tests.support import command_help, documents
from tests.support.servers import RunningServer

ROOT = documents.ROOT
API_PAGES = ("docs/api.md", "docs/zh/api.md")
# Run in a copy of the project by test_readme.py, and by test_backup.py.
ELSEWHERE = ("make run", "make serve", "pg_dump", "createdb", "pg_restore", "VACUUM INTO")
PARAMETER = re.compile(r"{\w+}")
PASTED = [page for page in documents.pages() if page.name != "README.zh.md" and "zh" not in page.parts]


def text_of(page: str) -> str:
    return (ROOT / page).read_text()


def table_cells(page: str, column: int = 1) -> str:
    """The cells of one column of all tables of a page, as one text."""
    rows = (line.split(" | ") for line in text_of(page).splitlines() if line.startswith("| "))
    return "\n".join(row[column - 1] for row in rows if len(row) >= column)


class PastedTests(SimpleTestCase):
    """Each page's blocks, one after the other, against a demo server."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = RunningServer("asgi", "imsite.asgi:application", DEBUG="true")
        cls.addClassCleanup(cls.server.stop)
        cls.server.manage("create_demo_data", "--owners", "8")

    def run_page(self, name: str) -> None:
        blocks = [block for block in documents.blocks(name) if not any(line in block for line in ELSEWHERE)]
        with tempfile.TemporaryDirectory() as folder:
            documents.linked_checkout(Path(folder))
            script = "\n".join(blocks).replace(documents.DEMO_ADDRESS, f"http://127.0.0.1:{self.server.port}")
            documents.paste(script, folder=Path(folder), environment=self.server.environment | {"HOME": folder})

    def test_the_error_shown_is_what_the_api_answers(self):
        changing = ("title", "detail", "desc", "requestId")  # sentences, and what differs each time
        key = self.server.do("with_key()")["HTTP_AUTHORIZATION"]
        address = f"http://127.0.0.1:{self.server.port}/api/v1/conversations/c2c_nobody/"
        with self.assertRaises(urllib.error.HTTPError) as raised:
            urllib.request.urlopen(urllib.request.Request(address, headers={"Authorization": key}))
        problem = json.loads(raised.exception.read())

        for page in API_PAGES:
            shown = next(json.loads(block) for block in documents.blocks(page, "json") if "requestId" in block)
            with self.subTest(page):
                self.assertEqual(list(shown), list(problem))
                self.assertEqual({**problem, **{name: shown[name] for name in changing}}, shown)

    def test_no_page_is_left_out(self):
        tested = {name.removeprefix("test_pasting_") for name in dir(self) if name.startswith("test_pasting_")}
        with_commands = {page.stem.lower() for page in PASTED if documents.blocks(str(page.relative_to(ROOT)))}

        self.assertLessEqual(with_commands, {name.replace("_", "-") for name in tested})

    def test_pasting_readme(self):
        self.run_page("README.md")

        newest = self.server.do("Conversation.objects.for_owner('alice').order_by('-order_key')[0].conversation_id")
        shown = self.server.do("Conversation.objects.for_owner('alice').get(conversation_id='c2c_bob').last_message")
        self.assertEqual((newest, json.loads(shown)["textElem"]), ("c2c_bob", {"text": "Lunch at noon?"}))

    def test_pasting_api(self):
        self.run_page("docs/api.md")

    def test_pasting_ingest(self):
        self.run_page("docs/ingest.md")

    def test_pasting_client_reporting(self):
        self.run_page("docs/client-reporting.md")

    def test_pasting_sync(self):
        self.run_page("docs/sync.md")

    def test_pasting_commands(self):
        self.run_page("docs/commands.md")

    def test_pasting_staff(self):
        self.run_page("docs/staff.md")

    def test_pasting_monitoring(self):
        self.run_page("docs/monitoring.md")

    def test_pasting_backup(self):
        self.run_page("docs/backup.md")

    def test_pasting_operations(self):
        self.run_page("docs/operations.md")


class LinkTests(SimpleTestCase):
    LINK = re.compile(r"\]\(([^)\s]+)\)")

    def anchors(self, page: Path) -> set[str]:
        headings = re.findall(r"^#+ (.+)$", re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL), re.MULTILINE)
        return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}

    def links(self, page: Path) -> list[tuple[Path, str]]:
        """The files that a page links to, with the anchors there."""
        links = (link.partition("#") for link in self.LINK.findall(page.read_text()) if not link.startswith("http"))
        return [((page.parent / path).resolve() if path else page, anchor) for path, _hash, anchor in links]

    def test_every_link_leads_somewhere(self):
        for page in documents.pages():
            links = self.links(page)
            with self.subTest(page):
                self.assertEqual([target for target, _anchor in links if not target.exists()], [])
                self.assertEqual([(target, to) for target, to in links if to and to not in self.anchors(target)], [])

    def test_every_page_is_linked(self):
        linked = {target for page in documents.pages() for target, _anchor in self.links(page)}

        self.assertEqual({*documents.pages()} - linked, set())


class TableTests(TestCase):
    """What the tables list is all that there is."""

    def test_every_call(self):
        calls = self.calls_of_the_schema()
        for page in API_PAGES:
            listed = self.calls_of_the_page(page)
            with self.subTest(page):
                self.assertTrue(calls)
                self.assertEqual(calls - listed, set())
                self.assertEqual({(method, path) for method, path in listed if not path.startswith("/")} - calls, set())

    def calls_of_the_schema(self) -> set[tuple[str, str]]:
        paths = SchemaGenerator().get_schema(request=None, public=True)["paths"]
        return {
            (method.upper(), path.removeprefix("/api/v1/"))
            for path, operations in paths.items()
            for method in operations
            if method in ("get", "post", "put", "patch", "delete") and path.startswith("/api/v1/")
        }

    def calls_of_the_page(self, page: str) -> set[tuple[str, str]]:
        """Its methods and paths: `GET a/`; `PUT`, `DELETE a/` and `PATCH` `{"b"}`, `DELETE a/` are two methods of one path."""
        calls = set()
        for methods, path in re.findall(r"((?:`[A-Z]+`(?: `{[^`]+}`)?, )?`[A-Z]+) ([\w/{}-]+/)", text_of(page)):
            calls |= {(method, PARAMETER.sub("-", path)) for method in re.findall(r"`([A-Z]+)", methods)}
        return calls

    def test_every_error_code(self):
        codes = {str(code.value) for code in Code}
        for page in API_PAGES:
            with self.subTest(page):
                self.assertEqual(set(re.findall(r"^\| (\d{4,5}) \|", text_of(page), re.MULTILINE)), codes)

    def test_every_filter(self):
        for page in API_PAGES:
            with self.subTest(page):
                self.assertEqual({name for name in FILTER_NAMES if f"`{name}`" not in table_cells(page)}, set())

    def test_every_webhook(self):
        for page in ("docs/ingest.md", "docs/zh/ingest.md"):
            with self.subTest(page):
                self.assertEqual(set(re.findall(r"`(\w+\.Callback\w+)`", table_cells(page, 2))), COMMANDS)

    def test_every_setting(self):
        readers = r"(?:env\.\w+|whole_number|flag|one_of|user_ids|redis_url)"
        read = set(re.findall(readers + r"\(\s*\"([A-Z_]+)\"", text_of("imsite/settings.py")))
        in_the_file = set(re.findall(r"^(?:# )?([A-Z_]+)=", text_of(".env.example"), re.MULTILINE))

        # One is set by the servers' entry points.
        self.assertEqual(in_the_file, read - {"IS_WEB_PROCESS"})
        for page in ("docs/operations.md", "docs/zh/operations.md"):
            with self.subTest(page):
                self.assertEqual(in_the_file - set(re.findall(r"`([A-Z_]+)`", table_cells(page))), set())

    def test_every_word_of_the_search(self):
        for page in ("docs/staff.md", "docs/zh/staff.md"):
            text = text_of(page)
            words = [*search_syntax.FLAGS, *search_syntax.TYPES, *search_syntax.MARKS, search_syntax.NONE, search_syntax.ANY]
            with self.subTest(page):
                self.assertEqual([name for name in search_syntax.READERS if f"`{name}:`" not in table_cells(page)], [])
                self.assertEqual([word for word in words if f"`{word}`" not in text], [])

    def test_every_search_shown_is_one(self):
        for page in ("docs/staff.md", "docs/zh/staff.md"):
            for search in re.findall(r"`(-?(?:is|type|mark|group|recv|updated):[^`]+)`", text_of(page)):
                with self.subTest(search):
                    self.assertTrue(search_syntax.filters_of(search))

    def test_every_permission_named_exists(self):
        there = set(Permission.objects.values_list("codename", flat=True))
        for page in ("docs/staff.md", "docs/zh/staff.md"):
            named = set(re.findall(r"`((?:view|change|add|read|share|check)_\w+)`", text_of(page)))
            with self.subTest(page):
                self.assertEqual(named - there, set())


class CommandHelpTests(SimpleTestCase):
    def test_the_page_has_the_help_as_it_is(self):
        page = text_of("docs/commands.md")

        self.assertEqual(page, command_help.rendered(page), "run: make docs")

    def test_every_command_is_there(self):
        ours = {name for name, app in get_commands().items() if app == "conversations"}
        listed = set(re.findall(r"<!-- help: (\w+) -->", text_of("docs/commands.md")))

        self.assertEqual(listed, ours)
        for name in ours:
            self.assertIn(f"`{name}", text_of("docs/zh/commands.md"))


class ArchitectureTests(SimpleTestCase):
    FILE = re.compile(r"`((?:[\w*.]+/)*[\w*.]+\.(?:py|md|yml|toml))`")

    def test_every_file_named_is_there(self):
        decisions = sorted((ROOT / "docs/decisions").glob("*.md"))
        for page in (ROOT / "docs/architecture.md", ROOT / "CONTRIBUTING.md", *decisions):
            folders = (ROOT, ROOT / "conversations", page.parent)
            names = self.FILE.findall(page.read_text())
            with self.subTest(page.name):
                self.assertEqual([name for name in names if not any((folder / name).exists() for folder in folders)], [])


class SizeTests(SimpleTestCase):
    def test_a_readme_is_read_in_one_go(self):
        for page in ("README.md", "README.zh.md"):
            self.assertLessEqual(len(text_of(page).splitlines()), 150)


class WordingTests(SimpleTestCase):
    """Words that were replaced, because each had to be read twice."""

    ENGLISH = re.compile(
        r"\b(told|anew|whoever|carried over|feed token|new_feed_epoch|looks? into|the vendor)\b", re.IGNORECASE
    )
    CHINESE = re.compile("结转|聊天云|告知|得知|名册|一刻钟|应答包|消息线|权限范围|已存视图|(?<!会话)所属用户")

    def test_they_do_not_come_back(self):
        for page in documents.pages():
            if page.name != "CHANGELOG.md":  # it says what was renamed
                text = page.read_text()
                with self.subTest(page):
                    self.assertEqual(self.ENGLISH.findall(text) + self.CHINESE.findall(text), [])
