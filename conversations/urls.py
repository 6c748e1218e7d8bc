"""The pages' addresses. IDs go into the query: they may hold a slash."""

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path

from conversations import page_actions, page_export, views, views_conversation

urlpatterns = [
    path("", views.owner_search, name="owner-search"),
    path("owner/", views.conversation_list, name="conversation-list"),
    path("owner/news/", views.conversation_news, name="conversation-news"),
    path("owner/reason/", views.look_reason, name="look-reason"),
    path("conversation/", views_conversation.conversation_detail, name="conversation-detail"),
    path("owner/export/", page_export.conversation_export, name="conversation-export"),
    path("conversation/act/", page_actions.conversation_act, name="conversation-act"),
    path("login/", LoginView.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
]
