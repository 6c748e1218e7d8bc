"""Which stored message a row shows as its last."""

from conversations.choices import GroupType
from conversations.models import Conversation, Message
from conversations.unread.rules import Viewer

# How far back the message before one that goes is looked for at a time.
LOOK_BACK = 50


def newest_shown(row: Conversation, viewer: Viewer, thread: str, *, before: str | None = None) -> Message | None:
    """The newest stored message that can be the row's last one; two queries at most where nobody is told apart."""
    candidates = Message.objects.filter(
        thread=thread, position__gt=row.cleared_position, is_recalled=False, is_shown=True, body__isnull=False
    ).order_by("-position")
    while viewer.group_type != GroupType.AVCHATROOM:
        found = list((candidates if before is None else candidates.filter(position__lt=before))[:LOOK_BACK])
        for message in found:
            if viewer.shows(message, row):
                return message
        if len(found) < LOOK_BACK:
            return None
        before = found[-1].position
    return None
