"""How much a browser that has nothing yet must load, from the server as it is: nothing is compressed on the way."""

import pytest

from tests.browser.visits import Visits, first_view

MOST = 60_000
WORDS = "message(textElem={'text': 'The order has left the house and is on its way.'})"


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/owner/?owner=many",
        "/conversation/?owner=many&id=c2c_peer1",
        "/admin/",
        "/admin/conversations/conversationrow/?q=many",
        "/admin/conversations/owner/many/change/",
        "/admin/conversations/apikey/add/",
    ],
)
def test_the_first_view_is_light(visits: Visits, path: str):
    visits.site.do(f"Owner.objects.filter(pk='many').exists() or len(make_conversations(60, 'many', last_message={WORDS}))")
    page = visits.open("about:blank", who="boss")

    requests, sent = first_view(page, path)

    assert 5 < requests < 20
    assert 10_000 < sent < MOST


def test_what_has_a_hash_in_its_name_is_kept(visits: Visits):
    page = visits.open("/")
    style = page.locator("link[rel=stylesheet]").first.get_attribute("href")

    answer = page.request.get(f"{visits.site.address}{style}")

    assert answer.headers["content-encoding"] == "gzip"
    assert "immutable" in answer.headers["cache-control"]
