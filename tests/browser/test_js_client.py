"""The JavaScript client in Chromium, in a page of another origin than the server's."""

import json
import re
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

import pytest
from django.db import connection
from playwright.sync_api import Browser, Page, expect

from clients.conformance.proxy import Proxy
from tests.clients.conftest import CLIENTS
from tests.support.cast import usersig
from tests.support.servers import RunningServer, server_for_apps

pytestmark = pytest.mark.skipif(
    connection.vendor != "sqlite", reason="The server has a SQLite database of its own: once is enough."
)

EMPTY_PAGE = "<!doctype html><title>An app</title>"
PATIENCE_MS = 20_000
CONNECT = """
async ([server, credential, format]) => {
    const { ConversationClient, stringify } = await import("/imsite.js");
    window.client = new ConversationClient({ server, credential, format });
    window.events = [];
    window.stringify = stringify;
}
"""
LISTEN = """
() => client.addConversationListener({
    onSyncServerFinish: () => events.push(["finished"]),
    onNewConversation: (list) => events.push(["new", list.map((conversation) => conversation.conversationID)]),
    onConversationChanged: (list) => events.push(["changed", list.map((conversation) => conversation.isPinned)]),
    onConversationDeleted: (ids) => events.push(["deleted", ids]),
    onTotalUnreadMessageCountChanged: (count) => events.push(["unread", count]),
})
"""


class Handler(SimpleHTTPRequestHandler):
    """Serves a page, and the client's files beside it."""

    page = EMPTY_PAGE

    extensions_map = {".js": "text/javascript", ".html": "text/html"}

    def do_GET(self) -> None:
        self.path = self.path.removeprefix("/imsite-client")
        if self.path != "/":
            return super().do_GET()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(self.page.encode())

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


class World(NamedTuple):
    """The app's origin, the server behind its proxy, and the server itself."""

    origin: str
    proxy: Proxy
    server: RunningServer

    def do(self, action: str, conversation_id: str, **fields: Any) -> None:
        self.server.do(f"{action}(owner_id='alice', conversation_id={conversation_id!r}, **{fields!r})")


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    pages = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(CLIENTS / "js")))
    threading.Thread(target=pages.serve_forever, daemon=True).start()
    origin = f"http://127.0.0.1:{pages.server_port}"
    server = server_for_apps(CORS_ALLOWED_ORIGINS=origin)
    try:
        server.do("make_conversation(show_name='Bob', marks=-(1 << 63) + 1)")
        with Proxy(f"http://127.0.0.1:{server.port}") as proxy:
            yield World(origin, proxy, server)
    finally:
        server.stop()
        pages.shutdown()
        pages.server_close()


@pytest.fixture
def page(browser: Browser, world: World) -> Iterator[Page]:
    Handler.page = EMPTY_PAGE
    page = browser.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(world.origin)
    yield page
    page.evaluate("() => window.client?.close()")
    page.close()


def connect(page: Page, world: World, *, credential: str | None = None, format_: str | None = None) -> None:
    page.evaluate(CONNECT, [world.proxy.url, credential or usersig(), format_])


def wait_for(page: Page, event: list[Any]) -> None:
    page.wait_for_function("(event) => events.some((seen) => JSON.stringify(seen) === JSON.stringify(event))", arg=event)


def test_a_page_of_another_origin_reads_and_changes_a_list(page: Page, world: World):
    connect(page, world)

    listed = page.evaluate("async () => (await client.getConversationList({ count: 10 })).conversationList[0].showName")
    marks = page.evaluate("async () => stringify((await client.getConversation('c2c_bob')).markList)")
    page.evaluate("() => client.markConversation(['c2c_bob'], 1n << 63n, false)")
    looked_up = page.evaluate("() => client.getConversationList(['c2c_bob', 'c2c_no'])")
    page.evaluate("() => client.markConversation(['c2c_bob'], '9223372036854775808', true)")

    assert listed == "Bob"
    assert marks == "[1,9223372036854775808]"
    assert [conversation["markList"] for conversation in looked_up] == [[1]]


def test_an_error_has_the_servers_code_and_text(page: Page, world: World):
    connect(page, world)
    unknown = page.evaluate("() => client.getConversation('c2c_no').catch(({ code, desc, status }) => [code, desc, status])")
    connect(page, world, credential="nonsense")
    refused = page.evaluate("() => client.getTotalUnreadMessageCount().catch(({ code, status }) => [code, status])")

    assert unknown == [6004, "Conversation c2c_no not found.", 404]
    assert refused == [70003, 401]


def test_the_web_sdks_form_with_its_own_ids(page: Page, world: World):
    connect(page, world, format_="web")

    conversation = page.evaluate("() => client.getConversation('C2Cbob')")
    results = page.evaluate("() => client.setConversationCustomData(['C2Cbob', 'GROUPno'], 'x')")

    assert (conversation["conversationID"], conversation["type"]) == ("C2Cbob", "C2C")
    assert conversation["userProfile"]["nick"] == "Bob"
    assert [(result["conversationID"], result["resultCode"]) for result in results] == [("C2Cbob", 0), ("GROUPno", 6004)]


def test_events_go_on_after_a_break(page: Page, world: World):
    world.server.do("make_conversation(conversation_id='c2c_dan')")
    connect(page, world, format_="web")
    world.proxy.reset()
    page.evaluate(LISTEN)
    wait_for(page, ["finished"])
    wait_for(page, ["unread", 0])

    world.do("set_pinned", "c2c_bob", pinned=True)
    wait_for(page, ["changed", [True]])
    pinned = world.proxy.sent_id
    world.proxy.break_streams()
    world.do("delete_one", "c2c_dan")
    wait_for(page, ["deleted", ["C2Cdan"]])

    assert world.proxy.asked_ids[1:] == [pinned]
    assert page.evaluate("() => events.filter(([name]) => name === 'changed').length") == 1


def test_after_a_reset_all_conversations_come_as_new(page: Page, world: World):
    connect(page, world)
    page.evaluate(LISTEN)
    wait_for(page, ["finished"])
    wait_for(page, ["unread", 0])
    page.evaluate("() => events.splice(0)")

    world.server.do("Owner.objects.filter(owner_id='alice').update(epoch=77)")
    world.proxy.break_streams()

    page.wait_for_function("() => events.some(([name, ids]) => name === 'new' && ids.includes('c2c_bob'))")
    page.wait_for_function("() => events.filter(([name]) => name === 'finished').length === 2")


def test_the_page_of_the_documentation_shows_a_list_and_its_changes(page: Page, world: World):
    (sample,) = re.findall(r"```html\n(.+?)```", (CLIENTS / "README.md").read_text(), re.DOTALL)
    for word, value in (('"https://im.example.com"', world.proxy.url), ("userSig", usersig())):
        sample = sample.replace(word, json.dumps(value))
    world.server.do("make_conversation(conversation_id='c2c_eve', show_name='Eve')")
    Handler.page = sample
    page.reload()

    expect(page.get_by_role("listitem").filter(has_text="Eve:  (0)")).to_have_count(1)
    expect(page).to_have_title("0 unread")
    world.do("delete_one", "c2c_eve")
    expect(page.get_by_role("listitem").filter(has_text="Eve")).to_have_count(0)


def test_closing_ends_the_stream(page: Page, world: World):
    connect(page, world)
    page.evaluate(LISTEN)
    wait_for(page, ["finished"])

    page.evaluate("() => client.close()")

    assert page.evaluate("() => client.getConversation('c2c_bob').catch(({ code }) => code)") == 6013
    page.wait_for_timeout(1500)
    assert not world.proxy.streams
