"""What a member of staff may do: see that a conversation is there, read its text, put it right."""

from typing import Any

VIEW, READ_TEXT, CHANGE = "conversations.view_conversation", "conversations.read_text", "conversations.change_conversation"
CHECK_USERSIG = "conversations.check_usersig"
SHARE = "conversations.share_view"


def may_view(user: Any) -> bool:
    """Who, when, how many and of what kind, of every list."""
    return user.is_staff and user.has_perm(VIEW)


def may_read_text(user: Any) -> bool:
    """Also what was said: previews, messages, drafts, custom data, JSON, exports."""
    return may_view(user) and user.has_perm(READ_TEXT)


def may_change(user: Any) -> bool:
    """Put a list right, by the same actions as its owner."""
    return may_view(user) and user.has_perm(CHANGE)


def may_check_usersig(user: Any) -> bool:
    """See what is in a UserSig and whether it is good; nobody can have one made here."""
    return user.is_staff and user.has_perm(CHECK_USERSIG)


def may_share(user: Any) -> bool:
    """Show saved views to all staff, and change or delete those that are shared."""
    return may_view(user) and user.has_perm(SHARE)
