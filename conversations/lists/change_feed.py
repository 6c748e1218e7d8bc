"""What changed in an owner's list since a client last asked: the listener's onNewConversation, onConversationChanged,
onConversationDeleted and the conversation groups', as a feed that can be read from any point again.

A row stands in it once, at its newest version. Rows and the owner's version come from one statement, so nothing that is
committed later can have a smaller number than what was given.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple

import orjson
from django.utils.translation import gettext as _

from conversations.exceptions import InvalidParameter
from conversations.formats import conversation as formats_conversation
from conversations.lists.json_reads import ALSO_SHOWN, NEVER_SEEN, OWNERS, SHOWN, Rows, middle, rows_of
from conversations.models import Conversation

FROM_THE_START = ("", NEVER_SEEN)
# Which deletions matter to a client that has nothing yet: none.
ALL_BEFORE = (1 << 63) - 1
_token = re.compile(r"(\d{1,18})\.(\d{1,18})(?:\.(\d{1,18}))?", re.ASCII).fullmatch
_FIRST = 5  # column of the first of a conversation's; before them are the owner's
_FIELDS = (*SHOWN, *ALSO_SHOWN, "created_version", "deleted_at")


class Token(NamedTuple):
    """A place in an owner's feed. `started` is the version at which a client that is still catching up began with nothing:
    deletions up to there are none of its business, nor is it reset for having missed them.
    """

    epoch: int
    version: int
    started: int = 0

    def __str__(self) -> str:
        return f"{self.epoch}.{self.version}" + (f".{self.started}" if self.started > self.version else "")


class Changes(NamedTuple):
    """A page of the feed."""

    since: str  # the token for the next page: of the last change here, or of the whole list when it is finished
    changes: list[bytes]
    is_finished: bool
    reset_required: bool
    owner_version: str  # the token of the whole list

    def to_json(self) -> bytes:
        """The answer of changes/."""
        return b'{"version":"%b","changes":[%b],"isFinished":%b,"resetRequired":%b}' % (
            self.since.encode(),
            b",".join(self.changes),
            b"true" if self.is_finished else b"false",
            b"true" if self.reset_required else b"false",
        )


def parse(text: str) -> Token | None:
    """The place that `text` names, None for the start. Raises InvalidParameter for what is no token."""
    if text in FROM_THE_START:
        return None
    if not (found := _token(text)):
        raise InvalidParameter(_("since is a version that this feed gave, or 0."), field="since")
    return Token(*(int(number or 0) for number in found.groups()))


def read(owner_id: str, since: Token | None, count: int, *, extra: bool = False) -> Changes:
    """The first `count` changes after `since`. One statement."""
    version, started = (since.version, since.started) if since else (0, ALL_BEFORE)
    sql, parameters = _statement(count)
    values = {_OWNER_ID: owner_id, _VERSION: version, _STARTED: started}
    rows = rows_of(sql, [*(values.get(parameter, parameter) for parameter in parameters), owner_id])
    if not rows.count:
        return Changes(NEVER_SEEN, [], since is None, since is not None, NEVER_SEEN)
    epoch, newest, reset_below, groups_version = (int(rows.value(0, column)) for column in range(4))
    owner_version = str(Token(epoch, newest))
    if since and (epoch != since.epoch or not reset_below <= max(version, started) <= newest):
        return Changes(NEVER_SEEN, [], False, True, owner_version)
    place = Token(epoch, version, started)
    changes = [_change(rows, n, place, extra) for n in range(rows.count if rows.value(0, _FIRST) is not None else 0)]
    if groups_version > version:
        changes.append((groups_version, _groups_change(rows.value(0, 4))))
        changes.sort(key=itemgetter(0))
    is_finished = len(changes) <= count
    reached = newest if is_finished else changes[count - 1][0]
    next_since = Token(epoch, reached, started if since else newest)
    return Changes(str(next_since), [change for _version, change in changes[:count]], is_finished, False, owner_version)


# Stand for a request's values in a statement that is compiled once.
_OWNER_ID, _VERSION, _STARTED = "owner ID", -1, -2


@lru_cache(maxsize=512)
def _statement(count: int) -> tuple[str, Sequence[Any]]:
    # One more than asked tells whether there are more.
    changed = Conversation.objects.changed_since(_OWNER_ID, _VERSION, deleted_since=_STARTED)[: count + 1]
    sql, parameters = changed.values_list(*_FIELDS).query.sql_with_params()
    return (
        f"SELECT o.epoch, o.version, o.reset_below, o.groups_version, o.group_names, c.* FROM {OWNERS} o "
        f"LEFT JOIN ({sql}) c ON 1 = 1 WHERE o.owner_id = %s ORDER BY c.version",
        parameters,
    )


def _change(rows: Rows, n: int, since: Token, extra: bool) -> tuple[int, bytes]:
    """The version and JSON of a changed row."""
    value = dict(zip(_FIELDS, (rows.value(n, _FIRST + column) for column in range(len(_FIELDS)))))
    version = int(value["version"])
    if value["deleted_at"] is not None:
        return version, b'{"kind":"deleted","conversationID":%b}' % orjson.dumps(value["conversation_id"].decode())
    conversation = formats_conversation.to_json(
        value["wire_head"],
        value["last_message"],
        middle(value["marks"], value["conversation_groups"], rows.value(0, 4)),
        formats_conversation.extra_json(version, value["membership"].decode()) if extra else b"",
    )
    # Whoever is catching up has nothing yet of what did not change since the start.
    is_new = int(value["created_version"]) > since.version or version <= since.started
    kind = b"new" if is_new else b"changed"
    return version, b'{"kind":"%b","conversation":%b}' % (kind, conversation)


def _groups_change(group_names: bytes) -> bytes:
    names = orjson.dumps(formats_conversation.all_groups(group_names.decode()))
    return b'{"kind":"groups","conversationGroupList":%b}' % names
