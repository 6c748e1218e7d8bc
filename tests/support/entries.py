"""Any valid conversation, for property tests, and the object that it is over the wire."""

import orjson
from hypothesis import strategies as st

from conversations import identifiers, positions
from conversations.choices import ALLOWED_MARKS, MARK_BITS, AtType, ConversationType, GroupType, ReceiveOption
from conversations.formats import checks, conversation, marks
from conversations.formats import entries as formats_entries
from conversations.times import YEAR_2100_S, from_epoch_s

# What JSON writers disagree on: control characters, quotes, backslashes, braces, DEL, line separators, 4 bytes, private use.
AWKWARD = [
    *map(chr, range(1, 0x20)),
    *"\"\\{}[]'/&<>",
    "\x7f",
    "\x80",
    "\u2028",
    "\u2029",
    "\ufeff",
    "\uffff",
    "😀",
    "\U0010ffff",
]
characters = st.sampled_from(AWKWARD) | st.characters(exclude_categories=["Cs"], exclude_characters="\0")
texts = st.text(characters, max_size=40)
times_s = st.integers(0, YEAR_2100_S - 1)
positive = st.integers(0, checks.INT64_MAX)
at_entries = st.builds(lambda seq, at_type: {"seq": str(seq), "atType": at_type}, positive, st.sampled_from(AtType.values))


def of_bytes(least, most):
    return st.text(characters, min_size=least, max_size=most).filter(lambda text: least <= len(text.encode()) <= most)


def _bare_ids(max_bytes):
    printable = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=max_bytes)
    return printable.filter(lambda text: not text.endswith(identifiers.CUT_OFF))


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(1 << 63), (1 << 63) - 1)
    | texts
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)


@st.composite
def last_messages(draw):
    """A message with what the row reads of it, and anything beside that."""
    known = {
        "timestamp": draw(times_s),
        "seq": str(draw(st.integers(0, (1 << 32) - 1))),
        "random": draw(st.integers(0, (1 << 32) - 1)),
    }
    return draw(st.dictionaries(texts, json_values, max_size=3)) | known


@st.composite
def entries(draw):
    """Any conversation that `wire.from_wire` can give, all columns at once."""
    type_ = draw(st.sampled_from(ConversationType))
    is_group = type_ == ConversationType.GROUP
    bare_id = draw(_bare_ids(identifiers.GROUP_ID_MAX_BYTES if is_group else identifiers.OWNER_ID_MAX_BYTES))
    message = draw(st.none() | last_messages())
    sent_s, position = 0, positions.NO_POSITION
    if message:
        sent_s, seq = message["timestamp"], int(message["seq"])
        position = positions.of_group(seq) if is_group else positions.of_c2c(sent_s, seq, message["random"])
    draft_s, draft_text = draw(times_s), draw(texts)
    draft_key = draft_s * 1_000_000 if draft_text else 0
    mentions = draw(st.lists(at_entries, max_size=3))
    mark_bits = [1 << bit for bit in range(MARK_BITS) if ALLOWED_MARKS >> bit & 1]
    return formats_entries.Entry(
        conversation_id=identifiers.join(type_, bare_id),
        type=int(type_),
        group_type=draw(st.sampled_from(["", *GroupType.values])) if is_group else "",
        show_name=draw(texts),
        face_url=draw(texts),
        recv_opt=draw(st.sampled_from(ReceiveOption.values)),
        unread_count=draw(st.integers(0, checks.INT32_MAX)),
        last_message=orjson.dumps(message).decode() if message else None,
        last_message_at=from_epoch_s(sent_s) if message else None,
        last_message_position=position,
        draft_text=draft_text,
        draft_timestamp=draft_s,
        is_pinned=draw(st.booleans()),
        # Without a key of our own, or where that is the draft's, the last message gives one.
        activity_key=draw(
            st.integers(max(conversation.OWN_ORDER_KEY_FROM, draft_key + 1), (1 << 53) - 1) | st.just(sent_s * 1_000_000)
        ),
        group_at_info=orjson.dumps(mentions).decode(),
        marks=marks.to_signed(sum(draw(st.sets(st.sampled_from(mark_bits), max_size=5)))),
        custom_data=draw(of_bytes(0, conversation.CUSTOM_DATA_MAX_BYTES)),
        group_names=tuple(sorted(draw(st.lists(of_bytes(1, conversation.GROUP_NAME_MAX_BYTES), max_size=5, unique=True)))),
        c2c_read_timestamp=draw(times_s),
        group_read_sequence=draw(positive),
        is_claimed=False,
    )


def classic(entry: formats_entries.Entry) -> dict:
    """The 20 keys of an entry, in their order."""
    is_group = entry.type == ConversationType.GROUP
    bare_id = entry.conversation_id.removeprefix("group_" if is_group else "c2c_")
    return {
        "conversationID": entry.conversation_id,
        "type": entry.type,
        "userID": None if is_group else bare_id,
        "groupID": bare_id if is_group else None,
        "groupType": entry.group_type or None,
        "showName": entry.show_name,
        "faceUrl": entry.face_url,
        "recvOpt": entry.recv_opt,
        "unreadCount": entry.unread_count,
        "draftText": entry.draft_text,
        "draftTimestamp": entry.draft_timestamp,
        "isPinned": entry.is_pinned,
        "orderkey": entry.order_key,
        "groupAtInfoList": orjson.loads(entry.group_at_info),
        "customData": entry.custom_data,
        "c2cReadTimestamp": entry.c2c_read_timestamp,
        "groupReadSequence": entry.group_read_sequence,
        "markList": marks.mark_list(entry.marks),
        "conversationGroupList": list(entry.group_names),
        "lastMessage": orjson.loads(entry.last_message) if entry.last_message else None,
    }
