"""Changed messages -> the conversations of everybody concerned; each changed row under its owner's next number."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache

import orjson
from django.conf import settings
from django.db import connection
from django.utils import timezone

from conversations import effects, identifiers, message_store
from conversations.changes import KEY, STAMP, LockedOwner, lock_owners, rows_as_json, rows_of_json, save_owners, stamp
from conversations.choices import ChangedBy, ConversationType
from conversations.effects import Seen, Viewer
from conversations.message_models import Group
from conversations.message_models import Message as Stored
from conversations.message_store import Change
from conversations.models import Conversation, Owner
from conversations.positions import NOWHERE
from conversations.times import to_epoch_us

# How far back the message before one that goes is looked for at a time.
LOOK_BACK = 50
UPDATED = (*effects.COLUMNS, "c2c_read_timestamp", "unread_base", "unread_base_position", *STAMP)
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
        row = row or effects.new_row(owner_id, ConversationType.C2C, peer)
        peers_row = rows.get((peer, identifiers.join(ConversationType.C2C, owner_id)))
        viewer = Viewer(owner_id, peer_read_s=peers_row.c2c_read_timestamp if peers_row else 0)
        look = profiles.get(peer, ("", ""))
        if _apply(row, viewer, viewer, by_thread.get(effects.thread_of(owner_id, peer), ()), look, peer):
            changed.append(row)
    save_rows(owners, changed, by=by)


def change_group(
    group: Group,
    thread: str,
    viewers: Mapping[str, tuple[Viewer, Viewer]],
    changes: Sequence[Change],
    name: tuple[str, str],
    recounted: Sequence[Stored] | None = None,
    *,
    by: ChangedBy,
) -> None:
    """Bring the members' rows up to date: with changed messages, for viewers as they were and as they are.

    `recounted` is all that is stored of the thread, where another type of the group makes it count otherwise.
    """
    viewers = {owner_id: both for owner_id, both in viewers.items() if owner_id not in settings.SKIP_OWNERS}
    owners = lock_owners(viewers)
    conversation_id = identifiers.join(ConversationType.GROUP, thread)
    rows = read_rows([(owner_id, conversation_id) for owner_id in viewers])
    changed = []
    # What is as it was matters to those only who see it otherwise now.
    told = [change for change in changes if change.before is not change.after]
    for owner_id, (was, viewer) in sorted(viewers.items()):
        row = rows.get((owner_id, conversation_id)) or effects.new_row(owner_id, ConversationType.GROUP, thread)
        before = row.membership
        row.membership = viewer.roster.now()
        is_changed = _welcome(row, viewer, name, thread, group.type)
        mine = told if was is viewer else changes
        is_changed |= _apply(row, was, viewer, mine, name, thread, group.type)
        is_changed |= was is not viewer and is_listed(row) and _unsee(row, was, viewer, changes)
        is_changed |= is_listed(row) and _retype(row, viewer, recounted)
        if is_changed or (before != row.membership and is_listed(row)):
            changed.append(row)
    save_rows(owners, changed, by=by)


def _apply(
    row: Conversation,
    was: Viewer,
    viewer: Viewer,
    changes: Iterable[Change],
    look: tuple[str, str],
    bare_id: str,
    group_type: str = "",
) -> bool:
    """Whether any of the changes changed the row."""
    is_changed = False
    for before, after in changes:
        if not is_listed(row):
            if after.body is None or not viewer.sees(after) or after.position <= row.deleted_position:
                continue
            _list(row, look, bare_id, group_type)
            is_changed = True
        seen_before = None if before is None else Seen(was, before)
        is_changed |= effects.apply(row, seen_before, Seen(viewer, after), _newest_before)
    return is_changed


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


def _retype(row: Conversation, viewer: Viewer, recounted: Sequence[Stored] | None) -> bool:
    """Whether the group's type changes the row."""
    before = row.group_type, row.unread_count
    row.group_type = viewer.group_type or row.group_type
    if recounted is not None:
        row.unread_count = row.unread_base + sum(viewer.counts(message, row) for message in recounted)
    return (row.group_type, row.unread_count) != before


def _unsee(row: Conversation, was: Viewer, viewer: Viewer, changes: Iterable[Change]) -> bool:
    """Undo what messages did that the owner turns out not to see, after news of coming, going or the group's type; whether
    there was any.
    """
    if viewer.roster.is_listed or row.unread_base or row.unread_base_position:
        return False  # an import or the app's report told of it as well
    lost = [after for _before, after in changes if after.body is not None and was.sees(after) and not viewer.sees(after)]
    lost_keys = {effects.order_key(message, row) for message in lost} | {was.joined_key} - {viewer.joined_key, 0}
    if row.order_key not in lost_keys:
        return False
    thread = row.conversation_id.removeprefix("group_")
    seen = (one for one in message_store.after(thread, NOWHERE) if one.body is not None and viewer.sees(one))
    order_key = max((effects.order_key(one, row) for one in seen), default=0)
    order_key = max(order_key, viewer.joined_key)
    if not order_key and message_store.is_pruned(thread):
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
    while True:
        found = list((candidates if before is None else candidates.filter(position__lt=before))[:LOOK_BACK])
        for message in found:
            if viewer.shows(message, row):
                return message
        if len(found) < LOOK_BACK:
            return None
        before = found[-1].position


# ---- Rows ------------------------------------------------------------------------------------------


def read_rows(keys: Sequence[Pair]) -> dict[Pair, Conversation]:
    """The rows of these owners and conversations, deleted ones too; one query."""
    if not keys:
        return {}
    pairs = orjson.dumps([dict(zip(KEY, key)) for key in set(keys)]).decode()
    with connection.cursor() as cursor:
        cursor.execute(_read_sql(), [pairs])
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
    """By pairs, where the ORM would look two lists up crosswise; one text with one parameter, however many they are."""
    columns = ", ".join(f"c.{column}" for column in _READ)
    return f"SELECT {columns} FROM ({rows_of_json(KEY)}) k JOIN {_table} c ON {' AND '.join(f'c.{n} = k.{n}' for n in KEY)}"


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
        f"INSERT INTO {_table} ({', '.join(WRITTEN)}) {rows_of_json(WRITTEN)} WHERE true "
        f"ON CONFLICT (owner_id, conversation_id) DO UPDATE SET {updates}"
    )


_table = Conversation._meta.db_table


def _profiles(owner_ids: Collection[str]) -> dict[str, tuple[str, str]]:
    """Nick and avatar of users, for the conversations that begin."""
    if not owner_ids:
        return {}
    known = Owner.objects.filter(owner_id__any_of=sorted(owner_ids)).values_list("owner_id", "nick_name", "face_url")
    return {owner_id: (nick_name, face_url) for owner_id, nick_name, face_url in known}
