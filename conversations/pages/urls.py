"""The pages' addresses. IDs go into the query: they may hold a slash."""

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path

from conversations.pages import conversation, corrections, export, list, owners, saved_views

urlpatterns = [
    path("", owners.owner_search, name="owner-search"),
    path("owner/", list.conversation_list, name="conversation-list"),
    path("owner/news/", list.conversation_updates, name="conversation-news"),
    path("owner/reason/", owners.look_reason, name="look-reason"),
    path("conversation/", conversation.conversation_detail, name="conversation-detail"),
    path("owner/export/", export.conversation_export, name="conversation-export"),
    path("owner/views/", saved_views.view_counts, name="saved-view-counts"),
    path("views/", saved_views.saved_views_page, name="saved-views"),
    path("views/change/", saved_views.saved_view_change, name="saved-view-change"),
    path("conversation/act/", corrections.conversation_act, name="conversation-act"),
    path("login/", LoginView.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
]
