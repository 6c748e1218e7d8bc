"""`make screenshots`: the pictures of the README, of the demo at its own moment: the same pages give the same pictures."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings

from conversations.demo import NOW_S
from tests.browser.site import Site
from tests.browser.visits import PHONE, Visits

FOLDER = settings.BASE_DIR / "docs" / "screenshots"
LIST, CONVERSATION = "/owner/?owner=alice", "/conversation/?owner=alice&id=c2c_bob"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("static"), CLOCK_STANDS_AT_S=str(NOW_S))
    site.manage("create_demo_data", "--force")
    yield site
    site.stop()


@pytest.mark.parametrize(
    ("name", "path", "options"),
    [
        ("list", LIST, {}),
        ("conversation", CONVERSATION, {}),
        ("phone", LIST, {"viewport": PHONE}),
        ("dark", CONVERSATION, {"color_scheme": "dark"}),
        ("chinese", CONVERSATION, {"locale": "zh-CN"}),
        ("admin-start", "/admin/", {"who": "boss"}),
        ("admin-list", "/admin/conversations/conversationrow/", {"who": "boss"}),
    ],
)
def test_picture(visits: Visits, name: str, path: str, options: dict[str, Any]):
    page = visits.open(path, **options)

    page.screenshot(path=FOLDER / f"{name}.png", animations="disabled", caret="hide")
