"""The admin's pages for each table. `StaffSite` is in `admin_site`, since it must exist before any of these registers."""

from conversations.admin import accounts, api_keys, conversations, groups, messages, owners, staff, webhooks

__all__ = [
    "accounts",
    "api_keys",
    "conversations",
    "groups",
    "messages",
    "owners",
    "staff",
    "webhooks",
]  # each registers its tables
