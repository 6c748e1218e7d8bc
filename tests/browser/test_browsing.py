"""From the search for an owner to one conversation, and back; everywhere the address says what is seen."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.site import Site
from tests.browser.visits import Visits


@pytest.fixture(scope="module", autouse=True)
def alices_list(site: Site) -> None:
    """Three conversations; the newest is Bob's, unread."""
    site.do("str(make_conversation('alice', 'c2c_carol', show_name='Carol', activity_key=1, is_pinned=True))")
    site.do("str(make_conversation('alice', 'group_team', show_name='The team', activity_key=2))")
    site.do("str(Owner.objects.filter(owner_id='alice').update(nick_name='Alice Liddell'))")
    site.say("Are you there?", To_Account="alice")


def row(page: Page, name: str) -> Locator:
    return page.locator("#rows").get_by_role("link", name=name)


def names(page: Page) -> list[str]:
    return page.locator("#rows .name").all_inner_texts()


@pytest.mark.parametrize("typed", ["ali", "Alice L"])
def test_an_owner_is_found_while_typing(visits: Visits, typed: str):
    page = visits.open("/")

    page.get_by_label("Find a user").press_sequentially(typed)
    page.locator("#owners").get_by_role("link", name="Alice Liddell").first.click()

    expect(page.locator("#list h1")).to_have_text("Alice Liddell")
    expect(page.locator(".viewing > summary")).to_have_text("read-only")
    expect(page).to_have_url(re.compile(r"/owner/\?owner=alice$"))
    expect(page.locator("#rows .name")).to_have_text(["Carol", "bob", "The team"])


def test_the_secret_of_a_pasted_api_key_is_not_sent(visits: Visits):
    page = visits.open("/", who="boss")
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))

    page.get_by_label("Find a user").fill("imk_0123456789ab_secret-Text_1")
    expect(page.get_by_label("Find a user")).to_have_value("0123456789ab")
    page.get_by_label("Find a user").press("Enter")

    expect(page).to_have_url(re.compile(r"/\?q=0123456789ab$"))
    assert requests
    assert not any("secret" in url for url in requests)


def test_a_tab_and_a_search_narrow_the_list(visits: Visits):
    page = visits.open("/owner/?owner=alice")

    page.get_by_role("link", name="Unread 1").click()

    expect(page.locator("#rows .name")).to_have_text(["bob"])
    expect(page.locator("#rows .badge")).to_contain_text("1 unread")
    page.get_by_role("link", name="All").click()
    expect(page.locator("#rows > li")).to_have_count(3)
    page.locator("#search").fill("Carol")
    page.locator("#search").press("Enter")
    expect(page.locator("#rows .name")).to_have_text(["Carol"])


def test_what_fits_nothing_says_what_to_drop(visits: Visits):
    page = visits.open("/owner/?owner=alice&hasUnreadCount=true&type=2")
    expect(page.get_by_role("heading", name="No matching conversations")).to_be_visible()

    page.locator("#entries").get_by_title("Remove filter").first.click()

    expect(page.locator("#rows > li")).not_to_have_count(0)


def test_opening_shows_the_messages_beside_the_list_and_reads_nothing(visits: Visits):
    page = visits.open("/owner/?owner=alice")

    row(page, "bob").click()

    expect(page.locator("#panel h2").first).to_have_text("bob")
    expect(page.locator("#panel .bubble")).to_have_text("Are you there?")
    expect(page.locator('#rows a[aria-current="true"] .name')).to_have_text("bob")
    assert visits.site.do("Conversation.objects.get(owner_id='alice', conversation_id='c2c_bob').unread_count") == 1


def test_back_forward_and_reload_show_the_same(visits: Visits):
    page = visits.open("/owner/?owner=alice&isPinned=false")
    row(page, "bob").click()
    expect(page.locator("#panel .bubble")).to_be_visible()
    page.get_by_role("link", name="JSON").click()
    expect(page.locator("#panel .tree")).to_be_visible()
    shown = page.url

    page.go_back()
    expect(page.locator("#panel .bubble")).to_be_visible()
    page.go_back()
    expect(page.locator("#panel article")).to_have_count(0)
    assert names(page) == ["bob", "The team"]
    page.go_forward()
    page.go_forward()
    expect(page.locator("#panel .tree")).to_be_visible()
    page.reload()

    expect(page.locator("#panel .tree")).to_be_visible()
    assert page.url == shown
    assert names(page) == ["bob", "The team"]


def test_a_shared_link_gives_a_colleague_the_same_view(visits: Visits):
    page = visits.open("/owner/?owner=alice")
    page.get_by_role("link", name="Unread 1").click()
    expect(page.locator("#rows > li")).to_have_count(1)
    row(page, "bob").click()
    expect(page.locator("#panel .bubble")).to_be_visible()

    colleagues = visits.open(page.url, who="boss")

    expect(colleagues.locator("#panel .bubble")).to_have_text("Are you there?")
    assert names(colleagues) == names(page) == ["bob"]


def test_what_fits_far_down_a_long_list_is_come_to_by_itself(visits: Visits):
    visits.site.do("make_conversations(12_000, 'deep', activity_key=2).clear()")
    visits.site.do("str(make_conversation('deep', 'c2c_bottom', activity_key=1, draft_text='x'))")

    page = visits.open("/owner/?owner=deep&hasDraft=true")

    expect(page.locator("#rows > li")).to_have_count(1)
    expect(page.locator("#rows > li")).to_have_attribute("data-id", "c2c_bottom")


def test_a_long_list_that_was_looked_through_works_on(visits: Visits):
    visits.site.do("make_conversations(5200, 'deeper').clear()")
    page = visits.open("/owner/?owner=deeper&search=peer5199")
    expect(page.locator("#rows")).to_contain_text("No older matches.")

    page.locator("#rows a.row").click()

    expect(page.locator("#panel article")).to_have_attribute("data-id", "c2c_peer5199")
    expect(page.locator("#rows a.row")).to_have_attribute("aria-current", "true")
    visits.site.say("here", From_Account="peer5199", To_Account="deeper")
    expect(page.locator("#rows .preview")).to_have_text("here")


def test_two_thousand_conversations_pass_by(visits: Visits):
    visits.site.do("make_conversations(2000, 'crowded').clear()")
    page = visits.open("/owner/?owner=crowded")
    rows, older = page.locator("#rows > li[data-id]"), page.locator("#rows a[rel=next]")
    expect(rows).to_have_count(50)

    while older.count():
        shown = rows.count()
        older.scroll_into_view_if_needed()
        expect(rows).not_to_have_count(shown)

    ids = rows.evaluate_all("rows => rows.map(row => row.dataset.id)")
    assert sorted(ids) == sorted(f"c2c_peer{number}" for number in range(2000))
    rows.last.get_by_role("link").click()
    expect(page.locator("#panel article")).to_have_attribute("data-id", ids[-1])
    expect(rows).to_have_count(2000)
    expect(rows.last).to_be_in_viewport()
