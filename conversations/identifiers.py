"""User, group and conversation IDs: build, split, refuse.

A conversationID is `c2c_<userID>` or `group_<groupID>`. Only the prefix is cut: the rest may hold anything printable,
`c2c_` and `group_` included. Source: V2TIMConversation; lengths: design section 1.
"""

import re

from django.utils.translation import gettext as _

from conversations.choices import ConversationType
from conversations.exceptions import InvalidParameter

OWNER_ID_MAX_BYTES = 64
GROUP_ID_MAX_BYTES = 96
CONVERSATION_ID_MAX_BYTES = len("group_") + GROUP_ID_MAX_BYTES

# Group IDs made by the cloud read `@TGS#...`; an unescaped `#` ends a URL, and this is what is left of the ID.
CUT_OFF = "@TGS"

# A topic's ID is its group's, this, and a word. Source: "Use Limits".
TOPIC_MARK = "@TOPIC#_"

_owner_id = re.compile(rf"[ -~]{{1,{OWNER_ID_MAX_BYTES}}}").fullmatch
_conversation_id = re.compile(rf"c2c_[ -~]{{1,{OWNER_ID_MAX_BYTES}}}|group_[ -~]{{1,{GROUP_ID_MAX_BYTES}}}").fullmatch


def is_owner_id(text: str) -> bool:
    """Whether `text` can name an owner: printable ASCII, 1 to 64 bytes."""
    return _owner_id(text) is not None


def check_owner_id(text: str, *, field: str = "owner") -> str:
    """Give `text` back, or raise InvalidParameter."""
    if type(text) is not str or not is_owner_id(text):
        raise InvalidParameter(_("An owner ID is 1 to 64 printable ASCII characters."), field=field)
    return text


def is_conversation_id(text: str) -> bool:
    """Whether `text` is well-formed; says nothing of whether the conversation exists."""
    return _conversation_id(text) is not None and not text.endswith(CUT_OFF)


def split(text: str) -> tuple[ConversationType, str]:
    """A conversationID's type and bare user or group ID. Raises InvalidParameter, with the right form in its text."""
    if not is_conversation_id(text):
        raise InvalidParameter(_why_malformed(text), field="conversationID")
    if text.startswith("c2c_"):
        return ConversationType.C2C, text[len("c2c_") :]
    return ConversationType.GROUP, text[len("group_") :]


def join(type_: ConversationType, bare_id: str) -> str:
    """The conversationID of a user or group, unchecked."""
    return ("c2c_" if type_ == ConversationType.C2C else "group_") + bare_id


def _why_malformed(text: str) -> str:
    if text.endswith(CUT_OFF):
        example = "group_@TGS%232J4SZEAEL"
        return _("The ID seems cut off at its #: in a URL, write # as %%23, as in %(example)s.") % {"example": example}
    for foreign, ours in (("C2C", "c2c_"), ("GROUP", "group_"), ("@TGS#", "group_@TGS#")):
        if text.startswith(foreign) and is_conversation_id(right := ours + text.removeprefix(foreign)):
            return _("%(id)s is not a conversationID; the right form is %(right)s.") % {"id": text, "right": right}
    return _(
        "A conversationID is c2c_ and a user ID of 1 to 64, or group_ and a group ID of 1 to 96 printable ASCII characters."
    )
