"""The staff's pages on PostgreSQL with a million conversations: each one's time in the server, queries and size.

    DATABASE_URL=postgres://…/a_database_of_its_own python -m tests.measure.pages [part of a page's name]

It fills an empty database, which takes a minute or two; one that it filled before it takes as it is. Then it asks for each page
as production would answer it, and, where Chromium is, opens some in a browser that has nothing yet.
"""

import gzip
import os
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

import django

STATIC_ROOT = tempfile.TemporaryDirectory()
os.environ |= {
    "DJANGO_SETTINGS_MODULE": "tests.browser.settings",
    "DEBUG": "false",
    "SECRET_KEY": "only for tests: 0123456789 abcdefghijklmnopqrstuvwxyz",
    "ALLOWED_HOSTS": "127.0.0.1",
    "STATIC_ROOT": STATIC_ROOT.name,
}
django.setup()

from django.contrib.admin.models import LogEntry  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.http import HttpResponse  # noqa: E402
from django.test import Client  # noqa: E402
from playwright.sync_api import Browser, sync_playwright  # noqa: E402

from conversations.models import Conversation, Owner, WebhookEvent  # noqa: E402
from conversations.threads import BETWEEN  # noqa: E402
from tests.browser import chromium  # noqa: E402
from tests.browser.site import Site  # noqa: E402
from tests.browser.visits import first_view  # noqa: E402
from tests.measure import million  # noqa: E402
from tests.support.staff import boss  # noqa: E402

ROUNDS = 40
BOSS = "boss"
PARTS = ("messages", "explain", "fields", "members", "json", "history")
TABLES = {
    "owner": "u012", "conversationrow": "busy", "group": "g1", "groupmemberrow": million.HALL, "messagerow": million.HALL,
    "webhookevent": "99", "apikey": "app 1", "accesslogentry": "sue", "savedview": "a",
}  # fmt: skip
FILTERED = (
    "conversationrow/?q=busy&unread=1", "conversationrow/?unread=1", "webhookevent/?outcome=failed",
    "webhookevent/?received=hour", "webhookevent/?command=Group.CallbackAfterSendMsg",
)  # fmt: skip
FIRST_VIEW = "First view"
FIRST_VIEWS = {
    "owner search": "/",
    "list": "/owner/?owner=busy",
    "conversation": f"/conversation/?owner=busy&id=group_{million.HALL}",
    "admin start": "/admin/",
    "admin list": "/admin/conversations/conversationrow/",
    "admin change page": "/admin/conversations/webhookevent/9/change/",
}


class Visit(NamedTuple):
    """A page's name and address, and the pane of it that htmx asks for."""

    name: str
    url: str
    pane: str = ""


class Reader:
    """Staff with all permissions at the pages, and how many queries that takes."""

    def __init__(self):
        self.client = Client(SERVER_NAME="127.0.0.1", HTTP_X_FORWARDED_PROTO="https", HTTP_ACCEPT_ENCODING="gzip")
        self.client.force_login(User.objects.filter(username=BOSS).first() or boss())
        self.queries = 0

    def get(self, visit: Visit) -> HttpResponse:
        response = self.client.get(visit.url, headers={"HX-Request": "true", "HX-Target": visit.pane} if visit.pane else {})
        assert response.status_code == 200, f"{visit}: {response.status_code}"
        return response

    def text(self, url: str) -> str:
        return plain(self.get(Visit("", url))).decode()

    def measure(self, visit: Visit) -> None:
        self.get(visit)  # what is kept once an hour is kept
        taken, own = [], time.process_time()
        for _round in range(ROUNDS):
            self.queries, start = 0, time.perf_counter()
            with connection.execute_wrapper(self._count):
                response = self.get(visit)
            taken.append((time.perf_counter() - start) * 1000)
        own = (time.process_time() - own) / ROUNDS * 1000
        page = plain(response)
        times = f"{statistics.median(taken):7.1f} {statistics.quantiles(taken, n=20)[-1]:7.1f} {own:7.1f}"
        sizes = f"{len(page) / 1000:7.1f} {len(gzip.compress(page, 6)) / 1000:7.1f} {len(response.content) / 1000:7.1f}"
        print(f"{visit.name:42s} {times} {self.queries:7d} {sizes}", flush=True)

    def _count(self, execute, *arguments) -> Any:
        self.queries += 1
        return execute(*arguments)


def plain(response: HttpResponse) -> bytes:
    return gzip.decompress(response.content) if response.get("Content-Encoding") == "gzip" else response.content


def link(page: str, pattern: str) -> str:
    """The address in a page whose link has this in it."""
    return unescape(re.search(rf'<a[^>]*?href="([^"]*{pattern}[^"]*)"', page)[1])


def visits(reader: Reader) -> Iterator[Visit]:
    yield Visit("owner search", "/")
    for text in ("u0123", "nick u1", "nobody"):
        yield Visit(f"owner search {text!r}", f"/?{urlencode({'q': text})}", "owners")
    yield from of_lists(reader)
    for conversation_id, parts in ((f"group_{million.HALL}", PARTS), (f"c2c_{million.PEER}", PARTS[:2])):
        url = f"/conversation/?owner=busy&id={conversation_id}"
        yield Visit(f"conversation {conversation_id}", url)
        for part in parts:
            yield Visit(f"conversation {conversation_id}, {part}", f"{url}&part={part}", "panel")
    hall = f"/conversation/?owner=busy&id=group_{million.HALL}"
    yield Visit("messages around one", f"{hall}&at={9000:020d}", "panel")
    yield Visit("text in messages", f"{hall}&text=on+its+way", "panel")
    yield Visit("text in no message", f"{hall}&text=nobody+says", "panel")
    yield Visit("older messages", link(reader.text(hall), "before="), "older-messages")
    yield Visit("older members", link(reader.text(f"{hall}&part=members"), "after="), "panel")
    yield from of_deeds()
    yield from of_leads()
    yield from of_admin(reader)


def of_lists(reader: Reader) -> Iterator[Visit]:
    for owner_id in ("u00100", "busy", "big"):
        url = f"/owner/?owner={owner_id}"
        yield Visit(f"list of {owner_id}", url)
        yield Visit(f"list of {owner_id}, unread", f"{url}&hasUnreadCount=true", "browse")
        yield Visit(f"list of {owner_id}, mentions", f"{url}&hasGroupAtInfo=true", "browse")
        yield Visit(f"list of {owner_id}, a group's", f"{url}&conversationGroup=customers", "browse")
        yield Visit(f"list of {owner_id}, text", f"{url}&search=u0003", "browse")
        yield Visit(f"list of {owner_id}, text of none", f"{url}&search=nobody", "browse")
        yield Visit(f"list of {owner_id}, counts of views", f"/owner/views/?owner={owner_id}", "saved")
        version = Owner.objects.get(owner_id=owner_id).version
        yield Visit(f"list of {owner_id}, news", f"/owner/updates/?owner={owner_id}&since=1.{version - 20}", "news")
    yield Visit("list of big, next rows", link(reader.text("/owner/?owner=big"), "nextSeq="), "rows")
    yield Visit("saved views", "/views/?owner=busy")


def of_deeds() -> Iterator[Visit]:
    selected = Conversation.objects.for_owner("busy").in_display_order().values_list("conversation_id", flat=True)[:50]
    for action in ("read", "pin"):
        query = urlencode({"owner": "busy", "action": action, "many": 1, "id": list(selected)}, doseq=True)
        yield Visit(f"{action} 50, asked", f"/conversation/correct/?{query}", "correction")
    yield Visit("read all found, asked", "/conversation/correct/?owner=busy&action=read&all=1&isPinned=true", "correction")
    yield Visit("recount one, asked", f"/conversation/correct/?owner=busy&action=recount&id=group_{million.HALL}", "correction")


def of_leads() -> Iterator[Visit]:
    of_key, of_import = "changed&by=key:0123456789ab&within=24h", "changed&by=command:import_conversations"
    for show in ("mentions&older=7d", "unread", of_key, of_import, "unverified"):
        yield Visit(f"across users, {show[:30]}", f"/across/?show={show}")
    yield Visit("across users, counts of views", "/across/?show=unread", "saved")
    yield Visit("staff activity", "/activity/")
    for query in (f"staff={BOSS}", "kind=correction", "from=2020-01-01&to=2020-02-01"):
        yield Visit(f"staff activity, {query}", f"/activity/?{query}")
    for owner_id in ("busy", "big"):
        yield Visit(f"unread total of {owner_id}, explained", f"/owner/unread/?owner={owner_id}")


def of_admin(reader: Reader) -> Iterator[Visit]:
    yield Visit("admin start", "/admin/")
    for table, text in TABLES.items():
        url = f"/admin/conversations/{table}/"
        yield Visit(f"admin {table}", url)
        yield Visit(f"admin {table}, search", f"{url}?{urlencode({'q': text})}")
        if rows := re.search(rf'href="({url}[^"?]+/change/)', reader.text(f"{url}?{urlencode({'q': text})}")):
            yield Visit(f"admin {table}, one", rows[1])
    for query in FILTERED:
        yield Visit(f"admin {query}", f"/admin/conversations/{query}")
    pair = f"busy{BETWEEN}{million.PEER}".replace(BETWEEN, " ")
    yield Visit("admin messagerow, two users", f"/admin/conversations/messagerow/?{urlencode({'q': pair})}")
    yield Visit("admin webhookevent, last page", f"/admin/conversations/webhookevent/?p={WebhookEvent.objects.count() and 20}")
    yield Visit("admin UserSig", "/admin/usersig/")


# ---- What a browser loads --------------------------------------------------------------------


def on_the_wire(browser: Browser, site: Site) -> None:
    session = site.do(f"session_of(User.objects.get(username={BOSS!r}))")
    for name, path in FIRST_VIEWS.items():
        context = browser.new_context(base_url=site.address)
        context.add_cookies([{"name": "sessionid", "value": session, "url": site.address}])
        requests, sent = first_view(context.new_page(), path)
        print(f"{name:42s} {requests:3d} requests {sent / 1000:7.1f} kB")
        context.close()


def main(wanted: str) -> None:
    if connection.vendor != "postgresql":
        sys.exit("Name a PostgreSQL database of its own in DATABASE_URL.")
    call_command("migrate", verbosity=0)
    call_command("collectstatic", "--no-input", verbosity=0)
    if not Owner.objects.exists():
        million.fill()
    reader = Reader()
    if not LogEntry.objects.exists():
        million.fill_log(User.objects.get(username=BOSS).pk)
    print(f"Load {os.getloadavg()[0]:.1f}; {ROUNDS} times each. Milliseconds, those of Python alone, queries, kB:")
    print(f"{'':42s} {'p50':>7s} {'p95':>7s} {'CPU':>7s} {'queries':>7s} {'plain':>7s} {'gzip':>7s} {'sent':>7s}")
    for visit in visits(reader):
        if wanted in visit.name:
            reader.measure(visit)
    if not chromium.why_not() and wanted in FIRST_VIEW:
        print(f"{FIRST_VIEW} in Chromium, over the wire:")
        site = Site(Path(STATIC_ROOT.name), DATABASE_URL=os.environ["DATABASE_URL"])
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium.PATH, args=chromium.OPTIONS)
            on_the_wire(browser, site)
            browser.close()
        site.stop()


if __name__ == "__main__":
    main(" ".join(sys.argv[1:]))
