"""Groups and who is in them, and what that does to the members' conversations."""

from collections.abc import Iterable, Sequence

from django.db import connection

from conversations import fanout, message_store
from conversations.choices import Membership
from conversations.effects import Viewer
from conversations.message_models import Group, GroupMember
from conversations.message_models import Message as Stored
from conversations.message_store import Change, LockedThread
from conversations.rosters import Roster, RosterEvent


class Rosters:
    """The members of a locked group, as they were at the transaction's start and as they are now."""

    def __init__(self, group: Group):
        self.group = group
        stored = GroupMember.objects.filter(group_id=group.group_id).values_list("user_id", "events")
        self.before = {user_id: Roster.from_json(events, group.dissolved_at_ms) for user_id, events in stored}
        self.now = dict(self.before)

    def add(self, user_id: str, event: RosterEvent) -> None:
        known = self.now.get(user_id, Roster(dissolved_at_ms=self.group.dissolved_at_ms))
        self.now[user_id] = known.with_event(event)

    def see_senders(self, messages: Iterable[Stored]) -> None:
        """Whoever sends is there from then on."""
        for message in messages:
            if message.body is not None and not self._is_there(message.sender, message.time_s):
                self.add(message.sender, RosterEvent(message.time_s * 1000, Membership.MEMBER))

    def _is_there(self, user_id: str, time_s: int) -> bool:
        return user_id in self.now and self.now[user_id].was_member(time_s)

    def changed(self) -> list[str]:
        return [user_id for user_id, roster in self.now.items() if roster != self.before.get(user_id)]

    def changed_since_s(self) -> int | None:
        """From when on messages are seen otherwise than before; None if nobody's time in the group changed."""
        times = []
        for user_id in self.changed():
            before = self.before.get(user_id, Roster())
            events = set(self.now[user_id].events) ^ set(before.events)
            # The first event also says what held before it.
            is_first = before.events[:1] != self.now[user_id].events[:1]
            has_past = is_first and self.now[user_id].events[0].membership != Membership.MEMBER
            times.append(0 if has_past else min(event.time_ms for event in events) // 1000)
        return min(times, default=None)

    def save(self) -> None:
        rows = [(self.group.group_id, user_id, self.now[user_id].to_json()) for user_id in sorted(self.changed())]
        with connection.cursor() as cursor:
            cursor.executemany(
                f"INSERT INTO {GroupMember._meta.db_table} (group_id, user_id, events) VALUES (%s, %s, %s) "
                "ON CONFLICT (group_id, user_id) DO UPDATE SET events = EXCLUDED.events",
                rows,
            )


def rosters(group: Group) -> Rosters:
    """Who is and was in a locked group."""
    return Rosters(group)


def lock_group(group_id: str, *, type_: str = "") -> Group:
    """Lock a group until the transaction ends, creating one never seen. Comes before any thread or owner is locked."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {_groups} (group_id, type) VALUES (%s, %s) "
            f"ON CONFLICT (group_id) DO UPDATE SET type = CASE WHEN {_groups}.type = '' THEN EXCLUDED.type "
            f"ELSE {_groups}.type END",
            [group_id, type_],
        )
    return Group.objects.get(group_id=group_id)


_groups = Group._meta.db_table


def change_rows(group: Group, known: Rosters, thread: LockedThread, changes: Sequence[Change]) -> None:
    """Bring the members' rows of one thread up to date with changed messages and changed rosters."""
    viewers = {
        user_id: (
            Viewer(user_id, known.before.get(user_id, NOT_THERE), group.type),
            Viewer(user_id, roster, group.type),
        )
        for user_id, roster in known.now.items()
    }
    since_s = known.changed_since_s()
    if since_s is not None:
        told = {change.after.position for change in changes}
        stored = (one for one in message_store.since(thread.thread, since_s) if one.position not in told)
        changes = sorted([*changes, *(Change(one, one) for one in stored)], key=lambda change: change.after.position)
    fanout.change_group(group, thread.thread, viewers, changes, (group.name, group.face_url))


NOT_THERE = Roster()
