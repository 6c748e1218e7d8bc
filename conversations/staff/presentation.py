"""A conversation and its owner as the owner's app shows them: texts, colours and addresses for pages and admin."""

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
from conversations.exceptions import Text
from conversations.formats import at_info, conversation_json, message_preview
from conversations.formats import marks as formats_marks
from conversations.models import Conversation, Owner
from conversations.models.querysets import NO_AT_INFO
from conversations.times import from_epoch_s

DAY_MINUTES = 24 * 60
MAX_ON_BADGE = 99  # larger numbers show as 99+
HUES = 12  # the stylesheet's classes `hue-0` to `hue-11`
MARK_NAMES: dict[int, Text] = {
    Mark.STAR: gettext_lazy("starred"),
    Mark.UNREAD: gettext_lazy("marked unread"),
    Mark.FOLD: gettext_lazy("folded"),
    Mark.HIDE: gettext_lazy("hidden"),
}


@dataclass(frozen=True)
class Avatar:
    """A picture, and beneath it initials on a colour that is always the same for an ID."""

    face_url: str
    initials: str
    hue: int

    @classmethod
    def of_owner(cls, owner: Owner) -> Self:
        return cls.of(owner.owner_id, owner.nick_name, owner.face_url)

    @classmethod
    def of(cls, id_: str, name: str, face_url: str) -> Self:
        # The content security policy allows only these.
        shown_url = face_url if face_url.startswith(("https://", "data:image/")) else ""
        return cls(shown_url, _initials(name) or _initials(id_), crc32(id_.encode()) % HUES)


@dataclass(frozen=True)
class ListEntry:
    """A row of the list."""

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
        """Return the row of a conversation, without texts unless `reads_text`. `group_names` is the owner's, JSON as stored."""
        name = conversation.display_name
        return cls(
            conversation=conversation,
            name=name,
            url=conversation_url(conversation.owner_id, conversation.conversation_id),
            avatar=Avatar.of(conversation.conversation_id, name, conversation.face_url),
            preview=message_preview.one_line_preview(conversation.last_message, conversation.type) if reads_text else "",
            draft=conversation.draft_text if reads_text else "",
            shown_at=_shown_at(conversation),
            mention=mention_display(conversation.group_at_info),
            marks=marks_display(conversation.marks),
            group_names=groups_of(conversation.conversation_groups, group_names),
        )

    @property
    def ago(self) -> str:
        """How long ago that was, in short; a date when it is long ago."""
        return ago(self.shown_at, timezone.now()) if self.shown_at else ""

    @property
    def unread(self) -> str:
        """The number on the badge."""
        return str(self.conversation.unread_count) if self.conversation.unread_count <= MAX_ON_BADGE else f"{MAX_ON_BADGE}+"

    @property
    def unread_label(self) -> str:
        return _("%(count)d unread") % {"count": self.conversation.unread_count}

    @property
    def select_label(self) -> str:
        return _("Select %(name)s") % {"name": self.name}

    @property
    def is_quiet(self) -> bool:
        """Return whether messages arrive without a notification."""
        return self.conversation.recv_opt != ReceiveOption.RECEIVE

    @property
    def is_over(self) -> bool:
        """Return whether no more messages arrive, because the owner is not in the group any more."""
        return self.conversation.membership != Membership.MEMBER


def marks_display(marks: int) -> list[str]:
    """Return a word for each mark; the app's own marks by their bit."""
    return [
        str(MARK_NAMES[mark]) if mark in MARK_NAMES else _("mark %(bit)d") % {"bit": mark.bit_length() - 1}
        for mark in formats_marks.mark_list(marks)
    ]


def groups_of(conversation_groups: int, group_names: str) -> list[str]:
    """Return the names of a conversation's groups, from its bits and the owner's names."""
    return conversation_json.group_names_of(conversation_groups, group_names)


def mention_display(group_at_info: str) -> str:
    """Return the flag for unread mentions, "@everyone" or "@you"; "" without mentions."""
    if group_at_info == NO_AT_INFO:
        return ""
    types = {*at_info.types_by_seq(group_at_info).values()}
    return _("@everyone") if types == {AtType.ALL} else _("@you")


def ago(moment: datetime, now: datetime) -> str:
    """Return how long before `now` a moment was; after a week, its date."""
    minutes = int((now - moment).total_seconds()) // 60
    if minutes < 1:
        return _("now")
    if minutes < 60:
        return _("%(count)dm ago") % {"count": minutes}
    if minutes < DAY_MINUTES:
        return _("%(count)dh ago") % {"count": minutes // 60}
    if minutes < 7 * DAY_MINUTES:
        return _("%(count)dd ago") % {"count": minutes // DAY_MINUTES}
    return date_format(timezone.localtime(moment), "Y-m-d")


def pretty_json(text: str) -> str:
    """Return JSON text with a line for each value."""
    return orjson.dumps(orjson.loads(text), option=orjson.OPT_INDENT_2).decode()


def owner_url(owner_id: str) -> str:
    """Return the address of an owner's list."""
    return f"{reverse('conversation-list')}?{urlencode({'owner': owner_id})}"


def conversation_url(owner_id: str, conversation_id: str) -> str:
    """Return the address of one conversation."""
    return f"{reverse('conversation-detail')}?{urlencode({'owner': owner_id, 'id': conversation_id})}"


def message_url(url: str, position: str) -> str:
    """Return the lasting address of one message, among those around it; `url` is the conversation's."""
    return f"{url}&{urlencode({'at': position})}#m{position}"


def _initials(text: str) -> str:
    """Return the first letters of the first two words."""
    words = ("".join(filter(str.isalnum, word)) for word in text.split())
    return "".join(word[0] for word in filter(None, words))[:2].upper()


def _shown_at(conversation: Conversation) -> datetime | None:
    """Return the time that the list shows: of the last message, or of a later draft."""
    drafted_at = from_epoch_s(conversation.draft_timestamp) if conversation.draft_text else None
    return max(filter(None, (conversation.last_message_at, drafted_at)), default=None)
