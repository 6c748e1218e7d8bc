"""Which stored message a row shows as its last."""

from collections.abc import Mapping, Sequence

from conversations.choices import GroupType
from conversations.models import Conversation, Message
from conversations.positions import NO_POSITION
from conversations.store import message_reads
from conversations.store.rows import Key
from conversations.store.threads import last_positions
from conversations.threads import thread_of
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


def newest_shown_of_each(rows: Sequence[Conversation], viewers: Mapping[Key, Viewer]) -> dict[Key, Message | None]:
    """Return `newest_shown` of each row, by owner ID and conversationID.

    Two queries, and one more for each row that does not show the newest message of its thread.
    """
    threads = {(row.owner_id, row.conversation_id): thread_of(row.owner_id, row.conversation_id) for row in rows}
    last = last_positions(threads.values())
    stored = message_reads.find([place for place in last.items() if place[1] != NO_POSITION])
    newest: dict[Key, Message | None] = {}
    for row in rows:
        key = (row.owner_id, row.conversation_id)
        thread, viewer = threads[key], viewers[key]
        position = last.get(thread, NO_POSITION)
        message = stored.get((thread, position))
        if position <= row.cleared_position or viewer.group_type == GroupType.AVCHATROOM:
            newest[key] = None
        elif message and viewer.shows(message, row):
            newest[key] = message
        else:
            newest[key] = newest_shown(row, viewer, thread)
    return newest
