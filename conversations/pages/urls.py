"""The pages' addresses. IDs go into the query: they may hold a slash."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from conversations.pages import (
    across,
    activity,
    conversation,
    conversation_list,
    corrections,
    export,
    help,
    login,
    owners,
    saved_views,
    unread_total,
)

urlpatterns = [
    path("", owners.owner_search, name="owner-search"),
    path("owner/", conversation_list.conversation_list, name="conversation-list"),
    path("owner/updates/", conversation_list.conversation_updates, name="conversation-updates"),
    path("owner/unread/", unread_total.unread_total, name="unread-total"),
    path("owner/reason/", owners.access_reason, name="access-reason"),
    path("conversation/", conversation.conversation_detail, name="conversation-detail"),
    path("owner/export/", export.conversation_export, name="conversation-export"),
    path("owner/views/", saved_views.view_counts, name="saved-view-counts"),
    path("views/", saved_views.saved_views_page, name="saved-views"),
    path("views/change/", saved_views.saved_view_change, name="saved-view-change"),
    path("help/", help.help_page, name="help"),
    path("conversation/correct/", corrections.correct_conversations, name="conversation-correct"),
    path("across/", across.across_users, name="across-users"),
    path("activity/", activity.staff_activity, name="staff-activity"),
    path("activity/csv/", activity.staff_activity_csv, name="staff-activity-csv"),
    path("conversation/undo/", corrections.undo_correction, name="conversation-undo"),
    path("login/", login.DemoLoginView.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
]
