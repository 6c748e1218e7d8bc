"""Changed messages -> the conversations of everybody concerned; each changed row under its owner's next number."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.conf import settings
from django.utils import timezone

from conversations import identifiers, threads
from conversations.choices import ChangedBy, ConversationType
from conversations.models import Conversation, Group, Owner
from conversations.models import Message as Stored
from conversations.positions import NO_POSITION
from conversations.store import messages
from conversations.store.messages import Change
from conversations.store.owners import lock_owners
from conversations.store.rows import Key, read_rows, save_rows
from conversations.times import to_epoch_us
from conversations.unread import counts as unread_counts
from conversations.unread import rules
from conversations.unread.last_message import newest_shown
from conversations.unread.rules import Seen, Viewer


def change_c2c(pairs: Iterable[Key], changes: Sequence[Change], *, by: ChangedBy) -> None:
    """Bring the rows of (owner, peer) pairs up to date with changed messages of their threads."""
    pairs = sorted(pair for pair in set(pairs) if pair[0] not in settings.SKIP_OWNERS)
    owners = lock_owners(owner_id for pair in pairs for owner_id in pair)
    keys = [(one, identifiers.join(ConversationType.C2C, other)) for pair in pairs for one, other in (pair, pair[::-1])]
    rows = read_rows(keys)
    profiles = _profiles(owners if any(key not in rows or not rows[key].is_listed for key in keys) else ())
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
        told = by_thread.get(threads.thread_between(owner_id, peer), ())
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
        is_changed = _welcome(row, viewer, look, thread, group.type) or (before != row.membership and row.is_listed)
        members.append(_Member(row, was, viewer, is_changed))
    _tell(members, changes, look, thread, group.type)
    listed = [one for one in members if one.row.is_listed]
    for one in listed:
        one.is_changed |= _unsee(one, thread)
    _retype([one for one in listed if one.row.is_listed], thread, group.type, recounts)
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
        return not (self.viewer.roster.is_listed or self.row.imported_unread or self.row.imported_unread_position)


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
    is_begun = not row.is_listed
    if is_begun:
        if after.body is None or not viewer.sees(after) or after.position <= row.deleted_position:
            return False
        _list(row, look, bare_id, group_type)
    seen_before = None if before is None else Seen(was, before)
    return rules.apply(row, seen_before, Seen(viewer, after), _newest_before) or is_begun


def _welcome(row: Conversation, viewer: Viewer, look: tuple[str, str], bare_id: str, group_type: str) -> bool:
    """Whether coming into the group changes the row: it begins a conversation, or moves it up. A later deletion stands."""
    if not viewer.joined_key or (row.is_listed and viewer.joined_key <= row.order_key):
        return False
    if not row.is_listed:
        # A row without a place is none that its owner has ever seen, or had taken away: see `_unsee`.
        if row.order_key and viewer.joined_key <= to_epoch_us(row.deleted_at):
            return False
        _list(row, look, bare_id, group_type)
    row.order_key = max(row.order_key, viewer.joined_key)
    return True


def _retype(members: Sequence[_Member], thread: str, group_type: str, recounts: bool) -> None:
    """Let the group's type change rows of the list, and with `recounts` what they count."""
    counts = {one.row.owner_id: one.row.imported_unread if recounts else one.row.unread_count for one in members}
    if recounts and members and group_type not in rules.UNCOUNTED_GROUPS:
        viewers = {one.row.owner_id: one.viewer for one in members}
        first = min(unread_counts.unread_floor(one.row) for one in members)
        for message, rows in unread_counts.not_passed((one.row for one in members), messages.outlines(thread, first)):
            for row in rows:
                counts[row.owner_id] += viewers[row.owner_id].counts_as_unread(message, row)
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
    stored = messages.outlines(thread, NO_POSITION)
    order_key = max((rules.order_key(one, row) for one in stored if one.body is not None and viewer.sees(one)), default=0)
    order_key = max(order_key, viewer.joined_key)
    if not order_key and messages.is_pruned(thread):
        return False  # what it is there for may be gone
    row.order_key = order_key
    if not row.order_key:
        row.deleted_at = timezone.now()  # these messages were all that it was there for
    return True


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


def _profiles(owner_ids: Collection[str]) -> dict[str, tuple[str, str]]:
    """Nick and avatar of users, for the conversations that begin."""
    if not owner_ids:
        return {}
    known = Owner.objects.filter(owner_id__any_of=sorted(owner_ids)).values_list("owner_id", "nick_name", "face_url")
    return {owner_id: (nick_name, face_url) for owner_id, nick_name, face_url in known}
