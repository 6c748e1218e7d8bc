"""What an owner does with conversations: one function for each intention, for API, admin, pages and commands alike.

An action on one conversation gives it back with its owner; one on many gives a result for each ID, in the order asked, and
does what can be done. What is so already is no change and takes no version.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import cache
from typing import NamedTuple

from django.conf import settings
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from conversations import identifiers, positions
from conversations.choices import ALLOWED_MARKS, C2C_RECEIVE_OPTIONS, ChangedBy, ConversationType, ReceiveOption
from conversations.exceptions import ConversationError, ConversationNotFound, InvalidParameter, TooManyPinned
from conversations.formats import conversation as formats_conversation
from conversations.models import Conversation
from conversations.models.conversations import ORDER_KEY_LIMIT
from conversations.models.querysets import NO_AT_INFO
from conversations.store.owners import LockedOwner, in_transaction, lock_many, lock_one, save_conversations
from conversations.times import check_happened_s, now_s, now_us
from conversations.unread import counts

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


# ---- One conversation ------------------------------------------------------------------------


@in_transaction
def set_pinned(*, owner_id: str, conversation_id: str, pinned: bool) -> Outcome:
    """Keep a conversation at the top of its owner's list, or let it go.

    Raises ConversationNotFound, TooManyPinned. Source: V2TIMConversationManager.pinConversation.
    """
    outcome = locked_one(owner_id, conversation_id)
    conversation = outcome.conversation
    if conversation.is_pinned != pinned:
        if pinned:
            _check_room_for_pin(owner_id)
        conversation.is_pinned = pinned
        _activate(conversation)
        save_conversations(outcome.owner, [conversation], ("is_pinned", "order_key"), by=ChangedBy.PIN)
    return outcome


@in_transaction
def set_draft(*, owner_id: str, conversation_id: str, text: str | None, timestamp_s: int | None = None) -> Outcome:
    """Keep what the owner has begun to write; "" or None cancels it. An older edit than the one known changes nothing.

    `timestamp_s` is the edit's time in epoch seconds, now if None.
    Raises ConversationNotFound, InvalidParameter. Source: V2TIMConversationManager.setConversationDraft, which keeps it on
    the device.
    """
    text = formats_conversation.check_text("" if text is None else text, "draftText")
    if timestamp_s is not None:
        # One dated ahead would keep every other edit out until then.
        check_happened_s(timestamp_s, field="draftTimestamp")
    outcome = locked_one(owner_id, conversation_id)
    conversation = outcome.conversation
    if timestamp_s is None:
        is_new = text != conversation.draft_text
        timestamp_s = max(now_s(), conversation.draft_timestamp)
    else:
        is_new = timestamp_s >= conversation.draft_timestamp and (text, timestamp_s) != _draft(conversation)
    # Apps cancel whenever a chat is left: where there is no draft that is nothing, and moves nothing.
    if is_new and (text or conversation.draft_text):
        # A cancelled draft keeps its time, so that an older edit from another device does not bring it back.
        conversation.draft_text, conversation.draft_timestamp = text, timestamp_s
        _activate(conversation)
        save_conversations(outcome.owner, [conversation], ("draft_text", "draft_timestamp", "order_key"), by=ChangedBy.DRAFT)
    return outcome


@in_transaction
def set_receive_option(*, owner_id: str, conversation_id: str, option: int) -> Outcome:
    """How new messages are announced. Raises ConversationNotFound, InvalidParameter.

    Source: V2TIMMessageManager.setC2CReceiveMessageOpt, setGroupReceiveMessageOpt.
    """
    outcome = locked_one(owner_id, conversation_id)
    conversation = outcome.conversation
    check_receive_option(conversation_id, option)
    if conversation.recv_opt != option:
        conversation.recv_opt = option
        save_conversations(outcome.owner, [conversation], ("recv_opt",), by=ChangedBy.RECEIVE_OPTION)
    return outcome


def check_receive_option(conversation_id: str, option: int) -> None:
    """Raise InvalidParameter for one that a conversation of this type does not know."""
    if option not in ReceiveOption.values:
        raise InvalidParameter(_("recvOpt is a whole number from 0 to 4."), field="recvOpt")
    if identifiers.split(conversation_id)[0] == ConversationType.C2C and option not in C2C_RECEIVE_OPTIONS:
        raise InvalidParameter(_("A one-to-one conversation knows recvOpt 0, 1 and 2 only."), field="recvOpt")


@in_transaction
def clear_history(*, owner_id: str, conversation_id: str) -> Outcome:
    """Let the messages go; the conversation stays where it is in the list. Raises ConversationNotFound.

    Source: V2TIMMessageManager.clearC2CHistoryMessage, clearGroupHistoryMessage.
    """
    outcome = locked_one(owner_id, conversation_id)
    conversation = outcome.conversation
    newest = newest_known(conversation, counts.newest_stored(owner_id, [conversation_id]))
    if newest != conversation.cleared_position or conversation.last_message or not is_read(conversation):
        conversation.cleared_position = newest
        _drop_messages(conversation)
        save_conversations(outcome.owner, [conversation], (*MESSAGE_COLUMNS, "cleared_position"), by=ChangedBy.CLEAR)
    return outcome


# ---- Many conversations ----------------------------------------------------------------------


@in_transaction
def set_marks(*, owner_id: str, conversation_ids: Sequence[str], marks: int, enabled: bool) -> Results:
    """Set or take away mark bits, several at once; marks mean nothing to the counts.

    Raises InvalidParameter. Source: V2TIMConversationManager.markConversation.
    """
    if not 0 < marks < 1 << 64 or marks & ~ALLOWED_MARKS:
        raise InvalidParameter(_("markType is a sum of 1, 2, 4, 8 and 1<<n with n from 32 to 63."), field="markType")
    signed = formats_conversation.to_signed(marks)

    def change(conversation: Conversation) -> bool:
        before = conversation.marks
        conversation.marks = before | signed if enabled else before & ~signed
        return conversation.marks != before

    return change_each(owner_id, conversation_ids, change, ("marks",), by=ChangedBy.MARK)


@in_transaction
def set_each_receive_option(*, owner_id: str, conversation_ids: Sequence[str], option: int) -> Results:
    """`set_receive_option` for many."""

    def change(conversation: Conversation) -> bool:
        check_receive_option(conversation.conversation_id, option)
        before, conversation.recv_opt = conversation.recv_opt, option
        return before != option

    return change_each(owner_id, conversation_ids, change, ("recv_opt",), by=ChangedBy.RECEIVE_OPTION)


@in_transaction
def set_custom_data(*, owner_id: str, conversation_ids: Sequence[str], text: str) -> Results:
    """Keep an app's own data with conversations. Raises InvalidParameter.

    Source: V2TIMConversationManager.setConversationCustomData.
    """
    formats_conversation.check_custom_data(text)

    def change(conversation: Conversation) -> bool:
        before, conversation.custom_data = conversation.custom_data, text
        return before != text

    return change_each(owner_id, conversation_ids, change, ("custom_data",), by=ChangedBy.CUSTOM_DATA)


@in_transaction
def set_each_pinned(*, owner_id: str, conversation_ids: Sequence[str], pinned: bool) -> Results:
    """`set_pinned` for many, as far as there is room."""
    room: list[int] = []  # counted under the owner's lock

    def change(conversation: Conversation) -> bool:
        if conversation.is_pinned == pinned:
            return False
        if pinned:
            room[:] = [room[0] - 1] if room else [room_for_pins(owner_id) - 1]
            if room[0] < 0:
                raise too_many_pinned()
        conversation.is_pinned = pinned
        _activate(conversation)
        return True

    return change_each(owner_id, conversation_ids, change, ("is_pinned", "order_key"), by=ChangedBy.PIN)


def delete_one(*, owner_id: str, conversation_id: str, clear_messages: bool = True) -> str:
    """`delete` for one conversation. Gives the feed token after it. Raises ConversationNotFound.

    Source: V2TIMConversationManager.deleteConversation.
    """
    done = delete(owner_id=owner_id, conversation_ids=[conversation_id], clear_messages=clear_messages)
    if done.results[0].code:
        raise ConversationNotFound(conversation_id)
    return done.token


@in_transaction
def delete(*, owner_id: str, conversation_ids: Sequence[str], clear_messages: bool = True) -> Results:
    """Take conversations off the list until a newer message comes; what is kept until then are marks, conversation groups,
    the receive option and how far the owner had read.

    Source: V2TIMConversationManager.deleteConversationList.
    """
    deleted_at = timezone.now()

    @cache
    def stored() -> Mapping[str, str]:  # asked under the owner's lock
        return counts.newest_stored(owner_id, filter(identifiers.is_conversation_id, conversation_ids))

    def change(conversation: Conversation) -> bool:
        conversation.deleted_at, conversation.deleted_position = deleted_at, newest_known(conversation, stored())
        if clear_messages:
            conversation.cleared_position = conversation.deleted_position
        _drop_messages(conversation)
        if conversation.draft_text:
            # As any cancelled draft, so that an older edit from another device does not come with the next message.
            conversation.draft_text, conversation.draft_timestamp = "", max(now_s(), conversation.draft_timestamp)
        conversation.is_pinned, conversation.custom_data = False, ""
        return True

    columns = (
        *MESSAGE_COLUMNS, "deleted_at", "deleted_position", "cleared_position",
        "draft_text", "draft_timestamp", "is_pinned", "custom_data",
    )  # fmt: skip
    return change_each(owner_id, conversation_ids, change, columns, by=ChangedBy.DELETE, before_saving=_forget_old_deletions)


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


# ---- Shared by the actions -------------------------------------------------------------------

# Those that a conversation without messages empties.
MESSAGE_COLUMNS = (
    "unread_count", "unread_base", "unread_base_position", "last_message", "last_message_at", "last_message_position",
    "group_at_info",
)  # fmt: skip


def locked_one(owner_id: str, conversation_id: str) -> Outcome:
    """A conversation whose owner is locked. Raises ConversationNotFound."""
    found = lock_one(owner_id, conversation_id)
    if found is None:
        raise ConversationNotFound(conversation_id)
    return Outcome(*found)


def newest_known(conversation: Conversation, stored: Mapping[str, str]) -> str:
    """The position of the newest message that this row or what is stored (`counting.newest_stored`) tells of."""
    seqs = formats_conversation.at_seqs(conversation.group_at_info)
    return max(
        conversation.last_message_position,
        conversation.unread_base_position,
        conversation.deleted_position,
        conversation.cleared_position,
        stored.get(conversation.conversation_id, positions.NOWHERE),
        positions.of_group(max(seqs)) if seqs else positions.NOWHERE,
    )


def is_read(conversation: Conversation) -> bool:
    """Whether there is nothing to read."""
    return conversation.unread_count == 0 and conversation.group_at_info == NO_AT_INFO


def _activate(conversation: Conversation) -> None:
    conversation.order_key = min(max(conversation.order_key + 1, now_us()), ORDER_KEY_LIMIT - 1)


def _draft(conversation: Conversation) -> tuple[str, int]:
    return conversation.draft_text, conversation.draft_timestamp


def _drop_messages(conversation: Conversation) -> None:
    conversation.unread_count = conversation.unread_base = 0
    conversation.unread_base_position = conversation.last_message_position = positions.NOWHERE
    conversation.last_message = conversation.last_message_at = None
    conversation.group_at_info = NO_AT_INFO


def _check_room_for_pin(owner_id: str) -> None:
    if room_for_pins(owner_id) < 1:
        raise too_many_pinned()


def room_for_pins(owner_id: str) -> int:
    """How many more conversations the owner may pin."""
    return settings.MAX_PINNED - Conversation.objects.for_owner(owner_id).filter(is_pinned=True).count()


def too_many_pinned() -> TooManyPinned:
    most = settings.MAX_PINNED
    text = ngettext("At most %(count)d conversation can be pinned.", "At most %(count)d conversations can be pinned.", most)
    return TooManyPinned(text % {"count": most})


def _forget_old_deletions(owner: LockedOwner) -> None:
    """Whoever follows the feed from before a deletion of more than TOMBSTONE_DAYS ago has to start over."""
    before = timezone.now() - timedelta(days=settings.TOMBSTONE_DAYS)
    old = Conversation.objects.tombstones_of(owner.owner_id).filter(deleted_at__lt=before)
    newest = old.aggregate(newest=Max("version"))["newest"] or 0
    owner.reset_below = max(owner.reset_below, newest)
