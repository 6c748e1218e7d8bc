"""The admin in a browser: axe-core finds nothing, and it fits the pages."""

import pytest
from playwright.sync_api import expect

from tests.browser.site import Site
from tests.browser.visits import Visits, assert_accessible

KINDS = ("owner", "conversationrow", "messagerow", "group", "groupmemberrow", "webhookevent", "apikey", "accesslogentry")


@pytest.fixture(scope="module", autouse=True)
def one_of_each(site: Site) -> None:
    site.say("hello", To_Account="adam")
    site.say("hello all", GroupId="admins", From_Account="adam", Random=5)


def test_the_start_page(visits: Visits):
    page = visits.open("/admin/", who="boss")

    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert_accessible(page)


@pytest.mark.parametrize("kind", KINDS)
def test_lists(visits: Visits, kind: str):
    page = visits.open(f"/admin/conversations/{kind}/", who="boss")

    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert_accessible(page)


def test_a_conversation_from_the_pages_and_back(visits: Visits):
    page = visits.open("/conversation/?owner=adam&id=c2c_bob", who="boss")
    page.locator("#panel").get_by_role("link", name="Admin").click()
    expect(page.get_by_text("c2c_bob").first).to_be_visible()
    assert_accessible(page)


def test_a_deed_is_asked_done_and_told(visits: Visits):
    page = visits.open("/admin/conversations/conversationrow/?q=adam", who="boss")
    page.get_by_role("row").filter(has_text="c2c_bob").get_by_role("checkbox").check()
    page.get_by_label("Action:").select_option("pin")
    page.get_by_role("button", name="Go").click()

    expect(page.get_by_role("row").filter(has_text="isPinned")).to_contain_text("yes")
    assert_accessible(page)
    page.get_by_role("button", name="Pin").click()

    expect(page.get_by_text("Pinned.")).to_be_visible()


def test_a_new_key_is_shown_once_and_copied(visits: Visits):
    page = visits.open("/admin/conversations/apikey/add/", who="boss", permissions=["clipboard-read", "clipboard-write"])
    assert_accessible(page)
    page.get_by_label("Name:").fill("shop")
    page.get_by_label("one user").check()
    page.get_by_label("User ID:").fill("adam")

    page.get_by_role("button", name="Save", exact=True).click()

    key = page.locator(".new-key code").inner_text()
    assert_accessible(page)
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_text("Copied.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == key
    page.reload()
    expect(page.get_by_text("This key can't be shown again")).to_be_visible()
    assert key not in page.content()


def test_keys_are_made_without_scripts(visits: Visits):
    page = visits.open("/admin/conversations/apikey/add/", who="boss", java_script_enabled=False)
    page.get_by_label("Name:").fill("all")
    page.get_by_label("all users (service key)").check()

    page.get_by_role("button", name="Save", exact=True).click()

    expect(page.locator(".new-key code")).to_contain_text("imk_")


def test_what_a_group_of_staff_may_is_said_in_plain_words(visits: Visits):
    page = visits.open("/admin/auth/group/", who="boss")
    assert_accessible(page)

    page.get_by_role("link", name="Support").click()

    expect(page.locator("#id_permissions_to option").first).to_have_text(
        "View conversation lists, without texts (view_conversation)"
    )
    expect(page.locator("#id_permissions_from option").first).to_have_text("Correct conversation lists (change_conversation)")
