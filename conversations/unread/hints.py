"""What to do about an unread count that surprises."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Hint(models.TextChoices):
    """A likely cause of a surprising unread count, and what to do about it."""

    DISAGREES = (
        "disagrees",
        _("The unread count is wrong: recalculate it, or run verify_conversations --repair for this user."),
    )
    TOO_MANY = "too_many", _("Not all unread messages were checked. To check all of them, run explain_unread --all.")
    NO_READ_WEBHOOK = (
        "no_read_webhook",
        _(
            "No read receipts received so far. Enable C2C.CallbackAfterMsgReport in the Tencent console, or let the app report "
            "its conversations."
        ),
    )
    NEVER_READ = "never_read", _("No read position has been received for this conversation (webhook, report or API).")
    GROUP_NEVER_READ = (
        "group_never_read",
        _(
            "No read position has been received for this group. Tencent sends no read receipts for groups: the app must send "
            "them (report or read)."
        ),
    )
    NO_MESSAGES = "no_messages", _("The unread count comes only from an import or a report: no messages have been received.")
    NOT_A_MEMBER = (
        "not_a_member",
        _("The user is not known as a member of this group, so its messages do not count. Import the group's members."),
    )
    WEBHOOKS_WAIT = (
        "webhooks_wait",
        _("Webhooks are pending or failed: see Webhooks in the admin, or run replay_callbacks."),
    )
    SKIPPED = "skipped", _("SKIP_OWNERS excludes this user, so their list receives no new messages.")
    PRUNED = "pruned", _("Some messages after the read position have been pruned. Messages that count are never pruned.")
