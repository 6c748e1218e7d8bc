"""The API for people with a browser: its documentation, and answers as pages."""

from playwright.sync_api import expect

from tests.browser.visits import Visits


def test_the_documentation_is_drawn_and_unfolds(visits: Visits):
    page = visits.open("/api/docs/", who=None)

    page.get_by_role("button", name="Up to 100 conversations by ID").click()

    expect(page.get_by_role("button", name="Try it out")).to_be_visible()


def test_an_answer_is_a_page(visits: Visits):
    visits.site.do("str(make_conversation('answers', show_name='Bob the answerer'))")

    page = visits.open("/api/v1/conversations/?owner=answers")

    expect(page.get_by_text("Bob the answerer")).to_be_visible()
