"""Export everything about one user as JSON Lines, as a person may ask for by law.

Each line is an object with a `type`. Of others it has what the user's app showed (names in the list, one-to-one messages
received), and no more: not what others wrote in groups, not who else is in a group, not which member of staff did something.
"""

from collections.abc import Generator, Iterable, Iterator
from typing import Any

import orjson
from django.db.models import Q, QuerySet
from django.utils import timezone

from conversations import acting, identifiers, threads
from conversations.choices import ConversationType
from conversations.formats import conversation_json, erasure
from conversations.maintenance import traces
from conversations.models import (
    AccessLogEntry,
    ApiKey,
    Conversation,
    ConversationEvent,
    GroupMember,
    Inconsistency,
    Message,
    Owner,
    PendingReceipt,
    WebhookEvent,
)
from conversations.models.wire_head import WireHead

CHUNK_ROWS = 500  # a message may have 64 kB
THREADS_PER_QUERY = 100
# Columns with a text that is JSON.
JSON_COLUMNS = frozenset({"former_names", "group_names", "events", "changes", "body", "edit", "at_accounts", "targets"})
# What a conversation's own JSON has, or makes no sense outside the database.
IN_CONVERSATION = frozenset({
    *WireHead.columns, "owner_id", "marks", "conversation_groups", "last_message", "order_key", "wire_head",
})  # fmt: skip
SHOWN = ("wire_head", "last_message", "marks", "conversation_groups")
STATE = tuple(field.attname for field in Conversation._meta.concrete_fields if field.attname not in IN_CONVERSATION)


def export_lines(user_id: str) -> Generator[bytes, None, None]:
    """Yield a line for each thing that is stored about a user, in memory that does not grow with their number.

    Within `one_moment`, all lines are of one moment.
    """
    yield _line("export", {"userID": user_id, "exportedAt": timezone.now()})
    yield from _rows("profile", Owner.objects.named(user_id))
    yield from _conversations(user_id)
    yield from _messages(user_id)
    yield from _rows("groupMembership", GroupMember.objects.filter(user_id=user_id).order_by("group_id"), without={"user_id"})
    keys = ApiKey.objects.filter(owner_id=user_id).order_by("prefix")
    yield from _rows("apiKey", keys, without={"digest", "owner_id"})
    receipts = PendingReceipt.objects.filter(Q(owner_id=user_id) | Q(peer_id=user_id)).order_by("owner_id", "peer_id")
    yield from _rows("pendingReceipt", receipts)
    yield from _events(user_id)
    wrong = Inconsistency.objects.filter(owner_id=user_id).order_by("conversation_id", "kind")
    yield from _rows("inconsistency", wrong, without={"pk", "owner_id"})
    # Which member of staff it was is personal, too, and not the user's.
    views = AccessLogEntry.objects.filter(owner_id=user_id).order_by("id")
    yield from _rows("view", views, without={"id", "username", "owner_id"})
    changes = traces.staff_log(user_id).order_by("id")
    yield from _rows("staffChange", changes, without={"id", "user_id", "content_type_id", "object_id", "start"})
    yield from _webhooks(user_id)


def _rows(type_: str, rows: QuerySet[Any], *, without: Iterable[str] = ()) -> Iterator[bytes]:
    """Yield rows with all columns but some, so that no new column is forgotten."""
    for values in rows.values().iterator(CHUNK_ROWS):
        yield _line(type_, {name: value for name, value in values.items() if name not in without})


def _line(type_: str, values: dict[str, Any]) -> bytes:
    named = {_camel_case(name): _json_value(name, value) for name, value in values.items()}
    return orjson.dumps({"type": type_, **named}) + b"\n"


def _camel_case(name: str) -> str:
    if name == "owner_id":
        return "userID"
    first, *others = name.split("_")
    return first + "".join("ID" if word == "id" else word.capitalize() for word in others)


def _json_value(name: str, value: Any) -> Any:
    return orjson.Fragment(value) if name in JSON_COLUMNS and isinstance(value, str) and value else value


# ---- Conversations and messages ----------------------------------------------------------------


def _conversations(user_id: str) -> Iterator[bytes]:
    """Yield the user's conversations as the API shows them, with everything else that is stored of them. Deleted ones, too."""
    owner = Owner.objects.named(user_id).first()
    group_names = owner.group_names if owner else "[]"
    rows = Conversation.objects.filter(owner_id=user_id).order_by("conversation_id").values_list(*SHOWN, *STATE)
    for wire_head, last_message, marks, groups, *values in rows.iterator(CHUNK_ROWS):
        conversation = conversation_json.row_to_json(wire_head, last_message, marks, groups, group_names)
        state = {_camel_case(name): value for name, value in zip(STATE, values)}
        yield _line("conversation", {"conversation": orjson.Fragment(conversation), "state": state})


def _messages(user_id: str) -> Iterator[bytes]:
    """Yield what the user sent, and what others sent to the user one to one."""
    names = list(traces.c2c_threads(user_id))
    for start in range(0, len(names), THREADS_PER_QUERY):
        part = Message.objects.filter(thread__any_of=names[start : start + THREADS_PER_QUERY])
        yield from _messages_of(user_id, part.order_by("thread", "position"))
    for group_id in traces.group_ids(user_id):
        for thread in traces.group_threads(group_id):
            yield from _messages_of(user_id, Message.objects.filter(thread=thread, sender=user_id).order_by("position"))


def _messages_of(user_id: str, messages: QuerySet[Message]) -> Iterator[bytes]:
    for values in messages.values().iterator(CHUNK_ROWS):
        message: dict[str, Any] = {**values}
        thread = message.pop("thread")
        is_group = threads.is_of_group(thread)
        bare_id = thread if is_group else threads.peer_in(thread, user_id)
        conversation_id = identifiers.join(ConversationType.GROUP if is_group else ConversationType.C2C, bare_id)
        yield _line("message", {"conversationID": conversation_id, "isSent": message["sender"] == user_id, **message})


def _events(user_id: str) -> Iterator[bytes]:
    """Yield what happened to the user's conversations; of staff not who it was."""
    for values in ConversationEvent.objects.filter(owner_id=user_id).order_by("pk").values().iterator(CHUNK_ROWS):
        event: dict[str, Any] = {name: value for name, value in values.items() if name not in ("pk", "owner_id")}
        if acting.is_staff(event["actor"]):
            event["actor"] = acting.STAFF
        yield _line("event", event)


# ---- Webhooks ----------------------------------------------------------------------------------


def _webhooks(user_id: str) -> Iterator[bytes]:
    """Yield the stored webhooks that name the user, but not what others wrote in groups, and no other members of a group."""
    for webhook in traces.webhooks(user_id):
        body = orjson.loads(webhook.body)
        if not _is_of_others_in_group(webhook, body, user_id):
            times = {"received_at": webhook.received_at, "applied_at": webhook.applied_at}
            content = {"command": webhook.command, "outcome": webhook.outcome, "error": webhook.error, **times}
            yield _line("webhook", content | {"content": _without_other_members(body, user_id)})


def _is_of_others_in_group(webhook: WebhookEvent, body: Any, user_id: str) -> bool:
    is_written = webhook.command.startswith("Group.") and webhook.command in erasure.AUTHOR_KEYS
    return is_written and not erasure.is_written_by(webhook.command, body, user_id)


def _without_other_members(value: Any, user_id: str) -> Any:
    if type(value) is dict:
        return {key: _without_other_members(part, user_id) for key, part in value.items()}
    if type(value) is list:
        return [_without_other_members(part, user_id) for part in value if not _is_other_member(part, user_id)]
    return value


def _is_other_member(part: Any, user_id: str) -> bool:
    return type(part) is dict and part.get("Member_Account", user_id) != user_id
