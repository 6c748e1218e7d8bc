"""Groups and their members in the admin."""

from collections.abc import Sequence

from django.contrib import admin
from django.db.models import Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from conversations.admin import links as admin_links
from conversations.admin.big_tables import MAX_COUNTED, BigTableAdmin, CompositeKeyChangeList
from conversations.choices import Membership
from conversations.lists import search
from conversations.models import Group, GroupMemberRow
from conversations.staff import admin_urls
from conversations.times import from_epoch_s
from conversations.unread.plain_text import time_text
from conversations.unread.rosters import MembershipHistory


@admin.register(Group)
class GroupAdmin(BigTableAdmin):
    ordering = ("group_id",)
    list_display = ("group_id", "type", "name", "dissolved_at", "created_at", "short_links")
    search_fields = ("group_id",)
    search_help_text = _("Group ID (prefix match)")
    fields = ("links", "group_id", "type", "name", "face_url", "dissolved_at", "created_at")
    readonly_fields = fields

    def has_change_permission(self, request, obj=None):
        return False

    def get_search_results(self, request, queryset, search_term):
        return (search.groups_starting_with(queryset, search_term) if search_term else queryset), False

    @admin.display(description=_("dissolved"))
    def dissolved_at(self, group):
        return time_text(from_epoch_s(group.dissolved_at_ms // 1000)) if group.dissolved_at_ms is not None else None

    @admin.display(description=_("links"))
    def short_links(self, group):
        return admin_links.join_links(_links_of(group.group_id))

    @admin.display(description=_("links"))
    def links(self, group):
        conversations = admin_urls.search("conversationrow", f"group_{group.group_id}")
        return admin_links.join_links([*_links_of(group.group_id), (conversations, _("Conversations"))])


def _links_of(group_id: str) -> list[admin_links.Link]:
    """Return the links to a group's members and messages."""
    return [(admin_urls.search("groupmemberrow", group_id), _("Members")), (admin_links.messages_of(group_id), _("Messages"))]


class MemberChangeList(CompositeKeyChangeList):
    def get_results(self, request):
        super().get_results(request)
        self.result_list = list(self.result_list)
        _add_ends(self.result_list)


def _add_ends(members: Sequence[GroupMemberRow]) -> None:
    """Give members the end of their group, which also ends every membership; the two may lie in different databases."""
    group_ids = sorted({member.group_id for member in members})
    ends = dict(Group.objects.filter(group_id__any_of=group_ids).values_list("group_id", "dissolved_at_ms"))
    for member in members:
        member.dissolved_at_ms = ends.get(member.group_id)  # type: ignore[attr-defined]  # for this page


@admin.register(GroupMemberRow)
class GroupMemberAdmin(BigTableAdmin):
    ordering = ("group_id", "user_id")
    list_display = ("user_id", "group_id", "membership", "since", "short_links")
    search_fields = ("group_id", "user_id")
    search_help_text = _("Group ID or user ID, or how it begins")
    fields = ("short_links", "group_id", "user_id", "membership", "history", "created_at")
    readonly_fields = fields

    def get_changelist(self, request, **kwargs):
        return MemberChangeList

    def get_object(self, request, object_id, from_field=None):
        member = super().get_object(request, object_id, from_field)
        if member is not None:
            _add_ends([member])
        return member

    def has_view_permission(self, request, obj=None):
        return request.user.has_perm("conversations.view_groupmember")

    def has_change_permission(self, request, obj=None):
        return False

    def get_search_results(self, request, queryset, search_term):
        if not search_term:
            return queryset, False
        rows = queryset.filter(pk__in=search.members_named(queryset, search_term, limit=MAX_COUNTED))
        # By an expression, so that these few rows are sorted and not met by walking the whole table in its index's order.
        return rows.order_by(Coalesce("group_id", Value("")), "user_id"), False

    @admin.display(description=_("membership"))
    def membership(self, member):
        return _membership_display(MembershipHistory.from_json(member.events, member.dissolved_at_ms).now())

    @admin.display(description=_("since"))
    def since(self, member):
        return _moment(MembershipHistory.from_json(member.events, member.dissolved_at_ms).now_since_ms()) or None

    @admin.display(description=_("history"))
    def history(self, member):
        events = MembershipHistory.from_json(member.events).events
        return "\n".join(
            f"{_moment(event.time_ms) or _('always')}: {_membership_display(event.membership)}" for event in events
        )

    @admin.display(description=_("links"))
    def short_links(self, member):
        group_id, user_id = member.group_id, member.user_id
        links: list[admin_links.Link] = [
            (admin_links.conversation(user_id, f"group_{group_id}"), _("Conversation")),
            (admin_urls.row("group", group_id), _("Group %(group)s") % {"group": group_id}),
            (admin_urls.search("groupmemberrow", user_id), _("Groups of %(user)s") % {"user": user_id}),
        ]
        return admin_links.join_links(links)


def _membership_display(membership: str) -> str:
    return str(Membership(membership).label if membership in Membership.values else _("sent a message"))


def _moment(time_ms: int) -> str:
    return time_text(from_epoch_s(time_ms // 1000)) if time_ms else ""
