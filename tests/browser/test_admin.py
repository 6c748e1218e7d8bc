"""The admin in a browser."""

from playwright.sync_api import expect

from tests.browser.visits import Visits, assert_accessible


def test_the_start_page(visits: Visits):
    page = visits.open("/admin/", who="boss")

    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert_accessible(page)
