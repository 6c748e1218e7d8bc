"""What an owner's app reports of its conversations, merged into the rows: what no webhook tells. How is in `merging`."""

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson
from django.utils.translation import gettext as _

from conversations import identifiers, positions
from conversations import threads as conversations_threads
from conversations.actions import groups as actions_groups
from conversations.actions import peer_receipts, pins, read_positions, reading, settings
from conversations.actions import results as actions_results
from conversations.actions.results import Result, Results
from conversations.choices import ChangedBy, ConversationType, GroupType
from conversations.exceptions import ConversationError, InvalidParameter
from conversations.feeding import member_inference, report_merging
from conversations.feeding.report_merging import Known, Told
from conversations.formats import at_info, conversation, dialects
from conversations.formats.entries import Entry
from conversations.models import Conversation, Group, Message, Owner
from conversations.store import message_reads
from conversations.store.owners import LockedOwner, lock_owner, lock_owners
from conversations.store.rows import insert_rows, save_conversations
from conversations.store.transactions import in_transaction
from conversations.sync_tokens import NEVER_SEEN
from conversations.times import CLOCK_TOLERANCE_S, DAY_S, check_happened_s, now_s, to_epoch_s
from conversations.unread import counts, rules

# What a report can change.
COLUMNS = (
    *read_positions.READ_COLUMNS, "group_type", "show_name", "face_url", "recv_opt", "last_message", "last_message_at",
    "last_message_position", "draft_text", "draft_timestamp", "is_pinned", "order_key", "marks", "custom_data",
    "conversation_groups", "membership", "deleted_at", "created_version",
)  # fmt: skip
# How long a report waits for messages of groups to be counted for a member who was not known.
PATIENCE_S = 1.0


def record(*, owner_id: str, objects: Sequence[Any], is_vouched_for: bool = False) -> Results:
    """Merge conversations as an SDK gives them, of any dialect; a result for each, in their order.

    A bad object is refused by itself. What can not be taken of a good one (a pin or a conversation group without room, a
    draft of the future) is named, and the rest of it is taken. `is_vouched_for`: a service says so, not the owner alone.
    """
    told: list[tuple[str, Told | ConversationError]] = []
    for item in objects:
        try:
            told.append(_checked(item, owner_id))
        except ConversationError as error:
            told.append((_id_in(item), error))
    results, rows = _record(owner_id, told)
    reading.show_to_peers(owner_id, rows)
    entries = [one.entry for _id, one in told if isinstance(one, Told)]
    _infer_members(owner_id, entries if is_vouched_for else _known_to_members(entries))
    return results


def _known_to_members(entries: Sequence[Entry]) -> list[Entry]:
    """Those whose last message is one that is stored, told as only the group's members know it.

    Anybody can claim to have a group's conversation, and would be shown its messages.
    """
    named = {(identifiers.split(one.conversation_id)[1], one.last_message_position): one for one in entries if one.last_message}
    stored = message_reads.find([key for key, one in named.items() if one.type == ConversationType.GROUP])
    return [named[key] for key, message in stored.items() if _is_same(named[key], message)]


def _is_same(entry: Entry, message: Message) -> bool:
    """Whether an object's last message is this stored one. Not by its random alone: a back end may count instead."""
    if message.random is None or message.body is None:
        return False
    told, body = orjson.loads(entry.last_message), orjson.loads(message.body)
    # A back end that tells no time has its messages at that of their coming.
    is_then = abs(to_epoch_s(entry.last_message_at) - message.time_s) <= CLOCK_TOLERANCE_S
    is_named = (told.get("sender"), told.get("random")) == (message.sender, message.random)
    return is_then and is_named and _text(told) == _text(body)


def _text(message: Mapping[str, Any]) -> str | None:
    element = message.get("textElem")
    return element.get("text") if isinstance(element, dict) else None


def _infer_members(owner_id: str, entries: Iterable[Entry]) -> None:
    """Whoever has a group's conversation is in the group; what is not counted in a while is left to `make serve`'s timer."""
    until = time.monotonic() + PATIENCE_S
    for group_id in member_inference.infer_members((owner_id, one.conversation_id) for one in entries):
        if time.monotonic() > until:
            break
        member_inference.count_for_inferred([group_id])


def _checked(item: Any, owner_id: str) -> tuple[str, Told]:
    if type(item) is dict and item.get("conv_owner") not in (None, "", owner_id):
        raise InvalidParameter(_("conv_owner: Not the owner of this list."), field="conv_owner")
    classic, ignored = dialects.to_classic(item)
    entry = conversation.from_wire(classic)
    if entry.draft_timestamp > now_s() + CLOCK_TOLERANCE_S:
        future = InvalidParameter(_("%(field)s is in the future.") % {"field": "draftTimestamp"}, field="draftTimestamp")
        ignored = [*ignored, future]
        classic = {key: value for key, value in classic.items() if key not in ("draftText", "draftTimestamp")}
        entry = conversation.from_wire(classic)
    check_happened_s(entry.c2c_read_timestamp, field="c2cReadTimestamp")
    if entry.last_message_at:
        check_happened_s(to_epoch_s(entry.last_message_at), field="lastMessage.timestamp", ahead_s=DAY_S)
    if entry.order_key > (now_s() + DAY_S) * 1_000_000:
        raise InvalidParameter(_("%(field)s is in the future.") % {"field": "orderkey"}, field="orderkey")
    settings.check_receive_option(entry.conversation_id, entry.recv_opt)
    if entry.group_type == GroupType.AVCHATROOM:
        raise InvalidParameter(_("groupType: Live rooms have no conversation here."), field="groupType")
    keys = frozenset(key for key, value in classic.items() if value is not None)
    return entry.conversation_id, Told(entry, keys, dialects.ignored_error(ignored))


def _id_in(item: Any) -> str:
    """What a bad object names itself, as far as it does."""
    named = item.get("conversationID", item.get("conv_id")) if type(item) is dict else None
    return named[: identifiers.CONVERSATION_ID_MAX_BYTES] if type(named) is str else ""


@in_transaction
def _record(owner_id: str, told: Sequence[tuple[str, Told | ConversationError]]) -> tuple[Results, list[Conversation]]:
    """The results, and the one-to-one rows that were read on."""
    good = [one for _id, one in told if isinstance(one, Told)]
    owner = lock_owners([owner_id])[owner_id] if good else lock_owner(owner_id)
    if owner is None:
        return Results(NEVER_SEEN, [actions_results.refusal_result(*one) for one in told]), []
    rows = _rows(owner_id, good)
    before = {one: _state(row) for one, row in rows.items()}
    read_before = {one: row.c2c_read_timestamp for one, row in rows.items()}
    known = _known(owner, rows, good)
    results, to_count = [], {}
    for conversation_id, one in told:
        try:
            if isinstance(one, ConversationError):
                raise one
            row = rows[conversation_id]
            is_to_count, refused = report_merging.merge(row, one, known, owner)
            if is_to_count:
                to_count[conversation_id] = row
            results.append(actions_results.refusal_result(conversation_id, refused) if refused else Result(conversation_id))
        except ConversationError as error:
            results.append(actions_results.refusal_result(conversation_id, error))
    for conversation_id, unread in counts.recount_many(list(to_count.values())).items():
        rows[conversation_id].unread_count = unread
    _save(owner, [row for one, row in rows.items() if report_merging.is_listed(row) and _state(row) != before[one]])
    read_on = [row for one, row in rows.items() if report_merging.is_listed(row) and row.c2c_read_timestamp > read_before[one]]
    return Results(owner.token, results), read_on


def _state(row: Conversation) -> list[Any]:
    return [getattr(row, column) for column in COLUMNS]


def _save(owner: LockedOwner, changed: list[Conversation]) -> None:
    new = [row for row in changed if row._state.adding]
    save_conversations(owner, [row for row in changed if not row._state.adding], COLUMNS, by=ChangedBy.REPORT)
    insert_rows(owner, new, by=ChangedBy.REPORT)


# ---- What is there ----------------------------------------------------------------------------


def _rows(owner_id: str, told: Iterable[Told]) -> dict[str, Conversation]:
    """The rows by ID, deleted ones too, and new ones for what is not there."""
    asked = {one.entry.conversation_id: one.entry for one in told}
    stored = Conversation.objects.filter(owner_id=owner_id).any_of(list(asked)).defer("wire_head", "created_at")
    rows = {row.conversation_id: row for row in stored} if asked else {}
    for conversation_id in asked.keys() - rows.keys():
        type_, bare_id = identifiers.split(conversation_id)
        rows[conversation_id] = rules.new_row(owner_id, type_, bare_id)
    new_in_groups = [row for row in rows.values() if row._state.adding and row.is_group]
    for conversation_id, viewer in counts.viewers_of(new_in_groups).items():
        rows[conversation_id].membership = viewer.roster.now()
    return rows


def _known(owner: LockedOwner, rows: Mapping[str, Conversation], told: Sequence[Told]) -> Known:
    threads = {one: conversations_threads.thread_of(owner.owner_id, one) for one in rows}
    # A group's messages are for its members: who only claims to be one has what his app tells.
    strange = counts.groups_without_membership(owner.owner_id, rows)
    inside = [one.entry for one in told if one.entry.conversation_id not in strange]
    places = {(threads[one.conversation_id], place) for one in inside for place in _places(one)}
    peers = {one.removeprefix("c2c_"): one for one, row in rows.items() if not row.is_group}
    groups = {one.removeprefix("group_"): one for one, row in rows.items() if row.is_group}
    looks = {
        peers[peer.owner_id]: (peer.nick_name, peer.face_url, frozenset((*orjson.loads(peer.former_names), peer.nick_name)))
        for peer in Owner.objects.any_of(sorted(peers)).only("nick_name", "face_url", "former_names")
    }
    looks |= {
        groups[group.group_id]: (group.name, group.face_url, frozenset())
        for group in Group.objects.filter(group_id__any_of=sorted(groups)).only("name", "face_url")
    }
    read_by = peer_receipts.read_by(owner.owner_id, sorted(peers)) if peers else {}
    unpinned = {one.entry.conversation_id for one in told if "isPinned" in one.keys and not one.entry.is_pinned}
    return Known(
        newest={one: place for one, place in counts.newest_stored(owner.owner_id, rows).items() if place},
        stored=message_reads.find(sorted(places)),
        looks=looks,
        read_by_peer={peers[peer]: time_s for peer, time_s in read_by.items()},
        room_for_pins=pins.room_for_pins(owner.owner_id) + sum(rows[one].is_pinned for one in unpinned),
        rooms=actions_groups.rooms(owner) if any(one.entry.group_names for one in told) else [],
    )


def _places(entry: Entry) -> list[str]:
    """The positions of the messages of which an object tells."""
    mentioned = at_info.seqs(entry.group_at_info) if entry.type == ConversationType.GROUP else ()
    return [*filter(None, [entry.last_message_position]), *map(positions.of_group, mentioned)]
