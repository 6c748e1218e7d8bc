"""Hold a group's new messages, and give the fast path's statements their values."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import orjson
from django.conf import settings
from django.db import connection

from conversations import identifiers
from conversations.choices import AtType, ConversationType
from conversations.models import Group, Message
from conversations.store.display_profiles import DisplayProfile
from conversations.times import from_epoch_s, now_s
from conversations.unread import rules


@dataclass(frozen=True)
class Batch:
    """New messages at the end of a thread, in order of position, for all members of its locked group."""

    group: Group
    thread: str
    messages: Sequence[Message]
    profile: DisplayProfile

    @cached_property
    def senders(self) -> list[str]:
        return sorted({message.sender for message in self.messages})

    @cached_property
    def skipped_owners(self) -> list[str]:
        return sorted(settings.SKIP_OWNERS)

    @cached_property
    def last_shown(self) -> Message | None:
        """The newest message that can be a last message."""
        return next((message for message in reversed(self.messages) if message.is_shown), None)

    @cached_property
    def has_mentions(self) -> bool:
        return any(map(rules.mentions_anybody, self.messages))

    @property
    def is_plain(self) -> bool:
        """Return whether this is one shown message that mentions nobody: then no row has to be read before the rows change."""
        return len(self.messages) == 1 and self.messages[0].is_shown and not self.has_mentions

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """The values of all statements, by name; `changed_at` is added under the owners' locks."""
        first, newest = self.messages[0], self.messages[-1]
        values = {
            "group_id": self.group.group_id,
            "group_type": self.group.type,
            "conversation_id": identifiers.join(ConversationType.GROUP, self.thread),
            "bare_id": self.thread,
            "name": self.profile.name,
            "face_url": self.profile.face_url,
            "epoch": now_s(),
            "start_ms": min(message.time_s for message in self.messages) * 1000,
            "first": first.position,
            "first_seq": int(first.position),
            "newest": newest.position,
            "order_key": max(map(rules.order_key_in_group, self.messages)),
        }
        values |= {f"skipped{n}": owner_id for n, owner_id in enumerate(self.skipped_owners)}
        for n, message in enumerate(self.messages):
            values |= _message_parameters(n, message)
        return values | _last_message_parameters(self.last_shown)


def _message_parameters(n: int, message: Message) -> dict[str, Any]:
    values = {f"sender{n}": message.sender, f"position{n}": message.position, f"seq{n}": int(message.position)}
    if rules.mentions_anybody(message):
        values |= {f"mentioned{n}_{place}": user_id for place, user_id in enumerate(mentioned_users(message))}
        values |= {f"entry{n}": _entry_text(message, named=True), f"entry_for_others{n}": _entry_text(message, named=False)}
    return values


def _last_message_parameters(last: Message | None) -> dict[str, Any]:
    if last is None:
        return {}
    last_at = connection.ops.adapt_datetimefield_value(from_epoch_s(last.time_s))
    bodies = {"body": last.body, "own_body": rules.own_body(last)}
    return {"last": last.position, "last_sender": last.sender, "last_at": last_at, **bodies}


def mentioned_users(message: Message) -> list[str]:
    """Return the users that the message mentions by ID."""
    user_ids: list[str] = orjson.loads(message.at_accounts)
    return user_ids


def _entry_text(message: Message, *, named: bool) -> str:
    """Return the message's entry of groupAtInfoList after a comma, for members named by it or for the others; "" for none."""
    if message.at_all:
        at_type = AtType.ALL_AND_ME if named else AtType.ALL
    elif named:
        at_type = AtType.ME
    else:
        return ""
    return f',{{"seq":"{int(message.position)}","atType":{at_type:d}}}'
