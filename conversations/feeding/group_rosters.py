"""The members of a locked group, before and after the changes of a transaction."""

from collections.abc import Iterable
from functools import cache

from conversations import identifiers
from conversations.models import Group, GroupMember, Message
from conversations.models.lookups import array_parameter
from conversations.models.statements import Parameter, Statement
from conversations.store import message_reads, statements
from conversations.store.threads import threads_of_group
from conversations.unread.rosters import SEEN, SINCE_EVER_MS, MembershipEvent, MembershipHistory

NO_HISTORY = MembershipHistory()
_LOADED = ("user_id", "events", "member_since_ms")


class GroupRoster:
    """Membership histories by user ID, as stored (`before`) and with the changes so far (`now`), as far as loaded."""

    def __init__(self, group: Group):
        self._group = group
        self.before: dict[str, MembershipHistory] = {}
        self.now: dict[str, MembershipHistory] = {}
        self._is_complete, self._loaded = False, set[str]()
        self._unsettled: set[str] = set()  # their columns is_member and member_since_ms are still to be written

    def load(self, user_ids: Iterable[str] | None = None) -> None:
        """Load the histories of these users, or of all members. At most one query."""
        missing = None if user_ids is None else sorted(set(user_ids) - self._loaded)
        if self._is_complete or missing == []:
            return
        self._is_complete = missing is None
        self._loaded.update(missing or ())
        if missing is None:
            self._take(self._read(_all()))
        else:
            user_ids = array_parameter(missing, max_length=identifiers.OWNER_ID_MAX_BYTES)
            self._take(self._read(_some(), user_ids=user_ids))

    def load_if_few(self, most: int) -> bool:
        """Load the histories of all members if there are no more than `most`; return whether they are loaded. One query."""
        if not self._is_complete:
            stored = self._read(_first(most + 1))
            self._is_complete = len(stored) <= most
            self._take(stored if self._is_complete else ())
        return self._is_complete

    def _read(self, statement: Statement, **named: str) -> statements.Rows:
        return statements.rows_of(statement.sql, statement.filled_in(group_id=self._group.group_id, **named))

    def _take(self, stored: Iterable[tuple[str, str, int | None]]) -> None:
        for user_id, events, member_since_ms in stored:
            history = MembershipHistory.from_json(events, self._group.dissolved_at_ms)
            self.before.setdefault(user_id, history)
            self.now.setdefault(user_id, history)
            if member_since_ms is None:
                self._unsettled.add(user_id)

    def history_of(self, user_id: str) -> MembershipHistory:
        return self.now.get(user_id, MembershipHistory(dissolved_at_ms=self._group.dissolved_at_ms))

    def add(self, user_id: str, event: MembershipEvent) -> None:
        self.now[user_id] = self.history_of(user_id).with_event(event)

    def dissolve(self, at_ms: int) -> None:
        self.now = {user_id: history._replace(dissolved_at_ms=at_ms) for user_id, history in self.now.items()}

    def add_senders(self, messages: Iterable[Message]) -> None:
        """Make the senders members from the time of their messages on. An erased message has no sender."""
        for message in messages:
            if message.body is not None and message.sender:
                self._add_sender(message.sender, message.time_s)

    def restore_senders(self) -> None:
        """Make users members again at the times when they sent something, though the changes say that they were away."""
        since_s = self.changed_since_s()
        changed = [user_id for user_id in self.changed() if user_id in self.before or self.now[user_id].was_there_before]
        if since_s is not None and changed:
            threads = threads_of_group(self._group.group_id)
            for user_id, time_s in message_reads.sent(threads, changed, since_s):
                self._add_sender(user_id, time_s)

    def _add_sender(self, user_id: str, time_s: int) -> None:
        if user_id not in self.now or not self.now[user_id].was_member(time_s):
            self.add(user_id, MembershipEvent(time_s * 1000, SEEN))

    def changed(self) -> list[str]:
        """Return the users whose history has changed."""
        return [user_id for user_id, history in self.now.items() if history != self.before.get(user_id)]

    def changed_since_s(self) -> int | None:
        """Return the time, in epoch seconds, from which on visibility may have changed; None if it has not."""
        times = (self._changed_since_ms(self.before.get(user_id, NO_HISTORY), self.now[user_id]) for user_id in self.changed())
        return min((time_ms // 1000 for time_ms in times if time_ms is not None), default=None)

    @staticmethod
    def _changed_since_ms(before: MembershipHistory, now: MembershipHistory) -> int | None:
        events = set(now.events) ^ set(before.events)
        times = [event.time_ms for event in events if event.time_ms != SINCE_EVER_MS]
        if before.dissolved_at_ms != now.dissolved_at_ms:
            times.append(min(ms for ms in (before.dissolved_at_ms, now.dissolved_at_ms) if ms is not None))
        if before.was_there_before != now.was_there_before:
            times.append(0)
        return min(times, default=None)

    def save(self) -> None:
        """Store changed histories, and what follows from them."""
        rows = [
            (self._group.group_id, user_id, self.now[user_id].to_json(), *self.now[user_id].settled())
            for user_id in sorted({*self.changed(), *self._unsettled})
        ]
        statements.run_for_each(
            f"INSERT INTO {GroupMember._meta.db_table} (group_id, user_id, events, is_member, member_since_ms) "
            "VALUES (%s, %s, %s, %s, %s) ON CONFLICT (group_id, user_id) DO UPDATE SET "
            "events = EXCLUDED.events, is_member = EXCLUDED.is_member, member_since_ms = EXCLUDED.member_since_ms",
            rows,
        )


# Compiled once: the ORM takes a tenth of the time of a message to a small group.
_members = GroupMember.objects.filter(group_id=Parameter("group_id")).values_list(*_LOADED)


@cache
def _all() -> Statement:
    return Statement.of(_members)


@cache
def _first(most: int) -> Statement:
    return Statement.of(_members[:most])


@cache
def _some() -> Statement:
    return Statement.of(_members.filter(user_id__any_of=Parameter("user_ids")))
