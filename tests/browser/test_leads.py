"""What leads do: see what staff did, and download it."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.site import Site
from tests.browser.visits import PHONE, Visits


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


def test_the_list_is_downloaded(visits: Visits):
    page = visits.open("/activity/?kind=view", who="boss", viewport=PHONE)

    with page.expect_download() as download:
        page.get_by_role("link", name="Download as CSV").click()

    assert download.value.suggested_filename == "staff-activity.csv"
    assert download.value.path().read_text().startswith("time,staff,kind,")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
