"""Whatever happened: an erased user's list is gone, and all other lists are as they were, without names and contents."""

from typing import Any

import orjson
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from conversations.feeding import messages
from conversations.formats import webhook_events
from conversations.formats.message_content import ERASED_EDIT
from conversations.formats.messages import C2CRecall, GroupRecall
from conversations.maintenance import erasure, verify
from conversations.models import Conversation, GroupMember, Message, Owner
from tests.support import feeding
from tests.support.feeding import RECALLED
from tests.support.hypothesis_profiles import examples
from tests.support.messages import (
    NOON_S,
    PEOPLE,
    OwnersStep,
    c2c,
    events_with_owners,
    feed_in,
    feed_in_with_owners,
    group,
    rows,
    sender_of,
)

ERASED_S = NOON_S + 20  # after all that a story has
# Numbers of messages after the erasure, of which one to one there are three a second.
later_c2c, later_group = st.integers(75, 90), st.integers(25, 30)
people = st.sampled_from(PEOPLE)
later = st.lists(
    st.one_of(
        st.builds(c2c, people, people, later_c2c),
        st.builds(lambda one, two, n: C2CRecall(one, two, NOON_S + n // 3, n, n), people, people, later_c2c),
        st.builds(lambda one, two, number: webhook_events.C2CRead(one, two, NOON_S + number // 3), people, people, later_c2c),
        later_group.map(lambda number: group(sender_of(number), number)),
        later_group.map(lambda number: GroupRecall("team", "", (number,))),
        st.builds(
            lambda number, who: webhook_events.MembersJoined(
                group_id="team", group_type="", event_time_ms=(NOON_S + number) * 1000, members=(who,)
            ),
            later_group,
            people,
        ),
    ),
    max_size=8,
)


def set_up_team() -> None:
    for user_id in feeding.ROSTER:
        GroupMember.objects.create(group_id="team", user_id=user_id, events='[[0,"member"]]')


def last_senders() -> dict[tuple[str, str], str]:
    shown = Conversation.objects.present().exclude(last_message=None)
    return {(row.owner_id, row.conversation_id): orjson.loads(row.last_message)["sender"] for row in shown}


def others(state: dict[tuple[str, str], dict[str, Any]], user_id: str) -> dict[tuple[str, str], dict[str, Any]]:
    return {key: row for key, row in state.items() if key[0] != user_id}


def unlisted(user_id: str) -> list[tuple]:
    """The other users' rows that no client sees."""
    hidden = (
        Conversation.objects.filter(deleted_at__isnull=False).exclude(owner_id=user_id).order_by("owner_id", "conversation_id")
    )
    return list(
        hidden.values_list("owner_id", "conversation_id", "version", "recv_opt", "c2c_read_timestamp", "group_read_sequence")
    )


class AnyStoryTests(TestCase):
    def erase(self, user_id: str) -> erasure.kinds.Tally:
        with time_machine.travel(ERASED_S, tick=False):
            return erasure.erase(user_id)

    @given(events_with_owners, st.sampled_from(PEOPLE))
    @examples(120)
    def test_all_other_lists_stay_as_they_were_without_what_the_user_said(self, story, user_id):
        set_up_team()
        feed_in_with_owners(story)
        before, senders, hidden = rows(), last_senders(), unlisted(user_id)
        expected = {
            key: row | ({"last": RECALLED} if senders.get(key) == user_id else {})
            for key, row in others(before, user_id).items()
        }

        was_member = GroupMember.objects.filter(user_id=user_id).exists()
        found = erasure.count(user_id)
        erased = self.erase(user_id)

        self.assertEqual(rows(), expected)
        self.assertEqual(unlisted(user_id), hidden)
        self.assertEqual(list(verify.findings()), [])
        self.assertEqual(erased, found)
        self.assertEqual(erasure.count(user_id).total(), 0)
        self.assertFalse(Conversation.objects.filter(owner_id=user_id).exists())
        self.assertFalse(GroupMember.objects.filter(user_id=user_id).exists())
        if was_member:  # nothing else leads to the groups that name the user
            in_group = Message.objects.filter(thread="team").values_list(*(field.attname for field in Message._meta.fields))
            self.assertNotIn(user_id, repr(list(in_group)))

    @given(events_with_owners, st.sampled_from(PEOPLE), st.randoms(use_true_random=False))
    @examples(80)
    def test_repeats_bring_nothing_back(self, story, user_id, random):
        set_up_team()
        feed_in_with_owners(story)
        self.erase(user_id)
        after = rows()

        again = [event for event in story if not isinstance(event, OwnersStep)]
        random.shuffle(again)
        with time_machine.travel(ERASED_S + 100, tick=False):
            feed_in(again, set())

        self.assertEqual(rows(), after)
        self.assertEqual(list(verify.findings()), [])
        self.assertFalse(Conversation.objects.filter(owner_id=user_id).exists())

    @given(events_with_owners, st.sampled_from(PEOPLE), later)
    @examples(100)
    def test_a_user_who_comes_back_starts_from_nothing(self, story, user_id, more):
        set_up_team()
        feed_in_with_owners(story)
        self.erase(user_id)

        with time_machine.travel(ERASED_S + 100, tick=False):
            feed_in(more, set())

        self.assertEqual(list(verify.findings()), [])
        for row in Conversation.objects.for_owner(user_id).exclude(last_message=None):
            self.assertGreater(row.last_message_at.timestamp(), ERASED_S)

    @given(events_with_owners, st.sampled_from(PEOPLE), st.integers(0, 5))
    @examples(60)
    def test_what_comes_first_after_the_erasure_comes_without_content(self, story, user_id, kept):
        """As from a history import, or webhooks that were on their way for long."""
        set_up_team()
        feed_in_with_owners(story[:kept])
        Owner.objects.get_or_create(owner_id=user_id)
        self.erase(user_id)

        with time_machine.travel(ERASED_S + 100, tick=False):
            for event in story[kept:]:
                if isinstance(event, messages.IncomingMessage):
                    messages.record([event], now_s=ERASED_S + 100)
                elif not isinstance(event, OwnersStep):
                    feed_in([event], set())

        self.assertLessEqual(set(Message.objects.filter(sender=user_id).values_list("edit", flat=True)), {"", ERASED_EDIT})
        sent = Message.objects.filter(sender=user_id).exclude(body=None).values_list("body", flat=True)
        self.assertEqual({orjson.loads(body)["status"] for body in sent} - {6}, set())
        self.assertNotIn(user_id, repr(list(Message.objects.filter(thread="team", body__isnull=False).values_list("sender"))))
        self.assertEqual(states_of_last_messages(user_id) - {6}, set())
        self.assertFalse(Conversation.objects.for_owner(user_id).exists())
        self.assertEqual(list(verify.findings()), [])


def states_of_last_messages(user_id: str) -> set[int]:
    """The states of the last messages that a user sent."""
    shown = Conversation.objects.present().exclude(last_message=None).values_list("last_message", flat=True)
    return {body["status"] for body in map(orjson.loads, shown) if body["sender"] == user_id}
