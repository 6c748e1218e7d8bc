"""Who opens admin and pages: a boss who may do all, support that may look, and a colleague who may neither."""

import json

from django.contrib.auth.models import Group, User
from django.utils import timezone

from conversations.models import Conversation
from tests.cast import make_conversation

ODD_ID = 'c2c_a/b?c&d%20"e <script>'


def boss() -> User:
    return User.objects.create_superuser("boss")


def support() -> User:
    user = User.objects.create_user("sue", is_staff=True)
    user.groups.add(Group.objects.get(name="Support"))
    return user


def colleague() -> User:
    """Staff, but without a permission here."""
    return User.objects.create_user("carl", is_staff=True)


def make_deleted(**fields) -> Conversation:
    return make_conversation(deleted_at=timezone.now(), **fields)


def message(**fields) -> str:
    """A last message as stored; a text from Bob unless `fields` say otherwise."""
    return json.dumps({"sender": "bob", "elemType": 1, "textElem": {"text": "hi"}, "status": 2} | fields)
