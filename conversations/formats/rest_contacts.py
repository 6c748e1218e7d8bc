"""Requests and answers of the vendor's REST calls about conversations: `recentcontact` and the unread counts beside it.

Each parser takes a body and raises InvalidParameter, naming the key; keys that it does not know are ignored, as in the cloud.
Source: Tencent Cloud Chat, "REST API", pages of recentcontact.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from conversations import identifiers
from conversations.choices import ALLOWED_MARKS, MARK_BITS, ConversationType
from conversations.exceptions import InvalidParameter, TooManyConversations
from conversations.formats.checks import check_list, refuse
from conversations.formats.conversation import check_custom_data
from conversations.formats.fields import Body, list_of, number, required, text, user_id
from conversations.formats.rest_conversation import conversation_id_of

# Of a call that changes conversations; calls that read have the limit of our own.
MAX_CHANGED, MAX_READ = 100, 1000
STANDARD, CUSTOM, BOTH = 1, 2, 3  # OptType
RENAME, MEMBERS = 1, 2  # UpdateGroupType
ADD, REMOVE = 1, 2  # ContactOptType


class NotAnAccount(InvalidParameter):
    """An account that is not a string."""


class MarkItem(NamedTuple):
    """An entry of mark_contact: bits to set and to clear, and custom data, None to leave it."""

    opt_type: int
    conversation_id: str
    set_marks: int
    clear_marks: int
    custom_data: str | None


class GroupUpdate(NamedTuple):
    """A new name of a conversation group, or the conversations to add (ADD) and to remove (REMOVE)."""

    name: str
    new_name: str | None
    changes: list[tuple[int, str]]


# ---- Requests ----------------------------------------------------------------------------------


def account(body: Body, key: str) -> str:
    """Return a user ID, which must not be absent. Raises NotAnAccount as well."""
    if type(required(body, key)) is not str:
        raise NotAnAccount(f"{key}: " + _("Must be a string."), field=key)
    return user_id(body, key)


def peers(body: Body) -> list[str]:
    """Return the accounts of get_c2c_unread_msg_num, well-formed or not; empty if absent."""
    accounts = check_list(body.get("Peer_Account"), "Peer_Account")
    if not all(type(peer) is str for peer in accounts):
        raise NotAnAccount("Peer_Account: " + _("Each entry must be a string."), field="Peer_Account")
    if len(accounts) > MAX_READ:
        raise refuse("Peer_Account", _("At most %(count)d entries.") % {"count": MAX_READ})
    return list(dict.fromkeys(accounts))


def clears_messages(body: Body) -> bool:
    """Return whether a deletion clears the messages, too."""
    return number(body, "ClearRamble", most=1) == 1


def new_group(body: Body) -> tuple[str, list[str]]:
    """Return the name and conversations of create_contact_group. Raises TooManyConversations as well."""
    group = _single(list_of(body, "GroupContactItem", dict), "GroupContactItem")
    required(group, "GroupName")
    return text(group, "GroupName"), contacts(group)


def group_update(body: Body) -> GroupUpdate:
    """Return what update_contact_group changes. Raises TooManyConversations as well."""
    if number(body, "UpdateType") != 1:
        raise refuse("UpdateType", _("Must be 1."))
    update = required(body, "UpdateGroup")
    if type(update) is not dict:
        raise refuse("UpdateGroup", _("Must be an object."))
    required(update, "OldGroupName")
    name = text(update, "OldGroupName")
    if _choice(update, "UpdateGroupType", (RENAME, MEMBERS)) == RENAME:
        required(update, "NewGroupName")
        return GroupUpdate(name, text(update, "NewGroupName"), [])
    items = list_of(update, "ContactUpdateItem", dict)
    _check_count(items, "ContactUpdateItem")
    return GroupUpdate(name, None, [(_choice(item, "ContactOptType", (ADD, REMOVE)), _contact(item)) for item in items])


def group_to_delete(body: Body) -> str:
    """Return the name of del_contact_group."""
    name: str = _single(list_of(body, "GroupName", str), "GroupName")
    return name


def contacts(body: Body, *, most: int = MAX_CHANGED) -> list[str]:
    """Return the conversationIDs of a list of conversations. Raises TooManyConversations as well."""
    items = list_of(body, "ContactItem", dict)
    _check_count(items, "ContactItem", most)
    return [conversation_id_of(item) for item in items]


def mark_items(body: Body) -> list[MarkItem]:
    """Return the entries of mark_contact. Raises TooManyConversations as well."""
    items = list_of(body, "MarkItem", dict)
    _check_count(items, "MarkItem")
    return [_mark_item(item) for item in items]


def _mark_item(item: Body) -> MarkItem:
    opt_type = _choice(item, "OptType", (STANDARD, CUSTOM, BOTH))
    is_standard, has_custom_data = opt_type != CUSTOM, item.get("CustomMark") is not None and opt_type != STANDARD
    return MarkItem(
        opt_type,
        _contact(item),
        _bits(item, "SetMark") if is_standard else 0,
        _bits(item, "ClearMark") if is_standard else 0,
        check_custom_data(item["CustomMark"], field="CustomMark") if has_custom_data else None,
    )


def _contact(item: Body) -> str:
    contact = required(item, "ContactItem")
    if type(contact) is not dict:
        raise refuse("ContactItem", _("Must be an object."))
    return conversation_id_of(contact)


def _bits(item: Body, key: str) -> int:
    """Return marks by their numbers: the SDK's 1<<n is number n + 1."""
    bits = 0
    for place in check_list(item.get(key), key):
        if type(place) is not int or not 1 <= place <= MARK_BITS or not ALLOWED_MARKS >> (place - 1) & 1:
            raise refuse(key, _("Each must be the number of a bit: 1 to 4 or 33 to 64."))
        bits |= 1 << (place - 1)
    return bits


def _choice(body: Body, key: str, choices: Sequence[int]) -> int:
    value = number(body, key)
    if value is None or value not in choices:
        raise refuse(key, _("Must be one of %(choices)s.") % {"choices": ", ".join(map(str, choices))})
    return value


def _single(values: list[Any], key: str) -> Any:
    if len(values) != 1:
        raise refuse(key, _("Must have exactly one entry."))
    return values[0]


def _check_count(items: Sequence[Any], key: str, most: int = MAX_CHANGED) -> None:
    if not 1 <= len(items) <= most:
        raise TooManyConversations(f"{key}: " + _("Pass 1 to %(count)d conversations.") % {"count": most}, field=key)


# ---- Answers -----------------------------------------------------------------------------------


def contact_item(conversation_id: str, *, group_key: str = "ToGroupId") -> dict[str, Any]:
    """Return a conversation as the vendor names it."""
    type_, bare_id = identifiers.split(conversation_id)
    return {"Type": int(type_), "To_Account" if type_ == ConversationType.C2C else group_key: bare_id}


def session_item(conversation: dict[str, Any]) -> dict[str, Any]:
    """Return a classic object as an entry of get_list. The time is that of the last message, or of the newest activity."""
    message = conversation["lastMessage"] or {}
    return contact_item(conversation["conversationID"], group_key="GroupId") | {
        "MsgTime": message.get("timestamp") or conversation["orderkey"] // 1_000_000,
        "TopFlag": int(conversation["isPinned"]),
    }


def labelled_item(
    conversation_id: str, *, marks: int, custom_data: str, conversation_groups: int, changed_s: int
) -> dict[str, Any]:
    """Return a conversation's marks, custom data and conversation groups; keys of what it lacks are left out."""
    labels = {
        "StandardMark": "".join(str(marks >> bit & 1) for bit in range(MARK_BITS)).rstrip("0"),
        "CustomMark": custom_data,
        "ContactGroupId": [group_id(bit) for bit in range(MARK_BITS) if conversation_groups >> bit & 1],
    }
    return contact_item(conversation_id) | {key: value for key, value in labels.items() if value} | {"Timestamp": changed_s}


def group_item(name: str, bit: int) -> dict[str, Any]:
    """Return a conversation group."""
    return {"GroupName": name, "GroupId": group_id(bit)}


def group_id(bit: int) -> int:
    """Return the number of the conversation group of a bit."""
    return bit + 1
