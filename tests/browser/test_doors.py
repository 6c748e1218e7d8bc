"""Coming in, and what is seen by those who may not."""

from playwright.sync_api import expect

from tests.browser.visits import Visits, assert_accessible


def test_logging_in_leads_where_one_wanted_to_go(visits: Visits):
    visits.site.do("str(User.objects.create_superuser('root', password='open sesame'))")
    page = visits.open("/owner/?owner=alice", who=None)
    assert_accessible(page)

    page.get_by_label("Username").fill("root")
    page.get_by_label("Password").fill("open sesame")
    page.get_by_role("button", name="Log in").click()

    expect(page).to_have_url(f"{visits.site.address}/owner/?owner=alice")


def test_staff_without_the_permission_is_told_so(visits: Visits):
    page = visits.open("/", who="colleague")

    expect(page.get_by_role("heading", level=1)).to_have_text("Not allowed")
    assert_accessible(page)
    visits.expect_complaint("status of 403")


def test_an_unknown_address_is_a_page_of_ours(visits: Visits):
    page = visits.open("/nowhere/")

    expect(page.get_by_role("heading", level=1)).to_have_text("Not found")
    assert_accessible(page)
    visits.expect_complaint("status of 404")
