"""Lock a group, and know what its messages, members and names depend on."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.conf import settings
from django.db import connection

from conversations.choices import GroupType
from conversations.feeding.group_rosters import NO_HISTORY, GroupRoster
from conversations.models import Group
from conversations.store import display_profiles
from conversations.store.display_profiles import DisplayProfile
from conversations.store.statements import rows_of
from conversations.unread.rosters import MembershipHistory
from conversations.unread.rules import Viewer

_groups = Group._meta.db_table
_COLUMNS = [field.attname for field in Group._meta.concrete_fields if field.attname != "created_at"]


@dataclass(slots=True)
class LockedGroup:
    """A group that only this transaction may change: its row, its type before, and its members as far as loaded."""

    group: Group
    type_before: str
    roster: GroupRoster = field(init=False)

    def __post_init__(self) -> None:
        self.roster = GroupRoster(self.group)

    @property
    def group_id(self) -> str:
        return self.group.group_id

    @property
    def type(self) -> str:
        return self.group.type

    @property
    def is_retyped(self) -> bool:
        return self.type != self.type_before

    @property
    def counts_differently(self) -> bool:
        """Return whether the new type counts unread messages where the old one did not, or the other way round."""
        return (self.type == GroupType.MEETING) != (self.type_before == GroupType.MEETING)

    @property
    def is_or_was_live(self) -> bool:
        """Return whether the group is or was a live room, whose messages no list shows."""
        return GroupType.AVCHATROOM in (self.type, self.type_before)

    def display_profile(self, thread: str) -> DisplayProfile:
        """Return the name and avatar of the conversations of one of its threads."""
        return display_profiles.of_thread(self.group, thread)

    def load_members(self, user_ids: Iterable[str] | None = None) -> None:
        """Load these users' histories, or all members' for None. A new type loads all: it changes everybody's count."""
        self.roster.load(None if self.is_retyped else user_ids)

    def viewers(self, thread: str, *, with_unchanged: bool) -> dict[str, tuple[Viewer, Viewer]]:
        """Return the loaded members as viewers of a thread, before and after, by user ID, without skipped owners.

        Both are the same object for a member whose visibility has not changed; `with_unchanged` includes these.
        """
        viewers = {}
        for user_id, history in self.roster.now.items():
            if user_id in settings.SKIP_OWNERS:
                continue
            before = self.roster.before.get(user_id, NO_HISTORY)
            after = self._viewer(user_id, history, self.type, thread)
            if before != history or self.is_retyped:
                viewers[user_id] = (self._viewer(user_id, before, self.type_before, thread), after)
            elif with_unchanged:
                viewers[user_id] = (after, after)
        return viewers

    def _viewer(self, user_id: str, history: MembershipHistory, group_type: str, thread: str) -> Viewer:
        # Joining a community creates no conversation with each of its topics, and joining a live room none at all.
        creates = thread == self.group_id and group_type != GroupType.AVCHATROOM
        return Viewer(user_id, history, group_type, joined_key=history.joined_ms * 1000 if creates else 0)


def lock_group(group_id: str, *, group_type: str = "", at_ms: int = 0) -> LockedGroup:
    """Lock a group until the transaction ends, and create a missing one. Lock it before any thread or owner.

    `group_type` is its type since `at_ms`, "" if unknown. If this changes the type, the caller must call
    `members.apply_changes`.
    """
    # The update changes nothing: it takes the lock.
    (row,) = rows_of(
        f"INSERT INTO {_groups} (group_id) VALUES (%s) ON CONFLICT (group_id) DO UPDATE SET type = {_groups}.type "
        f"RETURNING {', '.join(_COLUMNS)}",
        [group_id],
    )
    group = Group.from_db(connection.alias, _COLUMNS, row)
    locked = LockedGroup(group, group.type)
    if group_type and (at_ms, group_type) > (group.type_at_ms, group.type):
        group.type, group.type_at_ms = group_type, at_ms
        group.save(update_fields=["type", "type_at_ms"])
    return locked
