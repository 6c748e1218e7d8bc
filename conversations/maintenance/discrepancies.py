"""What a row says against what is stored: each fault with the columns that put it right."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson
from django.db import models
from django.utils.translation import gettext_lazy as _

from conversations import identifiers, positions, threads
from conversations.choices import ConversationType, NotCountedReason
from conversations.formats import at_info
from conversations.models import Conversation, Message
from conversations.models.querysets import NO_AT_INFO
from conversations.store import message_reads
from conversations.unread import counts, last_message, rules
from conversations.unread.rules import Viewer

# A message past one of these mentions nobody any more. An import's own entries lie in what it carried over.
ENDS_A_MENTION = (NotCountedReason.DELETED, NotCountedReason.CLEARED, NotCountedReason.READ)


class Kind(models.TextChoices):
    """What can be wrong."""

    UNREAD = "unread", _("the unread number is not the one that follows")
    LAST_MESSAGE = "last_message", _("the last message is not the newest one shown")
    LAST_MESSAGE_JSON = "last_message_json", _("the last message is not JSON")
    MENTIONS = "mentions", _("the mentions are not those of the messages")
    ORDER_KEY = "order_key", _("the order key is below the last message's")
    MEMBERSHIP = "membership", _("the membership is not the roster's")
    CONVERSATION_GROUPS = "conversation_groups", _("a conversation group has no name")
    CREATED_VERSION = "created_version", _("created in a later version than its own")
    DELETED_COUNTS = "deleted_counts", _("deleted, and counts")
    VERSION_BEHIND = "version_behind", _("the owner's version is below a row's")
    RESET_BELOW = "reset_below", _("every feed token would start over")
    SAME_VERSION = "same_version", _("two rows have one version")


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """What a row has, what it is to have, and the columns with their right values."""

    kind: Kind
    stored: str
    expected: str
    columns: dict[str, Any]


def of_row(row: Conversation, group_names: list[str | None]) -> list[Discrepancy]:
    """All that is wrong with a row; `group_names` is the owner's by bit. Some six queries, whatever the thread's length."""
    found = [*_bits(row, group_names), *_created_version(row)]
    if row.deleted_at is not None:
        return [*found, *_deleted(row)]
    viewer, thread = counts.viewer_of(row), threads.thread_of(row.owner_id, row.conversation_id)
    newest = last_message.newest_shown(row, viewer, thread)
    return [
        *found,
        *_unread_and_mentions(row, viewer, thread),
        *_last_message(row, viewer, thread, newest),
        *_order_key(row, newest),
        *_membership(row, viewer),
    ]


def _bits(row: Conversation, group_names: list[str | None]) -> Iterator[Discrepancy]:
    named = sum(1 << bit for bit, name in enumerate(group_names) if name)
    if strange := row.conversation_groups & ~named:
        yield Discrepancy(
            Kind.CONVERSATION_GROUPS, bin(strange), "0b0", {"conversation_groups": row.conversation_groups & named}
        )


def _created_version(row: Conversation) -> Iterator[Discrepancy]:
    if row.created_version > row.version:
        right = {"created_version": row.version}
        yield Discrepancy(Kind.CREATED_VERSION, str(row.created_version), str(row.version), right)


def _deleted(row: Conversation) -> Iterator[Discrepancy]:
    if row.unread_count or row.group_at_info != NO_AT_INFO:
        yield Discrepancy(
            Kind.DELETED_COUNTS,
            f"{row.unread_count} {row.group_at_info}",
            f"0 {NO_AT_INFO}",
            {"unread_count": 0, "group_at_info": NO_AT_INFO},
        )


def _unread_and_mentions(row: Conversation, viewer: Viewer, thread: str) -> Iterator[Discrepancy]:
    unread, mentions = counts.recount(row, viewer)
    if unread != row.unread_count:
        yield Discrepancy(Kind.UNREAD, str(row.unread_count), str(unread), {"unread_count": unread})
    if row.type != ConversationType.GROUP:
        return
    stored = _entries(row.group_at_info)
    right = _without_stale(stored or {}, row, thread) | mentions
    if stored != right:
        text = at_info.to_json(right)
        yield Discrepancy(Kind.MENTIONS, row.group_at_info, text, {"group_at_info": text})


def _entries(group_at_info: str) -> dict[int, int] | None:
    """The @ entries by MsgSeq; None if they can't be read."""
    try:
        return at_info.types_by_seq(group_at_info)
    except (ValueError, TypeError, KeyError):
        return None


def _without_stale(entries: dict[int, int], row: Conversation, thread: str) -> dict[int, int]:
    """Without those whose message is known to be recalled, read or gone. Of one not stored only the app could tell."""
    places = {positions.of_group(seq): seq for seq in entries}
    stored = message_reads.find([(thread, place) for place in places])
    stale = {
        places[one.position]
        for one in stored.values()
        if one.is_recalled or rules.passed_by(one.position, row) in ENDS_A_MENTION
    }
    return {seq: at_type for seq, at_type in entries.items() if seq not in stale}


def _last_message(row: Conversation, viewer: Viewer, thread: str, newest: Message | None) -> Iterator[Discrepancy]:
    if row.last_message is not None and not _is_object(row.last_message):
        kind = Kind.LAST_MESSAGE_JSON
    elif _is_last(row, viewer, thread, newest):
        return
    else:
        kind = Kind.LAST_MESSAGE
    shown = Conversation(last_message=None)
    rules.set_last(shown, _with_peers_read(viewer, row, newest), newest)
    columns = ("last_message", "last_message_at", "last_message_position")
    right = {column: getattr(shown, column) for column in columns}
    yield Discrepancy(kind, row.last_message_position or "-", shown.last_message_position or "-", right)


def _is_object(text: str) -> bool:
    try:
        return type(orjson.loads(text)) is dict
    except ValueError:
        return False


def _is_last(row: Conversation, viewer: Viewer, thread: str, newest: Message | None) -> bool:
    """Whether the row shows the newest message. One that is not stored came with an import or a report, or is pruned."""
    place = row.last_message_position
    if row.last_message is None:
        return newest is None and place == positions.NO_POSITION
    if newest is not None and newest.position >= place:
        return newest.position == place
    return place == positions.NO_POSITION or (thread, place) not in message_reads.find([(thread, place)])


def _with_peers_read(viewer: Viewer, row: Conversation, newest: Message | None) -> Viewer:
    if newest is None or row.type == ConversationType.GROUP or newest.sender != row.owner_id:
        return viewer
    peer = identifiers.split(row.conversation_id)[1]
    own_id = identifiers.join(ConversationType.C2C, row.owner_id)
    read_s = Conversation.objects.named(peer, own_id).values_list("c2c_read_timestamp", flat=True).first()
    return Viewer(row.owner_id, peer_read_s=read_s or 0)


def _order_key(row: Conversation, newest: Message | None) -> Iterator[Discrepancy]:
    least = rules.order_key(newest, row) if newest else 0
    if row.order_key < least:
        yield Discrepancy(Kind.ORDER_KEY, str(row.order_key), str(least), {"order_key": least})


def _membership(row: Conversation, viewer: Viewer) -> Iterator[Discrepancy]:
    roster = viewer.roster
    if roster is None or (not roster.events and roster.dissolved_at_ms is None):
        return  # one to one, or nobody ever told
    if row.membership != (now := str(roster.now())):
        yield Discrepancy(Kind.MEMBERSHIP, row.membership, now, {"membership": now})
