"""From a row in the admin to what belongs to it: lists, threads, groups, members, webhooks."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.contrib.admin.utils import quote
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from conversations import identifiers, threads
from conversations.choices import ConversationType
from conversations.models import composite_keys
from conversations.staff import presentation
from conversations.threads import BETWEEN
from conversations.times import to_epoch_s

# A webhook and what it made are this near to each other.
NEAR = timedelta(minutes=1)
Link = tuple[str, str]


def in_a_row(links: Iterable[Link]) -> SafeString:
    """Addresses and their words, one after the other."""
    return format_html_join(" · ", '<a href="{}">{}</a>', links)


def found(model: str, text: str) -> str:
    """The list of a table, searched."""
    return f"{reverse(f'admin:conversations_{model}_changelist')}?{urlencode({'q': text})}"


def row(model: str, key: str) -> str:
    return reverse(f"admin:conversations_{model}_change", args=[quote(key)])


def conversation(owner_id: str, conversation_id: str) -> str:
    """One conversation's page."""
    return row("conversationrow", composite_keys.to_text(owner_id, conversation_id))


def of_owner(owner_id: str) -> SafeString:
    """A user's list, conversations and groups."""
    return in_a_row(
        [
            (presentation.owner_url(owner_id), _("As the app shows it")),
            (found("conversationrow", owner_id), _("Conversations")),
            (found("groupmemberrow", owner_id), _("Groups of %(user)s") % {"user": owner_id}),
        ]
    )


def of_conversation(owner_id: str, conversation_id: str) -> list[Link]:
    """All around one conversation."""
    type_, bare_id = identifiers.split(conversation_id)
    links = [
        (presentation.conversation_url(owner_id, conversation_id), _("As the app shows it")),
        (presentation.owner_url(owner_id), _("The whole list of %(owner)s") % {"owner": owner_id}),
        (messages_of(threads.thread_of(owner_id, conversation_id)), _("Messages")),
        (found("conversationrow", conversation_id), _("The same conversation of everybody")),
    ]
    if type_ == ConversationType.GROUP:
        return [*links, *of_group(threads.group_of(bare_id))]
    return [*links, (conversation(bare_id, f"c2c_{owner_id}"), _("As %(peer)s has it") % {"peer": bare_id})]


def of_thread(thread: str) -> list[Link]:
    """The conversations that show a thread."""
    if BETWEEN not in thread:
        return [(found("conversationrow", f"group_{thread}"), _("Conversations")), *of_group(threads.group_of(thread))]
    one, _between, other = thread.partition(BETWEEN)
    keys = dict.fromkeys([(one, f"c2c_{other}"), (other, f"c2c_{one}")])
    return [(conversation(*key), " ".join(key)) for key in keys]


def of_group(group_id: str) -> list[Link]:
    """A group itself, and its members."""
    return [
        (row("group", group_id), _("Group %(group)s") % {"group": group_id}),
        (found("groupmemberrow", group_id), _("Members")),
    ]


def messages_of(thread: str) -> str:
    """The messages of a thread; one of two users is searched by both."""
    return found("messagerow", thread.replace(BETWEEN, " "))


def webhooks_near(moment: datetime) -> str:
    """The webhooks received around a moment."""
    span = f"{to_epoch_s(moment - NEAR)}-{to_epoch_s(moment + NEAR)}"
    return f"{reverse('admin:conversations_webhookevent_changelist')}?{urlencode({'received': span})}"
