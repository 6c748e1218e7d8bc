"""Where else than to a user the text in the search box leads: a conversation, group, message or API key.

Each is looked up only for staff who may open its page, so that others do not learn whether it exists.
"""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from conversations import identifiers, threads
from conversations.access import permissions
from conversations.access.api_keys import KEY_START
from conversations.choices import ConversationType
from conversations.lists import search
from conversations.models import ApiKey, Group, Owner, composite_keys
from conversations.staff import admin_urls
from conversations.staff.presentation import conversation_url, owner_url

# The longest text that leads somewhere: a whole API key, of which only the prefix is looked up, and longer IDs of messages.
MAX_LENGTH = 128
_is_msg_id = re.compile(r"[0-9]{1,20}-([0-9]{10})-([0-9]{1,10})").fullmatch
_is_key_prefix = re.compile(rf"(?:{KEY_START})?([0-9a-f]{{12}})(?:_[\w-]*)?", re.ASCII).fullmatch
_is_request_id = re.compile(r"[0-9a-f]{32}").fullmatch


class Place(NamedTuple):
    """A page that a text leads to."""

    label: str
    text: str
    url: str


def places_of(user: Any, text: str) -> list[Place]:
    """Return where a text leads a member of staff, the page that it names first. At most six queries."""
    text = text.strip()
    if not 0 < len(text) <= MAX_LENGTH or not (text.isascii() and text.isprintable()):
        return []
    return [*_of_conversation(user, text), *_of_group(user, text), *_of_message(user, text), *_of_api_key(user, text)]


def hint_for(user: Any, text: str) -> str:
    """Return what there is to know about a text that leads nowhere: where a request ID or a message's ID can be found."""
    if _is_request_id(text.strip()):
        return _("Request IDs are not stored. Search the server's log for request_id=%(id)s.") % {"id": text.strip()}
    if _is_msg_id(text.strip()) and user.has_perm("conversations.view_message"):
        return _("A message is found by its msgID only if it arrived within ten minutes after it was sent.")
    return ""


def _of_conversation(user: Any, text: str) -> Iterator[Place]:
    if not text.startswith(("c2c_", "group_")) or not identifiers.is_conversation_id(text):
        return
    type_, bare_id = identifiers.split(text)
    owner_ids = search.owners_with(text, limit=2)
    if len(owner_ids) == 1:
        yield Place(_("Conversation of %(user)s") % {"user": owner_ids[0]}, text, conversation_url(owner_ids[0], text))
    elif owner_ids:
        yield Place(_("This conversation for all users"), text, admin_urls.search("conversationrow", text))
    if type_ == ConversationType.GROUP:
        yield from _group_page(user, bare_id)
    elif Owner.objects.named(bare_id).exists():
        yield Place(_("User"), bare_id, owner_url(bare_id))


def _of_group(user: Any, text: str) -> Iterator[Place]:
    page = _group_page(user, text)
    yield from page
    if not page and text.startswith("@TGS#"):  # without its permission, or with conversations only
        yield from _of_conversation(user, f"group_{text}")


def _group_page(user: Any, group_id: str) -> list[Place]:
    groups = Group.objects.filter(group_id=group_id) if user.has_perm("conversations.view_group") else ()
    label = _("Group %(group)s")
    return [Place(label % {"group": group.name or group_id}, group_id, admin_urls.row("group", group_id)) for group in groups]


def _of_message(user: Any, text: str) -> Iterator[Place]:
    if (parts := _is_msg_id(text)) and user.has_perm("conversations.view_message"):
        for thread, position in search.messages_sent(int(parts[1]), random=int(parts[2])):
            key = composite_keys.to_text(thread, position)
            where = thread.replace(threads.BETWEEN, " – ")
            yield Place(_("Message in %(thread)s") % {"thread": where}, text, admin_urls.row("messagerow", key))


def _of_api_key(user: Any, text: str) -> Iterator[Place]:
    if (prefix := _is_key_prefix(text)) and permissions.may_view_keys(user):
        for key in ApiKey.objects.filter(prefix=prefix[1]):
            yield Place(_("API key %(name)s") % {"name": key.name}, key.prefix, admin_urls.row("apikey", key.prefix))
