"""The scripts as messages and webhooks, which are applied after the import."""

from typing import Any

from conversations import identifiers, threads
from conversations.actions import reading
from conversations.choices import ConversationType, Membership
from conversations.demo import scripts
from conversations.demo.messages import msg_element, msg_id
from conversations.demo.people import Group, Person, chance_for, groups
from conversations.demo.scripts import CHATS, Chat, Line, MembershipChange, time_s
from conversations.feeding import messages as feeding_messages
from conversations.feeding import webhooks
from conversations.formats import webhook_events
from conversations.formats.messages import C2CRecall, GroupRecall, IncomingMessage, MessageEdit

# The messages of the import have lower numbers.
FIRST_SEQ = 1001


def feed(owners: list[Person], now_s: int) -> list[IncomingMessage]:
    """Feed the scripts, as far as they concern these users, and return their messages."""
    user_ids = {owner.user_id for owner in owners}
    chats = [chat for chat in CHATS if chat.group_id or user_ids >= {*chat.people}]
    for group in groups(owners):
        if group.group_id in scripts.BY_THREAD:
            _create_group(group, scripts.BY_THREAD[group.group_id], user_ids, now_s)
    lines = [(chat, number, line) for chat in chats for number, line in enumerate(chat.lines) if line.sender in user_ids]
    messages = [_message(chat, number, line, now_s) for chat, number, line in lines]
    feeding_messages.record(messages, now_s=now_s)
    for message, (_chat, _number, line) in zip(messages, lines):
        if line.edited:
            webhooks.apply_event(_edit(message, line.edited), at_ms=message.time_s * 1000 + 1, now_s=now_s)
        if line.is_recalled:
            webhooks.apply_event(_recall(message), at_ms=0, now_s=now_s)
    for chat in chats:
        for reader, up_to in chat.reads.items():
            if reader in user_ids:
                _read(chat, reader, up_to, now_s)
    return messages


def _create_group(group: Group, chat: Chat, user_ids: set[str], now_s: int) -> None:
    """Feed a group's name and avatar, and its members' joins and leaves."""
    began_ms = time_s(chat.lines[0].at, now_s) * 1000
    keys = {"group_id": group.group_id, "group_type": group.type}
    info = webhook_events.GroupInfoChanged(**keys, event_time_ms=began_ms, name=group.name, face_url=group.face_url)
    changes = (_membership_event(change, keys, now_s) for change in chat.membership_changes if change.user_id in user_ids)
    for event in (info, *changes):
        webhooks.apply_event(event, at_ms=began_ms, now_s=now_s)


def _membership_event(change: MembershipChange, group_keys: dict[str, str], now_s: int) -> webhook_events.Event:
    keys: dict[str, Any] = {**group_keys, "event_time_ms": time_s(change.at, now_s) * 1000, "members": (change.user_id,)}
    if change.membership == Membership.MEMBER:
        return webhook_events.MembersJoined(**keys)
    return webhook_events.MembersLeft(**keys, membership=change.membership)


def _message(chat: Chat, number: int, line: Line, now_s: int) -> IncomingMessage:
    chance = chance_for(f"{chat.thread} {number}")
    at_s, random = time_s(line.at, now_s), chance.randrange(1, 1 << 32)
    contents = line.content if isinstance(line.content, tuple) else (line.content,)
    return IncomingMessage(
        sender=line.sender,
        elements=tuple(msg_element(chance, content) for content in contents),
        peer="" if chat.group_id else threads.peer_in(chat.thread, line.sender),
        group_id=chat.group_id,
        time_s=at_s,
        seq=FIRST_SEQ + number,
        random=random,
        msg_id=msg_id(chance, at_s, random),
        counts_as_unread=not line.is_quiet,
        at_all=line.mentions_all,
        at_accounts=line.mentions,
        targets=line.targets,
    )


def _edit(message: IncomingMessage, words: str) -> MessageEdit:
    elements = ({"MsgType": "TIMTextElem", "MsgContent": {"Text": words}},)
    return MessageEdit(
        sender=message.sender,
        peer=message.peer,
        group_id=message.group_id,
        time_s=message.time_s or 0,
        seq=message.seq or 0,
        random=message.random or 0,
        elements=elements,
    )


def _recall(message: IncomingMessage) -> C2CRecall | GroupRecall:
    if message.group_id:
        return GroupRecall(message.group_id, "", (message.seq,))
    return C2CRecall(message.sender, message.peer, message.time_s, message.seq, message.random)


def _read(chat: Chat, reader: str, up_to: str, now_s: int) -> None:
    """Read a chat up to a time. The cloud sends a webhook for a one-to-one read; a group read comes from the reader's app."""
    up_to_s = time_s(up_to, now_s)
    if not chat.group_id:
        event = webhook_events.C2CRead(reader, threads.peer_in(chat.thread, reader), up_to_s)
        webhooks.apply_event(event, at_ms=0, now_s=now_s)
        return
    read_lines = sum(time_s(line.at, now_s) <= up_to_s for line in chat.lines)
    conversation_id = identifiers.join(ConversationType.GROUP, chat.group_id)
    reading.read(owner_id=reader, conversation_id=conversation_id, sequence=FIRST_SEQ + read_lines - 1)
