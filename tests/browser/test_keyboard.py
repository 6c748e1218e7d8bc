"""Everything without a mouse."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.site import Site
from tests.browser.visits import Visits


@pytest.fixture(scope="module", autouse=True)
def list_of_three(site: Site) -> None:
    site.do("make_conversations(2, 'kim', activity_key=5).clear()")
    site.say("There is a g in it", To_Account="kim")


@pytest.fixture
def page(visits: Visits) -> Page:
    page = visits.open("/owner/?owner=kim")
    expect(page.locator("#live")).to_have_text("live")  # the keys are there
    return page


def test_from_the_search_to_a_conversation_and_back(visits: Visits):
    page = visits.open("/")
    expect(page.get_by_label("Find a user")).to_be_focused()
    page.keyboard.type("kim")
    expect(page.locator("#owners a.row")).to_have_count(1)
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("#rows > li")).to_have_count(3)

    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    expect(page.locator("#panel article")).to_have_attribute("data-id", "c2c_bob")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("#panel article")).to_have_attribute("data-id", "c2c_peer0")
    page.keyboard.press("Escape")

    expect(page.locator("#panel article")).to_have_count(0)
    expect(page).to_have_url(re.compile(r"/owner/\?owner=kim$"))


def test_u_shows_unread_only_and_all_again(page: Page):
    page.keyboard.press("u")
    expect(page.locator("#rows > li")).to_have_count(1)

    page.keyboard.press("u")

    expect(page.locator("#rows > li")).to_have_count(3)


@pytest.mark.parametrize(
    ("letter", "tab"),
    [
        ("u", "unread"),
        ("m", "mentions"),
        ("p", "pinned"),
        ("s", "marked"),
        ("d", "drafts"),
        ("c", "c2c"),
        ("g", "groups"),
    ],
)
def test_g_and_a_letter_go_to_a_tab(page: Page, letter: str, tab: str):
    page.keyboard.press("g")
    page.keyboard.press(letter)

    expect(page.locator('#tabs a[aria-current="true"]')).to_have_id(f"tab-{tab}")


def test_keys_are_letters_while_somebody_types(page: Page):
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()

    page.keyboard.type("gu?/jk")

    expect(page.locator("#search")).to_have_value("gu?/jk")
    expect(page.locator("#rows > li")).to_have_count(3)
    page.keyboard.press("Escape")
    expect(page.locator("#search")).not_to_be_focused()


def test_a_conversation_is_explained_by_a_key(page: Page):
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("#part-messages[aria-current]")).to_be_visible()

    page.keyboard.press("w")
    expect(page.locator("#panel .explain")).to_be_visible()
    page.keyboard.press("m")

    expect(page.locator("#part-messages[aria-current]")).to_be_visible()


def test_help_opens_and_closes(page: Page):
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()

    page.keyboard.press("Escape")

    expect(page.get_by_role("dialog")).to_have_count(0)


def test_the_first_stop_skips_to_the_content_and_focus_is_seen(page: Page):
    page.keyboard.press("Tab")

    skip = page.get_by_role("link", name="Skip to content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Tab")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none"


def test_arrows_home_and_end_move_in_the_list_and_scroll_what_has_the_focus(page: Page):
    focused = page.locator("#rows a.row:focus .name")
    page.keyboard.press("End")
    expect(focused).to_have_text("peer1")
    page.keyboard.press("Home")
    expect(focused).to_have_text("bob")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    expect(focused).to_have_text("peer0")
    page.keyboard.press("Enter")
    expect(page.locator("#panel article")).to_have_attribute("data-id", "c2c_peer0")

    page.locator("#part").focus()
    page.keyboard.press("ArrowDown")

    expect(page.locator("#part")).to_be_focused()


def kept(visits: Visits, owner_id: str, conversation_id: str) -> list[object]:
    row = f"Conversation.objects.filter(owner_id={owner_id!r}, conversation_id={conversation_id!r})"
    return visits.site.do(f"list({row}.values_list('is_pinned', 'marks', 'recv_opt', 'unread_count')[0])")


def confirm(page: Page) -> None:
    """Where a dialog asks, which not all corrections do."""
    expect(page.locator("#correction[open], .outcome").first).to_be_visible()
    if page.locator("#correction[open]").count():
        page.locator("#correction").get_by_role("button").first.press("Enter")


def test_keys_change_the_row_with_the_focus_and_then_the_open_conversation(visits: Visits):
    visits.site.do("make_conversations(3, 'kit', activity_key=5, imported_unread=2, unread_count=2).clear()")
    page = visits.open("/owner/?owner=kit", who="boss")
    expect(page.locator("#live")).to_have_text("live")
    page.keyboard.press("j")
    page.keyboard.press("j")
    conversation_id = page.locator("#rows li:has(a.row:focus)").get_attribute("data-id")

    for key, outcome in (("p", "Pinned"), ("s", "Starred"), ("n", "Muted"), ("e", "Marked as read"), ("p", "Unpinned")):
        expect(page.locator(".htmx-added, .htmx-settling")).to_have_count(0)  # then the links work by htmx
        page.evaluate("document.querySelector('.outcome')?.remove()")
        page.keyboard.press(key)
        confirm(page)
        expect(page.locator(".outcome").first).to_contain_text(outcome)
        expect(page.locator("#panel article")).to_have_attribute("data-id", conversation_id)

    assert kept(visits, "kit", conversation_id) == [False, 1, 2, 0]
    page.keyboard.press("z")
    confirm(page)
    expect(page.locator("#panel .labels").first).to_contain_text("pinned")
    assert kept(visits, "kit", conversation_id)[0] is True


def test_x_selects_rows(visits: Visits):
    visits.site.do("make_conversations(3, 'xena', activity_key=5).clear()")
    page = visits.open("/owner/?owner=xena", who="boss")
    expect(page.locator("#live")).to_have_text("live")

    for key in "jxjx":
        page.keyboard.press(key)

    expect(page.locator("#selection-count")).to_have_text("2 selected")
    page.keyboard.press("x")
    expect(page.locator("#selection-count")).to_have_text("1 selected")


def test_keys_that_change_do_nothing_for_who_may_only_look(page: Page):
    page.keyboard.press("j")
    for key in "xpsne":
        page.keyboard.press(key)

    expect(page.locator("#rows a.row:focus .name")).to_have_text("bob")
    expect(page.locator("#panel article")).to_have_count(0)
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_single_letters_can_be_switched_off(page: Page):
    page.keyboard.press("?")
    button = page.get_by_role("dialog").get_by_role("button", name="Keyboard shortcuts: on")
    button.click()
    expect(page.get_by_role("button", name="Keyboard shortcuts: off")).to_be_focused()
    page.reload()
    expect(page.locator("#live")).to_have_text("live")

    for key in ("j", "/", "u", "g", "c"):
        page.keyboard.press(key)
    expect(page.locator("body")).to_be_focused()
    expect(page.locator("#rows > li")).to_have_count(3)
    page.keyboard.press("ArrowDown")
    expect(page.locator("#rows a.row").first).to_be_focused()

    page.keyboard.press("?")
    page.get_by_role("button", name="Keyboard shortcuts: off").click()
    page.keyboard.press("Escape")
    page.keyboard.press("u")
    expect(page.locator("#rows > li")).to_have_count(1)


def test_help_has_the_search_syntax_and_needs_no_scripts(visits: Visits, page: Page):
    page.keyboard.press("?")
    expect(page.get_by_role("dialog").get_by_text("is:unread", exact=True)).to_be_visible()
    page.keyboard.press("Escape")
    plain = visits.open("/owner/?owner=kim", java_script_enabled=False)
    plain.locator(".more > summary").click()

    plain.get_by_role("link", name="Search syntax").click()

    expect(plain.get_by_text("is:unread", exact=True)).to_be_visible()
