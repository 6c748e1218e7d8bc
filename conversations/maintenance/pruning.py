"""Remove old messages without changing any conversation.

Messages stay that a row shows, counts as unread or has a mention of. So does each thread's newest old message that could be
shown: it becomes the last message when the messages after it are recalled.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from django.db.models import OuterRef, Subquery

from conversations import identifiers, positions
from conversations.choices import ConversationType
from conversations.formats import at_info
from conversations.models import Conversation, Message, Thread
from conversations.models.querysets import NO_AT_INFO
from conversations.store import messages as store_messages
from conversations.store import rows as store_rows
from conversations.store.threads import lock_threads
from conversations.store.transactions import in_transaction
from conversations.threads import BETWEEN
from conversations.unread import counts, rules, viewers

THREADS_PER_QUERY = 1000
MESSAGES_PER_TRANSACTION = 2000
BEYOND_ALL = "~"  # sorts after all digits


def prune(*, before_s: int, dry_run: bool = False, on_threads: Callable[[int], None] = lambda count: None) -> int:
    """Remove messages from before a time, in short transactions, and return how many; with `dry_run` only count them.

    Safe to stop and to repeat. A thread remembers how far it was pruned: older messages that are received again change nothing.
    """
    count, last = 0, ""
    # A thread with a single old message keeps it anyway, so the time of the second one decides.
    second = Message.objects.filter(thread=OuterRef("thread"), time_s__isnull=False).order_by("position").values("time_s")[1:2]
    by_name = Thread.objects.order_by("thread").annotate(second_s=Subquery(second)).values_list("thread", "second_s")
    while threads := list(by_name.filter(thread__gt=last)[:THREADS_PER_QUERY]):
        for thread, second_s in threads:
            if second_s is not None and second_s < before_s:
                count += _prune_thread(thread, before_s, dry_run)
        on_threads(len(threads))
        last = threads[-1][0]
    return count


def _prune_thread(thread: str, before_s: int, dry_run: bool) -> int:
    stored = Message.objects.filter(thread=thread)
    # A group orders its messages by number: the old ones end where the first newer one stands.
    end = stored.filter(time_s__gte=before_s).order_by("position").values_list("position", flat=True).first() or BEYOND_ALL
    shown = stored.filter(position__lt=end, is_shown=True, body__isnull=False, targets=rules.NO_LIST)
    newest = shown.order_by("-position").values_list("position", flat=True).first()
    count = 0
    last: str | None = positions.NO_POSITION
    while last is not None:
        removed, last = _prune_part(thread, last, end, newest, dry_run)
        count += removed
    return count


class Part(NamedTuple):
    """How many messages were removed, and the position to continue after; None at the end."""

    count: int  # type: ignore[assignment]  # a tuple's own method of this name is not missed
    last: str | None


@in_transaction
def _prune_part(thread: str, after: str, end: str, newest: str | None, dry_run: bool) -> Part:
    """Remove a batch of messages between two positions.

    The thread's lock is enough: every change that makes a row show or count a message holds it, and a read only counts fewer.
    """
    locked = lock_threads([thread])[thread]
    following = Message.objects.filter(thread=thread, position__gt=after, position__lt=end).order_by("position")
    old = list(following[:MESSAGES_PER_TRANSACTION])
    needed = {newest, *_needed(thread, old)}
    removable = [message.position for message in old if message.position not in needed]
    if not dry_run:
        store_messages.remove(locked, removable)
    return Part(len(removable), old[-1].position if len(old) == MESSAGES_PER_TRANSACTION else None)


def _needed(thread: str, messages: Sequence[Message]) -> Iterator[str]:
    """Yield the positions of messages that rows show, have a mention of, or, among `messages`, count as unread."""
    rows = _rows_of(thread)
    for row in rows:
        yield row.last_message_position
        if row.group_at_info != NO_AT_INFO:
            yield from map(positions.of_group, at_info.seqs(row.group_at_info))
    counting_rows = [row for row in rows if row.unread_count > row.imported_unread]
    viewers_of_rows = viewers.of_rows(counting_rows)
    for message, not_read_by in counts.with_rows_before(counting_rows, messages):
        if any(viewers_of_rows[row.owner_id, row.conversation_id].counts_as_unread(message, row) for row in not_read_by):
            yield message.position


def _rows_of(thread: str) -> list[Conversation]:
    """Return all owners' listed rows that show a thread."""
    user, between, peer = thread.partition(BETWEEN)
    if not between:
        conversation_id = identifiers.join(ConversationType.GROUP, thread)
        return list(Conversation.objects.present().filter(conversation_id=conversation_id).only(*COLUMNS))
    sides = ((user, peer), (peer, user))
    keys = [(owner_id, identifiers.join(ConversationType.C2C, other_id)) for owner_id, other_id in sides]
    return [row for row in store_rows.read_rows(keys).values() if row.is_listed]


COLUMNS = (
    "type", "unread_count", "imported_unread", "imported_unread_position", "last_message_position", "group_at_info",
    "c2c_read_timestamp", "group_read_sequence", "deleted_position", "cleared_position",
)  # fmt: skip
