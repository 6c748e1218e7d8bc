"""Why a conversation shows its unread count: the facts, and the same as sentences. No text of any message is in it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from conversations import positions
from conversations.choices import MUTED_OPTIONS, ChangedBy, ConversationType, NotCountedReason, ReceiveOption
from conversations.times import from_epoch_s
from conversations.unread.hints import Hint
from conversations.unread.lines import Line
from conversations.unread.plain_text import join_parts, on_one_line, time_text


@dataclass(frozen=True, slots=True)
class MessageRef:
    """A message by its position, without its text. `seq` is MsgSeq in a group, else None; the name is the nickname of now."""

    position: str
    sender: str
    sent_at: datetime | None
    seq: int | None
    sender_name: str = ""

    def __str__(self) -> str:
        number = self.seq is not None and _("Seq %(seq)d") % {"seq": self.seq}
        sender = f"{self.sender_name} ({self.sender})" if self.sender_name else self.sender
        return join_parts([number, on_one_line(sender), time_text(self.sent_at)])

    @property
    def place(self) -> str:
        """How people name the message: by its number in a group, else by its time."""
        if self.seq is not None:
            return f"#{self.seq}"
        return time_text(self.sent_at or from_epoch_s(positions.in_read_units(self.position, ConversationType.C2C)))


@dataclass(frozen=True, slots=True)
class Place:
    """A message that a sentence names by its number or time only."""

    message: MessageRef

    def __str__(self) -> str:
        return self.message.place


@dataclass(frozen=True, slots=True)
class Run:
    """Consecutive messages that all count."""

    count: int
    first: MessageRef
    last: MessageRef

    @property
    def line(self) -> Line:
        if self.count == 1:
            return _alone(self.last)
        text = ngettext(
            "%(count)d message from (%(first)s) to (%(last)s)", "%(count)d messages from (%(first)s) to (%(last)s)", self.count
        )
        return Line(text, {"count": self.count, "first": self.first, "last": self.last})


@dataclass(frozen=True, slots=True)
class Omission:
    """Messages that do not count, for one reason, with the newest as examples. `count` is a lower bound if `is_at_least`."""

    reason: NotCountedReason
    count: int
    is_at_least: bool
    examples: tuple[MessageRef, ...]

    @property
    def line(self) -> Line:
        count = _("at least %(count)d") % {"count": self.count} if self.is_at_least else str(self.count)
        text = _("%(reason)s: %(count)s; newest: %(examples)s")
        return Line(text, {"count": count, "reason": capfirst(self.reason.label), "examples": self.examples})


@dataclass(frozen=True, slots=True)
class Freshness:
    """The newest of everything that changes this conversation; None where there has been nothing."""

    message: MessageRef | None
    message_received_at: datetime | None
    has_last_message: bool  # in the row
    list_changed_at: datetime | None
    list_version: int
    webhook_at: datetime | None
    read_webhook_at: datetime | None
    waiting_webhooks: int


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and its sentences."""

    title: str
    lines: list[Line | str]


def _alone(message: MessageRef) -> Line:
    return Line("%(message)s", {"message": message})


@dataclass(frozen=True, slots=True)
class Explanation:
    """An unread count and where it comes from."""

    explained_at: datetime
    owner_id: str
    owner_nick: str
    conversation_id: str
    name: str
    type: ConversationType
    is_deleted: bool
    unread: int  # in the row
    expected: int | None  # from stored messages; None if too many are unread to check all of them
    imported: int
    imported_end: MessageRef | None
    counted: int
    oldest: MessageRef | None  # of those that count and were checked
    newest: tuple[MessageRef, ...]
    runs: tuple[Run, ...]
    read_up_to: int  # MsgSeq in a group, else epoch seconds; 0: nothing
    read_at: datetime | None
    not_counted: tuple[Omission, ...]
    recv_opt: ReceiveOption
    pruned_to: MessageRef | None
    version: int
    changed_by: ChangedBy | None
    changed_at: datetime | None
    freshness: Freshness
    hints: tuple[Hint, ...]

    @property
    def agrees(self) -> bool:
        """Return whether the row has the expected count; assumed if not all messages were checked."""
        return self.expected is None or self.expected == self.unread

    @property
    def headline(self) -> str:
        """The answer in one sentence."""
        return str(self.headline_line)

    @property
    def headline_line(self) -> Line:
        """The answer, with the message since which there are unread ones."""
        numbers = {"unread": self.unread, "expected": self.expected, "imported": self.imported, "counted": self.counted}
        if self.is_deleted:
            return Line(_("The conversation is deleted: nothing counts until a new message restores it."), {})
        if self.expected is None:
            return Line(_("%(unread)d unread. Not all of them were checked; at least %(counted)d messages count."), numbers)
        if not self.agrees and self.imported:
            text = _("%(unread)d unread, but expected %(expected)d = %(imported)d imported + %(counted)d messages.")
            return Line(text, numbers)
        if not self.agrees:
            return Line(_("%(unread)d unread, but expected %(expected)d."), numbers)
        if self.imported:
            return Line(_("%(unread)d unread: %(imported)d imported + %(counted)d messages = %(unread)d."), numbers)
        if self.oldest is None:
            return Line(_("No unread messages."), {})
        text = ngettext("%(unread)d unread message: %(place)s.", "%(unread)d unread messages since %(place)s.", self.unread)
        return Line(text, numbers | {"place": Place(self.oldest)})

    @property
    def sections(self) -> list[Section]:
        """All facts, in sentences; sections without any are left out."""
        parts = (
            (_("Imported unread"), self._imported_lines()),
            (_("Messages that count"), self._counted_lines()),
            (_("Read position"), self._read_lines()),
            (_("Messages that don't count"), (omission.line for omission in self.not_counted)),
            (_("Unread total"), self._total_lines()),
            (_("Last change"), self._change_lines()),
            (_("Latest data"), self._freshness_lines()),
            (_("What to do"), (str(hint.label) for hint in self.hints)),
        )
        return [section for section in (Section(title, list(lines)) for title, lines in parts) if section.lines]

    def as_text(self, url: str = "") -> str:
        """Return the explanation for a terminal or a ticket, in UTC; `url` is the address of a page that shows it."""
        with timezone.override(UTC):
            blocks = ["\n".join(self._head_lines(url)), self.headline]
            blocks += ["\n".join([section.title, *(f"  {line}" for line in section.lines)]) for section in self.sections]
        return "\n\n".join(blocks)

    def _head_lines(self, url: str) -> Iterator[str]:
        name, owner_name = on_one_line(self.name), on_one_line(self.owner_nick or self.owner_id)
        yield _("Conversation: %(name)s (%(id)s)") % {"name": name, "id": on_one_line(self.conversation_id)}
        yield _("User: %(name)s (%(id)s)") % {"name": owner_name, "id": on_one_line(self.owner_id)}
        if url:
            yield url
        yield _("As of %(time)s") % {"time": time_text(self.explained_at)}

    def _imported_lines(self) -> Iterator[Line | str]:
        if self.imported:
            text = ngettext(
                "%(count)d message was already unread when the conversation was imported or reported.",
                "%(count)d messages were already unread when the conversation was imported or reported.",
                self.imported,
            )
            yield text % {"count": self.imported}
        if self.imported_end:
            yield Line(_("The newest of them: %(message)s."), {"message": self.imported_end})

    def _counted_lines(self) -> Iterator[Line | str]:
        if self.counted > len(self.newest):
            yield from (run.line for run in self.runs)
            yield _("Newest:")
        yield from map(_alone, self.newest)

    def _read_lines(self) -> Iterator[str]:
        if not self.read_up_to:
            yield _("No read position is known.")
        elif self.read_at:
            yield _("Everything sent until %(time)s is read.") % {"time": time_text(self.read_at)}
        else:
            yield _("Everything up to Seq %(seq)d is read.") % {"seq": self.read_up_to}

    def _total_lines(self) -> Iterator[str]:
        if self.recv_opt in MUTED_OPTIONS:
            text = _("Not included: the conversation is muted and counts in the muted total (%(meaning)s, %(option)s).")
        else:
            text = _("Included: the conversation is not muted (%(meaning)s, %(option)s).")
        yield text % {"option": f"recvOpt {self.recv_opt:d}", "meaning": self.recv_opt.label}

    def _change_lines(self) -> Iterator[str]:
        cause = str(self.changed_by.label) if self.changed_by else _("unknown cause")
        change = capfirst(join_parts((cause, time_text(self.changed_at))))
        yield _("%(change)s (version %(version)d)") % {"change": change, "version": self.version}

    def _freshness_lines(self) -> Iterator[Line | str]:
        data, never = self.freshness, _("never")
        if data.message:
            text = _("Newest stored message: %(message)s; received %(time)s.")
            yield Line(text, {"message": data.message, "time": time_text(data.message_received_at)})
        elif data.has_last_message:
            yield _("Only the last message is known, from an import or a report, so messages can't be counted one by one.")
        else:
            yield _("No message is stored.")
        list_changed = {"version": data.list_version, "time": time_text(data.list_changed_at) or never}
        yield _("Last change of the user's list: %(time)s (version %(version)d).") % list_changed
        yield _("Last webhook received (any user): %(time)s.") % {"time": time_text(data.webhook_at) or never}
        yield _("Last read receipt received (any user): %(time)s.") % {"time": time_text(data.read_webhook_at) or never}
        if self.pruned_to:
            yield Line(_("Older messages have been pruned, up to: %(message)s."), {"message": self.pruned_to})
