"""Who opens admin and pages: a boss who may do all, a lead, support that may look, and a colleague who may neither."""

import json

from django.contrib.auth.models import Group, Permission, User
from django.utils import timezone

from conversations.models import Conversation
from tests.support.cast import make_conversation

ODD_ID = 'c2c_a/b?c&d%20"e <script>'


def boss() -> User:
    return User.objects.create_superuser("boss")


def support() -> User:
    user = User.objects.create_user("sue", is_staff=True)
    user.groups.add(Group.objects.get(name="Support"))
    return user


def lead() -> User:
    user = User.objects.create_user("lea", is_staff=True)
    user.groups.add(Group.objects.get(name="Lead"))
    return user


def viewer(*also: str) -> User:
    """Staff that sees lists and not their text; with further permissions by codename."""
    user = User.objects.create_user("vera", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=["view_owner", "view_conversation", *also]))
    return user


def colleague() -> User:
    """Staff, but without a permission here."""
    return User.objects.create_user("carl", is_staff=True)


def make_deleted(**fields) -> Conversation:
    return make_conversation(deleted_at=timezone.now(), **fields)


def message(**fields) -> str:
    """A last message as stored; a text from Bob unless `fields` say otherwise."""
    return json.dumps({"sender": "bob", "elemType": 1, "textElem": {"text": "hi"}, "status": 2} | fields)
