"""Conversations of all users that leads look for: old mentions, many unread, changes by others than the user, wrong numbers.

Each selection is read by an index and goes on after a key. No selection reads a text of a message.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Self

from django.db.models import Q, QuerySet
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from conversations import acting, identifiers, positions
from conversations.choices import ChangedBy, InconsistencyKind
from conversations.digits import INT64_DIGITS, parse_digits
from conversations.exceptions import InvalidParameter
from conversations.formats import at_info
from conversations.models import Conversation, ConversationEvent, Inconsistency, composite_keys
from conversations.models.querysets import count_up_to
from conversations.staff.presentation import conversation_url, owner_url
from conversations.store import message_reads
from conversations.threads import thread_of
from conversations.times import MAX_TIME_US, from_epoch_s, from_epoch_us, to_epoch_us

ROWS_SHOWN = 50
MAX_COUNTED = 1000
# The time of a mention is that of its message, so rows with mentions are compared one by one, this many for a page.
SEARCHED = 200

Key = tuple[str, str]  # user ID, conversation ID


class Row(NamedTuple):
    """A conversation, or with "" a whole list, what was looked for, and when that was."""

    owner_id: str
    conversation_id: str
    name: str
    text: str
    moment: datetime
    url: str


class Page(NamedTuple):
    """Rows, and the position after which the next page goes on, "" at the end.

    `reached` is how far was searched, where the page is not full and not the last one.
    """

    rows: list[Row]
    next: str
    reached: datetime | None = None


class Count(NamedTuple):
    """A number of rows, or a lower bound."""

    number: int
    is_more: bool

    def __str__(self) -> str:
        return f"{self.number}+" if self.is_more else str(self.number)


class Position(NamedTuple):
    """A place in a selection: what it is ordered by, and a key."""

    word: str
    owner_id: str
    conversation_id: str

    def __str__(self) -> str:
        return f"{self.word}-{composite_keys.to_text(self.owner_id, self.conversation_id)}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the position of a text. Raises InvalidParameter."""
        word, _dash, key_text = text.partition("-")
        key = composite_keys.from_text(key_text, _is_of_row_or_list)
        if key is None or "\0" in word:
            raise _bad_position()
        return cls(word, *key)

    def number(self, most: int) -> int:
        """Return the word as a number. Raises InvalidParameter."""
        number = parse_digits(self.word, at_most=INT64_DIGITS)
        if number is None or number > most:
            raise _bad_position()
        return number

    def keys_after(self) -> Q:
        """Return the condition of the keys that follow, in order."""
        return Q(owner_id__gt=self.owner_id) | Q(owner_id=self.owner_id, conversation_id__gt=self.conversation_id)


def _is_of_row_or_list(key: composite_keys.CompositeKey) -> bool:
    return identifiers.is_owner_id(key.first) and (not key.second or identifiers.is_conversation_id(key.second))


def _bad_position() -> InvalidParameter:
    return InvalidParameter(_("Invalid position in the list."), field="after")


class Selection(ABC):
    """Rows of all users."""

    @abstractmethod
    def read(self, after: Position | None) -> Page:
        """Return the first rows, or those after a position. Three statements at most. Raises InvalidParameter."""

    @abstractmethod
    def count(self) -> Count:
        """Count the rows, and read a bounded number of them."""


@dataclass(frozen=True)
class OldMentions(Selection):
    """Conversations with an unread mention from before a time, by the time of their last message, the oldest first."""

    before: datetime

    def read(self, after: Position | None) -> Page:
        rows = Conversation.objects.mentioned()
        if after:
            moment = from_epoch_us(after.number(MAX_TIME_US))
            follows = Q(last_message_at__gt=moment) | after.keys_after()
            rows = rows.filter(follows, last_message_at__gte=moment)
        candidates = self._candidates(rows, SEARCHED)
        found = [(row, moment) for row, moment in _with_mention_times(candidates) if moment < self.before]
        shown = [self._row(row, moment) for row, moment in found[:ROWS_SHOWN]]
        if len(found) > ROWS_SHOWN:
            return Page(shown, self._position(found[ROWS_SHOWN - 1][0]))
        if len(candidates) < SEARCHED:
            return Page(shown, "")
        return Page(shown, self._position(candidates[-1]), candidates[-1].last_message_at)

    def count(self) -> Count:
        return self.count_among(self.counted_moments())

    @classmethod
    def counted_moments(cls) -> list[datetime]:
        """Return the times of the mentions to count among, whatever time they are older than. Two statements."""
        candidates = cls._candidates(Conversation.objects.mentioned(), MAX_COUNTED)
        return [moment for _row, moment in _with_mention_times(candidates)]

    def count_among(self, moments: Sequence[datetime]) -> Count:
        """Count those of `counted_moments`."""
        return Count(sum(moment < self.before for moment in moments), len(moments) == MAX_COUNTED)

    @staticmethod
    def _candidates(rows: QuerySet[Conversation], limit: int) -> list[Conversation]:
        columns = ("owner_id", "conversation_id", "show_name", "unread_count", "group_at_info", "last_message_at")
        return list(rows.only(*columns)[:limit])

    def _position(self, row: Conversation) -> str:
        return str(Position(str(to_epoch_us(row.last_message_at)), row.owner_id, row.conversation_id))

    def _row(self, row: Conversation, moment: datetime) -> Row:
        number = len(_mentions(row))
        mentions = ngettext("%(count)d mention", "%(count)d mentions", number) % {"count": number}
        return _row_of(row, f"{mentions} · {_unread(row)}", moment)


def _with_mention_times(rows: Sequence[Conversation]) -> Iterable[tuple[Conversation, datetime]]:
    """Yield rows with the time of their oldest mention; without its message, that of their last one. One statement."""
    oldest = [
        (thread_of(row.owner_id, row.conversation_id), positions.of_group(min(_mentions(row), default=0))) for row in rows
    ]
    times = message_reads.times(oldest)
    return (
        (row, from_epoch_s(times[key]) if key in times else row.last_message_at) for row, key in zip(rows, oldest, strict=True)
    )


def _mentions(row: Conversation) -> list[int]:
    try:
        return at_info.seqs(row.group_at_info)
    except (ValueError, TypeError, KeyError):  # damaged, which verify_conversations reports
        return []


@dataclass(frozen=True)
class MostUnread(Selection):
    """Conversations with MANY_UNREAD or more, the most first."""

    def read(self, after: Position | None) -> Page:
        rows = Conversation.objects.most_unread()
        if after:
            number = after.number(1 << 31)
            rows = rows.filter(Q(unread_count__lt=number) | after.keys_after(), unread_count__lte=number)
        columns = ("owner_id", "conversation_id", "show_name", "unread_count", "last_message_at", "created_at")
        found = list(rows.only(*columns)[: ROWS_SHOWN + 1])
        shown = [_row_of(row, _unread(row), row.last_message_at or row.created_at) for row in found[:ROWS_SHOWN]]
        if len(found) <= ROWS_SHOWN:
            return Page(shown, "")
        last = found[ROWS_SHOWN - 1]
        return Page(shown, str(Position(str(last.unread_count), last.owner_id, last.conversation_id)))

    def count(self) -> Count:
        return _count(Conversation.objects.most_unread())


@dataclass(frozen=True)
class ChangedByOthers(Selection):
    """What one actor, such as an API key or a command, changed in users' conversations, newest first.

    Of a webhook that was applied together with others, nobody knows which of them made a change: all are shown.
    """

    actor: str
    start: datetime | None = None
    end: datetime | None = None

    def read(self, after: Position | None) -> Page:
        events = self._events()
        if after:
            time_us = after.number(MAX_TIME_US)
            events = events.filter(Q(time_us__lt=time_us) | after.keys_after(), time_us__lte=time_us)
        columns = ("owner_id", "conversation_id", "time_us", "kind")
        found = list(events.values_list(*columns, named=True)[: ROWS_SHOWN + 1])
        names = _names_of({(event.owner_id, event.conversation_id) for event in found[:ROWS_SHOWN]})
        shown = [self._row(event, names) for event in found[:ROWS_SHOWN]]
        if len(found) <= ROWS_SHOWN:
            return Page(shown, "")
        last = found[ROWS_SHOWN - 1]
        return Page(shown, str(Position(str(last.time_us), last.owner_id, last.conversation_id)))

    def count(self) -> Count:
        return _count(self._events())

    def _events(self) -> QuerySet[ConversationEvent]:
        events = ConversationEvent.objects.by(self.actor, *self._together())
        if self.start:
            events = events.filter(time_us__gte=to_epoch_us(self.start))
        return events.filter(time_us__lt=to_epoch_us(self.end)) if self.end else events

    def _together(self) -> list[str]:
        kind, name = acting.parts(self.actor)
        number = parse_digits(name, at_most=INT64_DIGITS) if kind == acting.WEBHOOK else None
        return [] if number is None else ConversationEvent.objects.webhooks_together(number)

    def _row(self, event: Any, names: dict[Key, str]) -> Row:
        key = (event.owner_id, event.conversation_id)
        name = names.get(key, "") or identifiers.split(event.conversation_id)[1]
        # The conversation may be gone, and its history with it; then the page says so.
        url = f"{conversation_url(*key)}&part=history&until={event.time_us}#e{event.time_us}"
        return Row(*key, name, str(capfirst(ChangedBy(event.kind).label)), from_epoch_us(event.time_us), url)


@dataclass(frozen=True)
class Unverified(Selection):
    """What the last check of each list found wrong, by user."""

    def read(self, after: Position | None) -> Page:
        rows = Inconsistency.objects.order_by("owner_id", "conversation_id", "kind")
        if after:
            same = Q(owner_id=after.owner_id, conversation_id=after.conversation_id, kind__gt=after.word)
            rows = rows.filter(after.keys_after() | same, owner_id__gte=after.owner_id)
        found = list(rows[: ROWS_SHOWN + 1])
        names = _names_of({(row.owner_id, row.conversation_id) for row in found[:ROWS_SHOWN] if row.conversation_id})
        shown = [self._row(row, names) for row in found[:ROWS_SHOWN]]
        if len(found) <= ROWS_SHOWN:
            return Page(shown, "")
        last = found[ROWS_SHOWN - 1]
        return Page(shown, str(Position(last.kind, last.owner_id, last.conversation_id)))

    def count(self) -> Count:
        return _count(Inconsistency.objects.all())

    def _row(self, row: Inconsistency, names: dict[Key, str]) -> Row:
        text = str(capfirst(InconsistencyKind(row.kind).label))
        if not row.conversation_id:
            return Row(row.owner_id, "", "", text, row.found_at, owner_url(row.owner_id))
        key = (row.owner_id, row.conversation_id)
        name = names.get(key, "") or identifiers.split(row.conversation_id)[1]
        return Row(*key, name, text, row.found_at, f"{conversation_url(*key)}&part=explain")


def count_each(selections: Iterable[Selection]) -> dict[Selection, Count]:
    """Count selections, equal ones once. What old mentions are among is read once for all of them."""
    different = set(selections)
    moments = OldMentions.counted_moments() if any(isinstance(selection, OldMentions) for selection in different) else []
    return {
        selection: selection.count_among(moments) if isinstance(selection, OldMentions) else selection.count()
        for selection in different
    }


def _count(rows: QuerySet[Any]) -> Count:
    number = count_up_to(MAX_COUNTED + 1, rows)
    return Count(min(number, MAX_COUNTED), number > MAX_COUNTED)


def _unread(row: Conversation) -> str:
    return _("%(count)d unread") % {"count": row.unread_count}


def _row_of(row: Conversation, text: str, moment: datetime) -> Row:
    url = conversation_url(row.owner_id, row.conversation_id)
    return Row(row.owner_id, row.conversation_id, row.display_name, text, moment, url)


def _names_of(keys: Collection[Key]) -> dict[Key, str]:
    """Return the names of conversations that are there. One statement."""
    rows = Conversation.objects.filter(pk__in=sorted(keys)) if keys else Conversation.objects.none()
    return {(owner_id, id_): name for owner_id, id_, name in rows.values_list("owner_id", "conversation_id", "show_name")}
