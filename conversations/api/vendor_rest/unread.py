"""The calls about unread counts, of `openim` and `group_open_http_svc`: a body in, the content of the answer out."""

from typing import Any

import orjson

from conversations import identifiers
from conversations.actions import reading, recounts
from conversations.api.vendor_rest.codes import NO_SUCH_ACCOUNT
from conversations.choices import ConversationType
from conversations.formats import rest_contacts
from conversations.formats.checks import INT32_MAX
from conversations.formats.fields import Body, group_id, number, require_value
from conversations.lists import json_reads
from conversations.models import Conversation
from conversations.times import check_happened_s, now_s

Content = dict[str, Any]


def get_c2c_unread_msg_num(body: Body) -> Content:
    owner_id = rest_contacts.account(body, "To_Account")
    if peers := rest_contacts.peers(body):
        return _unread_by_peer(owner_id, peers)
    one_to_one = Conversation.objects.for_owner(owner_id).filter(type=ConversationType.C2C)
    _token, totals = json_reads.totals(one_to_one, owner_id)
    return {"AllC2CUnreadMsgNum": totals["total"] + totals["muted"]}


def _unread_by_peer(owner_id: str, peers: list[str]) -> Content:
    ids = {peer: identifiers.join(ConversationType.C2C, peer) for peer in peers}
    well_formed = {peer: id_ for peer, id_ in ids.items() if identifiers.is_conversation_id(id_)}
    snapshot = json_reads.lookup(owner_id, list(well_formed.values()))
    counts = {id_.decode(): orjson.loads(conversation)["unreadCount"] for id_, conversation in snapshot.conversations.items()}
    content: Content = {
        "C2CUnreadMsgNumList": [
            {"Peer_Account": peer, "C2CUnreadMsgNum": counts.get(id_, 0)} for peer, id_ in well_formed.items()
        ]
    }
    if impossible := [peer for peer in peers if peer not in well_formed]:
        content["ErrorList"] = [{"Peer_Account": peer, "ErrorCode": NO_SUCH_ACCOUNT} for peer in impossible]
    return content


def admin_set_msg_read(body: Body) -> Content:
    reader, peer = (rest_contacts.account(body, key) for key in ("Report_Account", "Peer_Account"))
    time_s = check_happened_s(number(body, "MsgReadTime") or now_s(), field="MsgReadTime")
    reading.record_receipt(reader, peer, time_s=time_s)
    return {}


def set_unread_msg_num(body: Body) -> Content:
    owner_id = rest_contacts.account(body, "Member_Account")
    count = require_value("UnreadMsgNum", number(body, "UnreadMsgNum", most=INT32_MAX))
    recounts.set_unread(owner_id=owner_id, group_id=group_id(body), count=count)
    return {}
