"""Corrections that staff make in a user's list: the user's own actions, previewed, applied and logged.

A preview runs the action and rolls it back, so that it can't differ from what applying it does.
"""

import json
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
from conversations.formats import at_info, marks
from conversations.models import Conversation
from conversations.staff import action_log
from conversations.store.owners import lock_many, lock_with_peers
from conversations.store.transactions import in_transaction
from conversations.sync_tokens import NEVER_SEEN


class Correction(NamedTuple):
    """A button's label, the text once it is applied, the action on many conversations, and the rows that offer it.

    Among many rows, too, the action reaches only these: another kind of muting, say, stays as it is.
    """

    label: Text
    outcome: Text
    act: Callable[..., Results]
    is_offered: Callable[[Conversation], bool]


class Change(NamedTuple):
    """A field by its SDK name, before and after, as JSON values."""

    field: str
    before: Any
    after: Any


class Effect(NamedTuple):
    """The changes that a correction makes to a conversation, which is as it was before; or why it was refused."""

    conversation: Conversation
    changes: list[Change]
    refusal: str = ""


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
_star, _unstar = (partial(settings.set_marks, marks=Mark.STAR, enabled=enabled) for enabled in (True, False))
CORRECTIONS = {
    "read": Correction(_("Mark as read"), _("Marked as read"), reading.read_each, lambda row: not row_state.is_read(row)),
    "recount": Correction(_("Recalculate unread"), _("Unread recalculated"), recounts.recount_each, lambda row: True),
    "pin": Correction(_("Pin"), _("Pinned"), partial(pins.set_each_pinned, pinned=True), lambda row: not row.is_pinned),
    "unpin": Correction(_("Unpin"), _("Unpinned"), partial(pins.set_each_pinned, pinned=False), lambda row: row.is_pinned),
    "star": Correction(_("Star"), _("Starred"), _star, lambda row: not row.marks & Mark.STAR),
    "unstar": Correction(_("Unstar"), _("Unstarred"), _unstar, lambda row: bool(row.marks & Mark.STAR)),
    "mute": Correction(_("Mute"), _("Muted"), _mute, lambda row: row.recv_opt == ReceiveOption.RECEIVE),
    "unmute": Correction(_("Unmute"), _("Unmuted"), _unmute, lambda row: row.recv_opt != ReceiveOption.RECEIVE),
}

# The fields that a correction may change, by SDK name, as the log stores them.
FIELDS: dict[str, Callable[[Conversation], Any]] = {
    "unreadCount": lambda row: row.unread_count,
    "groupReadSequence": lambda row: row.group_read_sequence,
    "c2cReadTimestamp": lambda row: row.c2c_read_timestamp,
    "groupAtInfoList": lambda row: at_info.seqs(row.group_at_info),
    "isPinned": lambda row: row.is_pinned,
    "markList": lambda row: marks.mark_list(row.marks),
    "recvOpt": lambda row: row.recv_opt,
}


@in_transaction
def preview(*, action: str, owner_id: str, conversation_ids: Sequence[str]) -> list[Effect]:
    """Return what an action of CORRECTIONS would change, and change nothing. Raises ConversationNotFound."""
    effects = _effects_of(CORRECTIONS[action], owner_id, conversation_ids)
    transaction.set_rollback(True)
    return effects


@in_transaction
def apply(*, action: str, owner_id: str, seen: Mapping[str, int], user_id: int) -> list[Effect]:
    """Apply an action of CORRECTIONS to conversations that were previewed at these versions, and log what changed.

    Repeating it, as a second click does, changes nothing. Raises ConversationNotFound, PreviewOutdated.
    """
    with acting.acting(staff_actor(user_id)):
        effects = _effects_of(CORRECTIONS[action], owner_id, list(seen))
    changed = [effect for effect in effects if effect.changes]
    if any(effect.conversation.version != seen[effect.conversation.conversation_id] for effect in changed):
        raise PreviewOutdated(_("The conversation changed in the meantime. Review the changes again."))
    LogEntry.objects.bulk_create(
        action_log.conversation_entry(effect.conversation, log_message(action, effect.changes), user_id=user_id)
        for effect in changed
    )
    return effects


@in_transaction
def move_read_position(*, owner_id: str, conversation_id: str, to: int, user_id: int) -> list[Change]:
    """Move a read position as `recounts.move_read_position` does and return the changes; the caller logs them.

    Raises ConversationError.
    """
    act = _one_by_one(partial(recounts.move_read_position, to=to))
    move = Correction(label="", outcome="", act=act, is_offered=lambda row: True)
    with acting.acting(staff_actor(user_id)):
        [effect] = _effects_of(move, owner_id, [conversation_id])
    if effect.refusal:
        raise InvalidParameter(effect.refusal, field="to")
    return effect.changes


def staff_actor(user_id: int) -> str:
    """Return the name under which a member of staff's changes are recorded."""
    return f"staff:{user_id}"


def parse_versions(texts: Mapping[str, str]) -> dict[str, int]:
    """Return the versions that a form says were previewed, by conversationID. Raises InvalidParameter."""
    versions = {conversation_id: parse_digits(text, at_most=INT64_DIGITS) for conversation_id, text in texts.items()}
    if "" in versions or None in versions.values():
        raise InvalidParameter(_("The form is incomplete. Reload the page and try again."), field="seen")
    return versions


def log_message(action: str, changes: Sequence[Change]) -> list[dict[str, Any]]:
    """Return the log's message: for programs, and in the form that the admin translates for its reader."""
    texts = [f"{change.field} {json.dumps(change.before)} → {json.dumps(change.after)}" for change in changes]
    return action_log.changed_message(*texts, action=action, changes=[change._asdict() for change in changes])


def _effects_of(correction: Correction, owner_id: str, conversation_ids: Sequence[str]) -> list[Effect]:
    lock_with_peers(owner_id, conversation_ids)
    _owner, before = lock_many(owner_id, conversation_ids)
    for conversation_id in conversation_ids:
        if conversation_id not in before:
            raise ConversationNotFound(conversation_id)
    offered = [id_ for id_ in conversation_ids if correction.is_offered(before[id_])]
    results = correction.act(owner_id=owner_id, conversation_ids=offered).results
    refusals = {result.conversation_id: result.info for result in results}
    _owner, after = lock_many(owner_id, conversation_ids)
    return [Effect(before[id_], _changes(before[id_], after[id_]), refusals.get(id_, "")) for id_ in conversation_ids]


def _changes(before: Conversation, after: Conversation) -> list[Change]:
    changes = [Change(name, value(before), value(after)) for name, value in FIELDS.items()]
    return [change for change in changes if change.before != change.after]
