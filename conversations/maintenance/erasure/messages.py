"""Messages: what an erased user sent stays in its place, without content, and in groups without the sender.

A message and the rows that show it change in one transaction, so that no list shows more than is stored.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from copy import copy

import orjson
from django.db.models import Q, QuerySet

from conversations import identifiers
from conversations.choices import ConversationType
from conversations.formats import erasure, message_content
from conversations.maintenance import traces
from conversations.maintenance.erasure.kinds import Kind, Tally
from conversations.maintenance.erasure.lists import change_rows
from conversations.models import Conversation, Group, GroupMember, Message
from conversations.store import messages as store_messages
from conversations.store import rows as store_rows
from conversations.store.rows import Key
from conversations.store.threads import lock_threads
from conversations.store.transactions import in_transaction
from conversations.threads import peer_in
from conversations.unread.rules import NO_LIST

THREADS_PER_TRANSACTION = 100
MESSAGES_PER_TRANSACTION = 2000
# In place of the only user whom a group message was for: without any, it would be for all members.
FOR_NOBODY = '[""]'


# ---- One to one --------------------------------------------------------------------------------


def count_c2c(user_id: str) -> Tally:
    tally = Tally()
    for threads in _parts(list(traces.c2c_threads(user_id))):
        tally[Kind.MESSAGES] += traces.sent_by(user_id).filter(thread__any_of=threads).count()
        unshown = _unshown(user_id, threads)
        tally[Kind.UNSHOWN_MESSAGES] += Message.objects.filter(thread__any_of=unshown).count()
    return tally


def erase_c2c(user_id: str) -> Iterator[Tally]:
    for threads in _parts(list(traces.c2c_threads(user_id))):
        yield from _until_done(_erase_in_pairs, user_id, threads, Kind.MESSAGES)
        for thread in _unshown(user_id, threads):
            yield from _until_done(_remove_unshown, user_id, [thread], Kind.UNSHOWN_MESSAGES)


def _until_done(
    erase: Callable[[str, Sequence[str]], Tally], user_id: str, threads: Sequence[str], kind: Kind
) -> Iterator[Tally]:
    """Repeat a transaction while it finds a whole batch of messages."""
    while True:
        tally = erase(user_id, threads)
        yield tally
        if tally[kind] < MESSAGES_PER_TRANSACTION:
            return


def _parts(threads: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(threads), THREADS_PER_TRANSACTION):
        yield threads[start : start + THREADS_PER_TRANSACTION]


@in_transaction
def _erase_in_pairs(user_id: str, threads: Sequence[str]) -> Tally:
    """Erase a batch of what the user sent in these threads, and take the user out of the rows that show them."""
    lock_threads(threads)
    messages = list(traces.sent_by(user_id).filter(thread__any_of=threads)[:MESSAGES_PER_TRANSACTION])
    store_messages.update([store_messages.erased(message) for message in messages])
    return change_rows(user_id, _rows_of(user_id, threads)) + Tally({Kind.MESSAGES: len(messages)})


def _rows_of(user_id: str, threads: Sequence[str]) -> list[Key]:
    """Return the keys of both sides' stored rows."""
    peers = [peer_in(thread, user_id) for thread in threads]
    own = ((user_id, identifiers.join(ConversationType.C2C, peer)) for peer in peers)
    return store_rows.stored_keys([*own, *((peer, traces.as_peer(user_id)) for peer in peers)])


def _unshown(user_id: str, threads: Sequence[str]) -> list[str]:
    """Return the threads that are in no other user's list: of the user's own notes, of peers without lists, of erased ones."""
    peers = {peer_in(thread, user_id): thread for thread in threads}
    with_row = {owner_id for owner_id, _id in store_rows.stored_keys((peer, traces.as_peer(user_id)) for peer in peers)}
    return sorted(peers[peer] for peer in peers.keys() - (with_row - {user_id}))


@in_transaction
def _remove_unshown(user_id: str, threads: Sequence[str]) -> Tally:
    """Remove a batch of messages of one thread that no other user has. A copy that arrives later is ignored."""
    (thread,) = threads
    locked = lock_threads(threads)[thread]
    if not _unshown(user_id, threads):
        return Tally()  # a new message came meanwhile
    rows = change_rows(user_id, _rows_of(user_id, threads))
    stored = Message.objects.filter(thread=thread).order_by("position").values_list("position", flat=True)
    positions = list(stored[:MESSAGES_PER_TRANSACTION])
    store_messages.remove(locked, positions)
    return rows + Tally({Kind.UNSHOWN_MESSAGES: len(positions)})


# ---- Groups ------------------------------------------------------------------------------------


def count_in_groups(user_id: str) -> Tally:
    tally = Tally()
    for group_id in traces.group_ids(user_id):
        tally[Kind.MEMBERSHIPS] += 1
        for thread in traces.group_threads(group_id):
            for message in _naming(user_id, thread).iterator(MESSAGES_PER_TRANSACTION):
                tally += _tally([message] if _without(message, user_id) else [], user_id)
    return tally


def erase_in_groups(user_id: str) -> Iterator[Tally]:
    """Erase what the user sent in groups, and then each membership, by which the rest is found again after a stop."""
    for group_id in traces.group_ids(user_id):
        threads = traces.group_threads(group_id)
        for thread in threads:
            for positions in _positions(user_id, thread):
                yield _erase_in_group(user_id, group_id, thread, positions)
        yield _end_membership(user_id, group_id, threads)


def _naming(user_id: str, thread: str) -> QuerySet[Message]:
    """Select the messages of a group or topic that the user sent or recalled, or that may mention or target the user."""
    named = erasure.in_json(user_id)
    return Message.objects.filter(
        Q(sender=user_id) | Q(recalled_by=user_id) | Q(at_accounts__contains=named) | Q(targets__contains=named), thread=thread
    ).order_by("position")


def _positions(user_id: str, thread: str) -> Iterator[list[str]]:
    """Yield the positions of messages to change, in batches, without a lock. Goes through the thread once."""
    last = ""
    while True:
        batch = list(_naming(user_id, thread).filter(position__gt=last)[:MESSAGES_PER_TRANSACTION])
        if positions := [message.position for message in batch if _without(message, user_id)]:
            yield positions
        if len(batch) < MESSAGES_PER_TRANSACTION:
            return
        last = batch[-1].position


@in_transaction
def _erase_in_group(user_id: str, group_id: str, thread: str, positions: Collection[str]) -> Tally:
    _lock_group(group_id)
    lock_threads([thread])
    messages = list(Message.objects.filter(thread=thread, position__any_of=list(positions)))
    store_messages.update([changed for message in messages if (changed := _without(message, user_id))])
    conversation_id = identifiers.join(ConversationType.GROUP, thread)
    # The user's own row would count what is nobody's message now.
    showing = Conversation.objects.filter(
        Q(last_message_position__any_of=list(positions)) | Q(owner_id=user_id), conversation_id=conversation_id
    )
    rows = change_rows(user_id, list(showing.values_list("owner_id", "conversation_id")))
    return rows + _tally(messages, user_id)


def _tally(messages: Collection[Message], user_id: str) -> Tally:
    sent = sum(message.sender == user_id for message in messages)
    return Tally({Kind.MESSAGES: sent, Kind.MENTIONS: len(messages) - sent})


def _without(message: Message, user_id: str) -> Message | None:
    """Return a group's message without the user, who sent it or whom it names; None if it is so already."""
    after = store_messages.erased(message) if message.sender == user_id else copy(message)
    if (targets := _left_of(after.targets, user_id)) != after.targets:
        after.targets = targets if targets != NO_LIST else FOR_NOBODY
    after.at_accounts = _left_of(after.at_accounts, user_id)
    after.edit = message_content.edit_without_mention(after.edit, user_id)
    if after.recalled_by == user_id:
        after.recalled_by = ""
    if after.body is not None:
        conversation_id = identifiers.join(ConversationType.GROUP, after.thread)
        after.body = erasure.without_user(after.body, conversation_id, user_id)
    is_same = all(getattr(after, name) == getattr(message, name) for name in CHANGED)
    return None if is_same else after


CHANGED = ("sender", "body", "edit", "recalled_by", "at_accounts", "targets")


def _left_of(accounts: str, user_id: str) -> str:
    """Return a JSON list of user IDs without the user."""
    ids = orjson.loads(accounts)
    return orjson.dumps([id_ for id_ in ids if id_ != user_id]).decode() if user_id in ids else accounts


@in_transaction
def _end_membership(user_id: str, group_id: str, threads: Sequence[str]) -> Tally:
    """Delete the user's membership, and the user's rows of the group, which no message brings back without it."""
    _lock_group(group_id)
    ids = [identifiers.join(ConversationType.GROUP, thread) for thread in threads]
    own = Conversation.objects.filter(owner_id=user_id).any_of(ids).values_list("owner_id", "conversation_id")
    rows = change_rows(user_id, list(own))
    ended, _by_model = GroupMember.objects.filter(group_id=group_id, user_id=user_id).delete()
    return rows + Tally({Kind.MEMBERSHIPS: ended})


def _lock_group(group_id: str) -> None:
    list(Group.objects.filter(group_id=group_id).select_for_update().values_list("group_id"))
