"""axe-core finds nothing on any page, in the light and in the dark."""

import pytest
from playwright.sync_api import expect

from tests.browser.site import Site
from tests.browser.visits import Visits, assert_accessible


@pytest.fixture(scope="module", autouse=True)
def all_kinds_of_rows(site: Site) -> None:
    fields = "draft_text='wait', draft_timestamp=1, is_pinned=True, recv_opt=2, unread_count=120, marks=1"
    site.do(f"str(make_conversation('ada', 'c2c_carol', activity_key=3, {fields}))")
    site.do("str(make_conversation('ada', 'c2c_dan', activity_key=2, membership=1))")
    site.do("str(make_deleted(owner_id='ada', conversation_id='c2c_gone'))")
    site.say("hello", To_Account="ada")
    site.say("hello all", GroupId="accessible", From_Account="ada", Random=5)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/?q=nobody",
        "/owner/?owner=ada",
        "/owner/?owner=nobody",
        "/owner/?owner=ada&type=1&isPinned=true&recvOpt=0",
        "/owner/?owner=ada&nonsense=1",
        "/conversation/?owner=ada&id=c2c_bob",
        "/conversation/?owner=ada&id=c2c_bob&part=explain",
        "/conversation/?owner=ada&id=c2c_bob&part=fields",
        "/conversation/?owner=ada&id=group_accessible&part=members",
        "/conversation/?owner=ada&id=c2c_bob&part=json",
        "/conversation/?owner=ada&id=c2c_bob&part=history",
        "/conversation/?owner=ada&id=group_accessible&at=00000000000000000001",
        "/conversation/?owner=ada&id=group_accessible&text=hello",
        "/conversation/?owner=ada&id=c2c_bob&go=soon",
        "/owner/unread/?owner=ada",
        "/owner/unread/?owner=ada&muted=true",
        "/owner/reason/?owner=ada",
        "/help/",
    ],
)
def test_pages(visits: Visits, path: str):
    page = visits.open(path)

    assert_accessible(page)
    visits.complaints = [complaint for complaint in visits.complaints if "status of 400" not in complaint]


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/activity/",
        "/activity/?kind=export&from=2026-01-01",
        "/activity/?from=x",
        "/across/",
        "/across/?show=unread",
        "/across/?show=changed&by=command:import_conversations",
        "/across/?show=unverified",
    ],
)
def test_pages_for_leads(visits: Visits, path: str):
    page = visits.open(path, who="boss")

    assert_accessible(page)
    visits.complaints = [complaint for complaint in visits.complaints if "status of 400" not in complaint]


def test_the_help(visits: Visits):
    page = visits.open("/owner/?owner=ada")
    page.get_by_role("link", name="Keyboard shortcuts").click()
    expect(page.get_by_role("dialog")).to_be_visible()

    assert_accessible(page)


def test_the_list_of_a_reader_without_text(visits: Visits):
    assert_accessible(visits.open("/conversation/?owner=ada&id=c2c_bob", who="viewer"))
