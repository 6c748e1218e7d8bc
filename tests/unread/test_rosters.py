"""When a user was in a group, whatever the order of the events."""

from itertools import permutations

import pytest

from conversations.choices import Membership
from conversations.unread.rosters import SEEN, MembershipEvent, MembershipHistory

JOIN, LEAVE, KICK = Membership.MEMBER, Membership.LEFT, Membership.KICKED


def roster(*events: tuple[int, str], dissolved_at_ms: int | None = None) -> MembershipHistory:
    history = MembershipHistory(dissolved_at_ms=dissolved_at_ms)
    for event in events:
        history = history.with_event(MembershipEvent(*event))
    return history


@pytest.mark.parametrize(
    ("events", "seconds"),
    [
        ((), set()),
        (((0, JOIN),), set(range(10))),
        (((3000, JOIN),), set(range(3, 10))),
        (((3500, JOIN),), set(range(3, 10))),
        (((3000, LEAVE),), {0, 1, 2}),
        (((3500, LEAVE),), {0, 1, 2, 3}),
        (((2000, LEAVE), (5000, JOIN)), {0, 1, 5, 6, 7, 8, 9}),
        (((2000, JOIN), (5000, KICK)), {2, 3, 4}),
        (((3000, JOIN), (3000, LEAVE)), set()),
        (((3000, SEEN),), set(range(3, 10))),
        (((3000, SEEN), (5000, LEAVE)), {0, 1, 2, 3, 4}),
        (((2000, LEAVE), (4000, SEEN), (6000, KICK)), {0, 1, 4, 5}),
    ],
)
def test_each_says_what_holds_from_then_on(events, seconds):
    for order in permutations(events):
        history = roster(*order, *order)

        assert {second for second in range(10) if history.was_member(second)} == seconds
        assert MembershipHistory.from_json(history.to_json()) == history


def test_nobody_is_in_a_group_that_was_dissolved():
    history = roster((0, JOIN), dissolved_at_ms=4500)

    assert [second for second in range(10) if history.was_member(second)] == [0, 1, 2, 3, 4]
    assert history.now() == Membership.DISSOLVED


def test_what_holds_in_the_end():
    assert roster((0, JOIN), (5, KICK)).now() == Membership.KICKED
    assert roster((0, LEAVE), (5, SEEN)).now() == Membership.MEMBER
