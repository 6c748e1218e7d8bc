"""What members of staff did, newest first: the access log, the login log and Django's admin log read as one list."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Self

from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Case, Q, QuerySet, When
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from conversations.digits import INT64_DIGITS, parse_digits
from conversations.exceptions import InvalidParameter
from conversations.models import AccessLogEntry, ApiKey, ConversationRow, LoginEvent, LoginLogEntry, Owner
from conversations.staff import action_log
from conversations.times import MAX_TIME_US, from_epoch_us, to_epoch_us

# A kind that is rare is looked for in this many entries at a time.
SCANNED = 5000


class ActivityKind(models.TextChoices):
    VIEW = "view", gettext_lazy("view")
    CORRECTION = "correction", gettext_lazy("correction")
    EXPORT = "export", gettext_lazy("export")
    LOGIN = "login", gettext_lazy("login")
    FAILED_LOGIN = "failed-login", gettext_lazy("failed login")
    LOCK_OUT = "lock-out", gettext_lazy("lock-out")
    KEY_CREATED = "key-created", gettext_lazy("API key created")
    KEY_REVOKED = "key-revoked", gettext_lazy("API key revoked")
    OTHER = "other", gettext_lazy("other action")


class Position(NamedTuple):
    """The place of an entry in the list."""

    time_us: int
    source: int
    id: int

    @property
    def moment(self) -> datetime:
        return from_epoch_us(self.time_us)

    @property
    def order(self) -> tuple[int, int, int]:
        """Return what sorts the newest first."""
        return -self.time_us, self.source, -self.id

    def __str__(self) -> str:
        return "-".join(map(str, self))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the position of a text. Raises InvalidParameter."""
        numbers = [parse_digits(part, at_most=INT64_DIGITS - 1) for part in text.split("-")]
        if len(numbers) != len(cls._fields) or None in numbers or numbers[0] > MAX_TIME_US:
            raise InvalidParameter(_("Invalid position in the list."), field="after")
        return cls(*numbers)


class Entry(NamedTuple):
    """An entry of one of the logs, `row`, and its place."""

    position: Position
    kind: ActivityKind
    staff: str
    row: Any

    @property
    def moment(self) -> datetime:
        return self.position.moment


class Page(NamedTuple):
    """Entries, and the position after which the next page goes on; None at the end.

    A page without entries that is not the end was not searched to the end.
    """

    entries: list[Entry]
    next: Position | None


@dataclass(frozen=True)
class Selection:
    """Which entries are meant: of one member of staff, of one kind, from a time on, before another; "" and None for all."""

    staff: str = ""
    kind: str = ""
    start: datetime | None = None
    end: datetime | None = None
    has_logins: bool = True

    def read(self, after: Position | None, limit: int) -> Page:
        """Return at most `limit` entries after a position, or the first ones. The same few statements at any depth."""
        found: list[Entry] = []
        reached: list[Position] = []
        for number, source in enumerate(SOURCES):
            if source.has_kind(self.kind) and (self.has_logins or source is not LOGINS):
                entries, edge = source.read(number, self, after, limit + 1)
                found += entries
                reached += [edge] if edge else []
        # What lies behind the newest edge may have entries of that source before it, which were not read.
        edge = min(reached, key=lambda position: position.order, default=None)
        found = sorted(found, key=lambda entry: entry.position.order)
        if edge:
            found = [entry for entry in found if entry.position.order <= edge.order]
        if len(found) > limit:
            return Page(found[:limit], found[limit - 1].position)
        return Page(found, edge)


class Source(ABC):
    """One of the logs: its rows, the field with their time, and the condition of each kind of entry."""

    time: str

    @abstractmethod
    def rows(self, staff: str) -> QuerySet[Any]:
        """Select the rows of a member of staff, or all."""

    @abstractmethod
    def conditions(self) -> Mapping[ActivityKind, Q]:
        """Return which rows are of each kind."""

    @abstractmethod
    def entry_of(self, row: Any) -> tuple[ActivityKind, str]:
        """Return the kind of a row, and whose it is."""

    def has_kind(self, kind: str) -> bool:
        return not kind or kind in self.conditions()

    def read(
        self, number: int, selection: Selection, after: Position | None, limit: int
    ) -> tuple[list[Entry], Position | None]:
        """Return the first rows after a position. If not all were searched, also where the search stopped."""
        rows = self._between(self.rows(selection.staff), selection)
        if after:
            rows = rows.filter(self._after(number, after))
        rows, edge = rows.order_by(f"-{self.time}", "-pk"), None
        if selection.kind and len(self.conditions()) > 1:
            rows, edge = self._search(rows, self.conditions()[ActivityKind(selection.kind)], limit)
        entries = [
            Entry(Position(to_epoch_us(getattr(row, self.time)), number, row.pk), *self.entry_of(row), row)
            for row in rows[:limit]
        ]
        return entries, edge and Position(to_epoch_us(edge[1]), number, edge[0])

    def _search(self, rows: QuerySet[Any], condition: Q, limit: int) -> tuple[QuerySet[Any], tuple[int, datetime] | None]:
        """Return the first rows that meet a condition among SCANNED; if the search stopped there, key and time of the last."""
        # The database says of each whether it does: with the condition as a filter, it may choose to walk the whole table.
        is_meant = Case(When(condition, then=True), default=False, output_field=models.BooleanField())
        scanned = list(rows.values_list("pk", self.time, is_meant)[:SCANNED])
        found = [pk for pk, _moment, is_found in scanned if is_found]
        is_stopped = len(found) < limit and len(scanned) == SCANNED
        return rows.filter(pk__in=found[:limit]), scanned[-1][:2] if is_stopped else None

    def _between(self, rows: QuerySet[Any], selection: Selection) -> QuerySet[Any]:
        if selection.start:
            rows = rows.filter(**{f"{self.time}__gte": selection.start})
        return rows.filter(**{f"{self.time}__lt": selection.end}) if selection.end else rows

    def _after(self, number: int, after: Position) -> Q:
        moment = from_epoch_us(after.time_us)
        if number < after.source:
            return Q(**{f"{self.time}__lt": moment})
        up_to = Q(**{f"{self.time}__lte": moment})
        return up_to & (Q(**{f"{self.time}__lt": moment}) | Q(pk__lt=after.id)) if number == after.source else up_to


class Views(Source):
    time = "viewed_at"

    def rows(self, staff: str) -> QuerySet[Any]:
        return AccessLogEntry.objects.filter(username=staff) if staff else AccessLogEntry.objects.all()

    def conditions(self) -> Mapping[ActivityKind, Q]:
        return {ActivityKind.VIEW: Q()}

    def entry_of(self, row: AccessLogEntry) -> tuple[ActivityKind, str]:
        return ActivityKind.VIEW, row.username


class Logins(Source):
    """One entry for all logins of an hour from an address, at the time of the last."""

    time = "last_at"
    KINDS = {
        LoginEvent.LOGGED_IN: ActivityKind.LOGIN,
        LoginEvent.FAILED: ActivityKind.FAILED_LOGIN,
        LoginEvent.LOCKED_OUT: ActivityKind.LOCK_OUT,
    }

    def rows(self, staff: str) -> QuerySet[Any]:
        return LoginLogEntry.objects.filter(username=staff) if staff else LoginLogEntry.objects.all()

    def conditions(self) -> Mapping[ActivityKind, Q]:
        return {kind: Q(event=event) for event, kind in self.KINDS.items()}

    def entry_of(self, row: LoginLogEntry) -> tuple[ActivityKind, str]:
        return self.KINDS[LoginEvent(row.event)], row.username or _("(unknown account)")


class Actions(Source):
    """Django's admin log: what staff changed and exported. An entry goes with its staff account."""

    time = "action_time"

    def rows(self, staff: str) -> QuerySet[Any]:
        # Two statements: a join might sort all entries of a member of staff.
        users = list(User.objects.filter(username=staff).values_list("pk", flat=True)) if staff else []
        entries = LogEntry.objects.filter(user_id__in=users) if staff else LogEntry.objects.all()
        return entries.select_related("user")

    def conditions(self) -> Mapping[ActivityKind, Q]:
        lists, rows, keys, logs = content_types()
        # Of an erased user's list, the log does not say any more what was done.
        of_lists = Q(content_type=lists) & ~Q(change_message="")
        of_keys = {flag: Q(content_type=keys, action_flag=flag) for flag in (ADDITION, CHANGE)}
        export = Q(change_message__startswith=action_log.EXPORT)
        of_logs = Q(content_type=logs)  # only exported
        named = {
            # Through the API, staff change lists; a correction on the pages is of a conversation.
            ActivityKind.CORRECTION: Q(content_type=rows) | of_lists & ~export,
            ActivityKind.EXPORT: of_lists & export | of_logs,
            ActivityKind.KEY_CREATED: of_keys[ADDITION],
            ActivityKind.KEY_REVOKED: of_keys[CHANGE],
        }
        return named | {ActivityKind.OTHER: ~(Q(content_type=rows) | of_lists | of_logs | of_keys[ADDITION] | of_keys[CHANGE])}

    def entry_of(self, row: LogEntry) -> tuple[ActivityKind, str]:
        if row.content_type_id:
            # Django remembers these; it would read an entry's own each time.
            row.content_type = ContentType.objects.get_for_id(row.content_type_id)
        return _kind_of_action(row), row.user.get_username()


def _kind_of_action(row: LogEntry) -> ActivityKind:
    lists, rows, keys, logs = content_types()
    if row.content_type_id == logs.pk:
        return ActivityKind.EXPORT
    if row.content_type_id == rows.pk:
        return ActivityKind.CORRECTION
    if row.content_type_id == lists.pk and row.change_message:
        is_export = row.change_message.startswith(action_log.EXPORT)
        return ActivityKind.EXPORT if is_export else ActivityKind.CORRECTION
    of_keys = {ADDITION: ActivityKind.KEY_CREATED, CHANGE: ActivityKind.KEY_REVOKED}
    return of_keys.get(row.action_flag, ActivityKind.OTHER) if row.content_type_id == keys.pk else ActivityKind.OTHER


def content_types() -> tuple[ContentType, ContentType, ContentType, ContentType]:
    """Return how the admin log names users' lists, conversations, API keys and the activity. Django remembers them."""
    found = ContentType.objects.get_for_models(Owner, ConversationRow, ApiKey, AccessLogEntry)
    return found[Owner], found[ConversationRow], found[ApiKey], found[AccessLogEntry]


LOGINS = Logins()
# Entries of one moment are in this order.
SOURCES: tuple[Source, ...] = (Views(), Actions(), LOGINS)
