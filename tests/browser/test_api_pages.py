"""The API for people with a browser: its documentation, and answers as pages."""

from playwright.sync_api import expect

from tests.browser.visits import Visits

MAX_HEIGHT_PX = 1500


def test_the_documentation_is_drawn_and_unfolds(visits: Visits):
    page = visits.open("/api/docs/", who=None)

    page.get_by_role("button", name="Up to 100 conversations by ID").click()

    expect(page.get_by_role("button", name="Try it out")).to_be_visible()


def test_an_answer_is_a_page(visits: Visits):
    visits.site.do("str(make_conversation('answers', show_name='Bob the answerer'))")

    page = visits.open("/api/v1/conversations/?owner=answers")

    expect(page.get_by_text("Bob the answerer")).to_be_visible()


def test_an_operation_of_each_tag_fits_on_the_screen_and_its_example_succeeds(visits: Visits):
    visits.site.do(
        "Conversation.objects.filter(owner_id='alice', conversation_id='c2c_bob').exists() or str(make_conversation())"
    )
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
