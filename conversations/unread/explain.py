"""Find out why a conversation shows its unread count. Reads a bounded number of messages, however long the thread."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, cast

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
from conversations.unread import rules, viewers
from conversations.unread.explanation import Explanation, Freshness, MessageRef, Omission, Run
from conversations.unread.hints import Hint
from conversations.unread.rules import Viewer

# Messages after the unread floor that are checked one by one, unless all are asked for.
EXAMINED = 5000
# Messages before it that are counted, for each reason.
COUNTED_PER_PLACE = 1000
NEWEST_SHOWN, RUNS_SHOWN, EXAMPLES = 20, 20, 3
READ_WEBHOOK = "C2C.CallbackAfterMsgReport"


def explain(owner_id: str, conversation_id: str, *, examine_all: bool = False) -> Explanation:
    """Return where an unread count comes from, also that of a deleted conversation. Raises ConversationNotFound.

    At most 14 queries.
    """
    # Whether there is a last message, without its text.
    rows = Conversation.objects.annotate(has_last_message=Q(last_message__isnull=False)).defer("wire_head", "last_message")
    row = rows.named(owner_id, conversation_id).first()
    if row is None:
        raise ConversationNotFound(conversation_id)
    name = threads.thread_of(owner_id, conversation_id)
    thread = Thread.objects.filter(thread=name).first() or Thread(thread=name, last_position="", pruned_position="")
    viewer = viewers.of_row(row)
    examination = _examine(row, viewer, name, None if examine_all else EXAMINED)
    expected = None if examination.is_cut else row.imported_unread + examination.counted
    expected = 0 if row.deleted_at else expected
    owner = Owner.objects.named(owner_id).first() or Owner(owner_id=owner_id, version=0)
    freshness = _freshness(row, name, owner)
    explanation = Explanation(
        explained_at=timezone.now(),
        owner_id=owner_id,
        owner_nick=owner.nick_name,
        conversation_id=conversation_id,
        name=row.display_name,
        type=ConversationType(row.type),
        is_deleted=row.deleted_at is not None,
        unread=row.unread_count,
        expected=expected,
        imported=row.imported_unread,
        imported_end=_position_ref(row.imported_unread_position, row) if row.imported_unread else None,
        counted=examination.counted,
        oldest=examination.oldest,
        newest=tuple(examination.newest),
        runs=tuple(examination.runs[:RUNS_SHOWN]),
        read_up_to=row.read_up_to,
        read_at=from_epoch_s(row.c2c_read_timestamp) if row.c2c_read_timestamp else None,
        not_counted=(*_not_counted_by_position(row, name), *examination.omissions()),
        recv_opt=ReceiveOption(row.recv_opt),
        pruned_to=_position_ref(thread.pruned_position, row),
        version=row.version,
        changed_by=ChangedBy(row.changed_by) if row.changed_by else None,
        changed_at=row.changed_at,
        freshness=freshness,
        hints=tuple(_hints(row, viewer, thread, expected, freshness)),
    )
    return _with_sender_names(explanation)


def _with_sender_names(explanation: Explanation) -> Explanation:
    """Return the explanation with the senders' nicknames of now. One query."""
    examples = [ref for omission in explanation.not_counted for ref in omission.examples]
    ends = [ref for run in explanation.runs for ref in (run.first, run.last)]
    newest = explanation.freshness.message
    senders = {ref.sender for ref in (*explanation.newest, *ends, *examples, newest) if ref and ref.sender}
    nicks = dict(Owner.objects.any_of(sorted(senders)).values_list("owner_id", "nick_name"))

    def named(ref: MessageRef) -> MessageRef:
        return replace(ref, sender_name=nicks.get(ref.sender, ""))

    return replace(
        explanation,
        newest=tuple(map(named, explanation.newest)),
        runs=tuple(replace(run, first=named(run.first), last=named(run.last)) for run in explanation.runs),
        not_counted=tuple(
            replace(omission, examples=tuple(map(named, omission.examples))) for omission in explanation.not_counted
        ),
        freshness=replace(explanation.freshness, message=newest and named(newest)),
    )


# ---- Messages ------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Examination:
    """The messages after a row's unread floor, added newest first: those that count, and those that don't by reason."""

    counted: int = 0
    oldest: MessageRef | None = None
    newest: list[MessageRef] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    is_cut: bool = False  # there are more messages
    _is_in_run: bool = False
    _numbers: dict[NotCountedReason, int] = field(default_factory=dict)
    _examples: dict[NotCountedReason, list[MessageRef]] = field(default_factory=dict)

    def add_counted(self, ref: MessageRef) -> None:
        self.counted += 1
        self.oldest = ref
        if len(self.newest) < NEWEST_SHOWN:
            self.newest.append(ref)
        if self._is_in_run:
            self.runs[-1] = Run(self.runs[-1].count + 1, ref, self.runs[-1].last)
        elif len(self.runs) <= RUNS_SHOWN:  # one more than is shown, which takes in all that follow
            self.runs.append(Run(1, ref, ref))
        self._is_in_run = True

    def add_not_counted(self, ref: MessageRef, reason: NotCountedReason) -> None:
        self._numbers[reason] = self._numbers.get(reason, 0) + 1
        if self._numbers[reason] <= EXAMPLES:
            self._examples.setdefault(reason, []).append(ref)
        self._is_in_run = False

    def omissions(self) -> list[Omission]:
        """Return the messages that don't count, by reason, in the order of NotCountedReason."""
        reasons = [reason for reason in NotCountedReason if reason in self._numbers]
        return [Omission(reason, self._numbers[reason], self.is_cut, tuple(self._examples[reason])) for reason in reasons]


def _examine(row: Conversation, viewer: Viewer, thread: str, limit: int | None) -> _Examination:
    """Check the messages after the unread floor, newest first, at most `limit` of them."""
    examination = _Examination()
    limit_sql = None if limit is None else limit + 1
    for number, message in enumerate(message_reads.outlines(thread, unread_counts.unread_floor(row), limit=limit_sql)):
        if number == limit:
            examination.is_cut = True
            break
        ref, reason = _ref(message, row), viewer.reason_not_counted(message, row)
        if reason is None:
            examination.add_counted(ref)
        else:
            examination.add_not_counted(ref, reason)
    return examination


def _not_counted_by_position(row: Conversation, thread: str) -> Iterator[Omission]:
    """Yield the messages up to the unread floors: deleted, cleared, read or imported ones, counted between two positions."""
    low = positions.NO_POSITION
    for reason, high in rules.unread_floors(row):
        if high > low:
            outlines = message_reads.outlines(thread, low, up_to=high, limit=COUNTED_PER_PLACE + 1)
            refs = [_ref(message, row) for message in outlines]
            if refs:
                count = min(len(refs), COUNTED_PER_PLACE)
                yield Omission(reason, count, len(refs) > COUNTED_PER_PLACE, tuple(refs[:EXAMPLES]))
            low = high


def _ref(message: Message, row: Conversation) -> MessageRef:
    sent_at = None if message.time_s is None else from_epoch_s(message.time_s)
    return MessageRef(message.position, message.sender, sent_at, int(message.position) if row.is_group else None)


def _position_ref(position: str, row: Conversation) -> MessageRef | None:
    """Return a message of which only the position is known; None for NO_POSITION."""
    if position == positions.NO_POSITION:
        return None
    units = positions.in_read_units(position, row.type)
    return MessageRef(position, "", None, units) if row.is_group else MessageRef(position, "", from_epoch_s(units), None)


# ---- Freshness -----------------------------------------------------------------------------------


def _freshness(row: Conversation, thread: str, owner: Owner) -> Freshness:
    message = next(message_reads.outlines(thread, positions.NO_POSITION, limit=1), None)
    changed = Conversation.objects.newest_change_of(row.owner_id).only("changed_at").first()
    webhooks = WebhookEvent.objects.order_by("-pk").values_list("received_at", flat=True)
    waiting = WebhookEvent.objects.to_do(WebhookOutcome.PENDING, WebhookOutcome.FAILED)
    return Freshness(
        message=_ref(message, row) if message else None,
        message_received_at=message.created_at if message else None,
        has_last_message=cast(Any, row).has_last_message,  # annotated
        list_changed_at=changed.changed_at if changed else None,
        list_version=owner.version,
        webhook_at=webhooks.first(),
        read_webhook_at=webhooks.filter(command=READ_WEBHOOK).first(),
        waiting_webhooks=count_up_to(COUNTED_PER_PLACE, waiting),
    )


def _hints(row: Conversation, viewer: Viewer, thread: Thread, expected: int | None, freshness: Freshness) -> Iterable[Hint]:
    if expected is None:
        yield Hint.TOO_MANY
    elif expected != row.unread_count:
        yield Hint.DISAGREES
    if row.unread_count:
        if not row.read_up_to:
            yield Hint.GROUP_NEVER_READ if row.is_group else Hint.NEVER_READ
        if not row.is_group and freshness.read_webhook_at is None:
            yield Hint.NO_READ_WEBHOOK
        if freshness.message is None:
            yield Hint.NO_MESSAGES
    if row.is_group and not viewer.membership.events and row.membership == Membership.MEMBER:
        yield Hint.NOT_A_MEMBER
    if freshness.waiting_webhooks:
        yield Hint.WEBHOOKS_WAIT
    if row.owner_id in settings.SKIP_OWNERS:
        yield Hint.SKIPPED
    if thread.pruned_position > unread_counts.unread_floor(row):
        yield Hint.PRUNED
