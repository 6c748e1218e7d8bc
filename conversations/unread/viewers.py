"""Load the owners of rows as viewers of their threads."""

from collections.abc import Iterable

from conversations import identifiers
from conversations.choices import ConversationType
from conversations.models import Conversation, Group, GroupMember
from conversations.store.rows import Key
from conversations.threads import group_of
from conversations.unread.rosters import MembershipHistory
from conversations.unread.rules import Viewer


def of_row(row: Conversation) -> Viewer:
    """Return the row's owner, with the time spent in the group. At most two queries."""
    return of_rows([row])[row.owner_id, row.conversation_id]


def of_rows(rows: Iterable[Conversation]) -> dict[Key, Viewer]:
    """Return the owner of each row as its viewer, by owner ID and conversationID. At most two queries.

    All rows have one owner, or all show one group.
    """
    viewers = {(row.owner_id, row.conversation_id): Viewer(row.owner_id) for row in rows}
    group_ids = {key: group_of(bare_id) for key in viewers if (bare_id := _group_thread(key))}
    if not group_ids:
        return viewers
    groups = {group.group_id: group for group in Group.objects.filter(group_id__any_of=sorted(set(group_ids.values())))}
    members = GroupMember.objects.filter(
        user_id__any_of=sorted({owner_id for owner_id, _id in group_ids}), group_id__any_of=sorted(set(group_ids.values()))
    ).values_list("user_id", "group_id", "events")
    events = {(user_id, group_id): text for user_id, group_id, text in members}
    for key, group_id in group_ids.items():
        group = groups.get(group_id, Group(type=""))
        history = MembershipHistory.from_json(events.get((key[0], group_id), "[]"), group.dissolved_at_ms)
        viewers[key] = Viewer(key[0], history, group.type)
    return viewers


def _group_thread(key: Key) -> str:
    """Return the group or topic that a row shows; "" for a one-to-one conversation."""
    type_, bare_id = identifiers.split(key[1])
    return bare_id if type_ == ConversationType.GROUP else ""
