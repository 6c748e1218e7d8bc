"""Names and avatars of users and groups, and the conversations that show them. A later event wins, whichever comes first."""

from collections.abc import Callable

import orjson
from django.db.models import Q

from conversations import fanout, identifiers
from conversations.changes import in_transaction, lock_owners
from conversations.choices import ChangedBy, ConversationType
from conversations.membership import lock_group
from conversations.models import Conversation, Owner

# Owners whose lists change in one transaction.
BATCH = 500


def set_profile(user_id: str, *, nick_name: str | None, face_url: str | None, at_ms: int) -> None:
    """A user's nick and avatar, None for what did not change; and each conversation with this user that shows them."""
    known = _save_profile(user_id, nick_name, face_url, at_ms)
    names = {*orjson.loads(known.former_names), user_id, ""}
    shows_name = Q(show_name__in=sorted(names - {known.nick_name or user_id}))
    conversation_id = identifiers.join(ConversationType.C2C, user_id)
    _spread(conversation_id, known.nick_name or user_id, known.face_url, names.__contains__, shows_name)


@in_transaction
def _save_profile(user_id: str, nick_name: str | None, face_url: str | None, at_ms: int) -> Owner:
    lock_owners([user_id])
    owner = Owner.objects.get(owner_id=user_id)
    if nick_name is not None:
        owner.former_names = orjson.dumps(sorted({*orjson.loads(owner.former_names), owner.nick_name, nick_name})).decode()
        if (at_ms, nick_name) > (owner.nick_name_at_ms, owner.nick_name):
            owner.nick_name, owner.nick_name_at_ms = nick_name, at_ms
    if face_url is not None and (at_ms, face_url) > (owner.face_url_at_ms, owner.face_url):
        owner.face_url, owner.face_url_at_ms = face_url, at_ms
    owner.save(update_fields=["former_names", "nick_name", "nick_name_at_ms", "face_url", "face_url_at_ms"])
    return owner


def set_group_info(group_id: str, *, name: str | None, face_url: str | None, at_ms: int, type_: str = "") -> None:
    """A group's name and avatar, None for what did not change; and each member's conversation."""
    group = _save_group(group_id, name, face_url, at_ms, type_)
    shown = group.name or group_id
    # A group has no remarks: whatever else is shown is an older name.
    conversation_id = identifiers.join(ConversationType.GROUP, group_id)
    _spread(conversation_id, shown, group.face_url, lambda name: True, ~Q(show_name=shown))


@in_transaction
def _save_group(group_id: str, name: str | None, face_url: str | None, at_ms: int, type_: str):
    group = lock_group(group_id, type_=type_)
    if name is not None and (at_ms, name) > (group.name_at_ms, group.name):
        group.name, group.name_at_ms = name, at_ms
    if face_url is not None and (at_ms, face_url) > (group.face_url_at_ms, group.face_url):
        group.face_url, group.face_url_at_ms = face_url, at_ms
    group.save(update_fields=["name", "name_at_ms", "face_url", "face_url_at_ms"])
    return group


def _spread(conversation_id: str, name: str, face_url: str, follows: Callable[[str], bool], shows_name: Q) -> None:
    """Bring the name and avatar to everybody's row, in batches of a transaction each."""
    last = ""
    is_old = shows_name | (~Q(face_url=face_url) if face_url else Q())
    rows = Conversation.objects.present().filter(is_old, conversation_id=conversation_id).order_by("owner_id")
    while owner_ids := list(rows.filter(owner_id__gt=last).values_list("owner_id", flat=True)[:BATCH]):
        _spread_to(owner_ids, conversation_id, name, face_url, follows)
        last = owner_ids[-1]


@in_transaction
def _spread_to(owner_ids: list[str], conversation_id: str, name: str, face_url: str, follows: Callable[[str], bool]) -> None:
    owners = lock_owners(owner_ids)
    changed = []
    for row in fanout.read_rows([(owner_id, conversation_id) for owner_id in owner_ids]).values():
        before = row.show_name, row.face_url
        if follows(row.show_name):
            row.show_name = name
        row.face_url = face_url or row.face_url
        if fanout.is_listed(row) and before != (row.show_name, row.face_url):
            changed.append(row)
    fanout.save_rows(owners, changed, by=ChangedBy.NAME)
