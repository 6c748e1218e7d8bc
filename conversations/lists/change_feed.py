"""Read what changed in an owner's list since a sync token.

The changes are those that the SDK's listener reports: onNewConversation, onConversationChanged, onConversationDeleted, and
the changes of conversation groups. A row stands in the feed once, at its newest version. Rows and the owner's version come
from one statement, so nothing that is committed later can have a smaller number than the changes returned.
"""

from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple

import orjson

from conversations.formats import conversation_json, web_conversation
from conversations.lists import conversation_texts, raw_rows
from conversations.lists.conversation_texts import ConversationText
from conversations.lists.json_reads import OWNER_TABLE
from conversations.lists.raw_rows import RawRows
from conversations.models import Conversation
from conversations.models.statements import Parameter, Statement
from conversations.sync_tokens import NEVER_SEEN, SyncToken

# Deletions up to this version do not matter to a client that has nothing yet: none at all do.
LAST_VERSION = (1 << 63) - 1

# What a result holds, in this order.
OWNER_COLUMNS = ("epoch", "version", "reset_below", "groups_version", "group_names")
COLUMNS = ("version", "created_version", "deleted_at", "conversation_id", "text")
_GROUP_NAMES, _FIRST_ROW_COLUMN = OWNER_COLUMNS.index("group_names"), len(OWNER_COLUMNS)


class Changes(NamedTuple):
    """A page of the feed: JSON objects, the oldest change first."""

    since: str  # the token for the next page: of the last change here, or of the whole list when it is finished
    changes: list[bytes]
    is_finished: bool
    reset_required: bool
    owner_version: str  # the token of the whole list

    def in_web_format(self) -> "Changes":
        """Return the same changes with conversations in the Web SDK's form, in the current language."""
        return self._replace(changes=[web_conversation.change_from_json(change) for change in self.changes])

    def to_json(self) -> bytes:
        """Return the body of changes/."""
        return b'{"version":"%b","changes":[%b],"isFinished":%b,"resetRequired":%b}' % (
            self.since.encode(),
            b",".join(self.changes),
            b"true" if self.is_finished else b"false",
            b"true" if self.reset_required else b"false",
        )


def read(owner_id: str, since: SyncToken | None, count: int, *, extra: bool = False) -> Changes:
    """Return the first `count` changes after `since`, None for the start. One statement."""
    version, started = (since.version, since.started) if since else (0, LAST_VERSION)
    statement = _statement(count, extra)
    parameters = statement.filled_in(owner_id=owner_id, version=version, started=started)
    rows = raw_rows.fetch(statement.sql, parameters)
    if not rows.count:
        return Changes(NEVER_SEEN, [], since is None, since is not None, NEVER_SEEN)
    epoch, newest, reset_below, groups_version = (int(rows.value(0, column)) for column in range(_GROUP_NAMES))
    owner_version = str(SyncToken(epoch, newest))
    if since and (epoch != since.epoch or not reset_below <= max(version, started) <= newest):
        return Changes(NEVER_SEEN, [], False, True, owner_version)
    changes = _changed_rows(rows, SyncToken(epoch, version, started))
    if groups_version > version:
        changes.append((groups_version, _groups_change(rows.value(0, _GROUP_NAMES))))
        changes.sort(key=itemgetter(0))
    is_finished = len(changes) <= count
    reached = newest if is_finished else changes[count - 1][0]
    next_since = SyncToken(epoch, reached, started if since else newest)
    return Changes(str(next_since), [change for _version, change in changes[:count]], is_finished, False, owner_version)


@lru_cache(maxsize=1024)
def _statement(count: int, extra: bool) -> Statement:
    changed = Conversation.objects.changed_since(
        Parameter("owner_id"), Parameter("version"), deleted_since=Parameter("started")
    )
    # One row more than asked for shows whether there are more changes.
    rows = Statement.of(changed[: count + 1].annotate(text=ConversationText(extra=extra)).values_list(*COLUMNS))
    owner_columns = ", ".join(f"o.{column}" for column in OWNER_COLUMNS)
    return Statement(
        f"SELECT {owner_columns}, c.* FROM {OWNER_TABLE} o "
        f"LEFT JOIN ({rows.sql}) c ON 1 = 1 WHERE o.owner_id = %s ORDER BY c.version",
        (*rows.parameters, Parameter("owner_id")),
    )


def _changed_rows(rows: RawRows, since: SyncToken) -> list[tuple[int, bytes]]:
    """Return the version and JSON of each changed row."""
    if rows.value(0, _FIRST_ROW_COLUMN) is None:
        return []
    return [_changed_row(rows, n, since) for n in range(rows.count)]


def _changed_row(rows: RawRows, n: int, since: SyncToken) -> tuple[int, bytes]:
    row = {name: rows.value(n, column) for column, name in enumerate(COLUMNS, start=_FIRST_ROW_COLUMN)}
    version = int(row["version"])
    if row["deleted_at"] is not None:
        return version, b'{"kind":"deleted","conversationID":%b}' % orjson.dumps(row["conversation_id"].decode())
    conversation = conversation_texts.fill_gaps(row["text"], rows.value(0, _GROUP_NAMES))
    # A client that is catching up has no row yet that did not change since it started.
    is_new = int(row["created_version"]) > since.version or version <= since.started
    kind = b"new" if is_new else b"changed"
    return version, b'{"kind":"%b","conversation":%b}' % (kind, conversation)


def _groups_change(group_names: bytes) -> bytes:
    names = orjson.dumps(conversation_json.all_group_names(group_names.decode()))
    return b'{"kind":"groups","conversationGroupList":%b}' % names
