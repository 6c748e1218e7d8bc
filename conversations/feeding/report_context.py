"""What the rest of the database says about reported conversations, read at once for a whole report."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import orjson

from conversations import identifiers, positions, threads
from conversations.actions import begun_conversations, peer_receipts, pins
from conversations.actions import groups as conversation_groups
from conversations.choices import ConversationType
from conversations.exceptions import ConversationError
from conversations.formats import at_info, erasure, message_content
from conversations.formats.entries import Entry
from conversations.formats.fields import UINT32_MAX
from conversations.models import Conversation, Group, Message, Owner
from conversations.store import erasures, message_reads
from conversations.store.erasures import ErasedUsers
from conversations.store.message_reads import MessageKey
from conversations.store.owners import LockedOwner
from conversations.store.threads import groups_without_membership, newest_stored
from conversations.unread import rules, viewers

Rows = Mapping[str, Conversation]  # by conversationID


class ReportedConversation(NamedTuple):
    """A valid object of a report: its values, the keys that it has, and why parts of it were refused."""

    entry: Entry
    keys: frozenset[str]
    refused: tuple[ConversationError, ...] = ()

    @property
    def conversation_id(self) -> str:
        return self.entry.conversation_id


class KnownProfile(NamedTuple):
    """The name and avatar of a peer or group, "" if unknown, and all nicknames that the peer ever had."""

    name: str = ""
    face_url: str = ""
    all_names: frozenset[str] = frozenset()


@dataclass
class ReportContext:
    """What is stored beside the reported rows, by conversationID, and how much room the owner has left."""

    newest: Mapping[str, str]  # positions of the newest stored messages
    messages: Mapping[MessageKey, Message]  # the stored ones among those that the report mentions
    profiles: Mapping[str, KnownProfile]
    read_by_peer: Mapping[str, int]  # epoch seconds
    erased: ErasedUsers
    room_for_pins: int
    room_in_groups: list[int]  # of conversation groups, by bit
    room_for_conversations: int | None  # that begin with this report; None without limit

    def without_erased(self, reported: ReportedConversation) -> ReportedConversation:
        """Return what an app reported without what it still knows of users who were erased."""
        entry = erasure.without_erased(reported.entry, erased_at_s=self.erased.at_s, nameless=self.erased.nameless)
        return reported._replace(entry=entry)


def load_rows(
    owner: LockedOwner, reported: Sequence[ReportedConversation], *, is_vouched_for: bool = False
) -> dict[str, Conversation]:
    """Return the reported rows, deleted ones too, and new rows for missing ones.

    A new group's row without a known membership is a claim, unless a service vouches for it.
    """
    owner_id, ids = owner.owner_id, {item.conversation_id for item in reported}
    stored = Conversation.objects.filter(owner_id=owner_id).any_of(sorted(ids)).defer("wire_head", "created_at")
    rows = {row.conversation_id: row for row in stored} if ids else {}
    for conversation_id in ids - rows.keys():
        type_, bare_id = identifiers.split(conversation_id)
        rows[conversation_id] = rules.new_row(owner_id, type_, bare_id, erased_at_s=owner.erased_at_s)
    # A deleted row does not follow the changes of its owner's membership.
    unlisted_groups = [row for row in rows.values() if row.is_group and not row.is_listed]
    unproven = groups_without_membership(owner_id, [row.conversation_id for row in unlisted_groups])
    vouched = {item.conversation_id for item in reported if is_vouched_for and not item.entry.is_claimed}
    for (_owner_id, conversation_id), viewer in viewers.of_rows(unlisted_groups).items():
        row = rows[conversation_id]
        if conversation_id not in unproven:
            row.membership = viewer.membership.now()
        elif conversation_id not in vouched and row.was_never_listed:
            row.is_claimed = True
    return rows


def load(
    owner: LockedOwner, rows: Rows, reported: Sequence[ReportedConversation], *, is_vouched_for: bool = False
) -> ReportContext:
    """Return the context of reported rows; the same few queries for any number of them."""
    newest = newest_stored(owner.owner_id, rows)
    has_groups = any(item.entry.group_names for item in reported)
    is_limited = not is_vouched_for and any(row._state.adding for row in rows.values())
    users = _users(reported)
    return ReportContext(
        newest={conversation_id: position for conversation_id, position in newest.items() if position},
        messages=_mentioned_messages(owner.owner_id, rows, reported),
        profiles=_user_profiles(rows, users) | _group_profiles(rows),
        read_by_peer=_read_by_peers(owner.owner_id, rows),
        erased=erasures.of(users.values()),
        room_for_pins=pins.room_for_pins(owner.owner_id) + _unpinned_by(rows, reported),
        room_in_groups=conversation_groups.rooms(owner) if has_groups else [],
        room_for_conversations=begun_conversations.room_for_conversations(owner.owner_id) if is_limited else None,
    )


def _mentioned_messages(owner_id: str, rows: Rows, reported: Iterable[ReportedConversation]) -> dict[MessageKey, Message]:
    """Return the stored messages that the report mentions or replaces.

    None of a group of which the owner is not known to be a member.
    """
    unproven = groups_without_membership(owner_id, rows)
    entries = [item.entry for item in reported if item.conversation_id not in unproven]
    keys = {
        (threads.thread_of(owner_id, entry.conversation_id), position)
        for entry in entries
        for position in (*_mentioned_positions(entry), rows[entry.conversation_id].last_message_position)
        if position
    }
    return _sent_messages(owner_id, entries) | message_reads.find(sorted(keys))


def _sent_messages(owner_id: str, entries: Iterable[Entry]) -> dict[MessageKey, Message]:
    """Return the stored messages that entries show as not yet sent; they have the same random."""
    randoms: dict[str, int] = {}
    for entry in entries:
        body = orjson.loads(entry.last_message) if entry.last_message else {}
        random = body.get("random")
        if entry.last_message and message_content.stage(body) == 0 and type(random) is int and 0 < random <= UINT32_MAX:
            randoms[threads.thread_of(owner_id, entry.conversation_id)] = random
    if not randoms:
        return {}
    stored = Message.objects.filter(thread__any_of=sorted(randoms), random__in=sorted(set(randoms.values())))
    return {(message.thread, message.position): message for message in stored.filter(sender=owner_id)}


def _mentioned_positions(entry: Entry) -> list[str]:
    """Return the positions of an entry's last message and of its messages with mentions."""
    seqs = at_info.seqs(entry.group_at_info) if entry.type == ConversationType.GROUP else ()
    return [entry.last_message_position, *map(positions.of_group, seqs)]


def _bare_ids(rows: Rows, *, of_groups: bool) -> dict[str, str]:
    """Return the conversationID of each peer, or of each group."""
    ids = (conversation_id for conversation_id, row in rows.items() if row.is_group == of_groups)
    return {identifiers.split(conversation_id)[1]: conversation_id for conversation_id in ids}


def _users(reported: Sequence[ReportedConversation]) -> dict[str, Owner]:
    """Return the known ones of the peers and the last messages' senders, by ID. One query."""
    user_ids = {user_id for item in reported for user_id in erasure.users_in(item.entry)}
    columns = ("nick_name", "nick_name_at_ms", "face_url", "former_names", "erased_at_s")
    return {user.owner_id: user for user in Owner.objects.any_of(sorted(user_ids)).only(*columns)}


def _user_profiles(rows: Rows, users: Mapping[str, Owner]) -> dict[str, KnownProfile]:
    peers = _bare_ids(rows, of_groups=False)
    return {
        peers[user_id]: KnownProfile(
            user.nick_name, user.face_url, frozenset((*orjson.loads(user.former_names), user.nick_name))
        )
        for user_id, user in users.items()
        if user_id in peers
    }


def _group_profiles(rows: Rows) -> dict[str, KnownProfile]:
    """Return the groups' own names and avatars, which a claim does not show."""
    groups = _bare_ids({id_: row for id_, row in rows.items() if not row.is_claimed}, of_groups=True)
    stored = Group.objects.filter(group_id__any_of=sorted(groups)).only("name", "face_url")
    return {groups[group.group_id]: KnownProfile(group.name, group.face_url) for group in stored}


def _read_by_peers(owner_id: str, rows: Rows) -> dict[str, int]:
    peers = _bare_ids(rows, of_groups=False)
    read_by = peer_receipts.read_by(owner_id, sorted(peers)) if peers else {}
    return {peers[peer]: time_s for peer, time_s in read_by.items()}


def _unpinned_by(rows: Rows, reported: Iterable[ReportedConversation]) -> int:
    """Return how many pinned rows the report unpins."""
    unpinned = {item.conversation_id for item in reported if "isPinned" in item.keys and not item.entry.is_pinned}
    return sum(rows[conversation_id].is_pinned for conversation_id in unpinned)
