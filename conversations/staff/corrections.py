"""Corrections that staff make in a user's list: the user's own actions, previewed, applied, logged and undone.

A preview runs the action and rolls it back, so that it can't differ from what applying it does.
"""

import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from django.contrib.admin.models import LogEntry
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from conversations import acting
from conversations.actions import pins, reading, recounts, row_state, settings
from conversations.actions import results as actions_results
from conversations.actions.results import Result, Results
from conversations.choices import Mark, ReceiveOption
from conversations.digits import INT64_DIGITS, parse_digits
from conversations.exceptions import ConversationError, ConversationNotFound, InvalidParameter, Text
from conversations.formats import marks
from conversations.models import Conversation
from conversations.staff import action_log
from conversations.store.owners import lock_many, lock_with_peers
from conversations.store.transactions import in_transaction
from conversations.sync_tokens import NEVER_SEEN


class Correction(NamedTuple):
    """A name for the log, a button's label, the text once it is applied, the action, and the rows that offer it.

    Among many rows, too, the action reaches only these: another kind of muting, say, stays as it is.
    """

    name: str
    label: Text
    outcome: Text
    act: Callable[..., Results]
    is_offered: Callable[[Conversation], bool]
    # For one conversation it needs no preview: its label says what it does, and it can be undone without a loss.
    at_once: bool = False
    # For many it takes so long, under the locks, that all matches of a filter are too many.
    is_slow: bool = False


class Change(NamedTuple):
    """A field by its SDK name, before and after, as JSON values."""

    field: str
    before: Any
    after: Any


class Effect(NamedTuple):
    """The changes that a correction makes to a conversation, which is as it was before, and its version then; or a refusal."""

    conversation: Conversation
    changes: list[Change]
    version: int
    refusal: str = ""


class Applied(NamedTuple):
    """The effects of a correction, and the log's entries about those that are changes."""

    effects: list[Effect]
    entry_ids: list[int]


class PreviewOutdated(ConversationError):
    """A conversation changed between the preview and the correction."""

    status = 409


def _one_by_one(act: Callable[..., object]) -> Callable[..., Results]:
    """Turn an action on one conversation into an action on many; each is all or nothing by itself."""

    def act_on_each(*, owner_id: str, conversation_ids: Sequence[str]) -> Results:
        results = []
        for conversation_id in conversation_ids:
            try:
                act(owner_id=owner_id, conversation_id=conversation_id)
                results.append(Result(conversation_id))
            except ConversationError as error:
                results.append(actions_results.refusal_result(conversation_id, error))
        return Results(NEVER_SEEN, results)

    return act_on_each


MOVE = "move_read_position"
_unmute = partial(settings.set_each_receive_option, option=ReceiveOption.RECEIVE)
_mute = partial(settings.set_each_receive_option, option=ReceiveOption.RECEIVE_NOT_NOTIFY)
_mark_unread = _one_by_one(recounts.mark_unread)
_pin, _unpin = (partial(pins.set_each_pinned, pinned=pinned) for pinned in (True, False))
_star, _unstar = (partial(settings.set_marks, marks=Mark.STAR, enabled=enabled) for enabled in (True, False))
CORRECTIONS = {
    correction.name: correction
    for correction in (
        Correction("read", _("Mark as read"), _("Marked as read"), reading.read_each, lambda row: not row_state.is_read(row)),
        Correction("unread", _("Mark as unread"), _("Marked as unread"), _mark_unread, row_state.is_read, is_slow=True),
        Correction("recount", _("Recalculate unread"), _("Unread recalculated"), recounts.recount_each, lambda row: True),
        Correction("pin", _("Pin"), _("Pinned"), _pin, lambda row: not row.is_pinned, at_once=True),
        Correction("unpin", _("Unpin"), _("Unpinned"), _unpin, lambda row: row.is_pinned, at_once=True),
        Correction("star", _("Star"), _("Starred"), _star, lambda row: not row.marks & Mark.STAR, at_once=True),
        Correction("unstar", _("Unstar"), _("Unstarred"), _unstar, lambda row: bool(row.marks & Mark.STAR), at_once=True),
        Correction("mute", _("Mute"), _("Muted"), _mute, lambda row: row.recv_opt == ReceiveOption.RECEIVE, at_once=True),
        Correction(
            "unmute", _("Unmute"), _("Unmuted"), _unmute, lambda row: row.recv_opt != ReceiveOption.RECEIVE, at_once=True
        ),
    )
}


def reading_up_to(to: int) -> Correction:
    """Return the correction that moves a read position to a place, as `recounts.move_read_position` does."""
    act = _one_by_one(partial(recounts.move_read_position, to=to))
    return Correction(MOVE, _("Move read position"), _("Read position moved"), act, lambda row: True)


# The fields that a correction may change, by SDK name, as the log stores them.
FIELDS: dict[str, Callable[[Conversation], Any]] = {
    "unreadCount": lambda row: row.unread_count,
    "groupReadSequence": lambda row: row.group_read_sequence,
    "c2cReadTimestamp": lambda row: row.c2c_read_timestamp,
    "groupAtInfoList": lambda row: json.loads(row.group_at_info),
    "importedUnread": lambda row: row.imported_unread,
    "isPinned": lambda row: row.is_pinned,
    "markList": lambda row: marks.mark_list(row.marks),
    "recvOpt": lambda row: row.recv_opt,
}


@in_transaction
def preview(*, correction: Correction, owner_id: str, conversation_ids: Sequence[str]) -> list[Effect]:
    """Return what a correction would change, and change nothing. Raises ConversationNotFound."""
    effects = _effects_of(correction, owner_id, conversation_ids)
    transaction.set_rollback(True)
    return effects


@in_transaction
def apply(*, correction: Correction, owner_id: str, seen: Mapping[str, int | None], user_id: int) -> Applied:
    """Apply a correction to conversations that were previewed at these versions, and log what changed.

    The version is None for a conversation without a preview. Repeating it, as a second click does, changes nothing.
    Raises ConversationNotFound, PreviewOutdated.
    """
    with acting.acting(acting.named(acting.STAFF, user_id)):
        effects = _effects_of(correction, owner_id, list(seen))
    changed = [effect for effect in effects if effect.changes]
    if any(seen[row.conversation_id] not in (None, row.version) for row, *_rest in changed):
        raise PreviewOutdated(_("The conversation changed in the meantime. Review the changes again."))
    batch = secrets.token_hex(6)
    entries = LogEntry.objects.bulk_create(
        action_log.conversation_entry(
            effect.conversation,
            log_message(correction.name, effect.changes, effect.version, batch=batch),
            user_id=user_id,
        )
        for effect in changed
    )
    return Applied(effects, [entry.pk for entry in entries])


@in_transaction
def move_read_position(*, owner_id: str, conversation_id: str, to: int, user_id: int) -> Effect:
    """Move a read position as `recounts.move_read_position` does and return its effect; the caller logs it.

    Raises ConversationError.
    """
    with acting.acting(acting.named(acting.STAFF, user_id)):
        [effect] = _effects_of(reading_up_to(to), owner_id, [conversation_id])
    if effect.refusal:
        raise InvalidParameter(effect.refusal, field="to")
    return effect


def parse_versions(texts: Mapping[str, str]) -> dict[str, int]:
    """Return the versions that a form says were previewed, by conversationID. Raises InvalidParameter."""
    versions = {conversation_id: parse_digits(text, at_most=INT64_DIGITS) for conversation_id, text in texts.items()}
    if "" in versions or None in versions.values():
        raise InvalidParameter(_("The form is incomplete. Reload the page and try again."), field="seen")
    return versions


def log_message(action: str, changes: Sequence[Change], version: int, *, batch: str = "") -> list[dict[str, Any]]:
    """Return the log's message: for programs, and in the form that the admin translates for its reader.

    `batch` is the same in all entries of one correction.
    """
    texts = [f"{change.field} {json.dumps(change.before)} → {json.dumps(change.after)}" for change in changes]
    values = {"action": action, "changes": [change._asdict() for change in changes], "version": version, "batch": batch}
    return action_log.changed_message(*texts, **values)


def _effects_of(correction: Correction, owner_id: str, conversation_ids: Sequence[str]) -> list[Effect]:
    lock_with_peers(owner_id, conversation_ids)
    _owner, before = lock_many(owner_id, conversation_ids)
    if not before:
        raise ConversationNotFound(conversation_ids[0])
    offered = [id_ for id_ in conversation_ids if id_ in before and correction.is_offered(before[id_])]
    results = correction.act(owner_id=owner_id, conversation_ids=offered).results
    refusals = {result.conversation_id: result.info for result in results}
    _owner, after = lock_many(owner_id, conversation_ids)
    return [
        Effect(before[id_], _changes(before[id_], after[id_]), after[id_].version, refusals.get(id_, ""))
        if id_ in before
        else _missing(owner_id, id_)
        for id_ in conversation_ids
    ]


def _missing(owner_id: str, conversation_id: str) -> Effect:
    """Return the refusal of one that is deleted; the others are changed."""
    row = Conversation(owner_id=owner_id, conversation_id=conversation_id, show_name="", version=0)
    return Effect(row, [], 0, str(ConversationNotFound(conversation_id).detail))


def _changes(before: Conversation, after: Conversation) -> list[Change]:
    changes = [Change(name, value(before), value(after)) for name, value in FIELDS.items()]
    return [change for change in changes if change.before != change.after]
