"""What an erasure counts."""

from collections import Counter
from collections.abc import Callable, Iterator

from django.db import models
from django.utils.translation import gettext_lazy as _


class Kind(models.TextChoices):
    """The kinds of things that are erased, in the order in which that happens."""

    PROFILE = "profile", _("profiles")
    API_KEYS = "api_keys", _("API keys")
    WEBHOOKS = "webhooks", _("webhooks")
    MESSAGES = "messages", _("messages sent")
    UNSHOWN_MESSAGES = "unshown", _("messages that only this user had")
    MENTIONS = "mentions", _("mentions in messages of others")
    MEMBERSHIPS = "memberships", _("group memberships")
    OTHERS = "others", _("conversations of others")
    CONVERSATIONS = "conversations", _("conversations of this user")
    GROUPS = "groups", _("conversation groups")
    PENDING = "pending", _("pending updates")
    LOG_TEXTS = "log_texts", _("texts in the access log and the staff log")


# How many of each kind were found, or erased in a transaction.
Tally = Counter[Kind]
# An erasure's steps yield a tally after each transaction.
Step = Callable[[str], Iterator[Tally]]
