"""Groups and who is in them, and what that does to the members' conversations."""

from collections.abc import Iterable, Sequence

from django.db import connection
from django.db.models import Q

from conversations import fanout, message_store
from conversations.changes import in_transaction
from conversations.choices import ChangedBy, Membership
from conversations.counting import TOPIC_MARK
from conversations.effects import Viewer
from conversations.message_models import Group, GroupMember, Thread
from conversations.message_models import Message as Stored
from conversations.message_store import Change, LockedThread
from conversations.rosters import SEEN, SINCE_EVER_MS, Roster, RosterEvent


class Rosters:
    """The members of a locked group, as they were at the transaction's start and as they are now."""

    def __init__(self, group: Group):
        self.group = group
        stored = GroupMember.objects.filter(group_id=group.group_id).values_list("user_id", "events", "since_ms")
        self.before, self._unsettled = {}, set()
        for user_id, events, since_ms in stored:
            self.before[user_id] = Roster.from_json(events, group.dissolved_at_ms)
            if since_ms is None:
                self._unsettled.add(user_id)
        self.now = dict(self.before)

    def add(self, user_id: str, event: RosterEvent) -> None:
        known = self.now.get(user_id, Roster(dissolved_at_ms=self.group.dissolved_at_ms))
        self.now[user_id] = known.with_event(event)

    def dissolve(self, at_ms: int) -> None:
        self.now = {user_id: roster._replace(dissolved_at_ms=at_ms) for user_id, roster in self.now.items()}

    def see_senders(self, messages: Iterable[Stored]) -> None:
        """Whoever sends is there from then on."""
        for message in messages:
            if message.body is not None and not self._is_there(message.sender, message.time_s):
                self.add(message.sender, RosterEvent(message.time_s * 1000, SEEN))

    def _is_there(self, user_id: str, time_s: int) -> bool:
        return user_id in self.now and self.now[user_id].was_member(time_s)

    def changed(self) -> list[str]:
        return [user_id for user_id, roster in self.now.items() if roster != self.before.get(user_id)]

    def changed_since_s(self) -> int | None:
        """From when on messages are seen otherwise than before; None if nobody's time in the group changed."""
        times = []
        for user_id in self.changed():
            before = self.before.get(user_id, NOT_THERE)
            ends = {self.now[user_id].dissolved_at_ms, before.dissolved_at_ms} - {None}
            if before.dissolved_at_ms != self.now[user_id].dissolved_at_ms:
                times.append(min(ends) // 1000)
            events = set(self.now[user_id].events) ^ set(before.events)
            has_past = before.was_there_before != self.now[user_id].was_there_before
            if events:
                times.append(0 if has_past else min(event.time_ms for event in events) // 1000)
        return min(times, default=None)

    def save(self) -> None:
        rows = [
            (self.group.group_id, user_id, self.now[user_id].to_json(), *self.now[user_id].settled())
            for user_id in sorted({*self.changed(), *self._unsettled})
        ]
        with connection.cursor() as cursor:
            cursor.executemany(
                f"INSERT INTO {GroupMember._meta.db_table} (group_id, user_id, events, is_there, since_ms) "
                "VALUES (%s, %s, %s, %s, %s) ON CONFLICT (group_id, user_id) DO UPDATE SET "
                "events = EXCLUDED.events, is_there = EXCLUDED.is_there, since_ms = EXCLUDED.since_ms",
                rows,
            )


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


def change_rows(group: Group, known: Rosters, thread: LockedThread, changes: Sequence[Change], *, by: ChangedBy) -> None:
    """Bring the members' rows of one thread up to date with changed messages and changed rosters."""
    viewers = {}
    for user_id, roster in known.now.items():
        now, before = Viewer(user_id, roster, group.type), known.before.get(user_id, NOT_THERE)
        viewers[user_id] = (now if before == roster else Viewer(user_id, before, group.type), now)
    since_s = known.changed_since_s()
    if since_s is not None:
        told = {change.after.position for change in changes}
        stored = (one for one in message_store.since(thread.thread, since_s) if one.position not in told)
        changes = sorted([*changes, *(Change(one, one) for one in stored)], key=lambda change: change.after.position)
    fanout.change_group(group, thread.thread, viewers, changes, (group.name, group.face_url), by=by)


NOT_THERE = Roster()


@in_transaction
def join(group_id: str, user_ids: Iterable[str], *, at_ms: int, type_: str = "") -> None:
    """Users come into a group; what was said before does not count for them."""
    group = lock_group(group_id, type_=type_)
    rosters = Rosters(group)
    for user_id in user_ids:
        rosters.add(user_id, RosterEvent(at_ms, Membership.MEMBER))
    _settle(group, rosters)


@in_transaction
def leave(group_id: str, user_ids: Iterable[str], *, at_ms: int, membership: Membership) -> None:
    """Users go, or are made to; their conversations stay, and nothing counts any more until they are back."""
    group = lock_group(group_id)
    rosters = Rosters(group)
    user_ids = list(user_ids)
    for user_id in user_ids:
        rosters.add(user_id, RosterEvent(at_ms, membership))
    # Whoever sent something later was there again.
    sent = Stored.objects.filter(thread__any_of=threads_of(group_id), sender__any_of=user_ids, time_s__gte=at_ms // 1000)
    rosters.see_senders(sent.order_by("time_s"))
    _settle(group, rosters)


@in_transaction
def dissolve(group_id: str, user_ids: Iterable[str], *, at_ms: int) -> None:
    """A group ends, for those named and for all who are known."""
    group = lock_group(group_id)
    rosters = Rosters(group)
    for user_id in user_ids:
        if user_id not in rosters.now:
            rosters.add(user_id, RosterEvent(SINCE_EVER_MS, Membership.MEMBER))
    if group.dissolved_at_ms is None or at_ms < group.dissolved_at_ms:
        group.dissolved_at_ms = at_ms
        group.save(update_fields=["dissolved_at_ms"])
        rosters.dissolve(at_ms)
    _settle(group, rosters)


def threads_of(group_id: str) -> list[str]:
    """The group's own thread and those of its topics, as far as anything was said there."""
    own = Thread.objects.filter(Q(thread=group_id) | Q(thread__startswith=group_id + TOPIC_MARK))
    return sorted(own.values_list("thread", flat=True))


def _settle(group: Group, rosters: Rosters) -> None:
    threads = threads_of(group.group_id)
    for thread in message_store.lock_threads(threads).values() if threads else ():
        change_rows(group, rosters, thread, (), by=ChangedBy.ROSTER)
    rosters.save()
