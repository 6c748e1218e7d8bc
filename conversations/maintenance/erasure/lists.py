"""Conversations: other users' rows lose what they say of an erased user, the user's own rows go."""

from collections.abc import Collection, Iterator, Sequence
from itertools import islice

import orjson
from django.db.models import Q

from conversations.choices import ChangedBy
from conversations.formats import erasure
from conversations.maintenance import traces
from conversations.maintenance.erasure.kinds import Kind, Tally
from conversations.models import Conversation, ConversationEvent, Inconsistency, Owner
from conversations.store import rows as store_rows
from conversations.store.owners import begin_epoch, lock_owners
from conversations.store.rows import Key
from conversations.store.transactions import in_transaction

# Rows that change in one transaction.
BATCH = 500
COLUMNS = ("show_name", "face_url", "last_message")


# ---- Other users' rows -------------------------------------------------------------------------


def count_in_other_lists(user_id: str) -> Tally:
    return Tally({Kind.OTHERS: sum(1 for _key in _rows_with_traces(user_id))})


def erase_in_other_lists(user_id: str) -> Iterator[Tally]:
    """Take the user's name, avatar and last messages out of other users' rows that the messages' erasure did not reach."""
    keys = _rows_with_traces(user_id)
    while batch := list(islice(keys, BATCH)):
        yield in_transaction(change_rows)(user_id, batch)


def change_rows(user_id: str, keys: Collection[Key]) -> Tally:
    """Take the user out of others' rows, and delete the user's own, among stored rows. Needs a transaction.

    Each changed row takes its owner's next version.
    """
    if not keys:
        return Tally()
    owners = lock_owners(owner_id for owner_id, _id in keys)
    stored = store_rows.read_rows(list(keys))
    rows = [stored[key] for key in sorted(stored)]
    own = [row.conversation_id for row in rows if row.owner_id == user_id]
    changed = [row for row in rows if row.owner_id != user_id and _take_out(row, user_id)]
    _delete_own(user_id, own)
    store_rows.save_rows(owners, [row for row in changed if row.is_listed], by=ChangedBy.ERASURE)
    # No client sees these, so they take no version.
    store_rows.update_rows([row for row in changed if not row.is_listed], COLUMNS)
    return Tally({Kind.OTHERS: len(changed), Kind.CONVERSATIONS: len(own)})


def _take_out(row: Conversation, user_id: str) -> bool:
    """Take what an unsaved row says of the user out of it, and return whether it said anything."""
    before = [getattr(row, column) for column in COLUMNS]
    if row.conversation_id == traces.as_peer(user_id):
        # A remark that the owner gave the user goes as well: nothing tells it from a nickname.
        row.show_name, row.face_url = row.show_name and user_id, ""
    if row.last_message:
        row.last_message = erasure.without_user(row.last_message, row.conversation_id, user_id)
    return [getattr(row, column) for column in COLUMNS] != before


def _rows_with_traces(user_id: str) -> Iterator[Key]:
    """Yield the keys of other users' rows that say anything of the user, without a lock."""
    for rows in (_rows_as_peer(user_id), _rows_by_last_message(user_id)):
        for row in rows:
            if _take_out(row, user_id):
                yield row.owner_id, row.conversation_id


def _rows_as_peer(user_id: str) -> Iterator[Conversation]:
    """Yield others' conversations with the user, in pages of an index."""
    with_user = Conversation.objects.filter(conversation_id=traces.as_peer(user_id)).exclude(owner_id=user_id)
    last = ""
    while page := list(with_user.filter(owner_id__gt=last).order_by("owner_id").only(*COLUMNS)[:BATCH]):
        yield from page
        last = page[-1].owner_id


def _rows_by_last_message(user_id: str) -> Iterator[Conversation]:
    """Yield others' other conversations whose last message names the user. One query reads all lists: no index helps."""
    named = Conversation.objects.filter(last_message__contains=erasure.in_json(user_id)).exclude(
        Q(owner_id=user_id) | Q(conversation_id=traces.as_peer(user_id))
    )
    keys = list(named.order_by("owner_id", "conversation_id").values_list("owner_id", "conversation_id"))
    for start in range(0, len(keys), BATCH):
        yield from store_rows.read_rows(keys[start : start + BATCH]).values()


# ---- The user's own list -----------------------------------------------------------------------


def count_own_list(user_id: str) -> Tally:
    owner = Owner.objects.named(user_id).first()
    names = [name for name in orjson.loads(owner.group_names) if name] if owner else []
    return Tally({Kind.CONVERSATIONS: Conversation.objects.filter(owner_id=user_id).count(), Kind.GROUPS: len(names)})


def erase_own_list(user_id: str) -> Iterator[Tally]:
    """Delete the user's rows, and then the names of the conversation groups in which they were."""
    while ids := list(Conversation.objects.filter(owner_id=user_id).values_list("conversation_id", flat=True)[:BATCH]):
        yield _erase_own(user_id, ids)
    yield _erase_group_names(user_id)


@in_transaction
def _erase_own(user_id: str, conversation_ids: Sequence[str]) -> Tally:
    lock_owners([user_id])
    return Tally({Kind.CONVERSATIONS: _delete_own(user_id, conversation_ids)})


def _delete_own(user_id: str, conversation_ids: Sequence[str]) -> int:
    """Delete rows of the locked user. A client that follows the list starts over, and finds it without them."""
    ConversationEvent.objects.filter(owner_id=user_id, conversation_id__in=conversation_ids).delete()
    if not conversation_ids:
        return 0
    deleted, _by_model = Conversation.objects.filter(owner_id=user_id).any_of(conversation_ids).delete()
    begin_epoch([user_id])
    return deleted


@in_transaction
def _erase_group_names(user_id: str) -> Tally:
    owner = lock_owners([user_id])[user_id]
    for model in (ConversationEvent, Inconsistency):  # also of conversations that are there no longer
        model._default_manager.filter(owner_id=user_id).delete()
    names = [name for name in owner.group_names if name]
    if owner.group_names:
        Owner.objects.named(user_id).update(group_names="[]", groups_version=0, reset_below=0)
        begin_epoch([user_id])
    return Tally({Kind.GROUPS: len(names)})
