"""What staff puts right in an owner's list: the owner's own actions, told before they are done, and logged.

What will change is found by doing it and taking it back, so that nothing is told by a second rule.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from conversations.actions import pins, reading, settings
from conversations.actions import results as actions_results
from conversations.actions.results import Result, Results
from conversations.choices import Mark, ReceiveOption
from conversations.digits import INT64_DIGITS, parse_digits
from conversations.exceptions import ConversationError, ConversationNotFound, InvalidParameter
from conversations.formats import at_info, marks
from conversations.models import Conversation, ConversationRow, composite_keys
from conversations.store.owners import lock_many, lock_with_peers
from conversations.store.transactions import in_transaction
from conversations.sync_tokens import NEVER_SEEN


class Deed(NamedTuple):
    """Something to put right: its button's words, the action on many of an owner, and the rows for which it is offered, among
    many too: another way of muting, say, stays.
    """

    label: str
    act: Callable[..., Results]
    is_offered: Callable[[Conversation], bool]


class Change(NamedTuple):
    """A field by its SDK name, before and after, as JSON values."""

    field: str
    before: Any
    after: Any


class Effect(NamedTuple):
    """What a deed changes in one conversation, given as it was before; or why it can't."""

    conversation: Conversation
    changes: list[Change]
    refusal: str = ""


class ChangedMeanwhile(ConversationError):
    """A conversation is not any more what was looked at before the deed."""

    status = 409


def _one_by_one(act: Callable[..., object]) -> Callable[..., Results]:
    """An action on one, for many; each is all or nothing by itself."""

    def act_on_each(*, owner_id: str, conversation_ids: Sequence[str]) -> Results:
        results = []
        for one in conversation_ids:
            try:
                act(owner_id=owner_id, conversation_id=one)
                results.append(Result(one))
            except ConversationError as error:
                results.append(actions_results.refused(one, error))
        return Results(NEVER_SEEN, results)

    return act_on_each


MOVE = "move_read_position"
_receive = partial(settings.set_each_receive_option, option=ReceiveOption.RECEIVE)
_receive_quietly = partial(settings.set_each_receive_option, option=ReceiveOption.RECEIVE_NOT_NOTIFY)
_star, _unstar = (partial(settings.set_marks, marks=Mark.STAR, enabled=enabled) for enabled in (True, False))
DEEDS = {
    "read": Deed(_("Mark as read"), reading.read_each, lambda row: not actions_results.is_read(row)),
    "recount": Deed(_("Recount the unread"), reading.recount_each, lambda row: True),
    "pin": Deed(_("Pin"), partial(pins.set_each_pinned, pinned=True), lambda row: not row.is_pinned),
    "unpin": Deed(_("Unpin"), partial(pins.set_each_pinned, pinned=False), lambda row: row.is_pinned),
    "star": Deed(_("Mark with a star"), _star, lambda row: not row.marks & Mark.STAR),
    "unstar": Deed(_("Take the star away"), _unstar, lambda row: bool(row.marks & Mark.STAR)),
    "mute": Deed(_("Mute"), _receive_quietly, lambda row: row.recv_opt == ReceiveOption.RECEIVE),
    "unmute": Deed(_("Unmute"), _receive, lambda row: row.recv_opt != ReceiveOption.RECEIVE),
}
# What the log tells of by name.
LABELS = {name: deed.label for name, deed in DEEDS.items()} | {MOVE: _("Move the read position")}

# What a deed may change, by SDK name, as the log keeps it.
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
def foresee(*, deed: str, owner_id: str, conversation_ids: Sequence[str]) -> list[Effect]:
    """What a deed of DEEDS would change; nothing is changed. Raises ConversationNotFound."""
    effects = _effects_of(DEEDS[deed], owner_id, conversation_ids)
    transaction.set_rollback(True)
    return effects


@in_transaction
def carry_out(*, deed: str, owner_id: str, seen: Mapping[str, int], user_id: int) -> list[Effect]:
    """Do a deed of DEEDS to conversations that were seen at these versions, and log what it changed.

    Where they are so already, as after a second click, nothing is done. Raises ConversationNotFound, ChangedMeanwhile.
    """
    effects = _effects_of(DEEDS[deed], owner_id, list(seen))
    changed = [effect for effect in effects if effect.changes]
    if any(effect.conversation.version != seen[effect.conversation.conversation_id] for effect in changed):
        raise ChangedMeanwhile(_("This changed meanwhile. Look again at what would be done."))
    kind = ContentType.objects.get_for_model(ConversationRow)
    LogEntry.objects.bulk_create(_entry(deed, effect, kind, user_id) for effect in changed)
    return effects


@in_transaction
def move_read_position(*, owner_id: str, conversation_id: str, to: int) -> list[Change]:
    """As `reading.move_read_position`, and what this changed; the log entry is the caller's. Raises ConversationError."""
    move = Deed(LABELS[MOVE], _one_by_one(partial(reading.move_read_position, to=to)), lambda row: True)
    [effect] = _effects_of(move, owner_id, [conversation_id])
    if effect.refusal:
        raise InvalidParameter(effect.refusal, field="to")
    return effect.changes


def versions(texts: Mapping[str, str]) -> dict[str, int]:
    """What a form says was seen, by conversationID. Raises InvalidParameter."""
    seen = {conversation_id: parse_digits(text, at_most=INT64_DIGITS) for conversation_id, text in texts.items()}
    if "" in seen or None in seen.values():
        raise InvalidParameter(_("This is not what the page sends: open it again."), field="seen")
    return seen


def log_message(deed: str, changes: Sequence[Change]) -> list[dict[str, Any]]:
    """What was done, from what to what: for programs, and in the form that the admin puts into a reader's own language."""
    in_words = [f"{one.field} {json.dumps(one.before)} → {json.dumps(one.after)}" for one in changes]
    return [{"changed": {"fields": in_words}, "deed": deed, "changes": [one._asdict() for one in changes]}]


def _effects_of(deed: Deed, owner_id: str, conversation_ids: Sequence[str]) -> list[Effect]:
    lock_with_peers(owner_id, conversation_ids)
    _owner, before = lock_many(owner_id, conversation_ids)
    for one in conversation_ids:
        if one not in before:
            raise ConversationNotFound(one)
    fitting = [one for one in conversation_ids if deed.is_offered(before[one])]
    refusals = {one.conversation_id: one.info for one in deed.act(owner_id=owner_id, conversation_ids=fitting).results}
    _owner, after = lock_many(owner_id, conversation_ids)
    return [Effect(before[one], _changes(before[one], after[one]), refusals.get(one, "")) for one in conversation_ids]


def _changes(before: Conversation, after: Conversation) -> list[Change]:
    values = [Change(name, value(before), value(after)) for name, value in FIELDS.items()]
    return [one for one in values if one.before != one.after]


def _entry(deed: str, effect: Effect, kind: ContentType, user_id: int) -> LogEntry:
    row = effect.conversation
    return LogEntry(
        user_id=user_id,
        content_type=kind,
        object_id=composite_keys.to_text(row.owner_id, row.conversation_id),
        object_repr=str(row),
        action_flag=CHANGE,
        change_message=json.dumps(log_message(deed, effect.changes), ensure_ascii=False),
    )
