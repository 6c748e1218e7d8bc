"""The API's URLs; each works with and without its final slash."""

from django.urls import re_path
from rest_framework.routers import SimpleRouter

from conversations.api.errors import unknown_address
from conversations.api.events.stream import MisdirectedView
from conversations.api.viewsets.conversation_groups import ConversationGroupViewSet
from conversations.api.viewsets.conversations import ConversationViewSet
from conversations.api.viewsets.groups_and_users import GroupViewSet, UserViewSet
from conversations.api.viewsets.messages import MessageViewSet
from conversations.api.viewsets.unread_and_changes import ChangeViewSet, UnreadViewSet

app_name = "api"

router = SimpleRouter()
router.trailing_slash = "/?"  # a part of a regular expression
router.register("conversations", ConversationViewSet, basename="conversation")
router.register("conversation-groups", ConversationGroupViewSet, basename="conversation-group")
router.register("unread", UnreadViewSet, basename="unread")
router.register("changes", ChangeViewSet, basename="change")
router.register("messages", MessageViewSet, basename="message")
router.register("groups", GroupViewSet, basename="group")
router.register("users", UserViewSet, basename="user")

urlpatterns = [
    *router.urls,
    re_path(r"^events/?$", MisdirectedView.as_view(), name="events"),
    re_path(r"", unknown_address),
]
