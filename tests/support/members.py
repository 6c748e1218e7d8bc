"""Members who join and leave in tests."""

from conversations.choices import Membership
from conversations.feeding import webhooks
from conversations.formats import webhook_events
from conversations.models import Conversation, GroupMember
from tests.support.cast import ALICE
from tests.support.messages import NOON_S

NOON_MS = NOON_S * 1000


def joined(*members: str, at_ms: int = NOON_MS, group_type: str = "", group_id: str = "team") -> webhook_events.MembersJoined:
    return webhook_events.MembersJoined(group_id=group_id, group_type=group_type, event_time_ms=at_ms, members=members)


def left(*members: str, at_ms: int, group_id: str = "team") -> webhook_events.MembersLeft:
    return webhook_events.MembersLeft(
        group_id=group_id, group_type="", event_time_ms=at_ms, members=members, membership=Membership.LEFT
    )


def tell(*events) -> None:
    for event in events:
        webhooks.apply_event(event, at_ms=NOON_MS, now_s=NOON_S)


def row_of(owner_id: str = ALICE, conversation_id: str = "group_team") -> Conversation | None:
    return Conversation.objects.for_owner(owner_id).filter(conversation_id=conversation_id).first()


def team(*user_ids: str) -> None:
    for user_id in user_ids or ("alice", "bob", "carol"):
        GroupMember.objects.create(group_id="team", user_id=user_id, events='[[0,"member"]]')
