"""Names and avatars of users and groups, and the conversations that show them. A later event wins, whichever comes first.

A name is kept at once, and then goes from row to row in order of their owners, a few in a transaction. How far it has come is
kept with it, so that whoever goes on, after a kill too, goes on from there; two at it do not do the same rows twice.
"""

import logging
import math
import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson
from django.db import connection, transaction
from django.db.models import Case, F, OuterRef, Q, QuerySet, Subquery, TextField, Value, When
from django.utils import timezone

from conversations import identifiers
from conversations.choices import ChangedBy, ConversationType
from conversations.feeding import members
from conversations.formats.rest_groups import GroupInfo, Profile
from conversations.models import Conversation, Group, Owner, ProfileUpdate
from conversations.store import notifications
from conversations.store.owners import lock_owners
from conversations.store.transactions import Progress, in_transaction, run_each
from conversations.threads import group_of
from conversations.unread.rosters import RosterEvent

logger = logging.getLogger(__name__)

# Owners whose lists change in one transaction. Each is named in a wake-up, so that nobody else's followers are woken.
BATCH = 500
# How long whoever tells a new name waits for it to be everywhere: webhooks are to be answered within 2 s.
PATIENCE_S = 1.0


Moves = Callable[[Group], dict[str, tuple[RosterEvent, ...]]]


def set_profiles(profiles: Sequence[Profile]) -> set[str]:
    """Users' nicks and avatars, and each conversation with them that shows them. Gives the IDs of conversations in which some
    rows are still to follow.
    """
    return spread(_save_profiles(profiles), until=time.monotonic() + PATIENCE_S)


def set_group_info(info: GroupInfo, moves: Moves = lambda group: {}, *, until: float | None = None) -> set[str]:
    """A group's name and avatar, and each member's conversation. Gives what `set_profiles` does.

    `moves` says who comes and goes at the same moment, in the group as it is now.
    """
    return spread(_save_group(info, moves), until=time.monotonic() + PATIENCE_S if until is None else until)


@in_transaction
def _save_profiles(profiles: Sequence[Profile]) -> list[str]:
    """Keep them; gives the conversations in which something may be to do."""
    lock_owners(one.user_id for one in profiles)
    known = {owner.owner_id: owner for owner in Owner.objects.any_of(sorted({one.user_id for one in profiles}))}
    changed = {one.user_id: known[one.user_id] for one in profiles if _is_news(known[one.user_id], one)}
    Owner.objects.bulk_update(changed.values(), _PROFILE, batch_size=BATCH)
    _begin(identifiers.join(ConversationType.C2C, user_id) for user_id in changed)
    return sorted(identifiers.join(ConversationType.C2C, user_id) for user_id in known)


_PROFILE = ("former_names", "nick_name", "nick_name_at_ms", "face_url", "face_url_at_ms")


def _is_news(owner: Owner, told: Profile) -> bool:
    """Whether the profile says something new, which the owner has then."""
    before = [getattr(owner, column) for column in _PROFILE]
    if told.nick_name is not None:
        names = {*orjson.loads(owner.former_names), owner.nick_name, told.nick_name}
        owner.former_names = orjson.dumps(sorted(names)).decode()
        if (told.at_ms, told.nick_name) > (owner.nick_name_at_ms, owner.nick_name):
            owner.nick_name, owner.nick_name_at_ms = told.nick_name, told.at_ms
    if told.face_url is not None and (told.at_ms, told.face_url) > (owner.face_url_at_ms, owner.face_url):
        owner.face_url, owner.face_url_at_ms = told.face_url, told.at_ms
    return [getattr(owner, column) for column in _PROFILE] != before


@in_transaction
def _save_group(info: GroupInfo, moves: Moves) -> list[str]:
    """Keep it; gives the conversations in which something may be to do."""
    group = members.lock_group(info.group_id, type_=info.type, at_ms=info.at_ms)
    before = group.name, group.name_at_ms > 0, group.face_url
    if info.name is not None and (info.at_ms, info.name) > (group.name_at_ms, group.name):
        group.name, group.name_at_ms = info.name, info.at_ms
    if info.face_url is not None and (info.at_ms, info.face_url) > (group.face_url_at_ms, group.face_url):
        group.face_url, group.face_url_at_ms = info.face_url, info.at_ms
    group.save(update_fields=["name", "name_at_ms", "face_url", "face_url_at_ms"])
    members.tell_moves(group, moves(group))
    if (group.name, group.name_at_ms > 0, group.face_url) == before:
        return [identifiers.join(ConversationType.GROUP, group.group_id)]
    # A topic shows its group's, unless it has its own.
    threads = sorted({group.group_id, *members.threads_of(group.group_id)})
    conversation_ids = [identifiers.join(ConversationType.GROUP, thread) for thread in threads]
    _begin(conversation_ids)
    return conversation_ids


def _begin(conversation_ids: Iterable[str]) -> None:
    """Note that new names are to go to these conversations of everybody."""
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {ProfileUpdate._meta.db_table} (conversation_id, last_owner_id, generation) VALUES (%s, '', %s) "
            "ON CONFLICT (conversation_id) DO UPDATE SET last_owner_id = '', generation = excluded.generation",
            [[one, secrets.randbits(63)] for one in sorted(conversation_ids)],
        )


# ---- From row to row ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _NewProfile:
    """What a conversation shows, None for what nobody has told, and the names that follow a change."""

    name: str | None
    face_url: str | None
    former: frozenset[str] | None  # None: whatever is shown; nobody gives a group another name for himself

    def rows(self, conversation_id: str) -> QuerySet[Conversation]:
        """The rows that show something else and follow, in order of their owners: one index range."""
        is_old = Q(owner_id__in=[])
        if self.name is not None:
            is_old |= self.follows & ~Q(show_name=self.name)
        if self.face_url is not None:
            is_old |= ~Q(face_url=self.face_url)
        return Conversation.objects.present().filter(is_old, conversation_id=conversation_id).order_by("owner_id")

    @property
    def follows(self) -> Q:
        """The rows that show one of the former names."""
        return Q() if self.former is None else Q(show_name__in=sorted(self.former))

    def values(self) -> dict[str, Any]:
        """What these rows' columns become."""
        values: dict[str, Any] = {} if self.face_url is None else {"face_url": self.face_url}
        if self.name is not None:
            name = Value(self.name, TextField())
            values["show_name"] = Case(When(self.follows, then=name), default=F("show_name")) if self.follows else name
        return values


def spread(conversation_ids: Iterable[str], *, until: float) -> set[str]:
    """Bring names to everybody's rows while there is time, a monotonic moment. Gives those that are not done."""
    return {one for one in conversation_ids if not _spread_one(one, until)}


def finish() -> Progress:
    """Bring all names on their way to where they go; of how many conversations."""
    return run_each(
        on_their_way(),
        partial(_spread_one, until=math.inf),
        log=logger,
        failure="The name update of %s failed and stays pending",
    )


def on_their_way() -> list[str]:
    """The conversations whose new name has not reached all rows."""
    return list(ProfileUpdate.objects.order_by("pk").values_list("pk", flat=True))


def _spread_one(conversation_id: str, until: float) -> bool:
    while pending := ProfileUpdate.objects.filter(conversation_id=conversation_id).first():
        if time.monotonic() >= until:
            return False
        look = _look_of(conversation_id)
        following = look.rows(conversation_id).filter(owner_id__gt=pending.last_owner_id)[:BATCH]
        if _spread_to(pending, list(following.values_list("owner_id", flat=True)), look):
            break
    return True


@in_transaction
def _spread_to(pending: ProfileUpdate, owner_ids: list[str], look: _NewProfile) -> bool:
    """Change the next owners' rows, unless somebody else has gone on or a newer name has come: then this look is old.

    Whether these were the last ones.
    """
    lock_owners(owner_ids)
    as_read = ProfileUpdate.objects.filter(pk=pending.pk, last_owner_id=pending.last_owner_id, generation=pending.generation)
    is_last = len(owner_ids) < BATCH
    if not (as_read.delete()[0] if is_last else as_read.update(last_owner_id=owner_ids[-1])):
        return False
    if not owner_ids:
        return True
    # As they are under the lock.
    old = look.rows(pending.conversation_id).filter(owner_id__any_of=owner_ids)
    changed = list(old.values_list("owner_id", flat=True))
    Owner.objects.any_of(changed).update(version=F("version") + 1)
    version = Owner.objects.filter(owner_id=OuterRef("owner_id")).values("version")
    rows = Conversation.objects.filter(owner_id__any_of=changed, conversation_id=pending.conversation_id)
    rows.update(**look.values(), version=Subquery(version), changed_by=ChangedBy.NAME, changed_at=timezone.now())
    for start in range(0, len(changed), notifications.MAX_NAMED):
        named = changed[start : start + notifications.MAX_NAMED]
        transaction.on_commit(partial(notifications.notify, named), robust=True)
    return is_last


def _look_of(conversation_id: str) -> _NewProfile:
    type_, bare_id = identifiers.split(conversation_id)
    if type_ == ConversationType.C2C:
        user = Owner.objects.get(owner_id=bare_id)
        is_named = user.nick_name_at_ms > 0
        return _NewProfile(
            (user.nick_name or bare_id) if is_named else None,
            user.face_url if user.face_url_at_ms else None,
            frozenset({*orjson.loads(user.former_names), bare_id, ""}),
        )
    known = Group.objects.filter(group_id__any_of=[bare_id, group_of(bare_id)])
    named = sorted(known, key=lambda group: group.group_id != bare_id)
    name = next((group.name or group.group_id for group in named if group.name_at_ms), None)
    return _NewProfile(name, next((group.face_url for group in named if group.face_url_at_ms), None), None)
