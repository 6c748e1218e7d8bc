"""The staff's pages: find an owner, their list, one conversation. Nothing here changes anything."""

from collections.abc import Callable
from functools import wraps
from urllib.parse import urlencode

from django.contrib.admin.utils import quote
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from conversations import identifiers, page_details, page_filters, paging, pairs, permissions, wire
from conversations.entries import Avatar, ListEntry, owner_url, pretty_json
from conversations.exceptions import ConversationError, ConversationNotFound
from conversations.filters import ConversationFilterSet
from conversations.models import Conversation, Owner
from conversations.search import owners_starting_with

OWNERS_SHOWN = 20
ROWS_SHOWN = 50
View = Callable[[HttpRequest], HttpResponse]


def for_staff(view: View) -> View:
    """Only for staff that may see conversations; a refusal of ours becomes a page that says what is wrong."""

    @require_safe
    @never_cache
    @login_required
    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        if not permissions.may_view(request.user):
            raise PermissionDenied(_("Your account may not look into conversation lists."))
        try:
            return view(request)
        except ConversationError as error:
            return _refused(request, error)

    return guarded


def _refused(request: HttpRequest, error: ConversationError) -> HttpResponse:
    owner_id = request.GET.get("owner", "")
    context = {"error": error, "back_url": owner_url(owner_id) if identifiers.is_owner_id(owner_id) else ""}
    return render(request, "conversations/refused.html", context, status=error.status)


@for_staff
def owner_search(request: HttpRequest) -> HttpResponse:
    """GET /?q=: owners whose user ID begins with q, the exact one first; without q the first ones."""
    text = request.GET.get("q", "")
    is_possible = text == "" or identifiers.is_owner_id(text)
    owners = list(owners_starting_with(Owner.objects.all(), text)[: OWNERS_SHOWN + 1]) if is_possible else []
    context = {
        "text": text,
        "max_length": identifiers.OWNER_ID_MAX_BYTES,
        "owners": [
            (owner, owner_url(owner.owner_id), Avatar.of(owner.owner_id, owner.nick_name, owner.face_url))
            for owner in owners[:OWNERS_SHOWN]
        ],
        "has_more": len(owners) > OWNERS_SHOWN,
        "is_possible": is_possible,
    }
    return render(request, "conversations/owner_search.html", context)


@for_staff
def conversation_list(request: HttpRequest) -> HttpResponse:
    """GET /owner/?owner=&nextSeq= and the API's filters: the list as the owner's app shows it."""
    owner_id = identifiers.check_owner_id(request.GET.get("owner", ""))
    given = page_filters.conditions(request.GET, besides=("owner", "nextSeq"))
    bound_to = urlencode(given)
    start = paging.after(request.GET.get("nextSeq", ""), owner_id=owner_id, bound_to=bound_to)
    filterset = ConversationFilterSet(given, Conversation.objects.for_owner(owner_id), owner_id=owner_id)
    rows = filterset.selected().in_display_order().defer("wire_head")
    rows = list((rows.after(**start._asdict()) if start else rows)[: ROWS_SHOWN + 1])
    owner = _owner(owner_id)
    shown = rows[:ROWS_SHOWN]
    context = {
        "owner": owner,
        "owner_avatar": Avatar.of(owner_id, owner.nick_name, owner.face_url),
        "entries": [ListEntry.of(row, owner.group_names) for row in shown],
        "older_url": _older_url(owner_id, given, bound_to, shown[-1]) if len(rows) > ROWS_SHOWN else "",
        "is_first_page": start is None,
        "selects": page_filters.selects(filterset, given),
        "group_links": page_filters.group_links(owner_id, wire.all_groups(owner.group_names), given),
        "given": given,
        "has_choice": bool(given.keys() - {"search", page_filters.GROUP}),
        "newest_url": page_filters.list_url(owner_id, given),
        "unfiltered_url": owner_url(owner_id),
        "now": timezone.now(),
    }
    return render(request, "conversations/list.html", context)


def _owner(owner_id: str) -> Owner:
    """The owner, or an unsaved one for a user never seen."""
    unseen = Owner(owner_id=owner_id, version=0, nick_name="", face_url="", group_names="[]")
    return Owner.objects.named(owner_id).first() or unseen


def _older_url(owner_id: str, given: dict[str, str], bound_to: str, last: Conversation) -> str:
    cursor = paging.Cursor(last.is_pinned, last.order_key, last.conversation_id)
    next_seq = paging.next_seq(cursor, owner_id=owner_id, bound_to=bound_to)
    return page_filters.list_url(owner_id, given | {"nextSeq": next_seq})


@for_staff
def conversation_detail(request: HttpRequest) -> HttpResponse:
    """GET /conversation/?owner=&id=: one conversation with all its fields."""
    owner_id = identifiers.check_owner_id(request.GET.get("owner", ""))
    conversation_id = request.GET.get("id", "")
    identifiers.split(conversation_id)
    conversation = Conversation.objects.for_owner(owner_id).any_of([conversation_id]).first()
    if conversation is None:
        raise ConversationNotFound(conversation_id)
    owner = _owner(owner_id)
    json_text = page_details.json_of(conversation, owner.group_names)
    context = {
        "owner": owner,
        "owner_url": owner_url(owner_id),
        "entry": ListEntry.of(conversation, owner.group_names),
        "fields": page_details.fields_of(conversation, json_text),
        "json": pretty_json(json_text),
        "admin_url": reverse(
            "admin:conversations_conversationrow_change", args=[quote(pairs.to_text(owner_id, conversation_id))]
        ),
    }
    return render(request, "conversations/detail.html", context)
