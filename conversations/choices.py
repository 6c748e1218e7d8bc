"""Names for the numbers and words of the vendor's interfaces, and of our own columns.

Source: Tencent Cloud Chat, SDK headers 8.x.
"""

from enum import IntFlag

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class ConversationType(models.IntegerChoices):
    """V2TIMConversationType."""

    C2C = 1, _("one to one")
    GROUP = 2, pgettext_lazy("conversation type", "group")


class ReceiveOption(models.IntegerChoices):
    """V2TIMReceiveMessageOpt; one-to-one conversations accept the first three only."""

    RECEIVE = 0, _("receive and notify")
    NOT_RECEIVE = 1, _("do not receive")
    RECEIVE_NOT_NOTIFY = 2, _("receive without notification")
    RECEIVE_NOT_NOTIFY_EXCEPT_AT = 3, _("receive, notify of mentions only")
    NOT_RECEIVE_EXCEPT_AT = 4, _("receive mentions only")


C2C_RECEIVE_OPTIONS = (
    ReceiveOption.RECEIVE,
    ReceiveOption.NOT_RECEIVE,
    ReceiveOption.RECEIVE_NOT_NOTIFY,
)
# Unread messages of these conversations count as `muted`, of all others as `total` (getTotalUnreadMessageCount).
MUTED_OPTIONS = (
    ReceiveOption.NOT_RECEIVE,
    ReceiveOption.RECEIVE_NOT_NOTIFY,
    ReceiveOption.RECEIVE_NOT_NOTIFY_EXCEPT_AT,
)


class GroupType(models.TextChoices):
    """The group types of the V2 interfaces. BCHATROOM is a legacy value that has no V2 name."""

    WORK = "Work", _("work group")
    PUBLIC = "Public", _("public group")
    MEETING = "Meeting", _("meeting group")
    AVCHATROOM = "AVChatRoom", _("live room")
    COMMUNITY = "Community", _("community")
    BCHATROOM = "BChatRoom", _("broadcast room")


# Names that REST, webhooks and the web SDK still use.
OLD_GROUP_TYPES = {"Private": GroupType.WORK, "ChatRoom": GroupType.MEETING}


class AtType(models.IntegerChoices):
    """V2TIMGroupAtType."""

    ME = 1, _("you")
    ALL = 2, _("everyone")
    ALL_AND_ME = 3, _("everyone and you")


class Membership(models.TextChoices):
    """Whether a group conversation still gets messages, and if not, why."""

    MEMBER = "member", _("member")
    LEFT = "left", _("left")
    KICKED = "kicked", _("removed")
    DISSOLVED = "dissolved", _("dissolved")


class ChangedBy(models.TextChoices):
    """The kind of change that gave a row its newest version."""

    MESSAGE = "message", _("a message")
    RECALL = "recall", _("a recall")
    EDIT = "edit", _("an edit")
    READ = "read", _("reading")
    PIN = "pin", _("pinning or unpinning")
    DRAFT = "draft", _("a draft")
    RECEIVE_OPTION = "recv_opt", _("the message receiving option")
    MARK = "mark", _("marks")
    CUSTOM_DATA = "custom_data", _("custom data")
    CONVERSATION_GROUP = "group", _("a conversation group")
    DELETE = "delete", _("a deletion")
    CLEAR = "clear", _("clearing the history")
    ROSTER = "roster", _("joining or leaving the group")
    NAME = "name", _("a name or avatar")
    IMPORT = "import", _("an import")
    REPORT = "report", _("a report by the app")
    REPAIR = "repair", _("a correction")
    ERASURE = "erasure", _("the erasure of a user")


class NotCountedReason(models.TextChoices):
    """Why a message is not counted as unread. Reasons of its position come before reasons of its content."""

    DELETED = "deleted", _("deleted with the conversation")
    CLEARED = "cleared", _("cleared from the history")
    READ = "read", _("already read")
    IMPORTED = "imported", _("part of the imported unread")
    UNKNOWN = "unknown", _("only a recall or an edit was received")
    RECALLED = "recalled", _("recalled")
    OWN = "own", _("sent by the user")
    NO_UNREAD = "no_unread", _("sent with NoUnread")
    TARGETED = "targeted", _("sent to some members only")
    UNCOUNTED_GROUP = "group_type", _("in a group type without unread counts")
    BEFORE_JOINING = "before_joining", _("sent before the user joined")
    AFTER_LEAVING = "after_leaving", _("sent after the user left or the group was dissolved")


class Mark(IntFlag):
    """V2TIMConversationMarkType; bits 32 to 63 are the app's own."""

    STAR = 1
    UNREAD = 2
    FOLD = 4
    HIDE = 8


FIRST_CUSTOM_MARK_BIT, MARK_BITS = 32, 64
ALLOWED_MARKS = sum(Mark) | sum(1 << bit for bit in range(FIRST_CUSTOM_MARK_BIT, MARK_BITS))


class ElemType(models.IntegerChoices):
    """V2TIMMessage.elemType; the last two come from the Dart models."""

    NONE = 0, _("message")
    TEXT = 1, _("text")
    CUSTOM = 2, _("custom message")
    IMAGE = 3, _("image")
    SOUND = 4, _("voice message")
    VIDEO = 5, _("video")
    FILE = 6, _("file")
    LOCATION = 7, _("location")
    FACE = 8, _("sticker")
    GROUP_TIPS = 9, _("group notice")
    MERGER = 10, _("chat history")
    GROUP_REPORT = 11, _("group notice")
    STREAM = 12, _("streamed message")


class MessageStatus(models.IntegerChoices):
    """V2TIMMessageStatus."""

    SENDING = 1, _("sending")
    SENT = 2, _("sent")
    FAILED = 3, pgettext_lazy("message status", "failed")
    DELETED = 4, _("deleted")
    IMPORTED = 5, _("imported")
    REVOKED = 6, _("recalled")


class InconsistencyKind(models.TextChoices):
    """What `verify_conversations` finds."""

    UNREAD = "unread", _("unread count differs from the stored messages")
    LAST_MESSAGE = "last_message", _("last message is not the newest one")
    OLD_CONTENT = "old_content", _("content of a recalled or edited message was not deleted")
    LAST_MESSAGE_JSON = "last_message_json", _("last message is not valid JSON")
    MENTIONS = "mentions", _("mentions differ from the stored messages")
    ORDER_KEY = "order_key", _("order key is below that of the last message")
    MEMBERSHIP = "membership", _("membership differs from the group's member list")
    CLAIM = "claimed", _("a reported-only conversation contains group data")
    CONVERSATION_GROUPS = "conversation_groups", _("conversation group without a name")
    CREATED_VERSION = "created_version", _("creation version is higher than the current version")
    DELETED_COUNTS = "deleted_counts", _("deleted conversation counts as unread")
    VERSION_BEHIND = "version_behind", _("list version is below that of a conversation")
    RESET_BELOW = "reset_below", _("every sync token would start over")
    SAME_VERSION = "same_version", _("two conversations share a version")
