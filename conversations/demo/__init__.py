"""Realistic users, groups and conversations, as records of an import. The same moment gives the same data.

Each user and each thread has its own random generator, seeded by its ID: more users add threads and leave most others
unchanged. Both sides of a thread show the same last message.
"""

from collections.abc import Iterator
from typing import Any

from conversations import threads
from conversations.choices import FIRST_CUSTOM_MARK_BIT, AtType, GroupType, Mark, ReceiveOption
from conversations.demo import scripts, words
from conversations.demo.messages import SentMessage, as_seen, make_message
from conversations.demo.people import NEWCOMER, Group, Person, chance_for, groups, make_people, make_person

CUSTOM_MARK = 1 << FIRST_CUSTOM_MARK_BIT + 3
# The number of contacts outside the demo, who have no list of their own, of these users and of any other.
OUTSIDE_CONTACTS = {"alice": 180, "bob": 90}
USUAL_OUTSIDE_CONTACTS = 3
# The share of all users whom these users know.
BUSY = {"alice": 0.7, "bob": 0.35}
USUAL_CONTACTS = 7


def records(owner_count: int, now_s: int) -> Iterator[dict[str, Any]]:
    """Yield the conversations of the demo's first users up to `now_s`, as records of an import."""
    owners = make_people(owner_count)
    for first, second in _pairs(owners):
        yield from _one_to_one(first, second, now_s, listed_for=(first, second))
    for owner in owners:
        if owner.user_id != NEWCOMER:
            for contact in _outside_contacts(owner):
                yield from _one_to_one(owner, contact, now_s, listed_for=(owner,))
    for group in groups(owners):
        yield from _in_group(group, now_s)


# ---- Contacts --------------------------------------------------------------------------------


def _pairs(owners: list[Person]) -> Iterator[tuple[Person, Person]]:
    # These know each other, however many users the demo has.
    by_id = {owner.user_id: owner for owner in owners}
    pairs = [chat.people for chat in scripts.CHATS if not chat.group_id and by_id.keys() >= {*chat.people}]
    yield from ((by_id[first], by_id[second]) for first, second in pairs)
    seen = {frozenset(pair) for pair in pairs}
    talkers = [owner for owner in owners if owner.user_id != NEWCOMER]
    for owner in talkers:
        chance = chance_for(f"contacts {owner.user_id}")
        wanted = int(len(talkers) * BUSY.get(owner.user_id, 0)) or USUAL_CONTACTS
        for other in chance.sample(talkers, min(wanted, len(talkers))):
            pair = frozenset((owner.user_id, other.user_id))
            if len(pair) == 2 and pair not in seen:
                seen.add(pair)
                yield owner, other


def _outside_contacts(owner: Person) -> Iterator[Person]:
    chance = chance_for(f"outside {owner.user_id}")
    for _ in range(OUTSIDE_CONTACTS.get(owner.user_id, USUAL_OUTSIDE_CONTACTS)):
        name = chance.choice(words.ENGLISH_NAMES)
        if chance.random() < 0.6:
            name = chance.choice(words.FAMILY_NAMES)[1] + chance.choice(words.CHINESE_NAMES)[1]
        yield make_person(f"customer_{chance.randrange(10**9):09}", name)


# ---- Their conversations ---------------------------------------------------------------------


def _one_to_one(first: Person, second: Person, now_s: int, listed_for: tuple[Person, ...]) -> Iterator[dict[str, Any]]:
    chance = chance_for(f"{first.user_id} {second.user_id}")
    sender, receiver = (first, second) if chance.random() < 0.4 else (second, first)
    message = make_message(chance, sender, scripts.began_s(threads.thread_between(first.user_id, second.user_id), now_s))
    # The sender has read everything.
    unread = chance.choice((0, 0, 0, 0, 0, 1, 1, 2, 3, 5, 12, 130))
    if message.is_recalled:
        unread = 0
    for owner in listed_for:
        peer = second if owner is first else first
        own_unread = unread if owner is receiver else 0
        read_s = message.time_s if not own_unread else message.time_s - 60 * own_unread
        yield _record(
            owner,
            message,
            now_s,
            conversationID=f"c2c_{peer.user_id}",
            type=1,
            userID=peer.user_id,
            showName=peer.name,
            faceUrl=peer.face_url,
            recvOpt=_receive_option(owner, peer.user_id, most=ReceiveOption.RECEIVE_NOT_NOTIFY),
            unreadCount=own_unread,
            c2cReadTimestamp=read_s,
            lastMessage=as_seen(message, owner, peer=peer, is_read=not own_unread, is_peer_read=not unread),
        )


def _in_group(group: Group, now_s: int) -> Iterator[dict[str, Any]]:
    chance = chance_for(f"group {group.group_id}")
    sender = chance.choice(group.members)
    message = make_message(chance, sender, scripts.began_s(group.group_id, now_s), group=group)
    for owner in group.members:
        chance = chance_for(f"{owner.user_id} in {group.group_id}")
        unread = 0 if owner is sender else chance.choice((0, 0, 0, 1, 2, 4, 9, 41, 260))
        unread = min(unread, message.seq)
        if group.type == GroupType.MEETING or message.is_recalled:
            unread = 0
        mentions = []
        if unread and chance.random() < 0.3:
            mentions = [{"seq": str(message.seq - chance.randrange(unread)), "atType": chance.choice(AtType.values)}]
        yield _record(
            owner,
            message,
            now_s,
            conversationID=f"group_{group.group_id}",
            type=2,
            groupID=group.group_id,
            groupType=group.type,
            showName=group.name,
            faceUrl=group.face_url,
            recvOpt=_receive_option(owner, group.group_id, most=ReceiveOption.NOT_RECEIVE_EXCEPT_AT),
            unreadCount=unread,
            groupReadSequence=message.seq - unread,
            groupAtInfoList=mentions,
            lastMessage=as_seen(message, owner, group=group, is_read=not unread),
        )


def _receive_option(owner: Person, other_id: str, most: ReceiveOption) -> int:
    chance = chance_for(f"option {owner.user_id} {other_id}")
    return chance.randint(1, most) if chance.random() < 0.12 else ReceiveOption.RECEIVE.value


def _record(owner: Person, message: SentMessage, now_s: int, **keys: Any) -> dict[str, Any]:
    """Return a record of an import: the keys that the thread determines, and random settings of the owner."""
    chance = chance_for(f"settings {owner.user_id} {keys['conversationID']}")
    draft, draft_s = "", 0
    if chance.random() < 0.06:
        draft, draft_s = chance.choice(words.DRAFTS), min(message.time_s + chance.randrange(60, 3600), now_s)
    marks = [
        mark
        for mark, share in ((Mark.STAR, 0.06), (Mark.UNREAD, 0.04), (Mark.FOLD, 0.03), (Mark.HIDE, 0.02), (CUSTOM_MARK, 0.03))
        if chance.random() < share
    ]
    conversation = {
        "userID": None,
        "groupID": None,
        "groupType": None,
        "draftText": draft,
        "draftTimestamp": draft_s,
        "isPinned": chance.random() < 0.03,
        "orderkey": max(message.time_s * 1_000_000 + message.seq % 1_000_000, draft_s * 1_000_000),
        "groupAtInfoList": [],
        "customData": '{"label":"vip","level":3}' if chance.random() < 0.05 else "",
        "c2cReadTimestamp": 0,
        "groupReadSequence": 0,
        "markList": [int(mark) for mark in marks],
        "conversationGroupList": chance.sample(words.CONVERSATION_GROUPS, chance.choice((1, 1, 2)))
        if chance.random() < 0.1
        else [],
    }
    return {"owner": owner.user_id, "conversation": conversation | keys}
