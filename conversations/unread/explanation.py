"""Why a conversation shows its unread number: as facts, and as sentences for people."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import models
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from conversations.choices import MUTED_OPTIONS, ChangedBy, ConversationType, NotCountedReason, ReceiveOption


class Hint(models.TextChoices):
    """What to do about a number that surprises."""

    DISAGREES = (
        "disagrees",
        gettext_lazy("The number is wrong: recount the conversation, or run verify_conversations --repair for its owner."),
    )
    TOO_MANY = (
        "too_many",
        gettext_lazy("There are more unread messages than were looked at; the command explain_unread --all counts them all."),
    )
    NO_READ_WEBHOOK = (
        "no_read_webhook",
        gettext_lazy(
            "The chat cloud never told of a read. A developer can switch that on in its console (C2C.CallbackAfterMsgReport), "
            "or let the app report its conversations."
        ),
    )
    NEVER_READ = (
        "never_read",
        gettext_lazy("Neither the chat cloud nor the app ever told that this conversation was read (webhook, report or API)."),
    )
    GROUP_NEVER_READ = (
        "group_never_read",
        gettext_lazy(
            "Nobody ever told that this group was read. The chat cloud tells of no reads in groups: the app must do it (report "
            "or read)."
        ),
    )
    NO_MESSAGES = (
        "no_messages",
        gettext_lazy("The number is only what an import or a report said: the messages themselves did not come in."),
    )
    NOT_A_MEMBER = (
        "not_a_member",
        gettext_lazy("The owner is not known to be in this group, so its messages do not count. Load the group's members."),
    )
    WEBHOOKS_WAIT = (
        "webhooks_wait",
        gettext_lazy("News from the chat cloud is waiting, or failed: see the webhooks in the admin, or run replay_callbacks."),
    )
    SKIPPED = "skipped", gettext_lazy("The settings leave this account out, so nothing new comes into its list (SKIP_OWNERS).")
    PRUNED = "pruned", gettext_lazy("Some messages newer than what is read are no longer kept; those that count always are.")


@dataclass(frozen=True, slots=True)
class MessageRef:
    """A message by its place, without its text. `seq` is MsgSeq in a group, else None; the name is the sender's nick now."""

    position: str
    sender: str
    sent_at: datetime | None
    seq: int | None
    sender_name: str = ""

    def __str__(self) -> str:
        number = self.seq is not None and _("number %(seq)d") % {"seq": self.seq}
        sender = f"{self.sender_name} ({self.sender})" if self.sender_name else self.sender
        return in_a_row([number, on_one_line(sender), in_utc(self.sent_at)])


@dataclass(frozen=True, slots=True)
class Run:
    """Messages one after the other that all count."""

    count: int
    first: MessageRef
    last: MessageRef

    def __str__(self) -> str:
        if self.count == 1:
            return str(self.last)
        words = ngettext(
            "%(count)d message from (%(first)s) to (%(last)s)", "%(count)d messages from (%(first)s) to (%(last)s)", self.count
        )
        return words % {"count": self.count, "first": self.first, "last": self.last}


@dataclass(frozen=True, slots=True)
class Omission:
    """Messages that do not count, for one reason; the newest of them as examples. More than `count` if `is_at_least`."""

    reason: NotCountedReason
    count: int
    is_at_least: bool
    examples: tuple[MessageRef, ...]

    def __str__(self) -> str:
        count = _("%(count)d or more") % {"count": self.count} if self.is_at_least else str(self.count)
        words = _("%(reason)s: %(count)s; newest: %(examples)s")
        return words % {"count": count, "reason": capfirst(self.reason.label), "examples": " · ".join(map(str, self.examples))}


@dataclass(frozen=True, slots=True)
class Feeding:
    """The newest of everything that feeds this conversation; None where there was never any."""

    message: MessageRef | None
    message_came_at: datetime | None
    knows_last: bool  # whether the row has a last message
    owner_changed_at: datetime | None
    owner_version: int
    webhook_at: datetime | None
    read_webhook_at: datetime | None
    waiting_webhooks: int


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and its sentences."""

    title: str
    lines: list[str]


@dataclass(frozen=True, slots=True)
class Explanation:
    """An unread number and where it comes from. No text of any message is in it."""

    explained_at: datetime
    owner_id: str
    owner_nick: str
    conversation_id: str
    name: str
    type: ConversationType
    is_deleted: bool
    unread: int  # what the row has
    follows: int | None  # from what is stored; None if too much is unread to look at it all
    base: int
    base_end: MessageRef | None
    counted: int
    newest: tuple[MessageRef, ...]
    runs: tuple[Run, ...]
    read_up_to: int  # MsgSeq in a group, else epoch seconds; 0: nothing
    read_at: datetime | None
    left_out: tuple[Omission, ...]
    recv_opt: ReceiveOption
    pruned_to: MessageRef | None
    version: int
    changed_by: ChangedBy | None
    changed_at: datetime | None
    feeding: Feeding
    hints: tuple[Hint, ...]

    @property
    def agrees(self) -> bool:
        """Whether the row has the number that follows; taken to be so if that was not counted to the end."""
        return self.follows is None or self.follows == self.unread

    @property
    def headline(self) -> str:
        """The answer in one sentence."""
        numbers = {"unread": self.unread, "follows": self.follows, "base": self.base, "counted": self.counted}
        if self.is_deleted:
            return _("The conversation is deleted: it counts nothing until a newer message brings it back.")
        if self.follows is None:
            return _("%(unread)d unread: more than were looked at; at least %(counted)d messages count.") % numbers
        if self.agrees:
            return _("%(unread)d unread = %(base)d carried over + %(counted)d counted.") % numbers
        return _("%(unread)d unread, but it should be %(follows)d = %(base)d carried over + %(counted)d counted.") % numbers

    @property
    def sections(self) -> list[Section]:
        """All that is known, in sentences."""
        parts = (
            (_("Carried over from where?"), self._carried_over()),
            (_("Which messages count?"), self._counted()),
            (_("How far has the owner read?"), self._read()),
            (_("Which messages don't count, and why?"), map(str, self.left_out)),
            (_("Is it in the unread total?"), self._totals()),
            (_("What changed it last?"), self._last_change()),
            (_("How fresh is what we know?"), self._fed()),
            (_("What to do"), (str(hint.label) for hint in self.hints)),
        )
        return [section for section in (Section(title, list(lines)) for title, lines in parts) if section.lines]

    def as_text(self, url: str = "") -> str:
        """For a terminal; for a ticket with the address of the page that shows it."""
        blocks = ["\n".join(self._about(url)), self.headline]
        blocks += ["\n".join([section.title, *(f"  {line}" for line in section.lines)]) for section in self.sections]
        return "\n\n".join(blocks)

    def _about(self, url: str) -> Iterator[str]:
        name, owner_name = on_one_line(self.name), on_one_line(self.owner_nick or self.owner_id)
        yield _("Conversation: %(name)s (%(id)s)") % {"name": name, "id": on_one_line(self.conversation_id)}
        yield _("Owner: %(name)s (%(id)s)") % {"name": owner_name, "id": on_one_line(self.owner_id)}
        if url:
            yield url
        yield _("As of %(time)s") % {"time": in_utc(self.explained_at)}

    def _carried_over(self) -> Iterator[str]:
        if self.base:
            words = ngettext(
                "%(count)d message was unread already in what an import or the app's report told.",
                "%(count)d messages were unread already in what an import or the app's report told.",
                self.base,
            )
            yield words % {"count": self.base}
        if self.base_end:
            yield _("The newest of these: %(place)s.") % {"place": self.base_end}

    def _counted(self) -> Iterator[str]:
        if self.counted == len(self.newest):
            yield from map(str, self.newest)
        else:
            yield from map(str, self.runs)
            yield _("The newest of them:")
            yield from map(str, self.newest)

    def _read(self) -> Iterator[str]:
        if not self.read_up_to:
            yield _("Nothing is known to be read.")
        elif self.read_at:
            yield _("Everything sent until %(time)s is read.") % {"time": in_utc(self.read_at)}
        else:
            yield _("Everything up to number %(seq)d is read.") % {"seq": self.read_up_to}

    def _totals(self) -> Iterator[str]:
        if self.recv_opt in MUTED_OPTIONS:
            words = _("No: it is muted, and in the total of muted conversations (%(meaning)s, %(option)s).")
        else:
            words = _("Yes: it is not muted (%(meaning)s, %(option)s).")
        yield words % {"option": f"recvOpt {self.recv_opt:d}", "meaning": self.recv_opt.label}

    def _last_change(self) -> Iterator[str]:
        by = str(self.changed_by.label) if self.changed_by else _("a cause not noted")
        told = capfirst(in_a_row((by, in_utc(self.changed_at))))
        yield _("%(change)s (version %(version)d)") % {"change": told, "version": self.version}

    def _fed(self) -> Iterator[str]:
        fed = self.feeding
        never = _("never")
        if fed.message:
            words = _("Newest stored message: %(message)s; it came in at %(time)s.")
            yield words % {"message": fed.message, "time": in_utc(fed.message_came_at)}
        elif fed.knows_last:
            yield _("Only the last message is known, from an import or a report, so nothing can be counted one by one.")
        else:
            yield _("No message is stored.")
        times = {"version": fed.owner_version, "time": in_utc(fed.owner_changed_at) or never}
        yield _("Newest change of the owner's list: %(time)s (version %(version)d).") % times
        told_at, read_told_at = (in_utc(moment) or never for moment in (fed.webhook_at, fed.read_webhook_at))
        yield _("Newest word from the chat cloud, about anybody (webhook): %(time)s.") % {"time": told_at}
        yield _("Newest word of a read, about anybody (webhook): %(time)s.") % {"time": read_told_at}
        if self.pruned_to:
            yield _("Older messages are no longer kept, up to: %(place)s.") % {"place": self.pruned_to}


def in_a_row(parts: Iterable[str | bool]) -> str:
    """Those that say something, with commas between as the language writes them."""
    return pgettext("between the parts of a line", ", ").join(filter(None, parts))


def on_one_line(text: str) -> str:
    """Text from outside for a terminal or a ticket: what breaks a line, steers a terminal or turns text round is only seen."""
    return _STEERING.sub(lambda found: VISIBLE_BLANK if found[0].isspace() else REPLACEMENT, text)


# Unicode's control characters, its separators of lines and paragraphs, and all that has its property Bidi_Control.
_STEERING = re.compile("[\0-\x1f\x7f-\x9f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
VISIBLE_BLANK, REPLACEMENT = "\N{OPEN BOX}", "\N{REPLACEMENT CHARACTER}"


def in_utc(moment: datetime | None) -> str:
    """A moment to the second; "" if there is none."""
    return f"{date_format(moment, 'Y-m-d H:i:s')} UTC" if moment else ""
