"""Inside a conversation: each message has an address, and numbers, dates and words lead to messages."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.site import Site
from tests.browser.visits import PHONE, Visits, assert_accessible

TEAM = "/conversation/?owner=amy&id=group_long"


@pytest.fixture(scope="module", autouse=True)
def a_long_conversation(site: Site) -> None:
    for name in ("amy", "ben"):
        site.do(f"str(members.join('long', ['{name}'], at_ms=1000))")
    sent = "[group('ben', n, 'long') for n in range(1, 201)]"
    site.do(f"str(messages.record({sent}, now_s=1_760_000_000))")


def is_in_view(page: Page, number: int) -> bool:
    box, pane = page.locator(f"#m{number:020d}").bounding_box(), page.locator("#part").bounding_box()
    return bool(box and pane) and pane["y"] <= box["y"] <= pane["y"] + pane["height"]


@pytest.mark.parametrize("viewport", [None, PHONE])
def test_a_messages_link_shows_it_in_the_middle_and_marks_it(visits: Visits, viewport: dict[str, int] | None):
    page = visits.open(TEAM, **({"viewport": viewport} if viewport else {}))
    page.get_by_role("link", name="#180").click()

    expect(page).to_have_url(re.compile(rf"at={180:020d}"))
    expect(page.locator(".found")).to_contain_text("#180")
    assert is_in_view(page, 180)


def test_a_link_from_a_ticket_opens_it_and_pages_lead_on(visits: Visits):
    page = visits.open(f"{TEAM}&at={100:020d}#m{100:020d}")

    expect(page.locator(".found")).to_contain_text("#100")
    assert is_in_view(page, 100)
    page.locator("#newer-messages a").scroll_into_view_if_needed()
    expect(page.get_by_role("link", name="#130")).to_be_visible()
    page.get_by_role("link", name="Newest").click()
    expect(page.get_by_role("link", name="#200")).to_be_in_viewport()


def test_a_number_and_a_date_lead_there(visits: Visits):
    page = visits.open(TEAM)
    box = page.get_by_role("textbox", name="Go to")

    box.fill("#42")
    box.press("Enter")

    expect(page.locator(".found")).to_contain_text("#42")
    assert is_in_view(page, 42)
    expect(page).to_have_url(re.compile(rf"at={42:020d}"))
    page.reload()
    assert is_in_view(page, 42)
    box.fill("2100-01-01")
    box.press("Enter")
    expect(page.get_by_text("No messages since 2100-01-01 00:00")).to_be_visible()


def test_a_text_is_found_and_leads_to_its_place(visits: Visits):
    page = visits.open(TEAM)
    box = page.get_by_role("searchbox", name="Find", exact=True)

    box.fill("G17")
    box.press("Enter")

    expect(page.get_by_text("11 messages contain “G17”")).to_be_visible()
    expect(page.locator("mark").first).to_have_text("g17")
    assert_accessible(page)
    page.get_by_role("link", name="#171").click()
    expect(page.locator(".found")).to_contain_text("g171")
    assert is_in_view(page, 171)
    page.go_back()
    expect(page.locator("mark").first).to_be_visible()


def test_a_file_opens_in_a_new_tab_without_saying_where_from(visits: Visits, site: Site):
    content = {"FileName": "plan.pdf", "Url": f"{site.address}/static/conversations/icon.svg", "UUID": "u", "FileSize": 5}
    site.say("", MsgBody=[{"MsgType": "TIMFileElem", "MsgContent": content}], To_Account="amy", MsgRandom=77)
    page = visits.open("/conversation/?owner=amy&id=c2c_bob")

    with page.context.expect_page() as opened:
        page.get_by_role("link", name="open at 127.0.0.1 (in a new tab)").click()

    assert opened.value.evaluate("[document.referrer, window.opener]") == ["", None]
    visits.complaints = []


def test_the_explanation_leads_to_the_first_unread_message(visits: Visits):
    page = visits.open(f"{TEAM}&part=explain")
    assert_accessible(page)

    page.locator(".headline").get_by_role("link", name="#1", exact=True).click()

    expect(page.locator(".found")).to_contain_text("g1")
    assert is_in_view(page, 1)


def test_the_total_leads_to_what_it_is_made_of_and_on_to_an_explanation(visits: Visits):
    page = visits.open("/owner/?owner=amy")

    page.get_by_role("link", name=re.compile("^[0-9]+ unread$")).click()

    expect(page).to_have_url(re.compile(r"/owner/unread/\?owner=amy$"))
    assert_accessible(page)
    page.locator("#panel").get_by_role("link", name="long").click()
    expect(page.locator(".headline")).to_contain_text("200 unread messages since #1.")
    page.go_back()
    expect(page.locator("#panel h2")).to_contain_text("unread in total")
    page.reload()
    expect(page.locator("#panel h2")).to_contain_text("unread in total")


def test_all_of_it_works_without_scripts(visits: Visits):
    page = visits.open(TEAM, java_script_enabled=False)

    page.get_by_role("textbox", name="Go to").fill("42")
    page.get_by_role("button", name="Go").click()

    expect(page.locator(".found")).to_contain_text("#42")
    page.get_by_role("link", name="Newer messages").click()
    expect(page.get_by_role("link", name="#70")).to_be_visible()
    page.get_by_role("link", name="Newest").click()
    expect(page.get_by_role("link", name="#200")).to_be_visible()
    page.get_by_role("searchbox", name="Find", exact=True).fill("g42")
    page.get_by_role("button", name="Find", exact=True).last.click()
    expect(page.locator("mark")).to_have_text("g42")


def test_the_pages_are_accessible(visits: Visits):
    for path in (TEAM, f"{TEAM}&at={100:020d}", f"{TEAM}&at={500:020d}", f"{TEAM}&go=soon"):
        assert_accessible(visits.open(path))
