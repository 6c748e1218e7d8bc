"""Changed messages -> the conversations of everybody concerned; each changed row under its owner's next number."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache

from django.conf import settings
from django.db import connection
from django.utils import timezone

from conversations import identifiers
from conversations.choices import ChangedBy, ConversationType, GroupType
from conversations.models import Conversation, Group, Owner
from conversations.models import Message as Stored
from conversations.positions import NOWHERE
from conversations.store import json_rows, messages
from conversations.store.messages import Change
from conversations.store.owners import KEY, STAMP, LockedOwner, lock_owners, rows_as_json, save_owners, stamp
from conversations.times import to_epoch_us
from conversations.unread import counts as unread_counts
from conversations.unread import rules
from conversations.unread.rules import Seen, Viewer

# How far back the message before one that goes is looked for at a time.
LOOK_BACK = 50
UPDATED = (*rules.COLUMNS, "c2c_read_timestamp", "unread_base", "unread_base_position", *STAMP)
WRITTEN = (*KEY, "type", *UPDATED)
Pair = tuple[str, str]


def change_c2c(pairs: Iterable[Pair], changes: Sequence[Change], *, by: ChangedBy) -> None:
    """Bring the rows of (owner, peer) pairs up to date with changed messages of their threads."""
    pairs = sorted(pair for pair in set(pairs) if pair[0] not in settings.SKIP_OWNERS)
    owners = lock_owners(owner_id for pair in pairs for owner_id in pair)
    keys = [(one, identifiers.join(ConversationType.C2C, other)) for pair in pairs for one, other in (pair, pair[::-1])]
    rows = read_rows(keys)
    profiles = _profiles(owners if any(key not in rows or not is_listed(rows[key]) for key in keys) else ())
    by_thread: dict[str, list[Change]] = {}
    for change in changes:
        by_thread.setdefault(change.after.thread, []).append(change)
    changed = []
    for owner_id, peer in pairs:
        row = rows.get((owner_id, identifiers.join(ConversationType.C2C, peer)))
        row = row or rules.new_row(owner_id, ConversationType.C2C, peer)
        peers_row = rows.get((peer, identifiers.join(ConversationType.C2C, owner_id)))
        viewer = Viewer(owner_id, peer_read_s=peers_row.c2c_read_timestamp if peers_row else 0)
        look = profiles.get(peer, ("", ""))
        told = by_thread.get(rules.thread_between(owner_id, peer), ())
        done = [_apply(row, viewer, viewer, change, look, peer) for change in told]
        if any(done):
            changed.append(row)
    save_rows(owners, changed, by=by)


def change_group(
    group: Group,
    thread: str,
    viewers: Mapping[str, tuple[Viewer, Viewer]],
    changes: Iterable[Change],
    look: tuple[str, str],
    *,
    recounts: bool = False,
    by: ChangedBy,
) -> None:
    """Bring the members' rows up to date: with changed messages, for viewers as they were and as they are.

    `changes` come in order of their positions, and may be of a whole thread: they are gone through once. With `recounts`
    another type of the group makes all that is stored count otherwise.
    """
    viewers = {owner_id: both for owner_id, both in viewers.items() if owner_id not in settings.SKIP_OWNERS}
    owners = lock_owners(viewers)
    conversation_id = identifiers.join(ConversationType.GROUP, thread)
    rows = read_rows([(owner_id, conversation_id) for owner_id in viewers])
    members = []
    for owner_id, (was, viewer) in sorted(viewers.items()):
        row = rows.get((owner_id, conversation_id)) or rules.new_row(owner_id, ConversationType.GROUP, thread)
        before, row.membership = row.membership, viewer.roster.now()
        is_changed = _welcome(row, viewer, look, thread, group.type) or (before != row.membership and is_listed(row))
        members.append(_Member(row, was, viewer, is_changed))
    _tell(members, changes, look, thread, group.type)
    listed = [one for one in members if is_listed(one.row)]
    for one in listed:
        one.is_changed |= _unsee(one, thread)
    _retype([one for one in listed if is_listed(one.row)], thread, group.type, recounts)
    save_rows(owners, [one.row for one in members if one.is_changed], by=by)


@dataclass(slots=True)
class _Member:
    """A member's row, whether it changed, and the places that it may have by messages which turn out not to be seen."""

    row: Conversation
    was: Viewer
    viewer: Viewer
    is_changed: bool
    lost_keys: set[int] = field(default_factory=set)

    @property
    def can_lose(self) -> bool:
        """Whether nothing but messages stored here told of the conversation: no import, and not the app's report."""
        return not (self.viewer.roster.is_listed or self.row.unread_base or self.row.unread_base_position)


def _tell(members: Sequence[_Member], changes: Iterable[Change], look: tuple[str, str], thread: str, group_type: str) -> None:
    """Let changed messages change the rows; what is as it was matters to those only who see it otherwise now."""
    moved = [one for one in members if one.was is not one.viewer]
    losers = [one for one in moved if one.can_lose]
    for change in changes if members else ():
        for one in moved if change.before is change.after else members:
            one.is_changed |= _apply(one.row, one.was, one.viewer, change, look, thread, group_type)
        message = change.after
        for one in losers if message.body is not None else ():
            # A place below the row's is none that it has by this message.
            if (key := rules.order_key(message, one.row)) >= one.row.order_key and one.was.sees(message):
                one.lost_keys |= set() if one.viewer.sees(message) else {key}


def _apply(
    row: Conversation,
    was: Viewer,
    viewer: Viewer,
    change: Change,
    look: tuple[str, str],
    bare_id: str,
    group_type: str = "",
) -> bool:
    """Whether the change changed the row."""
    before, after = change
    is_begun = not is_listed(row)
    if is_begun:
        if after.body is None or not viewer.sees(after) or after.position <= row.deleted_position:
            return False
        _list(row, look, bare_id, group_type)
    seen_before = None if before is None else Seen(was, before)
    return rules.apply(row, seen_before, Seen(viewer, after), _newest_before) or is_begun


def _welcome(row: Conversation, viewer: Viewer, look: tuple[str, str], bare_id: str, group_type: str) -> bool:
    """Whether coming into the group changes the row: it begins a conversation, or moves it up. A later deletion stands."""
    if not viewer.joined_key or (is_listed(row) and viewer.joined_key <= row.order_key):
        return False
    if not is_listed(row):
        # A row without a place is none that its owner has ever seen, or had taken away: see `_unsee`.
        if row.order_key and viewer.joined_key <= to_epoch_us(row.deleted_at):
            return False
        _list(row, look, bare_id, group_type)
    row.order_key = max(row.order_key, viewer.joined_key)
    return True


def _retype(members: Sequence[_Member], thread: str, group_type: str, recounts: bool) -> None:
    """Let the group's type change rows of the list, and with `recounts` what they count."""
    counts = {one.row.owner_id: one.row.unread_base if recounts else one.row.unread_count for one in members}
    if recounts and members and group_type not in rules.UNCOUNTED_GROUPS:
        viewers = {one.row.owner_id: one.viewer for one in members}
        first = min(unread_counts.passed_position(one.row) for one in members)
        for message, rows in unread_counts.not_passed((one.row for one in members), messages.outlines(thread, first)):
            for row in rows:
                counts[row.owner_id] += viewers[row.owner_id].counts(message, row)
    for one in members:
        before = one.row.group_type, one.row.unread_count
        one.row.group_type, one.row.unread_count = one.viewer.group_type or one.row.group_type, counts[one.row.owner_id]
        one.is_changed |= (one.row.group_type, one.row.unread_count) != before


def _unsee(member: _Member, thread: str) -> bool:
    """Undo what messages did that the owner turns out not to see, after news of coming, going or the group's type; whether
    there was any.
    """
    row, viewer = member.row, member.viewer
    if member.was is viewer or not member.can_lose:
        return False
    if row.order_key not in member.lost_keys | {member.was.joined_key} - {viewer.joined_key, 0}:
        return False
    stored = messages.outlines(thread, NOWHERE)
    order_key = max((rules.order_key(one, row) for one in stored if one.body is not None and viewer.sees(one)), default=0)
    order_key = max(order_key, viewer.joined_key)
    if not order_key and messages.is_pruned(thread):
        return False  # what it is there for may be gone
    row.order_key = order_key
    if not row.order_key:
        row.deleted_at = timezone.now()  # these messages were all that it was there for
    return True


def is_listed(row: Conversation) -> bool:
    """Whether the row is in its owner's list: it is there, and not deleted."""
    return row.deleted_at is None and not row._state.adding


def _list(row: Conversation, look: tuple[str, str], bare_id: str, group_type: str) -> None:
    """Begin a conversation, or begin it again after a deletion."""
    row.deleted_at, row.created_version = None, NOT_YET
    row.show_name, row.face_url = look[0] or row.show_name or bare_id, look[1] or row.face_url
    row.group_type = group_type or row.group_type
    row._state.adding, row.is_new = False, row._state.adding


NOT_YET = 0


def _newest_before(seen: Seen, row: Conversation) -> Stored | None:
    """The message that shows when the given one goes."""
    return newest_shown(row, seen.viewer, seen.message.thread, before=seen.message.position)


def newest_shown(row: Conversation, viewer: Viewer, thread: str, *, before: str | None = None) -> Stored | None:
    """The newest stored message that can be the row's last one; two queries at most where nobody is told apart."""
    candidates = Stored.objects.filter(
        thread=thread, position__gt=row.cleared_position, is_recalled=False, is_shown=True, body__isnull=False
    ).order_by("-position")
    while viewer.group_type != GroupType.AVCHATROOM:
        found = list((candidates if before is None else candidates.filter(position__lt=before))[:LOOK_BACK])
        for message in found:
            if viewer.shows(message, row):
                return message
        if len(found) < LOOK_BACK:
            return None
        before = found[-1].position
    return None


# ---- Rows ------------------------------------------------------------------------------------------


def read_rows(keys: Sequence[Pair]) -> dict[Pair, Conversation]:
    """The rows of these owners and conversations, deleted ones too; one query."""
    if not keys:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_read_sql(), [json_rows.parameter(KEY, set(keys))])
        found = [Conversation.from_db(connection.alias, _READ, row) for row in cursor.fetchall()]
    for row in found:
        row.is_new = False
        row.last_message_at, row.deleted_at = _moment(row.last_message_at), _moment(row.deleted_at)
    return {(row.owner_id, row.conversation_id): row for row in found}


def _moment(value: datetime | None) -> datetime | None:
    """What the database gave; SQLite knows no time zones."""
    return value and value.replace(tzinfo=UTC)


# What no message changes or asks for is left out.
_NOT_READ = {"wire_head", "draft_text", "custom_data", "created_at", "changed_at"}
_READ = [field.attname for field in Conversation._meta.concrete_fields if field.attname not in _NOT_READ]


@cache
def _read_sql() -> str:
    return f"SELECT {', '.join(f't.{column}' for column in _READ)} FROM {json_rows.of_keys(Conversation, KEY)}"


def save_rows(owners: Mapping[str, LockedOwner], rows: Sequence[Conversation], *, by: ChangedBy) -> None:
    """Number and write changed rows, new ones too, and their owners."""
    for row in rows:
        stamp(row, owners[row.owner_id], by)
        row.created_version = row.created_version or row.version
    write(rows)
    save_owners(owners.values())


def write(rows: Sequence[Conversation]) -> None:
    """Write rows as they are, new ones too; one statement."""
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(_write_sql(), [rows_as_json(rows, WRITTEN)])


@cache
def _write_sql() -> str:
    updates = ", ".join(f"{column} = EXCLUDED.{column}" for column in UPDATED)
    return (
        f"INSERT INTO {_table} ({', '.join(WRITTEN)}) {json_rows.select(Conversation, WRITTEN)} WHERE true "
        f"ON CONFLICT (owner_id, conversation_id) DO UPDATE SET {updates}"
    )


_table = Conversation._meta.db_table


def _profiles(owner_ids: Collection[str]) -> dict[str, tuple[str, str]]:
    """Nick and avatar of users, for the conversations that begin."""
    if not owner_ids:
        return {}
    known = Owner.objects.filter(owner_id__any_of=sorted(owner_ids)).values_list("owner_id", "nick_name", "face_url")
    return {owner_id: (nick_name, face_url) for owner_id, nick_name, face_url in known}
