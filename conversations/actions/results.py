"""What an owner does with conversations: one function for each intention, for API, admin, pages and commands alike.

An action on one conversation gives it back with its owner; one on many gives a result for each ID, in the order asked, and
does what can be done. What is so already is no change and takes no version.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from conversations import identifiers, positions
from conversations.choices import ChangedBy
from conversations.exceptions import ConversationError, ConversationNotFound, InvalidParameter
from conversations.formats import at_info
from conversations.models import Conversation
from conversations.models.conversations import ORDER_KEY_LIMIT
from conversations.models.querysets import NO_AT_INFO
from conversations.store.owners import LockedOwner, lock_many, lock_one
from conversations.store.rows import save_conversations
from conversations.times import now_us

# An owner never seen has no state; the token means "from the start".
NEVER_SEEN = "0"


class Outcome(NamedTuple):
    """A conversation after an action, and its owner."""

    owner: LockedOwner
    conversation: Conversation


class Result(NamedTuple):
    """What became of one ID. Source: V2TIMConversationOperationResult."""

    conversation_id: str
    code: int = 0
    info: str = ""


class Results(NamedTuple):
    """The results of an action on many, and the feed token of the list after it."""

    token: str
    results: list[Result]


def change_each(
    owner_id: str,
    conversation_ids: Sequence[str],
    change: Callable[[Conversation], bool],
    columns: Sequence[str],
    *,
    by: ChangedBy,
    before_saving: Callable[[LockedOwner], None] = lambda owner: None,
) -> Results:
    """Apply `change` to each conversation; it says whether it changed these columns, or raises a ConversationError."""
    owner, known = lock_many(owner_id, conversation_ids)
    if owner is None:
        return Results(NEVER_SEEN, [refused(one, _why_unknown(one)) for one in conversation_ids])
    results, changed = {}, []
    for one in dict.fromkeys(conversation_ids):
        try:
            if one not in known:
                raise _why_unknown(one)
            if change(known[one]):
                changed.append(known[one])
            results[one] = Result(one)
        except ConversationError as error:
            results[one] = refused(one, error)
    if changed:
        before_saving(owner)
        save_conversations(owner, changed, columns, by=by)
    return Results(owner.token, [results[one] for one in conversation_ids])


def _why_unknown(conversation_id: str) -> ConversationError:
    try:
        identifiers.split(conversation_id)
    except InvalidParameter as error:
        return error
    return ConversationNotFound(conversation_id)


def refused(conversation_id: str, error: ConversationError) -> Result:
    return Result(conversation_id, int(error.code), str(error.detail))


def locked_one(owner_id: str, conversation_id: str) -> Outcome:
    """A conversation whose owner is locked. Raises ConversationNotFound."""
    found = lock_one(owner_id, conversation_id)
    if found is None:
        raise ConversationNotFound(conversation_id)
    return Outcome(*found)


def newest_known(conversation: Conversation, stored: Mapping[str, str]) -> str:
    """The position of the newest message that this row or what is stored (`counting.newest_stored`) tells of."""
    seqs = at_info.seqs(conversation.group_at_info)
    return max(
        conversation.last_message_position,
        conversation.imported_unread_position,
        conversation.deleted_position,
        conversation.cleared_position,
        stored.get(conversation.conversation_id, positions.NO_POSITION),
        positions.of_group(max(seqs)) if seqs else positions.NO_POSITION,
    )


def is_read(conversation: Conversation) -> bool:
    """Whether there is nothing to read."""
    return conversation.unread_count == 0 and conversation.group_at_info == NO_AT_INFO


def _activate(conversation: Conversation) -> None:
    conversation.order_key = min(max(conversation.order_key + 1, now_us()), ORDER_KEY_LIMIT - 1)
