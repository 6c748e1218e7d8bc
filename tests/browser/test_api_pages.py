"""The API for people with a browser: its documentation, and answers as pages."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.site import Site
from tests.browser.visits import Visits

MAX_HEIGHT_PX = 1700


def test_the_documentation_is_drawn_and_unfolds(visits: Visits):
    page = visits.open("/api/docs/", who=None)

    page.get_by_role("button", name="Up to 100 conversations by ID").click()

    expect(page.get_by_role("button", name="Try it out")).to_be_visible()


def test_an_answer_is_a_page(visits: Visits):
    visits.site.do("str(make_conversation('answers', show_name='Bob the answerer'))")

    page = visits.open("/api/v1/conversations/?owner=answers")

    expect(page.get_by_text("Bob the answerer")).to_be_visible()


@pytest.fixture
def visits_of_its_own(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visits]:
    """Visits to another site: the examples make rows of alice, which other tests make themselves."""
    site = Site(tmp_path_factory.mktemp("static"))
    visits = Visits(browser, site)
    yield visits
    visits.close()
    site.stop()


def test_an_operation_of_each_tag_fits_on_the_screen_and_its_example_succeeds(visits_of_its_own: Visits):
    visits = visits_of_its_own
    visits.site.do("str(make_conversation())")
    key = visits.site.do("with_key(owner_id=None, scopes=api_keys.SCOPES)")["HTTP_AUTHORIZATION"].split()[1]
    page = visits.open("/api/docs/", who=None)
    page.locator("button.authorize").first.click()
    form = page.locator(".modal-ux form").filter(has_text="apiKey (http")
    form.get_by_label("auth-bearer-value").fill(key)
    form.locator("button.authorize").click()
    page.locator(".modal-ux button.btn-done").first.click()

    sections = page.locator(".opblock-tag-section").all()
    for section in sections:
        operation = section.locator(".opblock").first
        operation.locator(".opblock-summary").click()
        expect(operation.get_by_role("button", name="Try it out")).to_be_visible()
        assert operation.bounding_box()["height"] < MAX_HEIGHT_PX, operation.get_attribute("id")
        operation.get_by_role("button", name="Try it out").click()
        operation.get_by_role("button", name="Execute").click()
        expect(operation.locator(".live-responses-table .response-col_status").last).to_contain_text("200")
    assert len(sections) == 6
