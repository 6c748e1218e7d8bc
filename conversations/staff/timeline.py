"""What happened to a conversation, newest first: its events, and how many messages came between them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.contrib.auth import get_user_model
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from conversations import acting
from conversations.choices import ChangedBy
from conversations.models import ApiKey, Conversation, ConversationEvent
from conversations.staff import undo
from conversations.staff.change_display import ChangeText, changes_display, join_texts
from conversations.staff.corrections import Change
from conversations.store import message_reads
from conversations.threads import thread_of
from conversations.times import from_epoch_us
from conversations.unread.plain_text import on_one_line, time_text

EVENTS_SHOWN = 30
EVENTS_IN_TEXT = 5
MAX_COUNTED = 1000  # messages between two events; more show as 1000+
# People who may not read texts don't see what apps note there.
TEXT_FIELDS = frozenset(("customData",))
HIDDEN = "…"
# What happened, where the kind of change names only a subject.
HEADLINES = {
    ChangedBy.READ: gettext_lazy("Read"),
    ChangedBy.RECEIVE_OPTION: gettext_lazy("Message receiving option changed"),
    ChangedBy.MARK: gettext_lazy("Marks changed"),
    ChangedBy.CUSTOM_DATA: gettext_lazy("Custom data changed"),
    ChangedBy.CONVERSATION_GROUP: gettext_lazy("Conversation groups changed"),
    ChangedBy.DELETE: gettext_lazy("Deleted"),
    ChangedBy.CLEAR: gettext_lazy("History cleared"),
    ChangedBy.ROSTER: gettext_lazy("Membership changed"),
    ChangedBy.NAME: gettext_lazy("Name or avatar changed"),
    ChangedBy.IMPORT: gettext_lazy("Imported"),
    ChangedBy.REPORT: gettext_lazy("Reported by the app"),
    ChangedBy.REPAIR: gettext_lazy("Corrected"),
}


class TimelineEvent(NamedTuple):
    """An event as people read it, and the number of messages after it, up to the next one or now."""

    time_us: int
    moment: datetime
    kind: str
    changes: list[ChangeText]
    actor: str
    version: int
    later_messages: int
    can_undo: bool = False


class Timeline(NamedTuple):
    """A page of events, the kinds that the page shows by name, and the time from which the next page goes on; 0 at the end."""

    events: list[TimelineEvent]
    older_us: int


def timeline(row: Conversation, *, until_us: int | None = None, kind: str = "", reads_text: bool) -> Timeline:
    """Return the newest events of a conversation, or those up to a time; of one kind, or with "" of all.

    The number of statements does not depend on that of the events.
    """
    of_row = ConversationEvent.objects.of(row.owner_id, row.conversation_id)
    selected = of_row.filter(kind=kind) if kind else of_row
    if until_us is not None:
        selected = selected.filter(time_us__lte=until_us)
    events = list(selected[: EVENTS_SHOWN + 1])
    shown = events[:EVENTS_SHOWN]
    actors = _actor_names({event.actor for event in shown})
    counts = _messages_after(row, shown, until_us) if not kind else [0] * len(shown)
    displayed, changed_later = [], set[str]()
    for event, count in zip(shown, counts):
        changes = undo.changes_of(event)
        can_undo = acting.is_staff(event.actor) and undo.can_restore(changes) and undo.still_stands(row, changes, changed_later)
        displayed.append(_display(event, actors[event.actor], count, reads_text)._replace(can_undo=can_undo))
        changed_later |= {change.field for change in changes}
    return Timeline(
        displayed,
        events[EVENTS_SHOWN].time_us if len(events) > EVENTS_SHOWN else 0,
    )


def as_text(row: Conversation, *, reads_text: bool) -> str:
    """Return the newest events as lines for a ticket, with times in UTC; "" without any."""
    with timezone.override(UTC):
        events = timeline(row, reads_text=reads_text).events[:EVENTS_IN_TEXT]
        lines = [_as_line(event) for event in events]
    return "\n".join([_("History"), *lines]) if lines else ""


def _as_line(event: TimelineEvent) -> str:
    changes, by = join_texts(event.changes), _("by %(actor)s") % {"actor": event.actor}
    return on_one_line(f"{time_text(event.moment)} {event.kind} {by}{'. ' if changes else ''}{changes}")


def _display(event: ConversationEvent, actor: str, later_messages: int, reads_text: bool) -> TimelineEvent:
    changes = undo.changes_of(event)
    texts = [
        text._replace(before=HIDDEN, after=HIDDEN) if text.field in TEXT_FIELDS and not reads_text else text
        for text in changes_display(changes)
    ]
    moment = from_epoch_us(event.time_us)
    return TimelineEvent(event.time_us, moment, _headline(event, changes), texts, actor, event.version, later_messages)


def _headline(event: ConversationEvent, changes: Sequence[Change]) -> str:
    after = {change.field: change.after for change in changes}
    if event.kind == ChangedBy.PIN and "isPinned" in after:
        return _("Pinned") if after["isPinned"] else _("Unpinned")
    if event.kind == ChangedBy.DRAFT and "hasDraft" in after:
        return _("Draft begun") if after["hasDraft"] else _("Draft discarded")
    return str(HEADLINES.get(ChangedBy(event.kind)) or capfirst(ChangedBy(event.kind).label))


def _messages_after(row: Conversation, events: Sequence[ConversationEvent], until_us: int | None) -> list[int]:
    """Return the number of messages between each event and the one before it in the list. One statement."""
    if not events:
        return []
    # The page of a permanent link begins at its event: messages after that are not its part.
    last_s = events[0].time_us // 1_000_000 if until_us is not None else message_reads.END_S
    times_s = [last_s, *(event.time_us // 1_000_000 for event in events)]
    thread = thread_of(row.owner_id, row.conversation_id)
    return message_reads.counts_between(thread, times_s, most=MAX_COUNTED)


def _actor_names(actors: Iterable[str]) -> dict[str, str]:
    """Return how to name each actor. Two queries at most."""
    parts = {actor: acting.parts(actor) for actor in actors}
    prefixes = [name for kind, name in parts.values() if kind == acting.KEY]
    keys = dict(ApiKey.objects.filter(prefix__in=prefixes).values_list("prefix", "name")) if prefixes else {}
    numbers = [int(name) for kind, name in parts.values() if kind == acting.STAFF and name.isdigit()]
    users = get_user_model()._default_manager.filter(pk__in=numbers) if numbers else ()
    staff = {user.pk: user.get_username() for user in users}
    return {actor: _actor_name(kind, name, keys, staff) for actor, (kind, name) in parts.items()}


def _actor_name(kind: str, name: str, keys: Mapping[str, str], staff: Mapping[Any, str]) -> str:
    match kind:
        case acting.USERSIG:
            return _("the user's app (UserSig)")
        case acting.KEY:
            return _("API key %(name)s (%(prefix)s)") % {"name": keys.get(name, "?"), "prefix": name}
        case acting.STAFF:
            return staff.get(int(name), _("a former member of staff")) if name.isdigit() else name
        case acting.ADMINISTRATOR:
            return _("app administrator %(name)s") % {"name": name}
        case acting.WEBHOOK:
            return _("webhook %(number)s") % {"number": name}
        case acting.COMMAND:
            return _("command %(name)s") % {"name": name}
    return _("imsite")
