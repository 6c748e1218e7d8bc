"""Groups and who is in them, and what that does to the members' conversations."""

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence

from django.db import connection
from django.db.models import Q

from conversations.choices import ChangedBy, GroupType, Membership
from conversations.feeding import fan_out
from conversations.formats.rest_groups import MemberList
from conversations.identifiers import TOPIC_MARK
from conversations.models import Group, GroupMember, Thread
from conversations.models import Message as Stored
from conversations.store import messages as store_messages
from conversations.store.messages import Change
from conversations.store.transactions import in_transaction
from conversations.unread.rosters import MEMBER_SINCE_EVER, SEEN, SINCE_EVER_MS, MembershipHistory, RosterEvent
from conversations.unread.rules import Viewer


class GroupRoster:
    """The members of a locked group, or those of them who matter, as they were at the transaction's start and as they are."""

    def __init__(self, group: Group, user_ids: Iterable[str] | None = None):
        self.group = group
        stored = GroupMember.objects.filter(group_id=group.group_id)
        # With another type, everybody's count may be another.
        if user_ids is not None and not group.is_retyped:
            stored = stored.filter(user_id__any_of=sorted(user_ids))
        self.before, self._unsettled = {}, set()
        for user_id, events, member_since_ms in stored.values_list("user_id", "events", "member_since_ms"):
            self.before[user_id] = MembershipHistory.from_json(events, group.dissolved_at_ms)
            if member_since_ms is None:
                self._unsettled.add(user_id)
        self.now = dict(self.before)

    def of(self, user_id: str) -> MembershipHistory:
        return self.now.get(user_id, MembershipHistory(dissolved_at_ms=self.group.dissolved_at_ms))

    def add(self, user_id: str, event: RosterEvent) -> None:
        self.now[user_id] = self.of(user_id).with_event(event)

    def dissolve(self, at_ms: int) -> None:
        self.now = {user_id: roster._replace(dissolved_at_ms=at_ms) for user_id, roster in self.now.items()}

    def see_senders(self, messages: Iterable[Stored]) -> None:
        """Whoever sends is there from then on."""
        for message in messages:
            if message.body is not None:
                self._see(message.sender, message.time_s)

    def see_senders_again(self) -> None:
        """Those who turn out to have been away, in a part of the time, sent something then: they were there after all."""
        since_s = self.changed_since_s()
        moved = [user_id for user_id in self.changed() if user_id in self.before or self.now[user_id].was_there_before]
        if since_s is not None and moved:
            for user_id, time_s in store_messages.sent(threads_of(self.group.group_id), moved, since_s):
                self._see(user_id, time_s)

    def _see(self, user_id: str, time_s: int) -> None:
        if user_id not in self.now or not self.now[user_id].was_member(time_s):
            self.add(user_id, RosterEvent(time_s * 1000, SEEN))

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
            if before.was_there_before != self.now[user_id].was_there_before:
                times.append(0)
            times += [event.time_ms // 1000 for event in events if event.time_ms != SINCE_EVER_MS]
        return min(times, default=None)

    def save(self) -> None:
        rows = [
            (self.group.group_id, user_id, self.now[user_id].to_json(), *self.now[user_id].settled())
            for user_id in sorted({*self.changed(), *self._unsettled})
        ]
        with connection.cursor() as cursor:
            cursor.executemany(
                f"INSERT INTO {GroupMember._meta.db_table} (group_id, user_id, events, is_member, member_since_ms) "
                "VALUES (%s, %s, %s, %s, %s) ON CONFLICT (group_id, user_id) DO UPDATE SET "
                "events = EXCLUDED.events, is_member = EXCLUDED.is_member, member_since_ms = EXCLUDED.member_since_ms",
                rows,
            )


def lock_group(group_id: str, *, type_: str = "", at_ms: int = 0) -> Group:
    """Lock a group until the transaction ends, creating one never seen. Comes before any thread or owner is locked.

    `type_` is the type that it has since `at_ms`, as far as told; whoever tells one calls `settle`.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {_groups} (group_id) VALUES (%s) ON CONFLICT (group_id) DO UPDATE SET type = {_groups}.type",
            [group_id],
        )
    group = Group.objects.get(group_id=group_id)
    group.type_before = group.type
    if type_ and (at_ms, type_) > (group.type_at_ms, group.type):
        group.type, group.type_at_ms = type_, at_ms
        group.save(update_fields=["type", "type_at_ms"])
    return group


_groups = Group._meta.db_table
NOT_THERE = MembershipHistory()


def apply_changes(
    group: Group, rosters: GroupRoster, changes: Sequence[Change] = (), *, by: ChangedBy = ChangedBy.ROSTER
) -> None:
    """Bring the members' rows of all threads up to date, with changed messages, rosters and group type; and keep the rosters.

    The topics of a community follow its roster.
    """
    told: dict[str, list[Change]] = {}
    for change in changes:
        told.setdefault(change.after.thread, []).append(change)
    names = set(told)
    if group.is_retyped or rosters.changed():
        known = threads_of(group.group_id)
        if known:
            store_messages.lock_threads(known)
        names |= {group.group_id, *known}
    # Those with messages have the most owners to lock, and come first: then the others lock nobody out of order.
    for name in sorted(names, key=lambda name: (name not in told, name)):
        change_rows(group, rosters, name, told.get(name, ()), by=by if name in told else ChangedBy.ROSTER)
    rosters.save()


def change_rows(group: Group, known: GroupRoster, thread: str, changes: Sequence[Change], *, by: ChangedBy) -> None:
    """Bring the members' rows of one thread up to date with changed messages, changed rosters and a changed type."""
    viewers = {}
    for user_id, roster in known.now.items():
        before = known.before.get(user_id, NOT_THERE)
        now = _viewer(user_id, roster, group.type, thread == group.group_id)
        if before != roster or group.is_retyped:
            viewers[user_id] = (_viewer(user_id, before, group.type_before, thread == group.group_id), now)
        elif changes:
            viewers[user_id] = (now, now)
    since_s = 0 if group.is_retyped and _is_live(group) else known.changed_since_s()
    if since_s is not None:
        changes = _with_stored(changes, thread, since_s)
    counts_otherwise = (group.type == GroupType.MEETING) != (group.type_before == GroupType.MEETING)
    fan_out.change_group(group, thread, viewers, changes, display_profile_of(group, thread), recounts=counts_otherwise, by=by)


def _with_stored(changes: Iterable[Change], thread: str, since_s: int) -> Iterator[Change]:
    """The changes, and what else is stored from a time on as it was, in order of positions; read as it is asked for."""
    told = {change.after.position for change in changes}
    stored = (Change(one, one) for one in store_messages.since(thread, since_s) if one.position not in told)
    return heapq.merge(sorted(changes, key=_position), stored, key=_position)


def _position(change: Change) -> str:
    return change.after.position


def _viewer(user_id: str, roster: MembershipHistory, group_type: str, is_own: bool) -> Viewer:
    # Coming into a community begins no conversation with each of its topics.
    begins = is_own and group_type != GroupType.AVCHATROOM
    return Viewer(user_id, roster, group_type, joined_key=roster.joined_ms * 1000 if begins else 0)


def _is_live(group: Group) -> bool:
    """Whether the group is or was a live room, whose messages nobody's list shows."""
    return GroupType.AVCHATROOM in (group.type, group.type_before)


def display_profile_of(group: Group, thread: str) -> tuple[str, str]:
    """The name and avatar of a thread's conversations: the topic's own, else its group's."""
    topic = Group.objects.filter(group_id=thread).first() if thread != group.group_id else None
    return (topic and topic.name) or group.name, (topic and topic.face_url) or group.face_url


@in_transaction
def join(group_id: str, user_ids: Iterable[str], *, at_ms: int, type_: str = "") -> None:
    """Users come into a group; what was said before does not count for them."""
    group = lock_group(group_id, type_=type_, at_ms=at_ms)
    tell_moves(group, dict.fromkeys(user_ids, (RosterEvent(at_ms, Membership.MEMBER),)))


@in_transaction
def leave(group_id: str, user_ids: Iterable[str], *, at_ms: int, membership: Membership, type_: str = "") -> None:
    """Users go, or are made to; their conversations stay, and nothing counts any more until they are back."""
    group = lock_group(group_id, type_=type_, at_ms=at_ms)
    tell_moves(group, dict.fromkeys(user_ids, (RosterEvent(at_ms, membership),)))


@in_transaction
def dissolve(group_id: str, user_ids: Iterable[str], *, at_ms: int, type_: str = "") -> None:
    """A group ends, for those named and for all who are known."""
    group = lock_group(group_id, type_=type_, at_ms=at_ms)
    rosters = GroupRoster(group)
    for user_id in user_ids:
        rosters.add(user_id, MEMBER_SINCE_EVER)
    if group.dissolved_at_ms is None or at_ms < group.dissolved_at_ms:
        group.dissolved_at_ms = at_ms
        group.save(update_fields=["dissolved_at_ms"])
        rosters.dissolve(at_ms)
    apply_changes(group, rosters)


@in_transaction
def add(group_id: str, told: MemberList) -> int:
    """Those who are not in the group come in; how many did."""
    group = lock_group(group_id)
    moves = moves_to(group, told)
    tell_moves(group, moves)
    return len(moves)


@in_transaction
def remove(group_id: str, told: MemberList, membership: Membership) -> int:
    """Those who are in the group go; how many did."""
    group = lock_group(group_id)
    rosters = GroupRoster(group, told.members)
    there = (user_id for user_id in told.members if rosters.of(user_id).is_member(told.at_ms))
    moves = dict.fromkeys(there, (RosterEvent(told.at_ms, membership),))
    tell_moves(group, moves)
    return len(moves)


def moves_to(group: Group, told: MemberList) -> dict[str, tuple[RosterEvent, ...]]:
    """Who has to come into a locked group, and for a whole list who has to go, for its members to be these."""
    if group.type == GroupType.AVCHATROOM:
        return {}
    rosters = GroupRoster(group, None if told.is_whole else told.members)
    moves = {}
    for user_id, joined_ms in told.members.items():
        roster = rosters.of(user_id)
        # A time of coming that is before the last going is of an older stay.
        came = RosterEvent(joined_ms or told.at_ms, Membership.MEMBER)
        came = came if roster.with_event(came).is_member(told.at_ms) else RosterEvent(told.at_ms, Membership.MEMBER)
        if not roster.is_member(told.at_ms) or (joined_ms and not roster.joined_ms):
            moves[user_id] = (came,)
    gone = (user_id for user_id, roster in rosters.now.items() if user_id not in told.members and roster.is_member(told.at_ms))
    return moves | (dict.fromkeys(gone, (RosterEvent(told.at_ms, Membership.LEFT),)) if told.is_whole else {})


def tell_moves(group: Group, moves: Mapping[str, Iterable[RosterEvent]]) -> None:
    """Who comes and who goes, in a locked group; one query for all the members only where its type changed."""
    if group.type == GroupType.AVCHATROOM and not group.is_retyped:
        return  # Crowds come and go there, and nobody has a conversation.
    rosters = GroupRoster(group, moves)
    for user_id, events in moves.items():
        for event in events:
            rosters.add(user_id, event)
    rosters.see_senders_again()
    apply_changes(group, rosters)


def threads_of(group_id: str) -> list[str]:
    """The group's own thread and those of its topics, as far as anything was said there."""
    own = Thread.objects.filter(Q(thread=group_id) | Q(thread__startswith=group_id + TOPIC_MARK))
    return sorted(own.values_list("thread", flat=True))
