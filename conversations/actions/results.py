"""Outcomes of actions on one conversation or on many, and the loop for many.

An action on many conversations returns a result for each ID, in the order asked for, and does as much as it can. An action
that finds everything as wished changes nothing and takes no version.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from conversations import identifiers
from conversations.choices import ChangedBy
from conversations.exceptions import ConversationError, ConversationNotFound, InvalidParameter
from conversations.models import Conversation
from conversations.store.owners import LockedOwner, lock_many, lock_one
from conversations.store.rows import save_conversations, save_unlisted
from conversations.sync_tokens import NEVER_SEEN


class Outcome(NamedTuple):
    """A conversation after an action, whether it is in the list, and its owner."""

    owner: LockedOwner
    conversation: Conversation
    is_listed: bool = True

    def save(self, columns: Sequence[str], *, by: ChangedBy) -> None:
        """Write changed columns of the conversation: under the next version, unless it is not in the list."""
        if self.is_listed:
            save_conversations(self.owner, [self.conversation], columns, by=by)
        else:
            save_unlisted(self.owner, [self.conversation], columns, by=by)


class Result(NamedTuple):
    """The outcome for one ID; code 0 is success. Source: V2TIMConversationOperationResult."""

    conversation_id: str
    code: int = 0
    info: str = ""


class Results(NamedTuple):
    """The results of an action on many conversations, and the sync token of the list after it."""

    token: str
    results: list[Result]


def lock_conversation(owner_id: str, conversation_id: str, *, then: Callable[[], object] = lambda: None) -> Outcome:
    """Lock an owner, and return them with one conversation of the list; `then` is that of `lock_one`.

    Raises ConversationNotFound.
    """
    locked = lock_one(owner_id, conversation_id, then=then)
    if locked is None:
        raise ConversationNotFound(conversation_id)
    return Outcome(*locked)


def change_each(
    owner_id: str,
    conversation_ids: Sequence[str],
    change: Callable[[Conversation], bool],
    columns: Sequence[str],
    *,
    by: ChangedBy,
    before_saving: Callable[[LockedOwner], None] = lambda owner: None,
) -> Results:
    """Apply `change` to each conversation, under the owner's lock, and save the rows that it changed.

    `change` returns whether it changed any of `columns`; a ConversationError that it raises becomes the result of this ID.
    """
    owner, rows_by_id = lock_many(owner_id, conversation_ids)
    if owner is None:
        refusals = (refusal_result(id_, _missing(id_)) for id_ in conversation_ids)
        return Results(NEVER_SEEN, list(refusals))
    results, changed = {}, []
    for conversation_id in dict.fromkeys(conversation_ids):
        try:
            row = rows_by_id.get(conversation_id)
            if row is None:
                raise _missing(conversation_id)
            if change(row):
                changed.append(row)
            results[conversation_id] = Result(conversation_id)
        except ConversationError as error:
            results[conversation_id] = refusal_result(conversation_id, error)
    if changed:
        before_saving(owner)
        save_conversations(owner, changed, columns, by=by)
    return Results(owner.token, [results[conversation_id] for conversation_id in conversation_ids])


def refusal_result(conversation_id: str, error: ConversationError) -> Result:
    """Return the result of an ID whose change was refused."""
    return Result(conversation_id, int(error.code), str(error.detail))


def _missing(conversation_id: str) -> ConversationError:
    try:
        identifiers.split(conversation_id)
    except InvalidParameter as error:
        return error
    return ConversationNotFound(conversation_id)
