"""Merge what a user's app reports of its conversations into the rows, where webhooks say nothing. See `report_merging`."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, cast

import orjson

from conversations import identifiers, positions, threads
from conversations.actions import begun_conversations, read_positions, reading
from conversations.actions.results import Result, Results, refusal_result
from conversations.choices import ChangedBy, ConversationType
from conversations.exceptions import ConversationError
from conversations.feeding import member_inference, report_checks, report_context, report_merging
from conversations.feeding.report_context import ReportedConversation
from conversations.formats.entries import Entry
from conversations.formats.message_content import is_erased
from conversations.models import Conversation, Message
from conversations.store import message_reads
from conversations.store.owners import LockedOwner, lock_owner, lock_owners, save_owners
from conversations.store.rows import insert_rows, save_conversations, save_unlisted
from conversations.store.transactions import in_transaction
from conversations.sync_tokens import NEVER_SEEN
from conversations.times import CLOCK_TOLERANCE_S, to_epoch_s
from conversations.unread import counts, rules, viewers
from conversations.unread.last_message import newest_shown

# The columns that a report can change.
COLUMNS = (
    *read_positions.READ_COLUMNS, "group_type", "show_name", "face_url", "recv_opt", "last_message", "last_message_at",
    "last_message_position", "draft_text", "draft_timestamp", "is_pinned", "activity_key", "marks", "custom_data",
    "conversation_groups", "membership", "is_claimed", "deleted_at", "created_version",
)  # fmt: skip
# How long a report waits until the stored messages of groups are counted for newly inferred members.
PATIENCE_S = 1.0


class ReportItem(NamedTuple):
    """An object of a report, valid or refused, with the conversationID that it names."""

    conversation_id: str
    content: ReportedConversation | ConversationError


def record(*, owner_id: str, objects: Sequence[Any], is_vouched_for: bool = False) -> Results:
    """Merge conversations in any of the SDK's dialects, and return a result for each, in their order.

    An invalid object does not affect the others. What can't be taken of a valid one (a pin or a conversation group beyond the
    limits, a draft of the future) is named in its result, and the rest is taken. `is_vouched_for`: a service reports, not the
    user's app alone, so each group conversation proves membership.
    """
    items = [_to_item(obj, owner_id) for obj in objects]
    results, read_rows = _merge(owner_id, items, is_vouched_for)
    reading.show_to_peers(owner_id, read_rows)
    entries = [item.content.entry for item in items if isinstance(item.content, ReportedConversation)]
    claims = [entry for entry in entries if entry.is_claimed or not is_vouched_for]
    _infer_members(owner_id, [*(entry for entry in entries if entry not in claims), *_known_to_members(claims)])
    return results


def _to_item(obj: Any, owner_id: str) -> ReportItem:
    try:
        reported = report_checks.check(obj, owner_id)
        return ReportItem(reported.conversation_id, reported)
    except ConversationError as error:
        return ReportItem(report_checks.named_id(obj), error)


# ---- Membership --------------------------------------------------------------------------------


def _known_to_members(entries: Sequence[Entry]) -> list[Entry]:
    """Return the group conversations whose last message is a stored one, as only the group's members know it.

    Anybody can claim to have a group's conversation, and would be shown its messages.
    """
    by_key = {
        (identifiers.split(entry.conversation_id)[1], entry.last_message_position): entry
        for entry in entries
        if entry.last_message and entry.type == ConversationType.GROUP
    }
    stored = message_reads.find(list(by_key))
    return [by_key[key] for key, message in stored.items() if _is_same(by_key[key], message)]


def _is_same(entry: Entry, message: Message) -> bool:
    """Return whether an entry's last message is this stored one. Its random is not enough: a back end may count instead."""
    if message.random is None or message.body is None or message.is_recalled or is_erased(message.edit):
        return False
    if entry.last_message is None or entry.last_message_at is None:
        return False
    reported, stored = orjson.loads(entry.last_message), orjson.loads(message.body)
    # A message without MsgTime got the time of its arrival.
    is_same_time = abs(to_epoch_s(entry.last_message_at) - message.time_s) <= CLOCK_TOLERANCE_S
    is_same_origin = (reported.get("sender"), reported.get("random")) == (message.sender, message.random)
    return is_same_time and is_same_origin and _text(reported) == _text(stored)


def _text(message: Mapping[str, Any]) -> str | None:
    element = message.get("textElem")
    return element.get("text") if isinstance(element, dict) else None


def _infer_members(owner_id: str, entries: Iterable[Entry]) -> None:
    """Make the owner a member of the entries' groups. What is not counted in time is left to `make serve`'s timer."""
    until = time.monotonic() + PATIENCE_S
    for group_id in member_inference.infer_members((owner_id, entry.conversation_id) for entry in entries):
        if time.monotonic() > until:
            break
        member_inference.count_for_inferred([group_id])


# ---- Rows --------------------------------------------------------------------------------------


@in_transaction
def _merge(owner_id: str, items: Sequence[ReportItem], is_vouched_for: bool) -> tuple[Results, list[Conversation]]:
    """Merge the valid objects into the rows; return the results, and the one-to-one rows that were read further."""
    reported = [item.content for item in items if isinstance(item.content, ReportedConversation)]
    owner = lock_owners([owner_id])[owner_id] if reported else lock_owner(owner_id)
    if owner is None:
        return Results(
            NEVER_SEEN, [refusal_result(item.conversation_id, cast(ConversationError, item.content)) for item in items]
        ), []
    rows = report_context.load_rows(owner, reported, is_vouched_for=is_vouched_for)
    before = {conversation_id: _state(row) for conversation_id, row in rows.items()}
    read_before = {conversation_id: row.c2c_read_timestamp for conversation_id, row in rows.items()}
    context = report_context.load(owner, rows, reported, is_vouched_for=is_vouched_for)
    results = _merge_each(owner, rows, items, context)
    changed = [row for conversation_id, row in rows.items() if _state(row) != before[conversation_id]]
    if not is_vouched_for:
        begun_conversations.begin_many(owner_id, sum(row._state.adding for row in changed))
    _save(owner, changed)
    read_further = [row for conversation_id, row in rows.items() if row.c2c_read_timestamp > read_before[conversation_id]]
    return Results(owner.token, results), read_further


def _merge_each(
    owner: LockedOwner,
    rows: Mapping[str, Conversation],
    items: Sequence[ReportItem],
    context: report_context.ReportContext,
) -> list[Result]:
    """Merge each valid object into its row, and return a result for every object, in their order."""
    results, to_count = [], {}
    for conversation_id, content in items:
        try:
            if isinstance(content, ConversationError):
                raise content
            row = rows[conversation_id]
            position_before = row.last_message_position
            must_count, refused = report_merging.merge(row, context.without_erased(content), context, owner)
            if must_count:
                to_count[conversation_id] = row
            if row.last_message_position < position_before:
                _show_newest(row, context)
            results.append(refusal_result(conversation_id, refused) if refused else Result(conversation_id))
        except ConversationError as error:
            results.append(refusal_result(conversation_id, error))
    for conversation_id, unread in counts.recount_many(list(to_count.values())).items():
        rows[conversation_id].unread_count = unread
    return results


def _show_newest(row: Conversation, context: report_context.ReportContext) -> None:
    """Show the newest stored message, if it is newer than the last one, which has turned out to be an earlier one."""
    if context.newest.get(row.conversation_id, positions.NO_POSITION) <= row.last_message_position:
        return
    peer_read_s = context.read_by_peer.get(row.conversation_id, 0)
    viewer = replace(viewers.of_row(row), peer_read_s=peer_read_s)
    newest = newest_shown(row, viewer, threads.thread_of(row.owner_id, row.conversation_id))
    if newest is not None and newest.position > row.last_message_position:
        rules.set_last(row, viewer, newest)


def _state(row: Conversation) -> list[Any]:
    return [getattr(row, column) for column in COLUMNS]


def _save(owner: LockedOwner, changed: list[Conversation]) -> None:
    listed = [row for row in changed if report_merging.is_listed(row)]
    new = [row for row in listed if row._state.adding]
    save_conversations(owner, [row for row in listed if not row._state.adding], COLUMNS, by=ChangedBy.REPORT)
    insert_rows(owner, new, by=ChangedBy.REPORT)
    save_unlisted(owner, [row for row in changed if row.deleted_at is not None], COLUMNS, by=ChangedBy.REPORT)
    if not listed:
        save_owners([owner])  # who may have new conversation groups, of deleted conversations
