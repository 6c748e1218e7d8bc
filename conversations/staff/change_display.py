"""Changes as text for people, in the reader's language."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, cast

from django.db.models import Field
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from conversations.choices import Membership, ReceiveOption
from conversations.exceptions import Text
from conversations.formats import marks as formats_marks
from conversations.models import Conversation
from conversations.staff import presentation
from conversations.staff.corrections import Change
from conversations.times import from_epoch_s
from conversations.unread.plain_text import time_text


class ChangeText(NamedTuple):
    """A change as text: the field's label and SDK name, and its values before and after."""

    label: str
    field: str
    before: str
    after: str


def changes_display(changes: Sequence[Change]) -> list[ChangeText]:
    """Return changes as text, but for what is a part of another one."""
    return [
        ChangeText(str(capfirst(LABELS[change.field])), change.field, *(_value(change.field, value) for value in change[1:]))
        for change in changes
        if change.field in LABELS
    ]


def _value(field: str, value: Any) -> str:
    return _("none") if value is None else VALUES[field](value)  # of a conversation that was not there


def join_parts(changes: Sequence[Change]) -> str:
    """Return changes in one line: `Unread: 3 → 0; Pinned: no → yes`."""
    return join_texts(changes_display(changes))


def join_texts(texts: Sequence[ChangeText]) -> str:
    """Return the texts of changes in one line."""
    return "; ".join(_("%(label)s: %(before)s → %(after)s") % text._asdict() for text in texts)


def outcome_display(outcome: Text, changes: Sequence[Change]) -> str:
    """Return a correction's outcome and its changes: `Marked as read. Unread: 3 → 0`."""
    return _("%(outcome)s. %(changes)s") % {"outcome": outcome, "changes": join_parts(changes)}


def _moment(epoch_s: int) -> str:
    return time_text(from_epoch_s(epoch_s)) if epoch_s else _("none")


# Without the imported unread, which the unread count includes.
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
        "customData": "custom_data",
        "conversationGroupList": "conversation_groups",
        "hasDraft": "draft_text",
        "membership": "membership",
        "isDeleted": "deleted_at",
        "clearedUpTo": "cleared_position",
    }.items()
}
VALUES: dict[str, Callable[[Any], str]] = {
    "unreadCount": str,
    "groupReadSequence": str,
    "c2cReadTimestamp": _moment,
    "groupAtInfoList": lambda entries: str(len(entries)),
    "isPinned": lambda is_pinned: _("yes") if is_pinned else _("no"),
    "markList": lambda marks: ", ".join(presentation.marks_display(formats_marks.to_signed(sum(marks)))) or _("none"),
    "recvOpt": lambda option: str(ReceiveOption(option).label),
    "customData": lambda text: text or _("none"),
    "conversationGroupList": lambda names: ", ".join(names) or _("none"),
    "hasDraft": lambda has_draft: _("yes") if has_draft else _("no"),
    "membership": lambda membership: str(Membership(membership).label),
    "isDeleted": lambda is_deleted: _("yes") if is_deleted else _("no"),
    "clearedUpTo": lambda up_to: str(up_to) if up_to else _("none"),
}
