"""Staff puts a list right: what will change is shown first, then done, and kept."""

import time
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.site import Site
from tests.browser.visits import Visits, assert_accessible


@pytest.fixture
def rita(request: pytest.FixtureRequest, site: Site) -> str:
    """An owner of the test's own, with one conversation: Bob's, unread."""
    owner_id = request.node.name[-40:]
    site.say("Are you there?", To_Account=owner_id)
    return owner_id


def open_bob(visits: Visits, rita: str, **options: Any) -> Page:
    return visits.open(f"/conversation/?owner={rita}&id=c2c_bob", **options)


def kept(visits: Visits, rita: str, field: str) -> Any:
    return visits.site.do(f"Conversation.objects.get(owner_id={rita!r}, conversation_id='c2c_bob').{field}")


def test_an_action_says_what_will_change_does_it_and_is_logged(visits: Visits, rita: str):
    page = open_bob(visits, rita, who="boss")
    page.get_by_role("navigation", name="Fix").get_by_role("link", name="Mark as read").click()
    dialog = page.get_by_role("dialog", name="Mark as read")
    expect(dialog.get_by_role("row", name="unreadCount")).to_contain_text("1")
    assert_accessible(page)
    assert kept(visits, rita, "unread_count") == 1

    dialog.get_by_role("button", name="Mark as read").click()

    expect(page.get_by_text("Marked as read.").first).to_be_visible()
    assert kept(visits, rita, "unread_count") == 0
    page.get_by_role("link", name="History").click()
    expect(page.locator("#panel .log")).to_contain_text("boss")
    expect(page.locator("#panel .log")).to_contain_text("Unread: 1 → 0")


def test_a_change_of_mind_changes_nothing(visits: Visits, rita: str):
    page = open_bob(visits, rita, who="boss")
    page.get_by_role("link", name="Mark as read", exact=True).click()
    expect(page.get_by_role("dialog", name="Mark as read")).to_be_visible()

    page.keyboard.press("Escape")

    expect(page.get_by_role("dialog")).to_have_count(0)
    assert kept(visits, rita, "unread_count") == 1


def test_a_pin_asks_nothing_and_is_taken_back_by_a_click(visits: Visits, rita: str):
    page = open_bob(visits, rita, who="boss")
    page.get_by_role("button", name="Pin", exact=True).click()
    expect(page.locator("#panel .outcome")).to_contain_text("Pinned.")
    assert_accessible(page)
    assert kept(visits, rita, "is_pinned") is True

    page.get_by_role("link", name="Undo").click()

    expect(page.locator("#panel .outcome")).to_contain_text("Undone. Pinned: yes → no")
    expect(page.get_by_role("button", name="Pin", exact=True)).to_be_visible()
    assert kept(visits, rita, "is_pinned") is False


def test_a_read_is_taken_back_from_the_history(visits: Visits, rita: str):
    page = open_bob(visits, rita, who="boss")
    page.get_by_role("link", name="Mark as read").click()
    page.get_by_role("dialog").get_by_role("button", name="Mark as read").click()
    expect(page.locator("#panel .outcome")).to_contain_text("Unread: 1 → 0")
    page.get_by_role("link", name="History", exact=True).click()

    page.locator("#panel .log").get_by_role("link", name="Undo").click()
    dialog = page.get_by_role("dialog", name="Undo")
    expect(dialog.get_by_role("row", name="unreadCount")).to_contain_text("1")
    assert_accessible(page)
    dialog.get_by_role("button", name="Undo").click()

    expect(page.locator("#panel .outcome")).to_contain_text("Undone. Unread: 0 → 1")
    assert kept(visits, rita, "unread_count") == 1


def test_a_message_says_read_up_to_here(visits: Visits, rita: str):
    visits.site.say("And now?", To_Account=rita, MsgRandom=2, MsgTime=int(time.time()) + 30)
    page = open_bob(visits, rita, who="boss")
    page.locator(".message", has_text="Are you there?").hover()

    page.locator(".message", has_text="Are you there?").get_by_role("link", name="Read up to here").click()
    page.get_by_role("dialog").get_by_role("button", name="Move read position").click()

    expect(page.locator("#panel .outcome")).to_contain_text("Unread: 2 → 1")
    assert kept(visits, rita, "unread_count") == 1


def test_without_scripts_too(visits: Visits, rita: str):
    page = open_bob(visits, rita, who="boss", java_script_enabled=False)
    page.get_by_role("button", name="Pin", exact=True).click()
    expect(page.get_by_text("Pinned.").first).to_be_visible()
    assert kept(visits, rita, "is_pinned") is True

    page.get_by_role("link", name="Undo").click()
    page.get_by_role("button", name="Undo").click()

    expect(page.get_by_text("Undone.").first).to_be_visible()
    assert kept(visits, rita, "is_pinned") is False


def test_times_are_those_of_the_browser(visits: Visits, rita: str):
    visits.site.do(f"Conversation.objects.filter(owner_id={rita!r}).update(created_at='2025-10-09 20:00:00Z')")
    page = open_bob(visits, rita, timezone_id="Asia/Shanghai")  # sets the cookie
    page.goto(f"/conversation/?owner={rita}&id=c2c_bob&part=fields")

    created = page.locator("time", has_text="2025-10-10 04:00:00")
    expect(created).to_have_attribute("title", "2025-10-09 20:00:00 UTC")
    plain = open_bob(visits, rita, timezone_id="Asia/Shanghai", java_script_enabled=False)
    plain.goto(f"/conversation/?owner={rita}&id=c2c_bob&part=fields")
    expect(plain.get_by_text("2025-10-09 20:00:00 UTC")).to_be_visible()


def test_who_may_only_look_is_offered_nothing(visits: Visits, rita: str):
    page = open_bob(visits, rita, who="viewer")

    expect(page.locator("#panel h2").first).to_be_visible()
    expect(page.get_by_role("navigation", name="Fix")).to_have_count(0)


def test_a_search_of_tokens_and_a_view_saved(visits: Visits, rita: str):
    page = visits.open(f"/owner/?owner={rita}")
    page.locator("#search").fill("is:unread type:c2c bob")
    page.locator("#search").press("Enter")
    expect(page.locator("#rows .name")).to_have_text(["bob"])

    page.locator("#set-filters > summary").click()
    page.get_by_label("Save as view").fill("Bob unread")
    page.get_by_role("button", name="Save").click()
    page.goto(f"/owner/?owner={rita}")

    page.locator("#more-lists > summary").click()
    expect(page.get_by_role("navigation", name="Saved views")).to_contain_text("Bob unread")
    assert_accessible(page)


def test_a_saved_view_shows_its_list_once_its_count_came(visits: Visits, rita: str):
    page = visits.open(f"/owner/?owner={rita}&hasUnreadCount=true")
    page.locator("#set-filters > summary").click()
    page.get_by_label("Save as view").fill("Unread by view")
    page.get_by_role("button", name="Save").click()
    page.goto(f"/owner/?owner={rita}")
    page.locator("#more-lists > summary").click()
    view = page.get_by_role("link", name="Unread by view 1", exact=True)
    expect(view).to_be_visible()

    view.click()

    expect(page.locator("#more-lists > summary")).to_contain_text("Unread by view")
    expect(page.locator("#rows .name")).to_have_text(["bob"])
    expect(page.locator("main")).to_have_count(1)
    expect(page.locator("#list .list-head")).to_have_count(1)


def test_a_slip_in_the_search_is_told_under_the_box(visits: Visits, rita: str):
    page = visits.open(f"/owner/?owner={rita}")
    url = page.url
    page.locator("#search").fill("is:unraed bob")
    page.locator("#search").press("Enter")

    expect(page.locator("#search-error")).to_contain_text("is:unraed")
    expect(page.locator("#search")).to_have_value("is:unraed bob")
    expect(page.locator("#rows .name")).to_have_text(["bob"])
    assert page.url == url
    visits.expect_complaint("status of 400")
    page.locator("#search-error").get_by_role("link", name="Search syntax").click()
    expect(page.get_by_role("dialog").get_by_text("is:unread", exact=True)).to_be_visible()
    page.keyboard.press("Escape")
    page.locator("#search").fill("is:unread bob")
    page.locator("#search").press("Enter")
    expect(page.locator("#search-error")).to_be_empty()


def test_a_typo_in_the_search_keeps_box_and_message_in_sight(visits: Visits):
    visits.site.do("make_conversations(40, 'typo').clear()")
    page = visits.open("/owner/?owner=typo", viewport={"width": 1000, "height": 700})
    search, rows = page.locator("#search"), page.locator("#entries")
    assert page.evaluate("getComputedStyle(document.querySelector('#entries')).opacity") == "1"

    search.fill("is:unred")
    search.press("Enter")

    expect(page.locator("#search-error")).to_contain_text("is:unred")
    expect(search).to_be_in_viewport(ratio=1)
    expect(page.locator("#search-error .error")).to_be_in_viewport(ratio=1)
    expect(rows).to_have_css("opacity", "0.4")  # they are not those of the text in the box
    assert page.evaluate("document.querySelector('#list').scrollTop") == 0
    visits.expect_complaint("status of 400")


def test_ticking_counts_and_moves_no_row(visits: Visits, rita: str):
    visits.site.say("And you?", To_Account=rita, From_Account="nora")
    page = visits.open(f"/owner/?owner={rita}", who="boss")
    row = page.locator('#rows li[data-id="c2c_bob"]')
    expect(page.locator("#live")).to_have_text("live")  # a longer word may take the header another line
    place = row.bounding_box()["y"]

    page.get_by_label("Select bob").check()
    expect(page.locator("#selection-count")).to_have_text("1 selected")
    page.get_by_label("Select nora").check()

    expect(page.locator("#selection-count")).to_have_text("2 selected")
    assert row.bounding_box()["y"] == place
    assert_accessible(page)
    page.locator("#selection").get_by_label("Action").select_option("Mute")
    page.locator("#selection").get_by_role("button", name="Review changes").click()
    expect(page.locator("#correction-title")).to_have_text("Mute")
    page.locator(".correction").get_by_role("button", name="Mute").click()

    expect(page.get_by_text("Muted: 2 conversations.").first).to_be_visible()
    assert kept(visits, rita, "recv_opt") == 2


def test_the_bar_for_ticked_rows_fits_a_phone(visits: Visits):
    visits.site.do("make_conversations(40, 'tall').clear()")
    page = visits.open("/owner/?owner=tall", who="boss", viewport={"width": 360, "height": 740})

    page.get_by_label("Select peer20").check()

    expect(page.locator("#selection")).to_be_in_viewport(ratio=1)
    bar = page.locator("#selection").bounding_box()
    assert bar["x"] >= 0
    assert bar["x"] + bar["width"] <= 360
    assert bar["height"] < 70  # one line
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize("scripts", [True, False])
def test_all_that_are_found_are_selected(visits: Visits, scripts: bool):
    owner_id = f"found{scripts}"
    visits.site.do(f"make_conversations(70, {owner_id!r}, unread_count=1).clear()")
    visits.site.do(f"str(make_conversation({owner_id!r}, 'c2c_other'))")
    page = visits.open(f"/owner/?owner={owner_id}&hasUnreadCount=true", who="boss", java_script_enabled=scripts)
    page.locator("#rows .select-row input").first.check()
    page.get_by_label("all 70 found").check()
    if scripts:
        expect(page.locator("#selection-count")).to_have_text("70 selected")
        page.locator("#rows .select-row input").nth(1).uncheck()
        expect(page.get_by_label("all 70 found")).not_to_be_checked()
        page.get_by_label("all 70 found").check()
        assert_accessible(page)
    page.locator("#selection").get_by_label("Action").select_option("Star")

    page.locator("#selection").get_by_role("button", name="Review changes").click()
    expect(page.locator(".correction")).to_contain_text("70 of 70 conversations will change")
    page.locator(".correction").get_by_role("button", name="Star").click()

    expect(page.get_by_text("Starred: 70 conversations.").first).to_be_visible()
    assert visits.site.do(f"Conversation.objects.filter(owner_id={owner_id!r}, marks=1).count()") == 70
