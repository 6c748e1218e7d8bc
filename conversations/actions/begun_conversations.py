"""Count the conversations that a user's own apps begin: by a draft, a setting before the first message, or a report.

MAX_CONVERSATIONS limits them. Conversations that begin with a message or a membership are not counted, nor are those that a
service vouches for.
"""

from django.conf import settings
from django.db.models import F
from django.utils.translation import ngettext

from conversations.exceptions import TooManyConversations
from conversations.models import Owner


def begin_one(owner_id: str) -> None:
    """Count a conversation of a locked owner. Raises TooManyConversations. One statement."""
    owners = Owner.objects.named(owner_id)
    if settings.MAX_CONVERSATIONS:
        owners = owners.filter(begun_by_apps__lt=settings.MAX_CONVERSATIONS)
    if not owners.update(begun_by_apps=F("begun_by_apps") + 1):
        raise too_many_conversations()


def begin_many(owner_id: str, count: int) -> None:
    """Count conversations of a locked owner for which there is room. One statement."""
    if count:
        Owner.objects.named(owner_id).update(begun_by_apps=F("begun_by_apps") + count)


def room_for_conversations(owner_id: str) -> int | None:
    """Return how many more conversations the apps of a locked owner may begin; None without limit. One query."""
    if not settings.MAX_CONVERSATIONS:
        return None
    [begun] = Owner.objects.named(owner_id).values_list("begun_by_apps", flat=True)
    return max(0, int(settings.MAX_CONVERSATIONS) - int(begun))


def too_many_conversations() -> TooManyConversations:
    """Return the refusal of a conversation beyond MAX_CONVERSATIONS."""
    most = settings.MAX_CONVERSATIONS
    text = ngettext("Apps can create at most %(count)d conversation.", "Apps can create at most %(count)d conversations.", most)
    return TooManyConversations(text % {"count": most}, field="conversationID")
