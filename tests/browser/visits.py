"""People at the pages: each a browser with nothing in it, which complains of whatever should not be."""

import re
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect

from tests.browser.site import Site

PATIENCE_MS = 10_000  # a busy machine may need it; nothing waits longer than it must
expect.set_options(timeout=PATIENCE_MS)
DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}


class Visits:
    def __init__(self, browser: Browser, site: Site):
        self.browser = browser
        self.site = site
        self.contexts: list[BrowserContext] = []
        self.complaints: list[str] = []

    def open(self, path: str = "/", *, who: str | None = "support", **options: Any) -> Page:
        """A page at `path` for one of tests/staff.py's people, or for nobody; options as Playwright's contexts have them."""
        options = {"viewport": DESKTOP, "locale": "en-US", "timezone_id": "UTC", "reduced_motion": "reduce"} | options
        context = self.browser.new_context(base_url=self.site.address, **options)
        self.contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        context.on("console", self._hear)
        context.on("request", self._watch)
        context.on("weberror", lambda error: self.complaints.append(f"error in a script: {error.error}"))
        if who:
            context.add_cookies([{"name": "sessionid", "value": self.site.session_of(who), "url": self.site.address}])
        page = context.new_page()
        page.goto(path)
        return page

    def expect_complaint(self, pattern: str) -> None:
        """There is one that fits, and it is meant: it no longer counts."""
        fitting = [complaint for complaint in self.complaints if re.search(pattern, complaint)]
        assert fitting, f"Nothing complained of {pattern}; there is {self.complaints}."
        self.complaints = [complaint for complaint in self.complaints if complaint not in fitting]

    def close(self) -> None:
        for context in self.contexts:
            context.close()

    def _hear(self, message: ConsoleMessage) -> None:
        """What breaks the content security policy and what can't be loaded is reported here, too."""
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.type} in the console: {message.text} ({message.location['url']})")

    def _watch(self, request: Request) -> None:
        if not request.url.startswith((f"{self.site.address}/", "data:", "blob:")):
            self.complaints.append(f"request to another host: {request.url}")


def first_view(page: Page, path: str) -> tuple[int, float]:
    """How many requests a page makes in a browser that has nothing yet, and the bytes that come over the wire."""
    came: list[float] = []
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    network.on("Network.loadingFinished", lambda event: came.append(event["encodedDataLength"]))
    page.goto(path)
    page.wait_for_timeout(1000)  # until no request is left would be for good: a live list has one that stays
    return len(came), sum(came)


def assert_accessible(page: Page) -> None:
    """axe-core finds nothing on the page, neither in the light nor in the dark."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.evaluate("Promise.allSettled(document.getAnimations().map(change => change.finished))")
        # To preload is to copy style sheets into the page, which its policy refuses.
        found = Axe().run(page, options={"resultTypes": ["violations"], "preload": False})
        assert not found.violations_count, f"{page.url}, {scheme}:\n{found.generate_report()}"
