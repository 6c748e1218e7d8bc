"""Which stored message a row shows as its last."""

from collections.abc import Mapping, Sequence

from conversations.choices import GroupType
from conversations.models import Conversation, Message
from conversations.store import message_reads
from conversations.store.rows import Key
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


def newest_shown_of_each(
    rows: Sequence[Conversation], viewers: Mapping[Key, Viewer], shown: Mapping[Key, Message]
) -> dict[Key, Message | None]:
    """Return `newest_shown` of each of one owner's rows, by owner ID and conversationID; `shown` has the stored ones they show.

    Two queries, and one more for each row that may not show the newest message after its own.
    """
    keys = {thread_of(row.owner_id, row.conversation_id): (row.owner_id, row.conversation_id) for row in rows}
    newest: dict[Key, Message | None] = {}
    floors = {}
    for row, (thread, key) in zip(rows, keys.items()):
        message = shown.get(key)
        newest[key] = message if message and viewers[key].shows(message, row) else None
        floors[thread] = message.position if message and newest[key] else row.cleared_position
    following = message_reads.find(list(message_reads.newest_shown_after_each(floors).items()))
    by_key = {keys[thread]: message for (thread, _position), message in following.items()}
    for row, (thread, key) in zip(rows, keys.items()):
        if key in by_key:
            viewer, message = viewers[key], by_key[key]
            newest[key] = message if viewer.shows(message, row) else newest_shown(row, viewer, thread)
        if viewers[key].group_type == GroupType.AVCHATROOM:
            newest[key] = None
    return newest
