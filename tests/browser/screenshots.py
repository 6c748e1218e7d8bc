"""`make screenshots`: the pictures of the README, of the demo at one moment: the same pages give the same pictures."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from django.conf import settings
from PIL import Image
from playwright.sync_api import expect

from tests.browser.site import Site
from tests.browser.visits import PHONE, Visits

NOW_S = 1_780_000_000  # 28 May 2026, in the evening
FOLDER = settings.BASE_DIR / "docs" / "screenshots"
LIST, CONVERSATION = "/owner/?owner=alice", "/conversation/?owner=alice&id=c2c_bob"
DIALOGUE = (
    ("bob", "Morning! Did the new badges reach your desk?"),
    ("alice", "They did, thank you. Two are missing, for the interns."),
    ("bob", "I'll print them today. 下午三点前给你。"),
    ("alice", "Perfect. Can you put them on the front desk?"),
    ("bob", "Done, in the blue envelope."),
    ("bob", "And the projector in room 4 is repaired."),
    ("bob", "One more thing: who takes the visitors at five?"),
)
# Minutes before now at which others wrote, for the chart of the last hour.
CHATTER_MIN = (3, 4, 4, 9, 13, 14, 18, 18, 19, 22, 27, 33, 34, 38, 41, 42, 42, 47, 52, 58)
# Only these are loaded; and one that is loaded may not be painted yet.
SEEN = "[...document.images].filter(image => image.getBoundingClientRect().top < innerHeight && image.offsetParent)"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("static"), CLOCK_STANDS_AT_S=str(NOW_S))
    site.manage("create_demo_data", "--force", f"--until={NOW_S}")
    for number, (sender, text) in enumerate(DIALOGUE, start=1):
        receiver = "alice" if sender == "bob" else "bob"
        place = {"MsgSeq": number, "MsgRandom": number, "MsgTime": NOW_S - 60 * (40 - 5 * number)}
        site.say(text, From_Account=sender, To_Account=receiver, **place)
    for number, minutes in enumerate(CHATTER_MIN):
        place = {"MsgSeq": number, "MsgRandom": 100 + number, "MsgTime": NOW_S - 60 * minutes}
        site.say("OK", From_Account="carol", To_Account="li lei", **place)
    # The database's own clock does not stand still.
    arrival = "timezone.datetime.fromtimestamp(message.time_s, timezone.datetime.now().astimezone().tzinfo)"
    site.do(f"[Message.objects.filter(pk=message.pk).update(created_at={arrival}) for message in Message.objects.all()]")
    yield site
    site.stop()


@pytest.mark.parametrize(
    ("name", "path", "options"),
    [
        ("list", LIST, {}),
        ("conversation", CONVERSATION, {"who": "boss"}),
        ("phone", LIST, {"viewport": PHONE}),
        ("dark", f"{CONVERSATION}&part=explain", {"color_scheme": "dark"}),
        ("chinese", CONVERSATION, {"locale": "zh-CN"}),
        ("admin-start", "/admin/", {"who": "boss"}),
        ("admin-list", "/admin/conversations/conversationrow/", {"who": "boss"}),
    ],
)
def test_picture(visits: Visits, name: str, path: str, options: dict[str, Any]):
    page = visits.open("about:blank", **options)
    page.clock.set_fixed_time(NOW_S * 1000)
    page.goto(path)
    if (live := page.locator("#live")).count():
        expect(live).to_have_attribute("data-state", "live")
    # One that goes while it loads would be waited for without an end.
    for _attempt in range(200):
        if page.evaluate(f"{SEEN}.every(image => image.complete)"):
            break
        page.wait_for_timeout(50)
    else:
        pytest.fail("A picture does not come.")
    page.evaluate(f"Promise.all({SEEN}.map(image => image.decode()))")

    picture = Image.open(BytesIO(page.screenshot(animations="disabled", caret="hide")))
    # A third of the size, and the eye sees no difference.
    picture.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(FOLDER / f"{name}.png", optimize=True)
