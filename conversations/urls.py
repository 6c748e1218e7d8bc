"""The pages' addresses. IDs go into the query: they may hold a slash."""

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path

from conversations import views

urlpatterns = [
    path("", views.owner_search, name="owner-search"),
    path("owner/", views.conversation_list, name="conversation-list"),
    path("conversation/", views.conversation_detail, name="conversation-detail"),
    path("login/", LoginView.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
]
