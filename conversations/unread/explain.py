"""Find out why a conversation shows its unread number. Reads a bounded part of what is stored, however long the thread."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from conversations import positions, threads
from conversations.choices import ChangedBy, ConversationType, Membership, NotCountedReason, ReceiveOption
from conversations.exceptions import ConversationNotFound
from conversations.models import Conversation, Message, Owner, Thread, WebhookEvent, WebhookOutcome
from conversations.models.querysets import count_up_to
from conversations.store import message_reads
from conversations.times import from_epoch_s
from conversations.unread import counts as unread_counts
from conversations.unread import rules
from conversations.unread.explanation import Explanation, Feeding, Hint, MessageRef, Omission, Run
from conversations.unread.rules import Viewer

# Past the read position at most so many messages are looked at, unless all are asked for.
EXAMINED = 5000
# Of those left out by their place at most so many are counted for each reason.
COUNTED_PER_PLACE = 1000
NEWEST_SHOWN, RUNS_SHOWN, EXAMPLES = 20, 20, 3
READ_WEBHOOK = "C2C.CallbackAfterMsgReport"


def explain(owner_id: str, conversation_id: str, *, examine_all: bool = False) -> Explanation:
    """Where an unread number comes from; that of a deleted conversation, too. Raises ConversationNotFound.

    At most 14 queries.
    """
    # Whether there is a last message, without its text.
    rows = Conversation.objects.annotate(knows_last=Q(last_message__isnull=False)).defer("wire_head", "last_message")
    row = rows.named(owner_id, conversation_id).first()
    if row is None:
        raise ConversationNotFound(conversation_id)
    name = threads.thread_of(owner_id, conversation_id)
    thread = Thread.objects.filter(thread=name).first() or Thread(thread=name, last_position="", pruned_position="")
    viewer = unread_counts.viewer_of(row)
    examined = _examine(row, viewer, name, None if examine_all else EXAMINED)
    follows = 0 if row.deleted_at else None if examined.is_cut else row.imported_unread + examined.counted
    owner = Owner.objects.named(owner_id).first() or Owner(owner_id=owner_id, version=0)
    feeding = _feeding(row, name, owner)
    explanation = Explanation(
        explained_at=timezone.now(),
        owner_id=owner_id,
        owner_nick=owner.nick_name,
        conversation_id=conversation_id,
        name=row.display_name,
        type=ConversationType(row.type),
        is_deleted=row.deleted_at is not None,
        unread=row.unread_count,
        follows=follows,
        base=row.imported_unread,
        base_end=_place(row.imported_unread_position, row) if row.imported_unread else None,
        counted=examined.counted,
        newest=tuple(examined.newest),
        runs=tuple(examined.runs),
        read_up_to=row.read_up_to,
        read_at=from_epoch_s(row.c2c_read_timestamp) if row.c2c_read_timestamp else None,
        left_out=(*_left_out_by_place(row, name), *examined.left_out),
        recv_opt=ReceiveOption(row.recv_opt),
        pruned_to=_place(thread.pruned_position, row),
        version=row.version,
        changed_by=ChangedBy(row.changed_by) if row.changed_by else None,
        changed_at=row.changed_at,
        feeding=feeding,
        hints=tuple(_hints(row, viewer, thread, follows, feeding)),
    )
    return _with_names(explanation)


def _with_names(told: Explanation) -> Explanation:
    """The same, and what the senders are called now; one query."""
    examples = [ref for omission in told.left_out for ref in omission.examples]
    ends = [ref for run in told.runs for ref in (run.first, run.last)]
    senders = {ref.sender for ref in (*told.newest, *ends, *examples, told.feeding.message) if ref and ref.sender}
    nicks = dict(Owner.objects.any_of(sorted(senders)).values_list("owner_id", "nick_name"))

    def named(ref: MessageRef) -> MessageRef:
        return replace(ref, sender_name=nicks.get(ref.sender, ""))

    return replace(
        told,
        newest=tuple(map(named, told.newest)),
        runs=tuple(replace(run, first=named(run.first), last=named(run.last)) for run in told.runs),
        left_out=tuple(replace(one, examples=tuple(map(named, one.examples))) for one in told.left_out),
        feeding=replace(told.feeding, message=told.feeding.message and named(told.feeding.message)),
    )


# ---- Messages ------------------------------------------------------------------------------------


class _Examined(NamedTuple):
    counted: int
    newest: list[MessageRef]
    runs: list[Run]
    left_out: list[Omission]
    is_cut: bool


def _examine(row: Conversation, viewer: Viewer, thread: str, limit: int | None) -> _Examined:
    """The messages past all places, newest first, each with what speaks against it."""
    counted, newest, runs, is_in_run, is_cut = 0, [], [], False, False
    counts: dict[NotCountedReason, int] = {}
    examples: dict[NotCountedReason, list[MessageRef]] = {}
    stored = message_reads.outlines(thread, unread_counts.unread_floor(row), limit=None if limit is None else limit + 1)
    for number, message in enumerate(stored):
        if number == limit:
            is_cut = True
            break
        ref, why = _ref(message, row), viewer.left_out(message, row)
        if why is not None:
            counts[why] = counts.get(why, 0) + 1
            if counts[why] <= EXAMPLES:
                examples.setdefault(why, []).append(ref)
        elif is_in_run:
            runs[-1] = Run(runs[-1].count + 1, ref, runs[-1].last)
        elif len(runs) <= RUNS_SHOWN:  # one more, which is not shown, takes in all that follow
            runs.append(Run(1, ref, ref))
        if why is None:
            counted += 1
            newest += [ref][: NEWEST_SHOWN - len(newest)]
        is_in_run = why is None
    left_out = [Omission(why, counts[why], is_cut, tuple(examples[why])) for why in NotCountedReason if why in counts]
    return _Examined(counted, newest, runs[:RUNS_SHOWN], left_out, is_cut)


def _left_out_by_place(row: Conversation, thread: str) -> Iterator[Omission]:
    """What is deleted, cleared, read or in the base is not read one by one: it lies between two places."""
    low = positions.NO_POSITION
    for why, high in rules.unread_floors(row):
        if high > low:
            found = [_ref(one, row) for one in message_reads.outlines(thread, low, up_to=high, limit=COUNTED_PER_PLACE + 1)]
            if found:
                count = min(len(found), COUNTED_PER_PLACE)
                yield Omission(why, count, len(found) > COUNTED_PER_PLACE, tuple(found[:EXAMPLES]))
            low = high


def _ref(message: Message, row: Conversation) -> MessageRef:
    is_group = row.type == ConversationType.GROUP
    sent_at = None if message.time_s is None else from_epoch_s(message.time_s)
    return MessageRef(message.position, message.sender, sent_at, int(message.position) if is_group else None)


def _place(position: str, row: Conversation) -> MessageRef | None:
    """A place of which no more is known than where it is."""
    if position == positions.NO_POSITION:
        return None
    units = positions.in_read_units(position, row.type)
    if row.type == ConversationType.GROUP:
        return MessageRef(position, "", None, units)
    return MessageRef(position, "", from_epoch_s(units), None)


# ---- How fresh it is -----------------------------------------------------------------------------


def _feeding(row: Conversation, thread: str, owner: Owner) -> Feeding:
    message = next(iter(message_reads.outlines(thread, positions.NO_POSITION, limit=1)), None)
    changed = Conversation.objects.newest_change_of(row.owner_id).only("changed_at").first()
    webhook_times = [
        webhooks.values_list("received_at", flat=True).first()
        for webhooks in (
            WebhookEvent.objects.order_by("-pk"),
            WebhookEvent.objects.filter(command=READ_WEBHOOK).order_by("-pk"),
        )
    ]
    waiting = WebhookEvent.objects.to_do(WebhookOutcome.PENDING, WebhookOutcome.FAILED)
    return Feeding(
        message=message and _ref(message, row),
        message_came_at=message and message.created_at,
        knows_last=row.knows_last,
        owner_changed_at=changed and changed.changed_at,
        owner_version=owner.version,
        webhook_at=webhook_times[0],
        read_webhook_at=webhook_times[1],
        waiting_webhooks=count_up_to(COUNTED_PER_PLACE, waiting),
    )


def _hints(row: Conversation, viewer: Viewer, thread: Thread, follows: int | None, feeding: Feeding) -> Iterable[Hint]:
    if follows is None:
        yield Hint.TOO_MANY
    elif follows != row.unread_count:
        yield Hint.DISAGREES
    is_group = row.type == ConversationType.GROUP
    if row.unread_count and not row.read_up_to:
        yield Hint.GROUP_NEVER_READ if is_group else Hint.NEVER_READ
    if row.unread_count and not is_group and feeding.read_webhook_at is None:
        yield Hint.NO_READ_WEBHOOK
    if row.unread_count and feeding.message is None:
        yield Hint.NO_MESSAGES
    if is_group and not viewer.roster.events and row.membership == Membership.MEMBER:
        yield Hint.NOT_A_MEMBER
    if feeding.waiting_webhooks:
        yield Hint.WEBHOOKS_WAIT
    if row.owner_id in settings.SKIP_OWNERS:
        yield Hint.SKIPPED
    if thread.pruned_position > unread_counts.unread_floor(row):
        yield Hint.PRUNED
