"""Sync tokens: `<epoch>.<version>` names one state of an owner's list.

Clients get one with each answer and pass it as `since` to continue with the changes after it.
"""

import re
from typing import NamedTuple

from django.utils.translation import gettext as _

from conversations.exceptions import InvalidParameter

# The token of an owner that was never seen, whose list is empty: "from the start".
NEVER_SEEN = "0"
_FROM_THE_START = ("", NEVER_SEEN)
_fullmatch = re.compile(r"(\d{1,18})\.(\d{1,18})(?:\.(\d{1,18}))?", re.ASCII).fullmatch


class SyncToken(NamedTuple):
    """A point in the changes of an owner's list.

    `started` is the version at which a client that is still catching up began with an empty list. Deletions up to there do
    not concern this client, and it need not start over for having missed them.
    """

    epoch: int
    version: int
    started: int = 0

    def __str__(self) -> str:
        return f"{self.epoch}.{self.version}" + (f".{self.started}" if self.started > self.version else "")


def parse(text: str, field: str = "since") -> SyncToken | None:
    """Return the point that `text` names, None for the start. Raises InvalidParameter for any other text, naming its field."""
    if text in _FROM_THE_START:
        return None
    if not (match := _fullmatch(text)):
        text = _("%(field)s must be 0 or a version that the server returned.") % {"field": field}
        raise InvalidParameter(text, field=field)
    return SyncToken(*(int(number or 0) for number in match.groups()))
