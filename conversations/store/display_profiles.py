"""The name and avatar that a new conversation shows."""

from collections.abc import Collection
from typing import NamedTuple

from conversations import identifiers
from conversations.choices import ConversationType
from conversations.models import Group, Owner
from conversations.threads import group_of


class DisplayProfile(NamedTuple):
    """A name and an avatar, each "" if unknown."""

    name: str = ""
    face_url: str = ""


def of_users(user_ids: Collection[str]) -> dict[str, DisplayProfile]:
    """Return the profiles of the known ones of these users, by ID. One query, or none for nobody."""
    if not user_ids:
        return {}
    rows = Owner.objects.filter(owner_id__any_of=sorted(user_ids)).values_list("owner_id", "nick_name", "face_url")
    return {user_id: DisplayProfile(nick_name, face_url) for user_id, nick_name, face_url in rows}


def of_conversation(conversation_id: str) -> DisplayProfile:
    """Return the profile of the conversation's peer or group. At most two queries."""
    type_, bare_id = identifiers.split(conversation_id)
    if type_ == ConversationType.C2C:
        return of_users([bare_id]).get(bare_id, DisplayProfile())
    group = Group.objects.filter(group_id=group_of(bare_id)).first()
    return of_thread(group, bare_id) if group else DisplayProfile()


def of_thread(group: Group, thread: str) -> DisplayProfile:
    """Return the profile of a thread's conversations: the topic's own, else the group's. One query for a topic."""
    topic = Group.objects.filter(group_id=thread).first() if thread != group.group_id else None
    return DisplayProfile((topic and topic.name) or group.name, (topic and topic.face_url) or group.face_url)
