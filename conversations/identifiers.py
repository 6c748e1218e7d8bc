"""Build, split and validate user, group and conversation IDs.

A conversationID is `c2c_<userID>` or `group_<groupID>`. Only the prefix is cut off: the rest may hold any printable
character, and `c2c_` or `group_` again. Source: V2TIMConversation; lengths: design section 1.
"""

import re

from django.utils.translation import gettext as _

from conversations.choices import ConversationType
from conversations.exceptions import InvalidParameter

OWNER_ID_MAX_BYTES = 64
GROUP_ID_MAX_BYTES = 96
CONVERSATION_ID_MAX_BYTES = len("group_") + GROUP_ID_MAX_BYTES

# Group IDs made by the cloud start with `@TGS#`. An unescaped `#` ends a URL, which leaves this of the ID.
CUT_OFF = "@TGS"

# A topic's ID is its group's ID, this, and a suffix. Source: "Use Limits".
TOPIC_MARK = "@TOPIC#_"

_owner_id = re.compile(rf"[ -~]{{1,{OWNER_ID_MAX_BYTES}}}").fullmatch
_conversation_id = re.compile(rf"c2c_[ -~]{{1,{OWNER_ID_MAX_BYTES}}}|group_[ -~]{{1,{GROUP_ID_MAX_BYTES}}}").fullmatch


def is_owner_id(text: str) -> bool:
    """Return whether `text` can be a user ID: printable ASCII, 1 to 64 bytes."""
    return _owner_id(text) is not None


def check_owner_id(text: str, *, field: str = "owner") -> str:
    """Return `text`, or raise InvalidParameter if it can't be a user ID."""
    if type(text) is not str or not is_owner_id(text):
        raise InvalidParameter(_("Invalid user ID: expected 1 to 64 printable ASCII characters."), field=field)
    return text


def is_conversation_id(text: str) -> bool:
    """Return whether `text` is well-formed, whether or not such a conversation exists."""
    return _conversation_id(text) is not None and not text.endswith(CUT_OFF)


def split(text: str) -> tuple[ConversationType, str]:
    """Return a conversationID's type and bare user or group ID. Raises InvalidParameter."""
    if not is_conversation_id(text):
        raise InvalidParameter(_why_malformed(text), field="conversationID")
    if text.startswith("c2c_"):
        return ConversationType.C2C, text[len("c2c_") :]
    return ConversationType.GROUP, text[len("group_") :]


def join(type_: ConversationType, bare_id: str) -> str:
    """Return the conversationID of a user or group, without validation."""
    return ("c2c_" if type_ == ConversationType.C2C else "group_") + bare_id


def _why_malformed(text: str) -> str:
    if text.endswith(CUT_OFF):
        example = "group_@TGS%232J4SZEAEL"
        return _("The ID seems to be cut off at #. In a URL, write # as %%23, for example %(example)s.") % {"example": example}
    for foreign, ours in (("C2C", "c2c_"), ("GROUP", "group_"), ("@TGS#", "group_@TGS#")):
        if text.startswith(foreign) and is_conversation_id(right := ours + text.removeprefix(foreign)):
            return _("Invalid conversationID %(id)s. Use %(right)s.") % {"id": text, "right": right}
    return _(
        'Invalid conversationID "%(id)s". Expected c2c_<userID> (1 to 64 printable ASCII characters) '
        "or group_<groupID> (1 to 96)."
    ) % {"id": _shown(text)}


def _shown(text: str) -> str:
    """Return text from outside for an error message: short, and without control characters."""
    text = text if text.isprintable() else ascii(text)[1:-1]
    return text if len(text) <= CONVERSATION_ID_MAX_BYTES else text[:CONVERSATION_ID_MAX_BYTES] + "…"
