"""Messages that tests send, one by one or made up by hypothesis, and the rows that come of them."""

from typing import Any

import orjson
from hypothesis import strategies as st

from conversations.choices import Membership
from conversations.feeding import messages, webhooks
from conversations.formats import webhook_events
from conversations.formats.messages import C2CRecall, GroupRecall, IncomingMessage
from conversations.models import Conversation, WebhookEvent

NOON_S = 1_760_000_000
PEOPLE = ("alice", "bob", "carol", "dave", "erin")
flags = st.fixed_dictionaries({}, optional={"counts_as_unread": st.just(False), "is_shown_last": st.just(False)})
mentions = st.fixed_dictionaries(
    {},
    optional={
        "at_all": st.just(True),
        "at_accounts": st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=2, unique=True).map(tuple),
    },
)
numbers = st.integers(1, 12)
group_recalls = st.builds(lambda seqs: GroupRecall("team", "", tuple(seqs)), st.lists(numbers, min_size=1, max_size=3))
moments = st.builds(lambda number, ms: (NOON_S + number) * 1000 + ms, st.integers(0, 13), st.sampled_from((0, 500)))
movers = st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=2, unique=True).map(tuple)
joins = st.builds(
    lambda at, members, type_: webhook_events.MembersJoined(
        group_id="team", group_type=type_, event_time_ms=at, members=members
    ),
    moments,
    movers,
    st.sampled_from(("", "", "", "Work", "Meeting")),
)
leaves = st.builds(
    lambda at, members: webhook_events.MembersLeft(
        group_id="team", group_type="", event_time_ms=at, members=members, membership=Membership.LEFT
    ),
    moments,
    movers,
)


def text(words: str) -> tuple[dict[str, Any], ...]:
    return ({"MsgType": "TIMTextElem", "MsgContent": {"Text": words}},)


def c2c(sender: str, peer: str, number: int, **more: Any) -> IncomingMessage:
    time_s = NOON_S + number // 3
    return IncomingMessage(
        sender=sender, peer=peer, time_s=time_s, seq=number, random=number, elements=text(f"c{number}"), **more
    )


def group(sender: str, number: int, group_id: str = "team", **more: Any) -> IncomingMessage:
    more = {"time_s": NOON_S + number, "seq": number, "random": number} | more
    return IncomingMessage(sender=sender, group_id=group_id, elements=text(f"g{number}"), **more)


def sender_of(number: int) -> str:
    """One number is one message, so it always has the same sender."""
    return PEOPLE[number % len(PEOPLE)]


def peer_of(number: int) -> str:
    return PEOPLE[number * 7 // 5 % len(PEOPLE)]


c2c_messages = st.builds(lambda number, more: c2c(sender_of(number), peer_of(number), number, **more), numbers, flags)

group_messages = st.builds(
    lambda number, more, at: group(sender_of(number), number, **more, **at, targets=() if number % 4 else ("alice", "dave")),
    numbers,
    flags,
    mentions,
)

c2c_recalls = st.builds(
    lambda number: C2CRecall(sender_of(number), peer_of(number), NOON_S + number // 3, number, number), numbers
)

reads = st.builds(
    lambda number, later: webhook_events.C2CRead(peer_of(number), sender_of(number), NOON_S + number // 3 + later),
    numbers,
    st.integers(-1, 1),
)

kinds = (c2c_messages, group_messages, group_messages, c2c_recalls, group_recalls, reads, joins, leaves)
events = st.lists(st.one_of(*kinds), max_size=14)


def feed_in(items: list, cuts: set[int]) -> None:
    """Messages that stand together are one request, to the next cut; recalls go alone."""
    request: list[IncomingMessage] = []
    for index, item in enumerate([*items, None]):
        if request and (not isinstance(item, IncomingMessage) or index in cuts):
            messages.record(request, now_s=NOON_S)
            request = []
        if isinstance(item, IncomingMessage):
            request.append(item)
        elif item is not None:
            webhooks.apply_event(item, at_ms=0, now_s=NOON_S)


def received(command: str, body: dict[str, Any]) -> WebhookEvent:
    """Receive a webhook."""
    return webhooks.receive(command, orjson.dumps(body), body)


def rows() -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (row.owner_id, row.conversation_id): {
            "unread": row.unread_count,
            "last": orjson.loads(row.last_message)["textElem"]["text"] if row.last_message else None,
            "order_key": row.order_key,
            "mentions": {one["seq"]: one["atType"] for one in orjson.loads(row.group_at_info)},
        }
        | ({"peer_read": bool(row.last_message and orjson.loads(row.last_message)["isPeerRead"])} if row.type == 1 else {})
        for row in Conversation.objects.present()
    }
