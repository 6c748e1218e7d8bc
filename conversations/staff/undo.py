"""Take corrections back: what a correction changed, from the log or the history, as a correction the other way round.

A conversation in which somebody changed the same thing since then is refused, and stays as it is.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from functools import partial
from typing import NamedTuple

import orjson
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from conversations import acting
from conversations.actions import pins, recounts, settings
from conversations.actions.recounts import ReadState
from conversations.actions.results import Result, Results, refusal_result
from conversations.actions.settings import Labels
from conversations.exceptions import ConversationError, InvalidParameter
from conversations.models import Conversation, ConversationEvent, ConversationRow, composite_keys
from conversations.staff.change_display import changes_display
from conversations.staff.corrections import FIELDS, Change, Correction
from conversations.store.owners import lock_many
from conversations.sync_tokens import NEVER_SEEN
from conversations.times import to_epoch_us

# More than a selection has.
MOST = 500
READ_FIELDS = ("groupReadSequence", "c2cReadTimestamp", "importedUnread")
# A recalculated number alone is not among them: the one before it did not agree with the messages.
RESTORED = (*READ_FIELDS, "isPinned", "recvOpt", "markList")


class Done(NamedTuple):
    """What a correction changed in a conversation, by field, and the version that it gave it."""

    changes: Mapping[str, Change]
    version: int
    time_us: int  # of the event, or of its entry in the log
    batch: str = ""  # the same for all conversations of a correction


class Undo(NamedTuple):
    """A correction that takes changes back, and the conversations that it concerns."""

    correction: Correction
    conversation_ids: list[str]


def of_entries(owner_id: str, first: int, last: int, *, user_id: int) -> Undo:
    """Return what takes back the correction of an owner's list of which a member of staff's log has these entries.

    Raises InvalidParameter if there is none.
    """
    content_type = ContentType.objects.get_for_model(ConversationRow)
    of_user = LogEntry.objects.filter(user_id=user_id, content_type=content_type)
    entries = list(of_user.filter(pk__gte=first, pk__lte=last).order_by("pk")[: MOST + 1])
    logged = [(composite_keys.from_text(entry.object_id or ""), _logged(entry)) for entry in entries]
    # Between them may be those of another correction, from a second window.
    done = {
        key.second: of_one for key, of_one in logged if key and key.first == owner_id and of_one.batch == logged[0][1].batch
    }
    return _undo(done, "entries")


def of_event(owner_id: str, conversation_id: str, time_us: int) -> Undo:
    """Return what takes back a correction of staff that the history has. Raises InvalidParameter if it has none."""
    event = ConversationEvent.objects.of(owner_id, conversation_id).filter(time_us=time_us).first()
    if event is None or not acting.is_staff(event.actor):
        raise _nothing("event")
    changes = {change.field: change for change in changes_of(event)}
    return _undo({conversation_id: Done(changes, event.version, time_us)}, "event")


def can_restore(changes: Iterable[Change]) -> bool:
    """Return whether there is something to take back among changes."""
    return any(change.field in RESTORED and change.before is not None for change in changes)


def changes_of(event: ConversationEvent) -> list[Change]:
    """Return the changes of an event."""
    return [Change(field, *values) for field, values in orjson.loads(event.changes).items()]


def _logged(entry: LogEntry) -> Done:
    message = json.loads(entry.change_message or "[]")
    values = message[0] if isinstance(message, list) and message else {}
    changes = {change["field"]: Change(**change) for change in values.get("changes", ())}
    return Done(changes, values.get("version", 0), to_epoch_us(entry.action_time), values.get("batch", ""))


def _undo(done: Mapping[str, Done], field: str) -> Undo:
    restorable = {id_: of_one for id_, of_one in done.items() if can_restore(of_one.changes.values())}
    if not restorable:
        raise _nothing(field)
    act = partial(_restore_each, done=restorable)
    at_once = not any(name in of_one.changes for of_one in restorable.values() for name in READ_FIELDS)
    correction = Correction("undo", gettext_lazy("Undo"), gettext_lazy("Undone"), act, lambda row: True, at_once)
    return Undo(correction, list(restorable))


def _nothing(field: str) -> InvalidParameter:
    return InvalidParameter(_("There is nothing here that can be undone."), field=field)


def _restore_each(*, owner_id: str, conversation_ids: Sequence[str], done: Mapping[str, Done]) -> Results:
    """Restore each conversation in which nothing newer stands against it. The caller's transaction holds the locks."""
    _owner, rows_by_id = lock_many(owner_id, conversation_ids)
    later = _changed_later(owner_id, {id_: done[id_] for id_ in conversation_ids})
    refusals = {id_: _refusal(rows_by_id[id_], done[id_], later.get(id_, set())) for id_ in conversation_ids}
    free = [id_ for id_, refusal in refusals.items() if refusal is None]
    results = {id_: refusal_result(id_, refusal) for id_, refusal in refusals.items() if refusal}
    for result in _restored(owner_id, {id_: done[id_].changes for id_ in free}):
        if result.code or result.conversation_id not in results:
            results[result.conversation_id] = result
    return Results(NEVER_SEEN, [results[id_] for id_ in conversation_ids])


def _changed_later(owner_id: str, done: Mapping[str, Done]) -> dict[str, set[str]]:
    """Return by conversation which fields changed later, though they may be again as they were. One query."""
    # An entry's time is taken a little after its event's.
    since_us = min((of_one.time_us for of_one in done.values()), default=0) - 60_000_000
    events = ConversationEvent.objects.filter(owner_id=owner_id, conversation_id__any_of=sorted(done), time_us__gt=since_us)
    fields: dict[str, set[str]] = {}
    for event in events.exclude(changes="{}").only("conversation_id", "version", "changes"):
        if event.version > done[event.conversation_id].version:
            fields.setdefault(event.conversation_id, set()).update(orjson.loads(event.changes))
    return fields


def still_stands(row: Conversation, changes: Sequence[Change], changed_later: Set[str]) -> bool:
    """Return whether a row has what a change left, and nothing of it was changed later: otherwise it can't be undone."""
    return not any(change.field in RESTORED and (change.field in changed_later or _is_newer(row, change)) for change in changes)


def _refusal(row: Conversation, done: Done, changed_later: Set[str]) -> ConversationError | None:
    newer = [
        change._replace(after=FIELDS[name](row))
        for name, change in done.changes.items()
        if not still_stands(row, [change], changed_later)
    ]
    if not newer and _may_be_read_since(row, done):
        newer = [Change("unreadCount", None, row.unread_count)]
    if not newer:
        return None
    [text, *_more] = changes_display(newer) or changes_display([Change("unreadCount", None, row.unread_count)])
    now = _("It changed again since then: %(label)s is now %(value)s.")
    return InvalidParameter(now % {"label": capfirst(text.label), "value": text.after}, field="id")


def _may_be_read_since(row: Conversation, done: Done) -> bool:
    """Return whether the read position may have moved since a correction that did not move it: its place then is not known."""
    moved = "groupReadSequence" in done.changes or "c2cReadTimestamp" in done.changes
    return "importedUnread" in done.changes and not moved and row.version != done.version


def _is_newer(row: Conversation, change: Change) -> bool:
    """Return whether a row no longer has what a change left."""
    if change.field not in RESTORED:
        return False
    now = FIELDS[change.field](row)
    if change.field == "markList":
        on, off = _marks(change)
        return bool(on & set(now) or off - set(now))
    return now != change.after


def _marks(change: Change) -> tuple[set[int], set[int]]:
    """Return the marks to set again, and those to remove again."""
    before, after = set(change.before), set(change.after)
    return before - after, after - before


def _restored(owner_id: str, changes: Mapping[str, Mapping[str, Change]]) -> Iterator[Result]:
    """Restore conversations; one that a list's limits refuse is refused."""
    fields = ("isPinned", "recvOpt", "markList")
    of_field = {field: {id_: of_one[field] for id_, of_one in changes.items() if field in of_one} for field in fields}
    for pinned in (True, False):
        if ids := [id_ for id_, change in of_field["isPinned"].items() if change.before is pinned]:
            yield from pins.set_each_pinned(owner_id=owner_id, conversation_ids=ids, pinned=pinned).results
    for option in {change.before for change in of_field["recvOpt"].values()}:
        ids = [id_ for id_, change in of_field["recvOpt"].items() if change.before == option]
        yield from settings.set_each_receive_option(owner_id=owner_id, conversation_ids=ids, option=option).results
    if labels := {id_: _labels(change) for id_, change in of_field["markList"].items()}:
        yield from settings.set_labels(owner_id=owner_id, labels=labels).results
    if states := {id_: _read_state(of_one) for id_, of_one in changes.items() if any(field in of_one for field in READ_FIELDS)}:
        yield from recounts.restore_read_states(owner_id=owner_id, states=states).results


def _labels(change: Change) -> Labels:
    on, off = _marks(change)
    return Labels(marks_on=sum(on), marks_off=sum(off))


def _read_state(changes: Mapping[str, Change]) -> ReadState:
    before = {field: change.before for field, change in changes.items()}
    entries = before.get("groupAtInfoList")
    return ReadState(
        before.get("groupReadSequence", before.get("c2cReadTimestamp")),
        before.get("importedUnread"),
        entries and {int(entry["seq"]): entry["atType"] for entry in entries},
    )
