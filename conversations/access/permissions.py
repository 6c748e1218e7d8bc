"""Who of the staff may view lists, read the text in them, correct them, and what else needs a permission of its own.

Pages and API ask these functions, and the admin for text; its tables ask for Django's own view permissions. The group Support
has `read_text`. With VIEW_REASON_REQUIRED, `access_log` asks for a reason first. What API keys and UserSigs may do is a `Grant`
of `api_keys`.
"""

from typing import Any

VIEW, READ_TEXT, CHANGE = "conversations.view_conversation", "conversations.read_text", "conversations.change_conversation"
CHECK_USERSIG = "conversations.check_usersig"
SHARE = "conversations.share_view"
ACROSS = "conversations.view_across_users"
VIEW_ACCESS_LOG, VIEW_LOGIN_LOG = "conversations.view_accesslogentry", "conversations.view_loginlogentry"
VIEW_KEYS = "conversations.view_apikey"


# The groups that a migration makes, by the words that commands take.
GROUPS = {"support": "Support", "editor": "Editor", "lead": "Lead"}


def may_view(user: Any) -> bool:
    """Return whether a user may view every list: names, times, numbers and types, without text."""
    return bool(user.is_staff and user.has_perm(VIEW))


def may_read_text(user: Any) -> bool:
    """Return whether a user may read text in lists: previews, messages, drafts, custom data, JSON and exports."""
    return may_view(user) and user.has_perm(READ_TEXT)


def may_change(user: Any) -> bool:
    """Return whether a user may correct a list, by the same actions as its owner."""
    return may_view(user) and user.has_perm(CHANGE)


def may_check_usersig(user: Any) -> bool:
    """Return whether a user may see the contents of a UserSig and whether it is valid. None can be generated here."""
    return bool(user.is_staff and user.has_perm(CHECK_USERSIG))


def may_share(user: Any) -> bool:
    """Return whether a user may show saved views to all staff, and change or delete shared ones."""
    return may_view(user) and user.has_perm(SHARE)


def may_view_activity(user: Any) -> bool:
    """Return whether a user may see what staff did: views, corrections, exports, API keys."""
    return bool(user.is_staff and user.has_perm(VIEW_ACCESS_LOG))


def may_view_logins(user: Any) -> bool:
    """Return whether a user may see the logins of staff."""
    return bool(user.is_staff and user.has_perm(VIEW_LOGIN_LOG))


def may_view_keys(user: Any) -> bool:
    """Return whether a user may see which API keys there are: their prefixes, names and scopes."""
    return bool(user.is_staff and user.has_perm(VIEW_KEYS))


def may_view_across(user: Any) -> bool:
    """Return whether a user may search the conversations of all users: names, numbers and times, without text."""
    return may_view(user) and user.has_perm(ACROSS)
