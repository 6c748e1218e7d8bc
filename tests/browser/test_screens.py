"""The same pages on a phone, in the dark, in Chinese, and without scripts."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.site import Site
from tests.browser.visits import DESKTOP, PHONE, Visits

LONG = "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz" * 3


@pytest.fixture(scope="module", autouse=True)
def a_list(site: Site) -> None:
    site.do(f"make_conversations(60, 'mona', activity_key=5, show_name={LONG!r}, unread_count=120).clear()")
    site.say(f"{LONG} https://example.org/{'x' * 200}", To_Account="mona")


def panes(page: Page) -> list[str]:
    """The IDs of those that are seen."""
    return [id for id in ("owner-sidebar", "list", "panel") if page.locator(f"#{id}").is_visible()]


def assert_fits(page: Page) -> None:
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE["width"], f"{page.url} is {width} px wide."


def test_a_phone_shows_one_pane_at_a_time(visits: Visits):
    page = visits.open("/", viewport=PHONE, has_touch=True, is_mobile=True)
    assert panes(page) == ["owner-sidebar"]
    assert_fits(page)

    page.get_by_label("Find a user").fill("mona")
    page.locator('#owners a[data-owner="mona"]').first.tap()
    expect(page.locator("#rows > li").first).to_be_visible()
    assert panes(page) == ["list"]
    assert_fits(page)
    page.locator('#rows li[data-id="c2c_bob"] a').tap()
    expect(page.locator("#panel .bubble")).to_be_in_viewport()
    assert panes(page) == ["panel"]
    assert_fits(page)
    for part in ("Fields", "JSON", "History"):
        page.locator("#panel").get_by_role("link", name=part).tap()
        expect(page.locator('#panel a[aria-current="true"]')).to_have_text(part)
        assert_fits(page)
    page.get_by_role("link", name="Back to list").tap()

    expect(page.locator("#rows > li").first).to_be_visible()
    assert panes(page) == ["list"]


def test_a_phones_header_leads_to_owners_and_admin_in_one_line(visits: Visits):
    page = visits.open("/owner/?owner=mona", who="boss", viewport=PHONE, has_touch=True, is_mobile=True)

    expect(page.locator(".top").get_by_role("link", name="Users", exact=True)).to_be_in_viewport()
    expect(page.locator(".top").get_by_role("link", name="Admin")).to_be_in_viewport()
    assert page.locator(".top").bounding_box()["height"] < 60


def test_a_picture_that_does_not_come_leaves_the_initials(visits: Visits):
    visits.site.do("str(make_conversation('frank', 'c2c_grace', show_name='Grace', face_url='https://example.org/none.png'))")
    page = visits.open("/owner/?owner=frank")

    expect(page.locator("#rows .avatar")).to_have_text("G")
    expect(page.locator("#rows .avatar img")).to_have_count(0)
    visits.expect_complaint("none.png")


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("path", ["/owner/?owner=mona", "/conversation/?owner=mona&id=c2c_bob", "/"])
def test_the_panes_scroll_and_the_document_does_not(visits: Visits, path: str, viewport: dict[str, int]):
    page = visits.open(path, viewport=viewport)

    assert page.evaluate("document.documentElement.scrollHeight") <= viewport["height"]


@pytest.mark.parametrize("path", ["/admin/", "/admin/conversations/conversationrow/", "/login/", "/nowhere/"])
def test_other_pages_fit_a_phone(visits: Visits, path: str):
    page = visits.open(path, who="boss", viewport=PHONE, is_mobile=True)

    assert_fits(page)
    visits.complaints = [complaint for complaint in visits.complaints if "status of 404" not in complaint]


def brightness(page: Page) -> int:
    channels = re.findall(r"\d+", page.evaluate("getComputedStyle(document.body).backgroundColor"))
    return sum(map(int, channels[:3]))


def test_dark_is_the_systems_or_ones_own_choice_and_the_admins_too(visits: Visits):
    page = visits.open("/owner/?owner=mona", who="boss", color_scheme="dark")
    assert brightness(page) < 150

    page.get_by_role("button", name="Theme: system").click()  # to light
    assert brightness(page) > 600
    page.reload()
    assert brightness(page) > 600
    page.goto("/admin/")

    assert brightness(page) > 600


def test_the_headers_buttons_stay_when_one_goes_back(visits: Visits):
    page = visits.open("/owner/?owner=mona", color_scheme="dark")
    page.locator("#tab-unread").click()
    expect(page.locator("#tab-unread")).to_have_attribute("aria-current", "true")

    page.go_back()

    expect(page.locator("#tab-all")).to_have_attribute("aria-current", "true")
    expect(page.get_by_role("link", name="Keyboard shortcuts")).to_be_visible()
    page.get_by_role("button", name="Theme: system").click()
    assert brightness(page) > 600
    page.get_by_role("button", name="简体中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-hans")
    expect(page).to_have_url(re.compile(r"/owner/\?owner=mona$"))


def test_chinese_by_the_button_stays_and_the_scripts_speak_it(visits: Visits):
    page = visits.open("/owner/?owner=mona")

    page.get_by_role("button", name="简体中文").click()

    expect(page.locator("html")).to_have_attribute("lang", "zh-hans")
    expect(page).to_have_url(re.compile(r"/owner/\?owner=mona$"))
    expect(page.locator("#tab-unread")).to_have_text(re.compile("^未读"))
    expect(page.locator("#live")).to_have_text("实时")
    page.goto("/")
    expect(page.get_by_label("查找用户")).to_be_visible()


def test_a_chinese_browser_is_answered_in_chinese(visits: Visits):
    page = visits.open("/login/", who=None, locale="zh-CN")

    expect(page.get_by_role("heading", level=1)).to_have_text("登录")


def test_without_scripts_links_and_forms_do_all(visits: Visits):
    page = visits.open("/", java_script_enabled=False)
    page.get_by_label("Find a user").fill("mona")
    page.get_by_role("button", name="Find").click()
    page.locator('#owners a[data-owner="mona"]').first.click()
    expect(page.locator("#rows > li[data-id]")).to_have_count(50)

    page.get_by_role("link", name="Older").click()
    expect(page.locator("#rows > li[data-id]")).to_have_count(11)
    page.get_by_role("link", name="Newest").click()
    page.locator('#rows li[data-id="c2c_bob"] a').click()
    expect(page.locator("#panel .bubble")).to_be_visible()
    page.get_by_role("link", name="JSON").click()
    expect(page.locator("#panel .tree")).to_contain_text("conversationID")
    page.locator("#search").fill("bob")
    page.locator("#search").press("Enter")

    expect(page.locator("#rows > li[data-id]")).to_have_count(1)
    assert page.locator(".scripted:visible").count() == 0
