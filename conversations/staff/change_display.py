"""Changes and log entries as text for people, in the reader's language."""

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, NamedTuple, cast

from django.contrib.admin.models import LogEntry
from django.db.models import Field
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from conversations.choices import ReceiveOption
from conversations.exceptions import Text
from conversations.formats import marks as formats_marks
from conversations.models import Conversation
from conversations.staff import corrections, presentation
from conversations.staff.corrections import Change
from conversations.times import from_epoch_s
from conversations.unread.plain_text import in_utc


class ChangeText(NamedTuple):
    """A change as text: the field's label and SDK name, and its values before and after."""

    label: str
    field: str
    before: str
    after: str


def changes_display(changes: Sequence[Change]) -> list[ChangeText]:
    """Return changes as text."""
    return [
        ChangeText(str(capfirst(LABELS[change.field])), change.field, *map(VALUES[change.field], (change.before, change.after)))
        for change in changes
    ]


def join_parts(changes: Sequence[Change]) -> str:
    """Return changes in one line: `Unread: 3 → 0; Pinned: no → yes`."""
    parts = (_("%(label)s: %(before)s → %(after)s") % text._asdict() for text in changes_display(changes))
    return "; ".join(parts)


def outcome_display(outcome: Text, changes: Sequence[Change]) -> str:
    """Return a correction's outcome and its changes: `Marked as read. Unread: 3 → 0`."""
    return _("%(outcome)s. %(changes)s") % {"outcome": outcome, "changes": join_parts(changes)}


def log_entry_display(entry: LogEntry) -> str:
    """Return a log entry as text: of a correction in the reader's language, of anything else as the admin shows it."""
    with suppress(ValueError, KeyError, TypeError):
        [logged] = json.loads(entry.change_message)
        changes = [Change(**change) for change in logged["changes"]]
        return outcome_display(corrections.OUTCOMES[logged["action"]], changes)
    return entry.get_change_message()


def _moment(epoch_s: int) -> str:
    return in_utc(from_epoch_s(epoch_s)) if epoch_s else _("none")


LABELS = {
    name: cast(Field, Conversation._meta.get_field(column)).verbose_name
    for name, column in {
        "unreadCount": "unread_count",
        "groupReadSequence": "group_read_sequence",
        "c2cReadTimestamp": "c2c_read_timestamp",
        "groupAtInfoList": "group_at_info",
        "isPinned": "is_pinned",
        "markList": "marks",
        "recvOpt": "recv_opt",
    }.items()
}
VALUES: dict[str, Callable[[Any], str]] = {
    "unreadCount": str,
    "groupReadSequence": str,
    "c2cReadTimestamp": _moment,
    "groupAtInfoList": lambda seqs: str(len(seqs)),
    "isPinned": lambda is_pinned: _("yes") if is_pinned else _("no"),
    "markList": lambda marks: ", ".join(presentation.marks_display(formats_marks.to_signed(sum(marks)))) or _("none"),
    "recvOpt": lambda option: str(ReceiveOption(option).label),
}
