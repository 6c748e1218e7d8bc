"""Apply changed messages to the conversations of everybody concerned; each changed row takes its owner's next version."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from django.conf import settings

from conversations import identifiers
from conversations.choices import ChangedBy, ConversationType
from conversations.feeding.locked_groups import LockedGroup
from conversations.feeding.row_updates import RowUpdate
from conversations.models import Conversation
from conversations.store import display_profiles, message_reads
from conversations.store.display_profiles import DisplayProfile
from conversations.store.messages import Change, changes_by_thread
from conversations.store.owners import NOTHING, LockedOwner, lock_owners_later
from conversations.store.rows import Key, read_rows, read_rows_later, save_rows
from conversations.store.statements import Later
from conversations.threads import thread_between
from conversations.unread import counts as unread_counts
from conversations.unread import rules
from conversations.unread.rules import Viewer

Pair = tuple[str, str]  # owner ID, peer


def change_c2c(pairs: Iterable[Pair], changes: Later[Iterable[Change]], *, by: ChangedBy) -> None:
    """Apply message changes to the one-to-one conversations of (owner, peer) pairs.

    `changes` is called once locks and reads are put off, so that what it waits for shares their round trip.
    """
    pairs = sorted(pair for pair in set(pairs) if pair[0] not in settings.SKIP_OWNERS)
    # Of each owner, as many versions as rows may change.
    locked = lock_owners_later((user_id for pair in pairs for user_id in pair), Counter(owner_id for owner_id, _peer in pairs))
    sides = {side for pair in pairs for side in (pair, pair[::-1])}
    keys = {(owner_id, peer): (owner_id, identifiers.join(ConversationType.C2C, peer)) for owner_id, peer in sides}
    read = read_rows_later(list(keys.values()))
    by_thread = changes_by_thread(change for change in changes() if not change.is_empty)
    owners, rows = locked(), read()
    updates = _c2c_updates(pairs, owners, {side: rows.get(key) for side, key in keys.items()})
    for (owner_id, peer), update in updates.items():
        for change in by_thread.get(thread_between(owner_id, peer), ()):
            update.apply_message(change)
    save_rows(owners, [update.row for update in updates.values() if update.is_changed], by=by)


def _c2c_updates(
    pairs: Sequence[Pair], owners: Mapping[str, LockedOwner], rows: Mapping[Pair, Conversation | None]
) -> dict[Pair, RowUpdate]:
    """Return an update for the row of each (owner, peer) pair; `rows` has those of both sides. One query at most."""
    is_any_unlisted = any(row is None or not row.is_listed for row in rows.values())
    profiles = display_profiles.of_users({user_id for pair in pairs for user_id in pair} if is_any_unlisted else ())
    updates = {}
    for owner_id, peer in pairs:
        row = rows[owner_id, peer] or rules.new_row(
            owner_id, ConversationType.C2C, peer, erased_at_s=owners[owner_id].erased_at_s
        )
        peers_row = rows[peer, owner_id]
        viewer = Viewer(owner_id, peer_read_s=peers_row.c2c_read_timestamp if peers_row else 0)
        updates[owner_id, peer] = RowUpdate(row, viewer, viewer, profiles.get(peer, DisplayProfile()))
    return updates


def change_group(
    locked: LockedGroup,
    thread: str,
    changes: Iterable[Change],
    viewers: Mapping[str, tuple[Viewer, Viewer]],
    *,
    by: ChangedBy,
    is_new_to_all: bool = False,
) -> None:
    """Apply message changes of a thread, and changes of membership and type, to its viewers' conversations.

    `changes` are in order of position, may span a whole thread, and are gone through once. `is_new_to_all` says that most
    likely every row changes.
    """
    owners = lock_owners_later(viewers, dict.fromkeys(viewers, 1) if is_new_to_all else NOTHING)
    updates = _group_updates(locked, thread, viewers)  # whose rows are read along with the locks
    for update in updates:
        update.apply_membership()
    _apply_messages(updates, changes)
    for update in updates:
        if update.row.is_listed:
            update.unlist_if_hidden(thread)
    _apply_group_type(locked, thread, [update for update in updates if update.row.is_listed])
    save_rows(owners(), [update.row for update in updates if update.is_changed], by=by)


def _group_updates(locked: LockedGroup, thread: str, viewers: Mapping[str, tuple[Viewer, Viewer]]) -> list[RowUpdate]:
    conversation_id = identifiers.join(ConversationType.GROUP, thread)
    rows: dict[Key, Conversation] = read_rows([(owner_id, conversation_id) for owner_id in viewers])
    profile = locked.display_profile(thread)
    updates = []
    for owner_id, (before, after) in sorted(viewers.items()):
        row = rows.get((owner_id, conversation_id)) or rules.new_row(owner_id, ConversationType.GROUP, thread)
        updates.append(RowUpdate(row, before, after, profile))
    return updates


def _apply_messages(updates: Sequence[RowUpdate], changes: Iterable[Change]) -> None:
    """Apply message changes to the rows. An unchanged message affects only members whose visibility has changed."""
    with_other_visibility = [update for update in updates if update.has_other_visibility]
    may_be_unlisted = [update for update in updates if update.may_be_unlisted]
    for change in changes if updates else ():
        for update in with_other_visibility if change.before is change.after else updates:
            update.apply_message(change)
        for update in may_be_unlisted:
            update.note_if_hidden(change.after)


def _apply_group_type(locked: LockedGroup, thread: str, updates: Sequence[RowUpdate]) -> None:
    for update in updates:
        update.apply_group_type()
    if locked.counts_differently:
        _recount(updates, thread, counts_unread=locked.type not in rules.UNCOUNTED_GROUPS)


def _recount(updates: Sequence[RowUpdate], thread: str, *, counts_unread: bool) -> None:
    """Count the unread messages of listed rows from what is stored: the group's new type counts differently."""
    viewers = {update.row.owner_id: update.after for update in updates}
    rows = [update.row for update in updates]
    for row in rows:
        row.unread_count = row.imported_unread
    if not (rows and counts_unread):
        return
    floor = min(map(unread_counts.unread_floor, rows))
    for message, unread_by in unread_counts.with_rows_before(rows, message_reads.outlines(thread, floor)):
        for row in unread_by:
            row.unread_count += viewers[row.owner_id].counts_as_unread(message, row)
