"""Above the rows there is little: a name, a search, one line of tabs; what has no room is in menus."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.site import Site
from tests.browser.visits import DESKTOP, PHONE, Visits, assert_accessible

LEAST_ROWS = 8
FULLY_SEEN = """() => [...document.querySelectorAll("#rows > li[data-id]")].filter(row => {
  const { left, top, bottom } = row.getBoundingClientRect();
  return [top + 2, bottom - 2].every(y => row.contains(document.elementFromPoint(left + 90, y)));
}).length"""
EVERYTHING = "/owner/?owner=olga&hasUnreadCount=true&type=1&conversationGroup=VIP"


@pytest.fixture(scope="module", autouse=True)
def a_list_with_everything(site: Site) -> None:
    fields = "unread_count=1200, marks=1, conversation_groups=3, draft_text='Wait'"
    site.do(f"make_conversations(60, 'olga', activity_key=5, {fields}).clear()")
    site.do("""str(Owner.objects.filter(pk='olga').update(nick_name='Olga', group_names='["VIP", "work"]'))""")
    site.session_of("boss")
    views = "[SavedView(user=User.objects.get(username='boss'), name=f'View {n}', filters='is:unread') for n in range(12)]"
    site.do(f"str(SavedView.objects.bulk_create({views}))")
    site.do("make_conversations(60, 'plain').clear()")


def rows_seen(page: Page) -> int:
    """How many rows are on the screen from top to bottom."""
    return page.evaluate(FULLY_SEEN)


@pytest.mark.parametrize("path", ["/owner/?owner=plain", "/owner/?owner=olga", EVERYTHING, f"{EVERYTHING}&isPinned=false"])
@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_screen_shows_rows(visits: Visits, path: str, locale: str, viewport: dict[str, int]):
    page = visits.open(path, who="boss", locale=locale, viewport=viewport)
    expect(page.locator("#live")).to_be_visible()

    assert rows_seen(page) >= LEAST_ROWS
    assert page.locator(".tab-line").bounding_box()["height"] < 45  # one line
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    for summary in page.locator(".tab-line summary").all():
        place = summary.bounding_box()
        assert place["x"] + place["width"] <= viewport["width"]
    for part in ("#tabs a", "#more-lists > summary", "#totals a", ".list-head .id"):
        expect(page.locator(part).first).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize("scripts", [True, False])
def test_a_tab_in_the_menu_is_in_the_line_once_it_is_chosen(visits: Visits, scripts: bool):
    page = visits.open("/owner/?owner=olga", java_script_enabled=scripts)
    expect(page.locator("#tab-drafts")).to_be_hidden()
    page.locator("#more-lists > summary").click()

    page.locator("#tab-drafts").click()

    expect(page.locator("#tabs #tab-drafts")).to_have_attribute("aria-current", "true")
    expect(page.locator("#tab-drafts")).to_be_visible()
    page.locator("#more-lists > summary").click()
    page.get_by_role("link", name="work", exact=True).click()
    expect(page.locator("#more-lists > summary")).to_contain_text("work")


def test_one_menu_is_open_at_a_time_and_escape_closes_it(visits: Visits):
    page = visits.open(f"/conversation/{EVERYTHING.removeprefix('/owner/')}&id=c2c_peer1", who="boss")
    boxes = page.locator(".menu-box:visible")
    for menu in ("#list-menu", ".viewing", ".more", "#set-filters", "#more-lists"):
        page.locator(f"{menu} > summary").press("Enter")
        expect(boxes).to_have_count(1)
    assert_accessible(page)

    page.keyboard.press("Escape")

    expect(boxes).to_have_count(0)
    expect(page.locator("#more-lists > summary")).to_be_focused()
    expect(page.locator("#panel article")).to_have_count(1)
    page.locator("#list-menu > summary").click()
    page.locator("#panel h2").first.click()
    expect(boxes).to_have_count(0)


def test_an_open_menu_stays_open_while_its_numbers_change(visits: Visits):
    visits.site.do("make_conversations(3, 'vivid').clear()")
    page = visits.open("/owner/?owner=vivid")
    expect(page.locator("#live")).to_have_text("live")
    page.locator("#more-lists > summary").click()
    page.locator("#tab-c2c").focus()

    visits.site.say("hi", To_Account="vivid", From_Account="nora")

    expect(page.locator("#tab-c2c .count")).to_have_text("4")
    expect(page.locator("#tab-c2c")).to_be_focused()
    expect(page.locator("#totals")).to_contain_text("1 unread")


def test_an_id_shows_where_the_row_is_and_all_of_them_by_a_switch(visits: Visits):
    page = visits.open("/owner/?owner=olga")
    row = page.locator("#rows li[data-id]").nth(3)
    id_, place = row.locator(".id"), row.bounding_box()
    expect(id_).to_be_hidden()

    row.locator("a.row").hover()
    expect(id_).to_be_visible()
    assert row.bounding_box() == place
    page.mouse.move(0, 0)
    expect(id_).to_be_hidden()
    page.locator("#list-menu > summary").click()
    page.get_by_role("button", name="Show conversation IDs").click()

    expect(id_).to_be_visible()
    assert_accessible(page)
    page.reload()
    expect(id_).to_be_visible()
    page.locator("#list-menu > summary").click()
    page.get_by_role("button", name="Show conversation IDs", pressed=True).click()
    expect(id_).to_be_hidden()


def test_the_access_log_is_in_the_menu(visits: Visits):
    page = visits.open("/owner/?owner=olga", who="boss")
    page.locator("#list-menu > summary").click()

    page.get_by_role("link", name="Access log").click()

    expect(page.get_by_role("heading", level=1)).to_contain_text("Access log")


@pytest.mark.parametrize("scripts", [True, False])
def test_a_phone_has_the_actions_of_a_conversation_in_a_menu(visits: Visits, scripts: bool):
    owner_id = f"paula{scripts}"
    visits.site.do(f"str(make_conversation({owner_id!r}, 'c2c_bob'))")
    path = f"/conversation/?owner={owner_id}&id=c2c_bob"
    page = visits.open(path, who="boss", viewport=PHONE, java_script_enabled=scripts)
    pin = page.get_by_role("button", name="Pin", exact=True)
    expect(page.locator("#panel h2").first).to_be_visible()
    expect(pin).to_have_count(0)
    assert page.locator(".conversation-head").bounding_box()["height"] < 150

    page.locator(".on-phone > summary").click()

    expect(pin).to_be_in_viewport(ratio=1)
    expect(page.locator(".on-phone").get_by_role("link", name="Admin")).to_be_in_viewport(ratio=1)
    if scripts:
        assert_accessible(page)


def test_the_form_filters_by_the_last_activity(visits: Visits):
    page = visits.open("/owner/?owner=olga")
    page.locator(".more > summary").click()
    before = page.get_by_label("Last activity before")
    assert_accessible(page)
    before.fill("31.01.2026")
    page.get_by_role("button", name="Filter", exact=True).click()
    assert before.evaluate("field => field.matches(':invalid')")

    before.fill("2026-01-31")
    page.get_by_label("Last activity after").fill("4w")
    page.get_by_role("button", name="Filter", exact=True).click()

    expect(page.locator("#search")).to_have_value("updated:>4w updated:<2026-01-31")
    page.locator("#set-filters > summary").click()
    expect(page.locator("#set-filters .chips")).to_contain_text("last activity before: 2026-01-31 UTC")
    page.locator(".more > summary").click()
    expect(before).to_have_value("2026-01-31")
