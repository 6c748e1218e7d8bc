"""The groupAtInfoList of a row: the unread @ entries, as JSON text in ascending order of MsgSeq. Source: V2TIMGroupAtInfo."""

from collections.abc import Mapping
from typing import Any

import orjson
from django.utils.translation import gettext as _

from conversations.choices import AtType
from conversations.formats.checks import check_list, check_sequence_number, refuse

KEY = "groupAtInfoList"
MAX_ENTRIES = 1000


def from_wire(value: Any) -> str:
    """Check a groupAtInfoList and return its canonical JSON. Raises InvalidParameter."""
    items = check_list(value, KEY)
    if len(items) > MAX_ENTRIES:
        raise refuse(KEY, _("At most %(count)d entries.") % {"count": MAX_ENTRIES})
    return orjson.dumps([_entry(item) for item in items]).decode()


def _entry(item: Any) -> dict[str, Any]:
    if type(item) is not dict or item.keys() - {"seq", "atType"}:
        raise refuse(KEY, _("Each entry must have seq and atType, and no other key."))
    at_type = item.get("atType")
    if type(at_type) is not int or at_type not in AtType.values:
        raise refuse(KEY, _("atType must be 1, 2 or 3."))
    return {"seq": str(check_sequence_number(item.get("seq"), KEY)), "atType": at_type}


def types_by_seq(group_at_info: str) -> dict[int, int]:
    """Return the AtType of each entry by the MsgSeq of its message."""
    return {int(entry["seq"]): entry["atType"] for entry in orjson.loads(group_at_info)}


def to_json(types: Mapping[int, int]) -> str:
    """Return the JSON of @ types by MsgSeq."""
    return orjson.dumps([{"seq": str(seq), "atType": types[seq]} for seq in sorted(types)]).decode()


def seqs(group_at_info: str) -> list[int]:
    """Return the MsgSeq of each message that mentions the owner."""
    return [int(entry["seq"]) for entry in orjson.loads(group_at_info)]


def after(group_at_info: str, seq: int) -> str:
    """Return the JSON without the entries of messages up to `seq`."""
    left = [entry for entry in orjson.loads(group_at_info) if int(entry["seq"]) > seq]
    return orjson.dumps(left).decode()
