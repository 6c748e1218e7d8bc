"""Store messages by thread and position: each is one row with everything known of it, however often it arrives."""

from collections.abc import Iterable, Mapping, Sequence, Set
from copy import copy
from functools import cache
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

import orjson

from conversations.formats import message_body, message_content
from conversations.formats.messages import C2CRecall, GroupRecall, IncomingMessage, Mentions, MessageEdit
from conversations.models import Message, Thread
from conversations.store import erasures, json_rows, message_positions, statements
from conversations.store.message_reads import COLUMNS, KEY, MessageKey, find
from conversations.store.statements import Later
from conversations.store.threads import LockedThread, LockedThreads, save_threads
from conversations.threads import is_of_group
from conversations.times import now_s as current_s

_messages = Message._meta.db_table


class Change(NamedTuple):
    """A message before and after an update; `before` is None for an unknown message."""

    before: Message | None
    after: Message

    @property
    def is_empty(self) -> bool:
        """Return whether the update brought nothing new."""
        return self.before is not None and _values_of(self.before) == _values_of(self.after)

    @property
    def is_new_message(self) -> bool:
        """Return whether the message arrived for the first time; its recall may have been known."""
        return self.before is None or self.before.body is None


def changes_by_thread(changes: Iterable[Change]) -> dict[str, list[Change]]:
    """Return the changes of each thread, in their order."""
    by_thread: dict[str, list[Change]] = {}
    for change in changes:
        by_thread.setdefault(change.after.thread, []).append(change)
    return by_thread


class StoredMessage(NamedTuple):
    """An incoming message, with the position that the server may have assigned, and whether it was stored before."""

    message: IncomingMessage
    is_duplicate: bool


class Recorded(NamedTuple):
    """The outcome of each incoming message, in their order, and the changes in order of thread and position."""

    outcomes: list[StoredMessage]
    changes: list[Change]


def record(incoming: Sequence[IncomingMessage], threads: Mapping[str, LockedThread], *, now_s: int) -> Recorded:
    """Store incoming messages of locked threads.

    A message without a time, a number or a random gets one. Changes include messages that brought nothing new. A late copy of
    what a user had sent who was erased since is stored without its content. One-to-one threads were locked by
    `extend_threads_later`, with the positions that messages came with.
    """
    return record_later(incoming, lambda: threads, now_s=now_s)()


def record_later(incoming: Sequence[IncomingMessage], threads: LockedThreads, *, now_s: int) -> Later[Recorded]:
    """Insert messages as `record`, along with the next statement. The result merges, once, those that were stored already.

    The threads' lock may be put off as well.
    """
    completed = message_positions.complete(incoming, threads, now_s)
    erased_ones = erasures.erased_ones(((message.sender, message.time_s or 0) for message in completed), now_s=now_s)
    rows = (_to_row(message, is_erased=(message.sender, message.time_s) in erased_ones) for message in completed)
    merged = _merge_later(rows, threads)
    if numbered := [message for message, given in zip(completed, incoming) if message.group_id or message is not given]:
        for message in numbered:
            threads()[message.thread].extend_to(message.position)
        save_threads(threads().values())
    return cache(lambda: _recorded(completed, merged()))


def _recorded(completed: Sequence[IncomingMessage], changes: list[Change]) -> Recorded:
    new = {_key(change.after) for change in changes if change.is_new_message}
    outcomes = []
    for message in completed:
        key = (message.thread, message.position)
        outcomes.append(StoredMessage(message, key not in new))
        new.discard(key)  # the same message again, in the same request
    return Recorded(outcomes, changes)


def recall(recalled: C2CRecall | GroupRecall, threads: Mapping[str, LockedThread]) -> list[Change]:
    """Mark messages of a locked thread as recalled; an unknown one is recalled on arrival."""
    rows = [
        _unknown_message(recalled.thread, position, is_recalled=True, recalled_by=recalled.operator)
        for position in recalled.positions
    ]
    return _merge_into_stored(rows, threads)


def edit(edits: Sequence[MessageEdit], threads: Mapping[str, LockedThread]) -> list[Change]:
    """Edit messages of locked threads; an unknown one is edited on arrival. Changes include edits that brought nothing new.

    Of an erased user's one-to-one message no edit is stored; of one in a group, once the message says whose it is.
    """
    erased_ones = erasures.erased_ones(((edited.sender, edited.time_s) for edited in edits if edited.sender), now_s=current_s())
    rows = (_to_edited_row(edited, is_erased=(edited.sender, edited.time_s) in erased_ones) for edited in edits)
    return _merge_into_stored(rows, threads)


def _to_edited_row(message_edit: MessageEdit, *, is_erased: bool) -> Message:
    mentions = message_edit.mentions or Mentions(False, ())
    row = _unknown_message(
        message_edit.thread,
        message_edit.position,
        sender=message_edit.sender,
        edited_at_ms=message_edit.event_time_ms,
        edit=message_content.edit_to_json(message_edit.event_time_ms, _edited_parts(message_edit)),
        at_all=mentions.all,
        at_accounts=orjson.dumps(sorted(mentions.accounts)).decode(),
    )
    return erased(row) if is_erased else row


def _edited_parts(message_edit: MessageEdit) -> dict[str, Any]:
    parts = {
        message_content.ELEMENTS: message_edit.elements and message_body.to_classic(message_edit.elements),
        message_content.CUSTOM_DATA: message_edit.cloud_custom_data,
        message_content.MENTIONS: message_edit.mentions and message_edit.mentions._asdict(),
    }
    return {name: part for name, part in parts.items() if part is not None}


def _unknown_message(thread: str, position: str, **values: Any) -> Message:
    """Return the row of a message of which only a recall or an edit is known."""
    unknown = {
        "sender": "", "time_s": None, "random": None, "body": None, "counts_as_unread": True, "is_shown": True,
        "is_recalled": False, "at_all": False, "at_accounts": "[]", "targets": "[]", "recalled_by": "", "edited_at_ms": None,
        "edit": "",
    }  # fmt: skip
    return Message.of(thread=thread, position=position, **unknown | values)


def merge(before: Message | None, incoming: Message) -> Change:
    """Merge two reports of one message: flags and mentions unite, a body beats none, the newest edit and any recall stand.

    The result does not depend on the order of the reports. Nothing stays of a content that was edited, recalled or erased.
    """
    if before is None:
        return Change(None, incoming)
    both = (before, incoming)
    is_recalled = before.is_recalled or incoming.is_recalled
    recalled_by = max(before.recalled_by, incoming.recalled_by)
    is_erased = any(message_content.is_erased(message.edit) for message in both)
    edit = "" if is_recalled or is_erased else message_content.merge_edits(before.edit, incoming.edit)
    edit_times = [message.edited_at_ms for message in both if message.edited_at_ms is not None and not is_recalled]
    # What was erased mentions whom it did: an edit that decided this is not known any more.
    reports = (before, before) if is_erased and before.body is not None else both
    at_all, at_accounts = _mentions(*reports, edit, is_recalled=is_recalled)
    after = Message.of(
        thread=incoming.thread,
        position=incoming.position,
        sender=max(before.sender, incoming.sender),
        time_s=min((message.time_s for message in both if message.time_s is not None), default=None),
        random=max((message.random for message in both if message.random is not None), default=None),
        body=_body(before.body, incoming.body, edit, revoker=recalled_by if is_recalled else None),
        counts_as_unread=before.counts_as_unread and incoming.counts_as_unread,
        is_shown=before.is_shown and incoming.is_shown,
        is_recalled=is_recalled,
        at_all=at_all,
        at_accounts=at_accounts,
        targets=_union(before.targets, incoming.targets),
        recalled_by=recalled_by,
        edited_at_ms=max(edit_times, default=None),
        edit=edit,
    )
    return Change(before, erased(after) if is_erased else after)


def erased(message: Message) -> Message:
    """Return a message without its content and its sender's name. How it counts and whom it mentions stays."""
    after, is_group = copy(message), is_of_group(message.thread)
    after.edit, after.edited_at_ms, after.recalled_by = message_content.ERASED_EDIT, None, ""
    if is_group:
        after.sender = ""
    if message.body is not None:
        body = message_content.to_erased(orjson.loads(message.body), is_group=is_group)
        after.body = orjson.dumps(body).decode()
    return after


def _body(first: str | None, second: str | None, edit: str, *, revoker: str | None) -> str | None:
    """Return two bodies as one with the edit applied; the notice of the recall if `revoker` is not None."""
    bodies = [orjson.loads(body) for body in (first, second) if body is not None]
    if not bodies:
        return None
    body = bodies[0] if len(bodies) == 1 or first == second else message_content.combine(*bodies)
    shown = message_content.with_edit(body, edit) if revoker is None else message_content.to_notice(body, revoker)
    return orjson.dumps(shown).decode()


def _mentions(before: Message, incoming: Message, edit: str, *, is_recalled: bool) -> tuple[bool, str]:
    """Return whether everyone is mentioned, and who is by name, as JSON."""
    if is_recalled:
        return False, "[]"
    if (edited := message_content.edited_mentions(edit)) is not None:
        return edited[0], orjson.dumps(sorted(edited[1])).decode()
    return before.at_all or incoming.at_all, _union(before.at_accounts, incoming.at_accounts)


def remove(thread: LockedThread, positions: Sequence[str]) -> None:
    """Delete messages of a locked thread for good; a copy that arrives later is ignored."""
    if positions:
        _delete(thread.thread, positions)
        thread.pruned_position = max(thread.pruned_position, *positions)
        Thread.objects.filter(thread=thread.thread).update(pruned_position=thread.pruned_position)


# ---- Rows --------------------------------------------------------------------------------------


def _merge_into_stored(rows: Iterable[Message], threads: Mapping[str, LockedThread]) -> list[Change]:
    """Store each row, merged with the stored row of its key, and return the changes in order of their keys.

    A copy of a pruned message is ignored. So is an unknown message before the last pruned one: it may be a copy.
    """
    return _merge_later(rows, lambda: threads)()


def _merge_later(rows: Iterable[Message], threads: LockedThreads) -> Later[list[Change]]:
    """Insert along with the next statement, and do the rest when the result is asked for."""
    incoming: dict[MessageKey, Message] = {}
    for row in rows:
        incoming[_key(row)] = merge(incoming.get(_key(row)), row).after
    inserted = _insert_later(list(incoming.values()))
    return lambda: _merge_with_stored(incoming, _without_pruned(inserted(), threads()))


def _without_pruned(new: Set[MessageKey], threads: Mapping[str, LockedThread]) -> Set[MessageKey]:
    """Delete the inserted messages up to their thread's pruned position, perhaps known only now. Return the others' keys."""
    pruned = {(thread, position) for thread, position in new if position <= threads[thread].pruned_position}
    for thread, keys in groupby(sorted(pruned), itemgetter(0)):
        _delete(thread, [position for _thread, position in keys])
    return new - pruned


def _delete(thread: str, positions: Sequence[str]) -> None:
    Message.objects.filter(thread=thread, position__any_of=positions).delete()


def _merge_with_stored(incoming: Mapping[MessageKey, Message], new: Set[MessageKey]) -> list[Change]:
    stored = find([key for key in incoming if key not in new]) if len(new) < len(incoming) else {}
    changes = [merge(stored.get(key), incoming[key]) for key in sorted(incoming) if key in new or key in stored]
    update([change.after for change in changes if change.before is not None and not change.is_empty])
    return changes


def _insert_later(rows: Sequence[Message]) -> Later[set[MessageKey]]:
    """Insert unknown messages along with the next statement; the result is their keys. One statement."""
    if not rows:
        return set
    source, parameters = json_rows.in_order(Message, COLUMNS, [_values_of(row) for row in rows])
    inserted = statements.rows_later(
        f"INSERT INTO {_messages} ({', '.join(COLUMNS)}) {source} "
        "ON CONFLICT (thread, position) DO NOTHING RETURNING thread, position",
        parameters,
    )
    return lambda: {(thread, position) for thread, position in inserted()}


def update(rows: Sequence[Message]) -> None:
    """Update stored messages of locked threads."""
    updated = COLUMNS[len(KEY) :]
    statements.run_for_each(
        f"UPDATE {_messages} SET {', '.join(f'{name} = %s' for name in updated)} WHERE thread = %s AND position = %s",
        [[*_values_of(row)[len(KEY) :], *_key(row)] for row in rows],
    )


def _key(row: Message) -> MessageKey:
    return row.thread, row.position


def _values_of(row: Message) -> list[Any]:
    return [getattr(row, name) for name in COLUMNS]


def _union(first: str, second: str) -> str:
    return orjson.dumps(sorted({*orjson.loads(first), *orjson.loads(second)})).decode()


def _to_row(message: IncomingMessage, *, is_erased: bool) -> Message:
    """Return the message as everybody but its sender sees it."""
    row = Message.of(
        thread=message.thread,
        position=message.position,
        sender=message.sender,
        time_s=message.time_s,
        random=message.random,
        body=orjson.dumps(message_body.last_message(message, is_self=False)).decode(),
        counts_as_unread=message.counts_as_unread and not message.comes_read,
        is_shown=message.is_shown_last,
        is_recalled=False,
        recalled_by="",
        edited_at_ms=None,
        edit="",
        at_all=message.at_all and not message.comes_read,
        at_accounts=orjson.dumps(sorted(set(() if message.comes_read else message.at_accounts))).decode(),
        targets=orjson.dumps(sorted(set(message.targets))).decode(),
    )
    return erased(row) if is_erased else row
