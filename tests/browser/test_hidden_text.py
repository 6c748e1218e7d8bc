"""A reader that may see conversations and not their text: no word of any reaches the browser."""

from playwright.sync_api import Response, expect

from tests.browser.visits import Visits

SECRET = "quokkas at midnight"
PARTS = ("messages", "fields", "members", "json", "history")


def test_no_word_of_a_message_reaches_the_browser(visits: Visits):
    visits.site.say(SECRET, GroupId="secretive", From_Account="bob", Random=7)
    visits.site.say(SECRET, To_Account="sally")
    visits.site.do("str(Conversation.objects.filter(owner_id='sally').update(draft_text='quokkas', draft_timestamp=1))")
    page = visits.open("/", who="viewer")
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))

    addresses = ["/owner/?owner=sally"]
    addresses += [f"/conversation/?owner=sally&id=c2c_bob&part={part}" for part in PARTS if part != "members"]
    addresses += [f"/conversation/?owner=bob&id=group_secretive&part={part}" for part in PARTS]
    for address in addresses:
        page.goto(address)
        expect(page.locator("#list")).to_be_visible()
        assert "quokkas" not in page.content(), address
        texts = [answer.text() for answer in answers if answer.request.resource_type in ("document", "xhr", "fetch")]
        answers.clear()
        assert texts, address
        assert not any("quokkas" in text for text in texts), address
    page.goto("/owner/?owner=sally")
    expect(page.locator("#rows .masked").first).to_be_visible()


def test_who_may_read_sees_the_same_text(visits: Visits):
    page = visits.open("/conversation/?owner=sally&id=c2c_bob")

    expect(page.locator("#panel .bubble")).to_have_text(SECRET)
