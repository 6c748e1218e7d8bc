"""A conversation and its owner as the owner's app shows them: words, colours and addresses for pages and admin."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self
from urllib.parse import urlencode
from zlib import crc32

import orjson
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from conversations.choices import AtType, Mark, Membership, ReceiveOption
from conversations.formats import at_info, conversation_json, message_preview
from conversations.formats import marks as formats_marks
from conversations.models import Conversation
from conversations.models.querysets import NO_AT_INFO
from conversations.times import from_epoch_s

DAY_MINUTES = 24 * 60
MAX_ON_BADGE = 99  # the largest number that is shown as it is
HUES = 12  # as many as the stylesheet has classes `hue-0` and so on
MARK_NAMES = {
    Mark.STAR: gettext_lazy("starred"),
    Mark.UNREAD: gettext_lazy("marked unread"),
    Mark.FOLD: gettext_lazy("folded"),
    Mark.HIDE: gettext_lazy("hidden"),
}


@dataclass(frozen=True)
class Avatar:
    """A picture, and below it initials on a colour that stays the same for an ID."""

    face_url: str
    initials: str
    hue: int

    @classmethod
    def of(cls, id_: str, name: str, face_url: str) -> Self:
        # Only these pass the content security policy.
        shown_url = face_url if face_url.startswith(("https://", "data:image/")) else ""
        return cls(shown_url, _initials(name) or _initials(id_), crc32(id_.encode()) % HUES)


@dataclass(frozen=True)
class ListEntry:
    """One line of the list."""

    conversation: Conversation
    name: str
    url: str
    avatar: Avatar
    preview: str
    draft: str
    shown_at: datetime | None
    mention: str
    marks: list[str]
    group_names: list[str]

    @classmethod
    def of(cls, conversation: Conversation, group_names: str, *, reads_text: bool) -> Self:
        """`group_names` is the owner's, JSON as stored; what was said is there for those only who may read it."""
        name = conversation.display_name
        return cls(
            conversation=conversation,
            name=name,
            url=conversation_url(conversation.owner_id, conversation.conversation_id),
            avatar=Avatar.of(conversation.conversation_id, name, conversation.face_url),
            preview=message_preview.one_line_preview(conversation.last_message, conversation.type) if reads_text else "",
            draft=conversation.draft_text if reads_text else "",
            shown_at=_shown_at(conversation),
            mention=mention_in_words(conversation.group_at_info),
            marks=marks_in_words(conversation.marks),
            group_names=groups_of(conversation.conversation_groups, group_names),
        )

    @property
    def ago(self) -> str:
        """How long ago that was, in few words; a date when it is long ago."""
        return ago(self.shown_at, timezone.now()) if self.shown_at else ""

    @property
    def unread(self) -> str:
        """The number on the badge."""
        return str(self.conversation.unread_count) if self.conversation.unread_count <= MAX_ON_BADGE else f"{MAX_ON_BADGE}+"

    @property
    def unread_label(self) -> str:
        return _("%(count)d unread") % {"count": self.conversation.unread_count}

    @property
    def tick_label(self) -> str:
        return _("Tick %(name)s") % {"name": self.name}

    @property
    def is_quiet(self) -> bool:
        """Whether messages come without a notification."""
        return self.conversation.recv_opt != ReceiveOption.RECEIVE

    @property
    def is_over(self) -> bool:
        """Whether no messages come any more, because the owner is out of the group."""
        return self.conversation.membership != Membership.MEMBER


def marks_in_words(marks: int) -> list[str]:
    """A word for each mark; the app's own ones by their bit."""
    return [
        str(MARK_NAMES[mark]) if mark in MARK_NAMES else _("mark %(bit)d") % {"bit": mark.bit_length() - 1}
        for mark in formats_marks.mark_list(marks)
    ]


def groups_of(conversation_groups: int, group_names: str) -> list[str]:
    """The names of a conversation's groups, from its bits and the owner's names."""
    return conversation_json.group_names_of(conversation_groups, group_names)


def mention_in_words(group_at_info: str) -> str:
    """Who is meant by the unread @ messages, folded to one word; "" without any."""
    if group_at_info == NO_AT_INFO:
        return ""
    types = {*at_info.types_by_seq(group_at_info).values()}
    return _("@everyone") if types == {AtType.ALL} else _("@you")


def ago(moment: datetime, now: datetime) -> str:
    """How long before `now` a moment was; from a week on, its date."""
    minutes = int((now - moment).total_seconds()) // 60
    if minutes < 1:
        return _("now")
    if minutes < 60:
        return _("%(count)dm ago") % {"count": minutes}
    if minutes < DAY_MINUTES:
        return _("%(count)dh ago") % {"count": minutes // 60}
    if minutes < 7 * DAY_MINUTES:
        return _("%(count)dd ago") % {"count": minutes // DAY_MINUTES}
    return date_format(moment, "Y-m-d")


def pretty_json(text: str) -> str:
    """JSON text with a line for each value."""
    return orjson.dumps(orjson.loads(text), option=orjson.OPT_INDENT_2).decode()


def owner_url(owner_id: str) -> str:
    """The page of an owner's list."""
    return f"{reverse('conversation-list')}?{urlencode({'owner': owner_id})}"


def conversation_url(owner_id: str, conversation_id: str) -> str:
    """The page of one conversation."""
    return f"{reverse('conversation-detail')}?{urlencode({'owner': owner_id, 'id': conversation_id})}"


def _initials(text: str) -> str:
    """The first letter of each of the first two words."""
    words = ("".join(filter(str.isalnum, word)) for word in text.split())
    return "".join(word[0] for word in filter(None, words))[:2].upper()


def _shown_at(conversation: Conversation) -> datetime | None:
    """When the owner last saw something happen here: the last message, or a later draft."""
    drafted_at = from_epoch_s(conversation.draft_timestamp) if conversation.draft_text else None
    return max(filter(None, (conversation.last_message_at, drafted_at)), default=None)
