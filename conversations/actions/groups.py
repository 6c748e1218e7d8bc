"""Create, fill, rename and delete an owner's conversation groups: folders of conversations, which can be in several.

The owner's row has the groups' names, a group's index in this list being its bit; a conversation's row has the bits of its
groups. So renaming or deleting a group changes each row in it, and the owner's.
"""

from collections.abc import Sequence

from django.db.models import Count, F, Q, Value
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from conversations.actions.results import Results, change_each
from conversations.choices import ChangedBy
from conversations.exceptions import GroupFull, GroupNameTaken, GroupNotFound
from conversations.formats.conversation import MAX_GROUPS, check_group_name
from conversations.models import Conversation
from conversations.models.querysets import ConversationQuerySet
from conversations.store.owners import LockedOwner, lock_owner, lock_owners, save_owners
from conversations.store.rows import save_conversations
from conversations.store.transactions import in_transaction

MAX_CONVERSATIONS = 1000


@in_transaction
def create(*, owner_id: str, name: str, conversation_ids: Sequence[str]) -> Results:
    """Create a group with conversations; a group that exists gets those that it lacks.

    Raises InvalidParameter, GroupNameTooLong, TooManyGroups. Source: V2TIMConversationManager.createConversationGroup.
    """
    check_group_name(name, field="groupName")
    owner = lock_owners([owner_id])[owner_id]
    owner.group_bits([name])
    save_owners([owner])
    return _add(owner, owner.group_names.index(name), conversation_ids)


@in_transaction
def add(*, owner_id: str, name: str, conversation_ids: Sequence[str]) -> Results:
    """Add conversations to a group; those beyond MAX_CONVERSATIONS are refused with GROUP_FULL. Raises GroupNotFound.

    Source: V2TIMConversationManager.addConversationsToGroup.
    """
    owner, bit = _lock_group(owner_id, name)
    return _add(owner, bit, conversation_ids)


def _add(owner: LockedOwner, bit: int, conversation_ids: Sequence[str]) -> Results:
    room = MAX_CONVERSATIONS - _members(owner.owner_id, bit).count()

    def change(conversation: Conversation) -> bool:
        nonlocal room
        if conversation.conversation_groups >> bit & 1:
            return False
        if room < 1:
            raise full()
        room -= 1
        conversation.conversation_groups |= 1 << bit
        return True

    return change_each(owner.owner_id, conversation_ids, change, ("conversation_groups",), by=ChangedBy.CONVERSATION_GROUP)


def full() -> GroupFull:
    """Return the refusal of a conversation beyond MAX_CONVERSATIONS."""
    text = ngettext(
        "A conversation group holds at most %(count)d conversation.",
        "A conversation group holds at most %(count)d conversations.",
        MAX_CONVERSATIONS,
    )
    return GroupFull(text % {"count": MAX_CONVERSATIONS})


def rooms(owner: LockedOwner) -> list[int]:
    """Return how many more conversations each of the owner's groups may hold, by bit. One query."""
    own = Conversation.objects.for_owner(owner.owner_id).exclude(conversation_groups=0)
    counts = {f"bit{bit}": Count(Value(1), filter=Q(conversation_groups__bits=1 << bit)) for bit in range(MAX_GROUPS)}
    return [MAX_CONVERSATIONS - count for count in own.aggregate(**counts).values()]


@in_transaction
def remove(*, owner_id: str, name: str, conversation_ids: Sequence[str]) -> Results:
    """Remove conversations from a group. Raises GroupNotFound.

    Source: V2TIMConversationManager.deleteConversationsFromGroup.
    """
    owner, bit = _lock_group(owner_id, name)

    def change(conversation: Conversation) -> bool:
        before = conversation.conversation_groups
        conversation.conversation_groups &= ~(1 << bit)
        return conversation.conversation_groups != before

    return change_each(owner.owner_id, conversation_ids, change, ("conversation_groups",), by=ChangedBy.CONVERSATION_GROUP)


@in_transaction
def rename(*, owner_id: str, name: str, new_name: str) -> LockedOwner:
    """Rename a group, which changes each conversation in it. Raises GroupNotFound, GroupNameTaken, InvalidParameter.

    Source: V2TIMConversationManager.renameConversationGroup.
    """
    check_group_name(new_name, field="newName")
    owner, bit = _lock_group(owner_id, name)
    if new_name != name:
        if new_name in owner.group_names:
            raise GroupNameTaken(_("A conversation group with this name already exists."), field="newName")
        owner.set_group_names([new_name if group_name == name else group_name for group_name in owner.group_names])
        _save(owner, list(_members(owner_id, bit)), ())
    return owner


@in_transaction
def delete(*, owner_id: str, name: str) -> LockedOwner:
    """Delete a group; its conversations stay in the list. Raises GroupNotFound.

    Source: V2TIMConversationManager.deleteConversationGroup.
    """
    owner, bit = _lock_group(owner_id, name)
    owner.set_group_names([None if group_name == name else group_name for group_name in owner.group_names])
    members = list(_members(owner_id, bit))
    for conversation in members:
        conversation.conversation_groups &= ~(1 << bit)
    _save(owner, members, ("conversation_groups",))
    # Deleted conversations remember their groups, and the bit will be another group's. No client sees them, so they take no
    # version.
    tombstones = Conversation.objects.tombstones_of(owner_id).in_group(bit)
    tombstones.update(conversation_groups=F("conversation_groups").bitand(~(1 << bit)))
    return owner


def _lock_group(owner_id: str, name: str) -> tuple[LockedOwner, int]:
    """Lock the owner, and return it with the group's bit. Raises GroupNotFound."""
    owner = lock_owner(owner_id)
    if owner is None or name not in owner.group_names:
        raise GroupNotFound(_("No conversation group named %(name)s.") % {"name": name})
    return owner, owner.group_names.index(name)


def _members(owner_id: str, bit: int) -> ConversationQuerySet:
    members = Conversation.objects.for_owner(owner_id).in_group(bit)
    return members.only("owner_id", "conversation_id", "conversation_groups").order_by("conversation_id")


def _save(owner: LockedOwner, members: list[Conversation], columns: Sequence[str]) -> None:
    save_conversations(owner, members, columns, by=ChangedBy.CONVERSATION_GROUP)
    if not members:
        save_owners([owner])
