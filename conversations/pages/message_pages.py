"""Which messages of a conversation a page shows: the newest, those before or from a position, or those around one."""

from collections.abc import Mapping
from typing import NamedTuple

import orjson
from django.utils.translation import gettext as _

from conversations import positions, threads
from conversations.digits import parse_digits
from conversations.exceptions import InvalidParameter
from conversations.models import Conversation, Message
from conversations.pages.bubbles import Bubble, to_bubbles
from conversations.store import message_reads
from conversations.unread import rules, viewers

MESSAGES_SHOWN = 50
# For each parameter that places a page: how many messages before its position the page shows, and how many from it on.
SIZES = {"at": (MESSAGES_SHOWN // 2, MESSAGES_SHOWN // 2), "from": (0, MESSAGES_SHOWN), "before": (MESSAGES_SHOWN, 0)}


class Place(NamedTuple):
    """Where a page of messages is: at the end of the conversation, or by a parameter of SIZES at a position."""

    name: str = ""
    position: str = ""

    @classmethod
    def of(cls, parameters: Mapping[str, str]) -> "Place":
        """Return the place that a URL names. Raises InvalidParameter."""
        for name in SIZES:
            if position := parameters.get(name, ""):
                if parse_digits(position, at_most=positions.MAX_LENGTH) is None:
                    raise InvalidParameter(_("Invalid position in the conversation."), field=name)
                return cls(name, position)
        return cls()


class MessagePage(NamedTuple):
    """A page of messages, oldest first, and the positions of the pages beside it: "" where there is none.

    The older page ends before `older`, the newer one begins at `newer`. `at` is the position that was asked for.
    """

    bubbles: list[Bubble]
    older: str
    newer: str
    is_newest: bool
    at: str = ""

    @property
    def misses(self) -> bool:
        """Return whether the message that was asked for is not among those that show."""
        return bool(self.at) and all(bubble.position != self.at for bubble in self.bubbles)


def message_page(row: Conversation, place: Place, *, reads_text: bool) -> MessagePage:
    """Return the messages at a place that the user sees. At most six queries."""
    thread = threads.thread_of(row.owner_id, row.conversation_id)
    size_before, size_from = SIZES.get(place.name, (MESSAGES_SHOWN, 0))
    # One more on each side: where the next page begins.
    low = message_reads.before(thread, place.position, floor=row.cleared_position, limit=size_before + 1)
    high = message_reads.starting(thread, place.position, floor=row.cleared_position, limit=size_from + 1) if place.name else []
    stored = [*reversed(low[:size_before]), *high[:size_from]]
    viewer = viewers.of_row(row)
    shown = [message for message in stored if message.body is not None and viewer.sees(message)]
    if not (low or high) and place.name in ("", "at") and row.last_message:
        shown = [_last_message_of(row, thread)]
    has_older, has_newer = len(low) > size_before, len(high) > size_from
    # Whether the first unread message is on an older page.
    began = has_older and rules.can_be_unread(low[size_before].position, row)
    return MessagePage(
        bubbles=to_bubbles(row, viewer, shown, reads_text=reads_text, unread_began=began),
        older=(stored[0].position if stored else place.position) if has_older else "",
        newer=high[size_from].position if has_newer else "",
        is_newest=not place.name,
        at=place.position if place.name == "at" else "",
    )


def _last_message_of(row: Conversation, thread: str) -> Message:
    """Return the row's last message, where an import or a report brought no other."""
    body = orjson.loads(row.last_message)
    sender, revoker = body.get("sender"), body.get("revokerInfo")
    recalled_by = revoker.get("userID") if type(revoker) is dict else ""
    return Message(
        thread=thread,
        position=row.last_message_position or "0",
        sender=row.owner_id if body.get("isSelf") is True else sender if type(sender) is str else "",
        time_s=int(row.last_message_at.timestamp()) if row.last_message_at else None,
        body=row.last_message,
        counts_as_unread=True, is_shown=True, is_recalled=False,
        recalled_by=recalled_by if type(recalled_by) is str else "", edited_at_ms=None, edit="",
        at_all=False, at_accounts=rules.NO_LIST, targets=rules.NO_LIST,
    )  # fmt: skip
