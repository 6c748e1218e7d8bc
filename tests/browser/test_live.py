"""What happens while somebody looks."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.site import Site
from tests.browser.visits import Visits


@pytest.fixture(scope="module", autouse=True)
def long_list(site: Site) -> None:
    site.do("make_conversations(40, 'lively', activity_key=10).clear()")


@pytest.fixture
def page(visits: Visits) -> Page:
    page = visits.open("/owner/?owner=lively")
    expect(page.locator("#live")).to_have_text("live")
    return page


def test_a_message_is_announced_and_nothing_jumps(visits: Visits, page: Page):
    row = page.locator('#rows li[data-id="c2c_peer30"]')
    row.scroll_into_view_if_needed()
    place = row.bounding_box()["y"]

    visits.site.say("Good news", To_Account="lively", From_Account="nora")

    bar = page.get_by_role("link", name="1 new", exact=True)
    expect(bar).to_be_visible()
    expect(page.get_by_text("Good news")).to_have_count(0)
    assert abs(row.bounding_box()["y"] - place) < 2
    bar.click()
    expect(page.locator("#rows li").first).to_contain_text("Good news")
    expect(page.locator("#rows li").first).to_be_in_viewport()
    expect(bar).to_be_hidden()


def test_a_row_that_is_shown_changes_where_it_is(visits: Visits, page: Page):
    row = page.locator('#rows li[data-id="c2c_peer5"]')

    visits.site.say("Now there is one", To_Account="lively", From_Account="peer5")

    expect(row.locator(".preview")).to_have_text("Now there is one")
    expect(row.locator(".badge")).to_contain_text("1 unread")
    assert page.locator("#rows li").nth(0).get_attribute("data-id") != "c2c_peer5"


def test_the_open_conversation_offers_what_came(visits: Visits, page: Page):
    visits.site.say("first", To_Account="lively", From_Account="peer7", MsgRandom=71)
    page.goto("/conversation/?owner=lively&id=c2c_peer7")
    expect(page.locator("#live")).to_have_text("live")

    visits.site.say("second", To_Account="lively", From_Account="peer7", MsgRandom=72)
    page.get_by_role("link", name="This conversation changed").click()

    expect(page.locator("#panel .bubble")).to_have_text(["first", "second"])


def test_ones_own_change_is_not_offered_again(visits: Visits):
    page = visits.open("/conversation/?owner=lively&id=c2c_peer9", who="boss")
    expect(page.locator("#live")).to_have_text("live")
    with page.expect_response("**/owner/updates/*"):
        page.get_by_role("button", name="Pin", exact=True).click()

    expect(page.locator('#rows li[data-id="c2c_peer9"]')).to_have_class("pinned")
    expect(page.get_by_role("link", name="This conversation changed")).to_be_hidden()


def test_a_row_that_no_longer_fits_says_so(visits: Visits):
    page = visits.open("/owner/?owner=lively&isPinned=false")
    expect(page.locator("#live")).to_have_text("live")

    visits.site.do("str(set_pinned(owner_id='lively', conversation_id='c2c_peer11', pinned=True))")

    expect(page.locator('#rows li[data-id="c2c_peer11"]')).to_contain_text("no longer matches the filter")


def test_rows_that_did_not_come_are_asked_for_again(visits: Visits):
    visits.site.do("make_conversations(70, 'patient').clear()")
    page = visits.open("/owner/?owner=patient")
    expect(page.locator("#live")).to_have_text("live")
    page.route("**/owner/?*nextSeq*", lambda route: route.abort("connectionrefused"), times=1)
    page.locator("#rows a[rel=next]").scroll_into_view_if_needed()
    expect(page.get_by_role("alert")).to_contain_text("can’t be reached")
    visits.expect_complaint("ERR_CONNECTION_REFUSED|htmx:sendError|htmx:afterRequest")

    visits.site.say("Here I am", To_Account="patient", From_Account="peer3", MsgRandom=3)

    expect(page.locator("#rows > li[data-id]")).to_have_count(70)
    expect(page.get_by_role("alert")).to_be_hidden()


def test_a_lost_connection_is_told_and_found_again(page: Page):
    page.context.set_offline(True)
    expect(page.get_by_role("alert")).to_contain_text("can’t be reached")

    page.context.set_offline(False)

    expect(page.get_by_role("alert")).to_be_hidden()
    expect(page.locator("#live")).to_have_text("live")


def test_the_number_of_all_found_is_renewed(visits: Visits):
    page = visits.open("/owner/?owner=lively", who="boss")
    expect(page.locator("#live")).to_have_text("live")
    page.locator("#rows .select-row input").first.check()
    box = page.get_by_role("checkbox", name=re.compile("all .* found"))
    before = int(re.search(r"\d+", page.locator("#select-all").inner_text())[0])
    box.check()

    visits.site.say("One more", To_Account="lively", From_Account="zoe")

    expect(page.get_by_role("checkbox", name=f"all {before + 1} found")).to_be_checked()
    expect(page.locator("#selection-count")).to_have_text(f"{before + 1} selected")
