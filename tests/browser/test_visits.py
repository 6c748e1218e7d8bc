"""What the browser tests themselves would notice."""

import pytest

from tests.browser.visits import Visits, assert_accessible


@pytest.mark.parametrize(
    ("script", "complaint"),
    [
        ("console.warn('so so')", "warning in the console: so so"),
        ("setTimeout(() => nothing())", "nothing is not defined"),
        ("fetch('/static/nothing.css')", "status of 404"),
        ("new Image().src = 'https://img.example/1.png'", "request to another host: https://img.example/1.png"),
        ("document.head.append(Object.assign(document.createElement('style'), {textContent: 'p {}'}))", "Security Policy"),
    ],
)
def test_what_should_not_be_is_told(visits: Visits, script: str, complaint: str):
    page = visits.open("/login/", who=None)

    with page.context.expect_event("weberror" if "nothing()" in script else "console"):
        page.evaluate(f"void ({script})")

    visits.expect_complaint(complaint)
    visits.complaints.clear()  # an address that can't be loaded is reported twice


def test_a_button_without_a_name_is_found(visits: Visits):
    page = visits.open("/login/", who=None)
    page.evaluate("document.body.append(document.createElement('button'))")

    with pytest.raises(AssertionError, match="button-name"):
        assert_accessible(page)
