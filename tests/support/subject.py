"""A user who has left something in every table, by the doors through which it comes in.

Every text that is the user's contains MARKER, and every one of others KEPT.
"""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import orjson
from django.apps import apps
from django.contrib.admin.models import ADDITION, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.utils import timezone

from conversations.access import access_log, api_keys
from conversations.actions import deletions, drafts, groups, peer_receipts, pins, reading, settings
from conversations.choices import InconsistencyKind, ReceiveOption
from conversations.feeding import reports
from conversations.models import ApiKey, Conversation, ProfileUpdate, WebhookEvent, WebhookOutcome
from conversations.staff import action_log
from conversations.store import inconsistencies
from tests.support.messages import NOON_S, received

EVE = 'eve "x" \\50%_/#'  # what JSON, LIKE and URLs escape
PEERS = ("alice", "bob", 'Eve "X" \\50%_/#')  # the last differs from it by case only
MARKER, KEPT = "MARKER", "KEPT"
NICK, FACE_URL = f"Evelyn {MARKER}", f"https://cdn.example.test/{MARKER}.png"
GROUP = "team"
NOON_MS = NOON_S * 1000


def text(words: str) -> list[dict[str, Any]]:
    return [{"MsgType": "TIMTextElem", "MsgContent": {"Text": words}}]


def c2c(sender: str, peer: str, number: int, words: str, **more: Any) -> dict[str, Any]:
    """The body of a webhook of a one-to-one message."""
    return {
        "From_Account": sender, "To_Account": peer, "MsgSeq": number, "MsgRandom": number, "MsgTime": NOON_S + number,
        "MsgKey": f"{number}_{number}_{NOON_S + number}", "SendMsgResult": 0, "MsgBody": text(words),
    } | more  # fmt: skip


def in_group(sender: str, number: int, words: str, **more: Any) -> dict[str, Any]:
    """The body of a webhook of a group message."""
    return {
        "GroupId": GROUP, "Type": "Public", "From_Account": sender, "MsgSeq": number, "Random": number,
        "MsgTime": NOON_S + number, "MsgBody": text(words),
    } | more  # fmt: skip


def last_message(sender: str, number: int, words: str, **more: Any) -> dict[str, Any]:
    """A last message as an SDK has it, with its sender's names."""
    return {
        "msgID": f"{number}", "timestamp": NOON_S + number, "seq": str(number), "random": number, "status": 2, "sender": sender,
        "nickName": NICK, "faceUrl": FACE_URL, "nameCard": f"Card {MARKER}", "friendRemark": f"Remark {MARKER}",
        "elemType": 1, "textElem": {"text": words}, "cloudCustomData": words, "isSelf": False,
    } | more  # fmt: skip


def leave_traces() -> None:
    """Let the user, peers and staff do everything that leaves something of the user."""
    _profile_and_group()
    _messages()
    _what_the_user_does()
    _what_apps_report()
    _what_staff_do()
    _what_is_pending()


def _profile_and_group() -> None:
    for number, name in enumerate((f"Evie {MARKER}", NICK)):
        items = [{"Tag": "Tag_Profile_IM_Nick", "Value": name}, {"Tag": "Tag_Profile_IM_Image", "Value": FACE_URL}]
        received("Profile.CallbackPortraitSet", {"From_Account": EVE, "ProfileItem": items, "EventTime": NOON_MS + number})
    created = {"GroupId": GROUP, "Type": "Public", "Name": f"Team {KEPT}", "EventTime": NOON_MS}
    people = [{"Member_Account": user_id} for user_id in (EVE, *PEERS)]
    received("Group.CallbackAfterCreateGroup", created | {"Owner_Account": EVE, "Operator_Account": EVE, "MemberList": people})
    received("Group.CallbackAfterNewMemberJoin", created | {"NewMemberList": people[:1], "Operator_Account": EVE})


def _messages() -> None:
    for number, peer in enumerate(PEERS):
        received("C2C.CallbackAfterSendMsg", c2c(peer, EVE, 10 + number, f"hello {KEPT}"))
        received("C2C.CallbackAfterSendMsg", c2c(EVE, peer, 20 + number, f"hi {MARKER}", CloudCustomData=MARKER))
    received("C2C.CallbackAfterSendMsg", c2c(EVE, EVE, 30, f"a note {MARKER}"))
    edited = {"EventTime": NOON_MS + 50_000, "Operator_Account": EVE}
    received("C2C.CallbackAfterModifyMsg", c2c(EVE, "alice", 20, f"rephrased {MARKER}") | edited)
    # Of this one, the message itself never comes.
    received("C2C.CallbackAfterModifyMsg", c2c(EVE, "bob", 29, f"rephrased {MARKER}") | edited)
    received("C2C.CallbackAfterMsgReport", {"Report_Account": EVE, "Peer_Account": "alice", "LastReadTime": NOON_S + 11})
    received("Group.CallbackAfterSendMsg", in_group("alice", 1, f"one {KEPT}"))
    at = [{"GroupAtAllFlag": 0, "GroupAt_Account": user_id} for user_id in ("alice", EVE)]
    received("Group.CallbackAfterSendMsg", in_group(EVE, 2, f"two {MARKER}", GroupAtInfo=at[:1]))
    received("Group.CallbackAfterSendMsg", in_group("bob", 3, f"three {KEPT}", GroupAtInfo=at))
    received("Group.CallbackAfterSendMsg", in_group("bob", 4, f"four {KEPT}", To_Account=[EVE]))
    received("Group.CallbackAfterSendMsg", in_group("bob", 5, f"five {KEPT}"))
    received("Group.CallbackAfterRecallMsg", {"GroupId": GROUP, "MsgSeqList": [{"MsgSeq": 5}], "Operator_Account": EVE})
    received("Group.CallbackAfterSendMsg", in_group(EVE, 6, f"six {MARKER}"))
    received("Group.CallbackAfterModifyMsg", in_group(EVE, 6, f"rephrased {MARKER}") | edited)
    received("Group.CallbackAfterSendMsg", in_group(EVE, 7, f"seven {MARKER}", TopicId=f"{GROUP}@TOPIC#_a"))


def _what_the_user_does() -> None:
    drafts.set_draft(owner_id=EVE, conversation_id="c2c_alice", text=f"draft {MARKER}")
    settings.set_custom_data(owner_id=EVE, conversation_ids=["c2c_alice"], text=f"data {MARKER}")
    groups.create(owner_id=EVE, name=f"work {MARKER}", conversation_ids=["c2c_bob"])
    pins.set_pinned(owner_id=EVE, conversation_id="c2c_bob", pinned=True)
    settings.set_receive_option(owner_id=EVE, conversation_id="c2c_zoe", option=ReceiveOption.NOT_RECEIVE)
    deletions.delete_one(owner_id=EVE, conversation_id=f"c2c_{PEERS[2]}")
    reading.read(owner_id=EVE, conversation_id="c2c_bob")
    drafts.set_draft(owner_id="alice", conversation_id=f"c2c_{EVE}", text=f"draft {KEPT}")


def _what_apps_report() -> None:
    """The lists of zoe, which no message reached, and of dave, who deleted his conversation."""
    with_eve = {"showName": NICK, "faceUrl": FACE_URL, "unreadCount": 1}
    member = {"userID": EVE, "nickName": NICK, "faceUrl": FACE_URL, "nameCard": f"Card {MARKER}"}
    tip = {"elemType": 9, "groupTipsElem": {"groupID": "other", "opMember": member, "memberList": [member]}}
    zoes = last_message("zoe", 41, f"joined {KEPT}", nickName="Zoe", faceUrl="", nameCard="", friendRemark="")
    for owner_id in ("zoe", "dave"):
        objects = [
            {"conversationID": f"c2c_{EVE}", "lastMessage": last_message(EVE, 40, f"seen {MARKER}")} | with_eve,
            {"conversationID": "group_other", "lastMessage": last_message(EVE, 40, f"seen {MARKER}"), "unreadCount": 3},
            {"conversationID": "group_tips", "lastMessage": zoes | tip | {"groupAtUserList": ["zoe", EVE]}},
        ]
        reports.record(owner_id=owner_id, objects=objects, is_vouched_for=True)
    deletions.delete_one(owner_id="dave", conversation_id=f"c2c_{EVE}")


def _what_staff_do() -> None:
    staff = User.objects.create_user("sue", is_staff=True)
    session = SessionStore()
    access_log.give_reason(session=session, username="sue", owner_id=EVE, reason=f"ticket {MARKER}")
    access_log.give_reason(session=session, username="sue", owner_id="alice", reason=f"ticket {KEPT}")
    for owner_id, conversation_id in ((EVE, "c2c_alice"), ("alice", f"c2c_{EVE}")):
        of_list = {"owner_id": owner_id, "conversation_id": conversation_id}
        access_log.record_conversation(session=session, username="sue", **of_list)
    session.save()
    for owner_id, conversation_id in ((EVE, "c2c_alice"), ("alice", f"c2c_{EVE}")):
        inconsistencies.replace(owner_id, [(conversation_id, InconsistencyKind.UNREAD)])
    row = Conversation.objects.get(owner_id=EVE, conversation_id="c2c_alice")
    action_log.conversation_entry(row, action_log.changed_message(f"unread {MARKER}"), user_id=staff.pk).save()
    action_log.log_export(EVE, f"name:{MARKER}", 1, user_id=staff.pk)
    action_log.log_export(PEERS[2], f"name:{KEPT}", 1, user_id=staff.pk)
    key, _text = api_keys.create_api_key(name=f"phone {MARKER}", owner_id=EVE, scopes=("read", "write"))
    LogEntry.objects.create(
        user=staff, content_type=ContentType.objects.get_for_model(ApiKey), object_id=key.prefix, object_repr=str(key),
        action_flag=ADDITION, change_message=f"added {MARKER}",
    )  # fmt: skip


def _what_is_pending() -> None:
    peer_receipts.begin(EVE, {"alice": NOON_S + 11})
    peer_receipts.begin("alice", {EVE: NOON_S + 20})
    ProfileUpdate.objects.create(conversation_id=f"c2c_{EVE}")
    nick = [{"Tag": "Tag_Profile_IM_Nick", "Value": f"Evelyn the second {MARKER}"}]
    joined = {"GroupId": GROUP, "NewMemberList": [{"Member_Account": EVE}], "EventTime": NOON_MS}
    own = (
        ("C2C.CallbackAfterSendMsg", c2c(EVE, "alice", 60, f"late {MARKER}")),
        ("Group.CallbackAfterSendMsg", in_group(EVE, 60, f"late {MARKER}")),
        ("Profile.CallbackPortraitSet", {"From_Account": EVE, "ProfileItem": nick, "EventTime": NOON_MS + 60_000}),
    )
    others = (
        ("C2C.CallbackAfterSendMsg", c2c("bob", EVE, 61, f"late {KEPT}")),
        ("Group.CallbackAfterSendMsg", in_group("bob", 61, f"late {KEPT}")),
        ("Group.CallbackAfterNewMemberJoin", joined),
    )
    for outcome in (WebhookOutcome.FAILED, WebhookOutcome.PENDING):
        for command, body in (*own, *others):
            WebhookEvent.objects.create(command=command, body=escaped(body), outcome=outcome, received_at=timezone.now())


def escaped(body: dict[str, Any]) -> str:
    """JSON as some other program writes it: with every slash escaped."""
    return orjson.dumps(body).decode().replace("/", "\\/")


# ---- What is stored ----------------------------------------------------------------------------


def cells() -> Iterator[tuple[str, dict[str, Any], str]]:
    """Every stored value: table and column, its row, and the value as a text."""
    for model in apps.get_models():
        if model._meta.managed and not model._meta.proxy:
            for row in model._base_manager.values():
                for column, value in row.items():
                    yield f"{model._meta.label}.{column}", row, value if isinstance(value, str) else repr(value)
    for session in Session.objects.all():
        yield "session", {}, json.dumps(session.get_decoded())


def written_forms(user_id: str) -> set[str]:
    """An ID as it stands in a text, in JSON, in JSON within Python's or another's JSON, and in a URL."""
    in_json = json.dumps(user_id)[1:-1]
    return {user_id, in_json, in_json.replace("/", "\\/"), quote(user_id, safe="")}


def without(row: dict[str, Any], columns: set[str]) -> dict[str, Any]:
    return {column: value for column, value in row.items() if column not in columns}


def everything() -> dict[str, list]:
    """All rows of all tables, without what differs between two runs."""
    changing = {"changed_at", "epoch", "deleted_at", "last_used_at", "session_data"}
    return {
        model._meta.label: sorted(repr(without(row, changing)) for row in model._base_manager.values())
        for model in apps.get_models()
        if model._meta.managed
    }
