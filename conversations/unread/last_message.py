"""Which stored message a row shows as its last."""

from conversations.choices import GroupType
from conversations.models import Conversation, Message
from conversations.unread.rules import Viewer

# Messages read at a time, newest first.
BATCH = 50


def newest_shown(row: Conversation, viewer: Viewer, thread: str, *, before: str | None = None) -> Message | None:
    """Return the newest stored message, before a position, that can be the row's last one.

    Usually one query; more only where more than a batch of messages is hidden from this viewer.
    """
    if viewer.group_type == GroupType.AVCHATROOM:
        return None
    candidates = Message.objects.filter(
        thread=thread, position__gt=row.cleared_position, is_shown=True, body__isnull=False
    ).order_by("-position")
    while True:
        batch = list((candidates if before is None else candidates.filter(position__lt=before))[:BATCH])
        for message in batch:
            if viewer.shows(message, row):
                return message
        if len(batch) < BATCH:
            return None
        before = batch[-1].position
