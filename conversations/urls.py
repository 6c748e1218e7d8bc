"""The pages' addresses. IDs go into the query: they may hold a slash."""

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path

from conversations import page_actions, page_export, page_saved, views, views_conversation

urlpatterns = [
    path("", views.owner_search, name="owner-search"),
    path("owner/", views.conversation_list, name="conversation-list"),
    path("owner/news/", views.conversation_news, name="conversation-news"),
    path("owner/reason/", views.look_reason, name="look-reason"),
    path("conversation/", views_conversation.conversation_detail, name="conversation-detail"),
    path("owner/export/", page_export.conversation_export, name="conversation-export"),
    path("owner/views/", page_saved.view_counts, name="saved-view-counts"),
    path("views/", page_saved.saved_views_page, name="saved-views"),
    path("views/change/", page_saved.saved_view_change, name="saved-view-change"),
    path("conversation/act/", page_actions.conversation_act, name="conversation-act"),
    path("login/", LoginView.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
]
