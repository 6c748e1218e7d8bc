"""Links from a row in the admin to related rows: lists, messages, groups, members, webhooks."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from conversations import identifiers, threads
from conversations.choices import ConversationType
from conversations.exceptions import Text
from conversations.models import composite_keys
from conversations.staff import presentation
from conversations.staff.admin_urls import row, search
from conversations.threads import BETWEEN
from conversations.times import to_epoch_s

# How far apart a webhook and the rows that it made can be.
NEAR = timedelta(minutes=1)
Link = tuple[str, Text]


def join_links(links: Iterable[Link]) -> SafeString:
    """Return links, addresses and their labels, in one line."""
    return format_html_join(" · ", '<a href="{}">{}</a>', links)


def conversation(owner_id: str, conversation_id: str) -> str:
    """Return the address of a conversation's page."""
    return row("conversationrow", composite_keys.to_text(owner_id, conversation_id))


def of_owner(owner_id: str) -> SafeString:
    """Return links to a user's list, conversations and groups."""
    return join_links(
        [
            (presentation.owner_url(owner_id), _("Open in viewer")),
            (search("conversationrow", owner_id), _("Conversations")),
            (search("groupmemberrow", owner_id), _("Groups of %(user)s") % {"user": owner_id}),
        ]
    )


def of_conversation(owner_id: str, conversation_id: str) -> list[Link]:
    """Return links to all that belongs to a conversation."""
    type_, bare_id = identifiers.split(conversation_id)
    links = [
        (presentation.conversation_url(owner_id, conversation_id), _("Open in viewer")),
        (presentation.owner_url(owner_id), _("%(user)s's list") % {"user": owner_id}),
        (messages_of(threads.thread_of(owner_id, conversation_id)), _("Messages")),
        (search("conversationrow", conversation_id), _("This conversation for all users")),
    ]
    if type_ == ConversationType.GROUP:
        return [*links, *of_group(threads.group_of(bare_id))]
    return [*links, (conversation(bare_id, f"c2c_{owner_id}"), _("%(user)s's side") % {"user": bare_id})]


def of_thread(thread: str) -> list[Link]:
    """Return links to the conversations that show a thread."""
    if threads.is_of_group(thread):
        return [(search("conversationrow", f"group_{thread}"), _("Conversations")), *of_group(threads.group_of(thread))]
    user_id, _between, peer_id = thread.partition(BETWEEN)
    keys = dict.fromkeys([(user_id, f"c2c_{peer_id}"), (peer_id, f"c2c_{user_id}")])
    return [(conversation(*key), " ".join(key)) for key in keys]


def of_group(group_id: str) -> list[Link]:
    """Return links to a group and its members."""
    return [
        (row("group", group_id), _("Group %(group)s") % {"group": group_id}),
        (search("groupmemberrow", group_id), _("Members")),
    ]


def messages_of(thread: str) -> str:
    """Return the address of a thread's messages."""
    return search("messagerow", thread.replace(BETWEEN, " "))


def webhooks_near(moment: datetime) -> str:
    """Return the address of the webhooks received around a moment."""
    span = f"{to_epoch_s(moment - NEAR)}-{to_epoch_s(moment + NEAR)}"
    return f"{reverse('admin:conversations_webhookevent_changelist')}?{urlencode({'received': span})}"
