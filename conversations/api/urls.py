"""The API's addresses; each works with and without its final slash."""

from django.urls import re_path

from conversations.api.errors import unknown_address
from conversations.api.views import ConversationViewSet

app_name = "api"


ID = "(?P<conversation_id>[^/]+)"

urlpatterns = [
    re_path(r"^conversations/?$", ConversationViewSet.as_view({"get": "list"}), name="conversation-list"),
    re_path(
        r"^conversations/lookup/?$",
        ConversationViewSet.as_view({"get": "lookup", "post": "lookup_many"}),
        name="conversation-lookup",
    ),
    re_path(rf"^conversations/{ID}/?$", ConversationViewSet.as_view({"get": "retrieve"}), name="conversation-detail"),
    re_path(r"^unread/?$", ConversationViewSet.as_view({"get": "unread"}), name="unread"),
    re_path(r"", unknown_address),
]
