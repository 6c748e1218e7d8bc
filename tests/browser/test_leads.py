"""What leads do: see what staff did, and download it."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.site import Site
from tests.browser.visits import PHONE, Visits

STORE = "__import__('conversations.store.inconsistencies', fromlist=['replace'])"


@pytest.fixture(scope="module", autouse=True)
def a_list(site: Site) -> None:
    site.do("str(make_conversation('lena', 'c2c_bob', show_name='Bob'))")


@pytest.mark.parametrize("scripts", [True, False])
def test_a_view_and_a_correction_are_listed(visits: Visits, scripts: bool):
    page = visits.open("/conversation/?owner=lena&id=c2c_bob", who="boss", java_script_enabled=scripts)

    page.get_by_role("navigation", name="Site").get_by_role("link", name="Activity").click()
    page.get_by_label("Staff", exact=True).fill("boss")
    page.get_by_label("Kind").select_option("view")
    page.get_by_role("button", name="Apply").click()

    expect(page).to_have_url(re.compile(r"staff=boss&kind=view"))
    page.locator(".log").get_by_role("link", name="c2c_bob").first.click()
    expect(page.locator(".conversation-head h2")).to_have_text("Bob")


@pytest.mark.parametrize("scripts", [True, False])
def test_a_lead_finds_the_most_unread_and_saves_that(visits: Visits, site: Site, scripts: bool):
    owner_id = f"leo{scripts}"
    site.do(f"str(make_conversation('{owner_id}', 'c2c_bob', show_name='Bob', unread_count=1234))")
    page = visits.open("/", who="boss", java_script_enabled=scripts)

    page.get_by_role("navigation", name="Site").get_by_role("link", name="Across users").click()
    page.get_by_role("navigation", name="Selections").get_by_role("link", name="Most unread").click()
    page.get_by_text("Save as view").click()
    page.get_by_label("Name").fill(f"unread {scripts}")
    page.get_by_role("button", name="Save").click()

    saved = page.get_by_role("navigation", name="Saved views").get_by_role("link", name=f"unread {scripts}")
    expect(saved).to_have_attribute("aria-current", "true")
    expect(saved.locator(".count")).to_have_count(1 if scripts else 0)
    page.get_by_role("link", name=f"{owner_id} · Bob").click()
    expect(page.locator(".conversation-head h2")).to_have_text("Bob")


def test_changes_by_a_command_are_found_on_a_phone(visits: Visits):
    page = visits.open("/across/?show=changed", who="boss", viewport=PHONE)

    page.get_by_label("Changed by").fill("command:import_conversations")
    page.get_by_label("Within").select_option("7d")
    page.get_by_role("button", name="Apply").click()

    expect(page).to_have_url(re.compile("by=command%3Aimport_conversations&within=7d"))
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


@pytest.fixture
def an_inconsistency(site: Site) -> Iterator[None]:
    site.do(f"str({STORE}.replace('lena', [('c2c_bob', 'unread')]))")
    yield
    site.do(f"str({STORE}.replace('lena', []))")


def test_the_start_page_leads_to_what_needs_attention(visits: Visits, an_inconsistency: None):
    page = visits.open("/", who="boss")

    page.get_by_role("region", name="Needs attention").get_by_role("link", name=re.compile("found by a check")).click()

    expect(page.get_by_role("link", name="lena · Bob")).to_be_visible()


def test_the_list_is_downloaded(visits: Visits):
    page = visits.open("/activity/?kind=view", who="boss", viewport=PHONE)

    with page.expect_download() as download:
        page.get_by_role("link", name="Download as CSV").click()

    assert download.value.suggested_filename == "staff-activity.csv"
    assert download.value.path().read_text().startswith("time,staff,kind,")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
