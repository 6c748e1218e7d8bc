"""What browser tests work with: one site and one Chromium for all of them, and in each test its own visits."""

from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest
from django.db import connection
from playwright.sync_api import Browser, sync_playwright

from tests.browser import chromium
from tests.browser.site import Site
from tests.browser.visits import Visits
from tests.support.servers import scratch_postgresql

HERE = Path(__file__).parent
SAME_EVERYWHERE = {"test_accessible", "test_api_pages", "test_hidden_text", "test_screens", "test_weight"}


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """On an empty database of the kind that the suite runs on."""
    with scratch_postgresql() if connection.vendor == "postgresql" else nullcontext() as url:
        site = Site(tmp_path_factory.mktemp("static"), **({"DATABASE_URL": url} if url else {}))
        yield site
        site.stop()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What pages look like and weigh is the same on every database: skip it on others than SQLite."""
    if connection.vendor != "sqlite":
        for item in items:
            if item.path.parent == HERE and item.path.stem in SAME_EVERYWHERE:
                item.add_marker(pytest.mark.skip(reason="The same on every database: the suite's run on SQLite is enough."))


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    if why_not := chromium.why_not():
        pytest.skip(why_not)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.PATH, args=chromium.OPTIONS)
        yield browser
        browser.close()


@pytest.fixture
def visits(browser: Browser, site: Site) -> Iterator[Visits]:
    visits = Visits(browser, site)
    yield visits
    visits.close()
    assert not visits.complaints, "\n".join(visits.complaints)
