"""Filters that staff save under a name, and the number of conversations of a list that each matches."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import Permission, User
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from conversations.access import permissions
from conversations.exceptions import ConversationError, InvalidParameter, NoPermission
from conversations.models import Conversation, SavedView, ViewedPage
from conversations.models.querysets import ConversationQuerySet, SavedViewQuerySet
from conversations.models.staff import SAVED_VIEW_FILTERS_MAX_LENGTH, SAVED_VIEW_NAME_MAX_LENGTH
from conversations.staff import search_syntax

MAX_OWN, MAX_SHARED = 30, 30


class ViewNotFound(ConversationError):
    """No saved view with this ID is visible to this member of staff."""

    status = 404


@transaction.atomic
def save(*, user: Any, name: str, filters: str, is_shared: bool = False, page: ViewedPage = ViewedPage.LIST) -> SavedView:
    """Save filters under a new name: of a list as the search box writes them, else as the page's address has them.

    Raises InvalidParameter, NoPermission.
    """
    if not filters:
        raise InvalidParameter(_("Set a filter first: a saved view stores the current filters."), field="find")
    if page == ViewedPage.LIST:
        search_syntax.filters_of(filters)
    elif len(filters) > SAVED_VIEW_FILTERS_MAX_LENGTH:
        raise InvalidParameter(
            _("A search has at most %(count)d characters.") % {"count": SAVED_VIEW_FILTERS_MAX_LENGTH}, field="find"
        )
    _wait_for_turn(User.objects.filter(pk=user.pk))
    if SavedView.objects.filter(user=user).count() >= MAX_OWN:
        raise InvalidParameter(
            _("You have %(count)d saved views, the maximum. Delete one first.") % {"count": MAX_OWN}, field="name"
        )
    view = SavedView(user=user, filters=filters, page=page, is_shared=False)
    _set(view, user, name, is_shared)
    return view


@transaction.atomic
def change(*, user: Any, view_id: int, name: str, is_shared: bool) -> SavedView:
    """Rename, share or unshare a saved view. Raises ViewNotFound, InvalidParameter, NoPermission."""
    view = _own_or_shared(user, view_id)
    _set(view, user, name, is_shared)
    return view


@transaction.atomic
def delete(*, user: Any, view_id: int) -> None:
    """Delete a saved view. Raises ViewNotFound, NoPermission."""
    _own_or_shared(user, view_id).delete()


def shown_to(user: Any) -> SavedViewQuerySet:
    """Select the saved views that a member of staff sees, of the pages that this member may open."""
    views = SavedView.objects.shown_to(user)
    return views if permissions.may_view_across(user) else views.of(ViewedPage.LIST)


def view_counts(conversations: Mapping[int, ConversationQuerySet], owner_id: str, *, limit: int) -> dict[int, int]:
    """Count how many rows of each selection are among the first `limit` rows of an owner's list. One statement."""
    first = Conversation.objects.for_owner(owner_id).in_display_order()[:limit]
    counts = first.counts_in({f"view{key}": rows for key, rows in conversations.items()})
    return {key: counts[f"view{key}"] for key in conversations}


def _own_or_shared(user: Any, view_id: int) -> SavedView:
    view = shown_to(user).filter(pk=view_id).select_for_update(of=("self",)).first()
    if view is None:
        raise ViewNotFound(_("No such saved view."))
    if view.user_id != user.pk and not permissions.may_share(user):
        raise NoPermission(_("Only its creator and staff who may share saved views can change a shared view."))
    return view


def _set(view: SavedView, user: Any, name: str, is_shared: bool) -> None:
    name = " ".join(name.split())
    if not name or "\0" in name or len(name) > SAVED_VIEW_NAME_MAX_LENGTH:
        text = _("The name must have 1 to %(count)d characters.") % {"count": SAVED_VIEW_NAME_MAX_LENGTH}
        raise InvalidParameter(text, field="name")
    if is_shared and not view.is_shared:
        _check_may_share(user)
    view.name, view.is_shared = name, is_shared
    try:
        with transaction.atomic():
            view.save()
    except IntegrityError as error:
        raise InvalidParameter(_("A saved view with this name already exists."), field="name") from error


def _check_may_share(user: Any) -> None:
    if not permissions.may_share(user):
        raise NoPermission(_("Your account can't share saved views."))
    app_label, codename = permissions.SHARE.split(".")
    _wait_for_turn(Permission.objects.filter(content_type__app_label=app_label, codename=codename))
    if SavedView.objects.filter(is_shared=True).count() >= MAX_SHARED:
        text = _("%(count)d saved views are shared, the maximum. Unshare one first.") % {"count": MAX_SHARED}
        raise InvalidParameter(text, field="is_shared")


def _wait_for_turn(row: QuerySet) -> None:
    """Lock a row that all counts lock first, so that concurrent requests don't all find the last place free.

    On SQLite every transaction waits for its turn anyway.
    """
    list(row.select_for_update(of=("self",), no_key=True).values_list("pk"))
