"""Names and avatars of users and groups, and their copies in conversations. The newest event wins, in any order.

A name is saved at once and then copied to the rows that show it, in order of their owners, some in each transaction. A
`ProfileUpdate` remembers how far that has come, so another process can continue it, also after a crash; two that work on the
same one do not change the same rows.
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
from django.db.models import Case, F, OuterRef, Q, QuerySet, Subquery, TextField, Value, When
from django.utils import timezone

from conversations import identifiers
from conversations.choices import ChangedBy, ConversationType
from conversations.feeding import members
from conversations.feeding.locked_groups import LockedGroup, lock_group
from conversations.feeding.members import MembershipChanges
from conversations.formats.rest_groups import GroupInfo, Profile
from conversations.models import Conversation, Group, Owner, ProfileUpdate
from conversations.store import events, notifications, statements
from conversations.store.owners import lock_owners
from conversations.store.threads import threads_of_group
from conversations.store.transactions import Progress, in_transaction, run_each
from conversations.threads import group_of

logger = logging.getLogger(__name__)

# Owners whose lists change in one transaction.
BATCH = 500
# How long a request waits for its names to be copied everywhere: webhooks must be answered within 2 s.
PATIENCE_S = 1.0


def set_profiles(profiles: Sequence[Profile]) -> set[str]:
    """Save users' nicknames and avatars, and copy them to the conversations that show them.

    Return the IDs of the conversations whose rows are not all done yet.
    """
    return propagate(_save_profiles(profiles), until=time.monotonic() + PATIENCE_S)


def set_group_info(
    info: GroupInfo,
    membership_changes: Callable[[LockedGroup], MembershipChanges] = lambda locked: {},
    *,
    until: float | None = None,
) -> set[str]:
    """Save a group's name, avatar and type, and copy them to its members' conversations; return as `set_profiles` does.

    `membership_changes` are applied with it, to the group as it is under the lock. `until` is a monotonic time.
    """
    until = time.monotonic() + PATIENCE_S if until is None else until
    return propagate(_save_group(info, membership_changes), until=until)


@in_transaction
def _save_profiles(profiles: Sequence[Profile]) -> list[str]:
    """Save the profiles; return the conversations to which they may have to be copied."""
    user_ids = sorted({profile.user_id for profile in profiles})
    lock_owners(user_ids)
    owners = {owner.owner_id: owner for owner in Owner.objects.any_of(user_ids)}
    changed = {profile.user_id: owner for profile in profiles if _update(owner := owners[profile.user_id], profile)}
    Owner.objects.bulk_update(changed.values(), _PROFILE_COLUMNS, batch_size=BATCH)
    _begin(identifiers.join(ConversationType.C2C, user_id) for user_id in changed)
    return [identifiers.join(ConversationType.C2C, user_id) for user_id in user_ids]


_PROFILE_COLUMNS = ("former_names", "nick_name", "nick_name_at_ms", "face_url", "face_url_at_ms")


def _update(owner: Owner, profile: Profile) -> bool:
    """Update an unsaved owner by a profile; return whether it brought anything new."""
    if owner.erased_at_s and profile.at_ms // 1000 <= owner.erased_at_s:
        return False
    before = [getattr(owner, column) for column in _PROFILE_COLUMNS]
    if profile.nick_name is not None:
        names = {*orjson.loads(owner.former_names), owner.nick_name, profile.nick_name}
        owner.former_names = orjson.dumps(sorted(names)).decode()
        if (profile.at_ms, profile.nick_name) > (owner.nick_name_at_ms, owner.nick_name):
            owner.nick_name, owner.nick_name_at_ms = profile.nick_name, profile.at_ms
    if profile.face_url is not None and (profile.at_ms, profile.face_url) > (owner.face_url_at_ms, owner.face_url):
        owner.face_url, owner.face_url_at_ms = profile.face_url, profile.at_ms
    return [getattr(owner, column) for column in _PROFILE_COLUMNS] != before


@in_transaction
def _save_group(info: GroupInfo, membership_changes: Callable[[LockedGroup], MembershipChanges]) -> list[str]:
    """Save the group; return the conversations to which its profile may have to be copied."""
    locked = lock_group(info.group_id, group_type=info.type, at_ms=info.at_ms)
    group = locked.group
    before = group.name, group.name_at_ms > 0, group.face_url
    if info.name is not None and (info.at_ms, info.name) > (group.name_at_ms, group.name):
        group.name, group.name_at_ms = info.name, info.at_ms
    if info.face_url is not None and (info.at_ms, info.face_url) > (group.face_url_at_ms, group.face_url):
        group.face_url, group.face_url_at_ms = info.face_url, info.at_ms
    group.save(update_fields=["name", "name_at_ms", "face_url", "face_url_at_ms"])
    members.apply_membership_changes(locked, membership_changes(locked))
    if (group.name, group.name_at_ms > 0, group.face_url) == before:
        return [identifiers.join(ConversationType.GROUP, group.group_id)]
    # A topic without its own name or avatar shows its group's.
    threads = sorted({group.group_id, *threads_of_group(group.group_id)})
    conversation_ids = [identifiers.join(ConversationType.GROUP, thread) for thread in threads]
    _begin(conversation_ids)
    return conversation_ids


def _begin(conversation_ids: Iterable[str]) -> None:
    """Note that a new profile is to be copied to all rows of these conversations."""
    statements.run_for_each(
        f"INSERT INTO {ProfileUpdate._meta.db_table} (conversation_id, last_owner_id, generation) VALUES (%s, '', %s) "
        "ON CONFLICT (conversation_id) DO UPDATE SET last_owner_id = '', generation = excluded.generation",
        [[conversation_id, secrets.randbits(63)] for conversation_id in sorted(conversation_ids)],
    )


# ---- Copies ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _NewProfile:
    """The name and avatar to copy, None for unknown ones."""

    name: str | None
    face_url: str | None
    former_names: frozenset[str] | None  # rows that show one of these follow; None: all rows, as nobody renames a group

    def outdated_rows(self, conversation_id: str) -> QuerySet[Conversation]:
        """Return the rows to change, in order of their owners: one index range."""
        is_outdated = Q(owner_id__in=[])
        if self.name is not None:
            is_outdated |= self._follows & ~Q(show_name=self.name)
        if self.face_url is not None:
            is_outdated |= ~Q(face_url=self.face_url)
        shown = Conversation.objects.present().filter(is_outdated, conversation_id=conversation_id, is_claimed=False)
        return shown.order_by("owner_id")

    @property
    def _follows(self) -> Q:
        return Q() if self.former_names is None else Q(show_name__in=sorted(self.former_names))

    def values(self) -> dict[str, Any]:
        """Return the new values of an outdated row's columns."""
        values: dict[str, Any] = {} if self.face_url is None else {"face_url": self.face_url}
        if self.name is not None:
            name = Value(self.name, TextField())
            values["show_name"] = Case(When(self._follows, then=name), default=F("show_name")) if self._follows else name
        return values


def propagate(conversation_ids: Iterable[str], *, until: float) -> set[str]:
    """Copy saved profiles to all rows until a monotonic time; return the conversations that are not done."""
    return {conversation_id for conversation_id in conversation_ids if not _propagate(conversation_id, until)}


def propagate_all() -> Progress:
    """Copy all pending profiles; return the number of conversations."""
    act = partial(_propagate, until=math.inf)
    return run_each(pending_conversations(), act, log=logger, failure="The name update of %s failed and stays pending")


def pending_conversations() -> list[str]:
    """Return the conversations whose new profile is not in all rows yet."""
    return list(ProfileUpdate.objects.order_by("pk").values_list("pk", flat=True))


def _propagate(conversation_id: str, until: float) -> bool:
    """Copy a saved profile, batch by batch; return whether all rows have it."""
    while pending := ProfileUpdate.objects.filter(conversation_id=conversation_id).first():
        if time.monotonic() >= until:
            return False
        profile = _profile_of(conversation_id)
        following = profile.outdated_rows(conversation_id).filter(owner_id__gt=pending.last_owner_id)[:BATCH]
        if _update_batch(pending, list(following.values_list("owner_id", flat=True)), profile):
            break
    return True


@in_transaction
def _update_batch(pending: ProfileUpdate, owner_ids: list[str], profile: _NewProfile) -> bool:
    """Update the next batch, unless another worker advanced it or a newer profile arrived.

    Return whether it was the last batch.
    """
    lock_owners(owner_ids)
    as_read = ProfileUpdate.objects.filter(pk=pending.pk, last_owner_id=pending.last_owner_id, generation=pending.generation)
    is_last = len(owner_ids) < BATCH
    if not (as_read.delete()[0] if is_last else as_read.update(last_owner_id=owner_ids[-1])):
        return False
    if owner_ids:
        _update_rows(pending.conversation_id, owner_ids, profile)
    return is_last


def _update_rows(conversation_id: str, owner_ids: list[str], profile: _NewProfile) -> None:
    """Update those rows of locked owners that are still outdated, each under its owner's next version."""
    outdated = profile.outdated_rows(conversation_id).filter(owner_id__any_of=owner_ids)
    changed = list(outdated.values_list("owner_id", flat=True))
    Owner.objects.any_of(changed).update(version=F("version") + 1)
    version = Owner.objects.filter(owner_id=OuterRef("owner_id")).values("version")
    rows = Conversation.objects.filter(owner_id__any_of=changed, conversation_id=conversation_id)
    rows.update(**profile.values(), version=Subquery(version), changed_by=ChangedBy.NAME, changed_at=timezone.now())
    events.record_names(conversation_id, changed)
    # A notification that names its owners wakes nobody else's followers.
    for start in range(0, len(changed), notifications.MAX_NAMED):
        named = changed[start : start + notifications.MAX_NAMED]
        notifications.notify_after_commit(named)


def _profile_of(conversation_id: str) -> _NewProfile:
    type_, bare_id = identifiers.split(conversation_id)
    return _user_profile(bare_id) if type_ == ConversationType.C2C else _thread_profile(bare_id)


def _user_profile(user_id: str) -> _NewProfile:
    user = Owner.objects.get(owner_id=user_id)
    name = (user.nick_name or user_id) if user.nick_name_at_ms else None
    face_url = user.face_url if user.face_url_at_ms else None
    return _NewProfile(name, face_url, frozenset({*orjson.loads(user.former_names), user_id, ""}))


def _thread_profile(thread: str) -> _NewProfile:
    """Return the topic's own name and avatar, where it has any, else its group's."""
    groups = Group.objects.filter(group_id__any_of=[thread, group_of(thread)])
    own_first = sorted(groups, key=lambda group: group.group_id != thread)
    name = next((group.name or group.group_id for group in own_first if group.name_at_ms), None)
    return _NewProfile(name, next((group.face_url for group in own_first if group.face_url_at_ms), None), None)
