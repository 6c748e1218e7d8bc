"""Conversations that are not in the list: deleted ones, and ones that have not begun.

A setting of such a conversation is stored on a row that no client sees, so it takes no version. It holds once a message or a
draft puts the row into the list.
"""

from dataclasses import replace

from django.conf import settings

from conversations import identifiers, threads
from conversations.actions import peer_receipts
from conversations.actions.results import Outcome
from conversations.choices import ConversationType, GroupType, Membership
from conversations.exceptions import ConversationNotFound
from conversations.models import Conversation
from conversations.store import display_profiles
from conversations.store.owners import lock_one, lock_owners
from conversations.store.threads import groups_without_membership
from conversations.unread import rules, viewers
from conversations.unread.last_message import newest_shown

# The columns that `put_into_list` changes.
LISTING_COLUMNS = (
    "deleted_at", "created_version", "show_name", "face_url", "group_type", "membership",
    "last_message", "last_message_at", "last_message_position",
)  # fmt: skip


def lock_any(owner_id: str, conversation_id: str) -> Outcome:
    """Lock an owner, and return them with a conversation, listed or not; a missing one is a new row that is not stored.

    Raises ConversationNotFound where no conversation can begin: in a group of which the owner is not a member, and for users
    without a list of their own. A listed conversation costs what `lock_conversation` does.
    """
    if locked := lock_one(owner_id, conversation_id):
        return Outcome(*locked)
    owner = lock_owners([owner_id])[owner_id]
    row = _stored(owner_id, conversation_id) or rules.new_row(
        owner_id, *identifiers.split(conversation_id), erased_at_s=owner.erased_at_s
    )
    if not _can_begin(row):
        raise ConversationNotFound(conversation_id)
    return Outcome(owner, row, is_listed=False)


def lock_listed_or_deleted(owner_id: str, conversation_id: str) -> Outcome:
    """Lock an owner, and return them with a conversation that is or was in the list. Raises ConversationNotFound."""
    if locked := lock_one(owner_id, conversation_id):
        return Outcome(*locked)
    row = _stored(owner_id, conversation_id)
    if row is None or row.was_never_listed:
        raise ConversationNotFound(conversation_id)
    return Outcome(lock_owners([owner_id])[owner_id], row, is_listed=False)


def _stored(owner_id: str, conversation_id: str) -> Conversation | None:
    return Conversation.objects.named(owner_id, conversation_id).defer("wire_head").first()


def _can_begin(row: Conversation) -> bool:
    if row.owner_id in settings.SKIP_OWNERS:
        return False
    if not row.is_group:
        return True
    if groups_without_membership(row.owner_id, [row.conversation_id]):
        return False
    viewer = viewers.of_row(row)
    return viewer.group_type != GroupType.AVCHATROOM and viewer.membership.now() == Membership.MEMBER


def put_into_list(row: Conversation) -> None:
    """Put a row into the list without a new message, with the name, avatar and membership of now. Nothing is saved.

    It shows the messages that its owner deleted with the conversation, but not cleared.
    """
    row.deleted_at, row.created_version = None, 0
    type_, bare_id = identifiers.split(row.conversation_id)
    profile = display_profiles.of_conversation(row.conversation_id)
    row.show_name = profile.name or row.show_name or bare_id
    row.face_url = profile.face_url or row.face_url
    if type_ == ConversationType.GROUP:
        viewer = viewers.of_row(row)
        row.membership, row.group_type = viewer.membership.now(), viewer.group_type or row.group_type
    show_kept_message(row)


def show_kept_message(row: Conversation) -> None:
    """Show the newest stored message as the row's last one, if its history was not cleared with the deletion."""
    if row.cleared_position >= row.deleted_position:
        return
    viewer = viewers.of_row(row)
    if not row.is_group:
        peer = identifiers.split(row.conversation_id)[1]
        viewer = replace(viewer, peer_read_s=peer_receipts.read_by(row.owner_id, [peer]).get(peer, 0))
    thread = threads.thread_of(row.owner_id, row.conversation_id)
    rules.set_last(row, viewer, newest_shown(row, viewer, thread))
