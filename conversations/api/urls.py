"""The API's addresses; each works with and without its final slash."""

from django.urls import re_path

from conversations.api.errors import unknown_address
from conversations.api.events.stream import MisdirectedView
from conversations.api.viewsets.conversation_groups import ConversationGroupViewSet
from conversations.api.viewsets.conversations import ConversationViewSet
from conversations.api.viewsets.groups_and_users import GroupViewSet, UserViewSet
from conversations.api.viewsets.messages import MessageViewSet

app_name = "api"


ID, NAME, GROUP = "(?P<conversation_id>[^/]+)", "(?P<name>[^/]+)", "(?P<group_id>[^/]+)"

conversation, group = ConversationViewSet.as_view, ConversationGroupViewSet.as_view

urlpatterns = [
    re_path(r"^conversations/?$", conversation({"get": "list"}), name="conversation-list"),
    re_path(r"^conversations/lookup/?$", conversation({"get": "lookup", "post": "lookup_many"}), name="conversation-lookup"),
    re_path(r"^conversations/read/?$", conversation({"post": "read_all"}), name="conversation-read-all"),
    re_path(r"^conversations/mark/?$", conversation({"post": "mark"}), name="conversation-mark"),
    re_path(r"^conversations/custom-data/?$", conversation({"post": "custom_data"}), name="conversation-custom-data"),
    re_path(r"^conversations/delete/?$", conversation({"post": "delete_many"}), name="conversation-delete"),
    re_path(r"^conversations/report/?$", conversation({"post": "report"}), name="conversation-report"),
    re_path(rf"^conversations/{ID}/?$", conversation({"get": "retrieve", "delete": "destroy"}), name="conversation-detail"),
    re_path(rf"^conversations/{ID}/pin/?$", conversation({"put": "pin", "delete": "unpin"}), name="conversation-pin"),
    re_path(rf"^conversations/{ID}/draft/?$", conversation({"put": "draft"}), name="conversation-draft"),
    re_path(
        rf"^conversations/{ID}/receive-option/?$", conversation({"put": "receive_option"}), name="conversation-receive-option"
    ),
    re_path(rf"^conversations/{ID}/read/?$", conversation({"post": "read"}), name="conversation-read"),
    re_path(rf"^conversations/{ID}/clear/?$", conversation({"post": "clear"}), name="conversation-clear"),
    re_path(r"^conversation-groups/?$", group({"get": "list", "post": "create"}), name="group-list"),
    re_path(rf"^conversation-groups/{NAME}/?$", group({"patch": "rename", "delete": "destroy"}), name="group-detail"),
    re_path(rf"^conversation-groups/{NAME}/add/?$", group({"post": "add"}), name="group-add"),
    re_path(rf"^conversation-groups/{NAME}/remove/?$", group({"post": "remove"}), name="group-remove"),
    re_path(r"^unread/?$", conversation({"get": "unread"}), name="unread"),
    re_path(r"^changes/?$", conversation({"get": "changes"}), name="changes"),
    re_path(r"^events/?$", MisdirectedView.as_view(), name="events"),
    re_path(r"^messages/?$", MessageViewSet.as_view({"post": "create"}), name="messages"),
    re_path(r"^messages/recall/?$", MessageViewSet.as_view({"post": "recall"}), name="messages-recall"),
    re_path(r"^groups/?$", GroupViewSet.as_view({"post": "create"}), name="groups"),
    re_path(rf"^groups/{GROUP}/?$", GroupViewSet.as_view({"put": "update"}), name="group"),
    re_path(rf"^groups/{GROUP}/members/add/?$", GroupViewSet.as_view({"post": "add"}), name="group-members-add"),
    re_path(rf"^groups/{GROUP}/members/remove/?$", GroupViewSet.as_view({"post": "remove"}), name="group-members-remove"),
    re_path(r"^users/?$", UserViewSet.as_view({"post": "create"}), name="users"),
    re_path(r"^users/(?P<user_id>[^/]+)/?$", UserViewSet.as_view({"put": "update"}), name="user"),
    re_path(r"", unknown_address),
]
