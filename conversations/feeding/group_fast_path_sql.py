"""The statements of `group_fast_path`: their texts, which depend on how many messages there are and what is in them.

All values are named parameters, so that a text is the same for the next batch of the same shape and is prepared once.
"""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, cast

from django.db import connection, models

from conversations.choices import ChangedBy, ConversationType, Membership
from conversations.feeding.group_message_batch import Batch, mentioned_users
from conversations.models import Conversation, GroupMember, Message, Owner
from conversations.models.querysets import NO_AT_INFO
from conversations.unread import rules

_owners, _rows, _members = (model._meta.db_table for model in (Owner, Conversation, GroupMember))


class _Row(NamedTuple):
    """How a statement names a row: its owner, and the prefix of its columns, "" for a row that is being inserted."""

    owner: str
    prefix: str

    @property
    def is_stored(self) -> bool:
        return self.prefix != ""


_NEW_ROW = _Row("m.user_id", "")
_STORED_ROW = _Row(f"{_rows}.owner_id", f"{_rows}.")


# ---- Members and owners ------------------------------------------------------------------------


def find_unsettled(batch: Batch) -> str:
    """Query whether the senders, and those who joined or left since the first message, are members since before it."""
    senders = ", ".join(f"%(sender{n})s" for n in range(len(batch.messages)))
    return (
        f"SELECT m.is_member AND m.member_since_ms <= %(start_ms)s FROM {_members} m WHERE m.group_id = %(group_id)s "
        f"AND (m.user_id IN ({senders}) OR m.member_since_ms IS NULL OR m.member_since_ms > %(start_ms)s) "
        f"LIMIT {len(batch.senders) + 1}"
    )


def _from_members(batch: Batch, *, join: str = "", with_former: bool = False) -> str:
    """Return the FROM clause `m`: the members without SKIP_OWNERS."""
    is_member = "" if with_former else " AND m.is_member"
    skipped = ", ".join(f"%(skipped{n})s" for n in range(len(batch.skipped_owners)))
    not_skipped = f" AND m.user_id NOT IN ({skipped})" if skipped else ""
    return f"FROM {_members} m {join} WHERE m.group_id = %(group_id)s{not_skipped}{is_member}"


def find_members(batch: Batch) -> str:
    """Query all owners who are or were members."""
    return f"SELECT m.user_id {_from_members(batch, with_former=True)}"


def take_versions(batch: Batch, *, count: int, with_former_members: bool = False) -> str:
    """Lock the members' owners in order of their IDs, create missing ones, and advance each version by `count`."""
    return (
        f"INSERT INTO {_owners} (owner_id, epoch, version) SELECT m.user_id, %(epoch)s, {count} "
        f"{_from_members(batch, with_former=with_former_members)} ORDER BY m.user_id "
        f"ON CONFLICT (owner_id) DO UPDATE SET version = {_owners}.version + {count} RETURNING owner_id"
    )


def find_rows_ahead(batch: Batch) -> str:
    """Query a row that has a last message, a deletion or a mention at or after the first message."""
    return (
        f"SELECT 1 FROM {_rows} c WHERE c.conversation_id = %(conversation_id)s "
        f"AND c.owner_id IN (SELECT m.user_id {_from_members(batch)}) AND "
        "(c.last_message_position >= %(first)s OR (c.deleted_at IS NOT NULL AND c.deleted_position >= %(first)s) OR "
        f"(c.group_at_info <> '{NO_AT_INFO}' AND {_newest_mention()} >= %(first_seq)s)) LIMIT 1"
    )


def _newest_mention() -> str:
    if connection.vendor == "postgresql":
        return "(SELECT max((e->>'seq')::bigint) FROM json_array_elements(c.group_at_info::json) e)"
    return "(SELECT max(CAST(json_extract(e.value, '$.seq') AS bigint)) FROM json_each(c.group_at_info) e)"


# ---- Rows --------------------------------------------------------------------------------------


def update_rows(batch: Batch) -> str:
    """Update the stored rows of all members; their owners have been numbered."""
    updates = ", ".join(f"{column} = {value}" for column, value in _updated(batch).items())
    members = _from_members(batch, join=f"JOIN {_owners} o ON o.owner_id = m.user_id")
    row = _STORED_ROW.prefix
    return (
        f"UPDATE {_rows} SET {updates} {members} AND {row}owner_id = m.user_id AND {row}conversation_id = %(conversation_id)s"
    )


def insert_rows(batch: Batch) -> str:
    """Insert the rows of members who have none."""
    inserted = _inserted(batch)
    members = _from_members(batch, join=f"JOIN {_owners} o ON o.owner_id = m.user_id")
    return (
        f"INSERT INTO {_rows} ({', '.join(inserted)}) SELECT {', '.join(_cast(inserted))} {members} "
        "ON CONFLICT (owner_id, conversation_id) DO NOTHING"
    )


_SHOWN_NAME = "CASE WHEN %(name)s <> '' THEN %(name)s ELSE %(bare_id)s END"


def _inserted(batch: Batch) -> dict[str, str]:
    """Return the columns of new rows."""
    return {
        "owner_id": "m.user_id",
        "conversation_id": "%(conversation_id)s",
        "type": f"{ConversationType.GROUP:d}",
        "group_type": "%(group_type)s",
        "show_name": _SHOWN_NAME,
        "face_url": "%(face_url)s",
        "unread_count": _unread_count(batch, _NEW_ROW),
        "group_at_info": _group_at_info(batch, _NEW_ROW),
        "activity_key": "%(order_key)s",
        "membership": f"'{Membership.MEMBER}'",
        "version": "o.version",
        "created_version": "o.version",
        "changed_by": f"'{ChangedBy.MESSAGE}'",
        "changed_at": "%(changed_at)s",
        **_last_message(batch),
    }


def _cast(inserted: dict[str, str]) -> Iterator[str]:
    """Yield the values; PostgreSQL takes a bare parameter of a SELECT for text."""
    for column, value in inserted.items():
        field = cast("models.Field[Any, Any]", Conversation._meta.get_field(column))
        is_bare = value.startswith("%(") and connection.vendor == "postgresql"
        yield f"CAST({value} AS {field.cast_db_type(connection)})" if is_bare else value


def _updated(batch: Batch) -> dict[str, str]:
    """Return the columns that change in stored rows.

    A deleted row comes back, unless it was deleted after these messages. Then only its version changes, and followers
    get the deletion once more, which costs less than reading all rows first.
    """
    row, inserted = _STORED_ROW.prefix, _inserted(batch)
    comes_back = f"{row}deleted_at IS NOT NULL AND %(newest)s > {row}deleted_position"
    is_listed = f"({row}deleted_at IS NULL OR %(newest)s > {row}deleted_position)"
    changed = {
        "unread_count": f"{row}unread_count + {_unread_count(batch, _STORED_ROW)}",
        "activity_key": _if(f"%(order_key)s > {row}activity_key AND {is_listed}", "%(order_key)s", "activity_key"),
        "show_name": _if(f"{comes_back} AND (%(name)s <> '' OR {row}show_name = '')", _SHOWN_NAME, "show_name"),
        "face_url": _if(f"{comes_back} AND %(face_url)s <> ''", "%(face_url)s", "face_url"),
        "group_type": _if(f"{is_listed} AND %(group_type)s <> ''", "%(group_type)s", "group_type"),
        "created_version": _if(comes_back, "o.version", "created_version"),
        "deleted_at": _if(is_listed, "NULL", "deleted_at"),
        "is_claimed": "FALSE",
        **{column: inserted[column] for column in ("membership", "version", "changed_by", "changed_at")},
    }
    if batch.has_mentions:
        changed["group_at_info"] = _group_at_info(batch, _STORED_ROW)
    if batch.last_shown:
        shows = f"{is_listed} AND %(last)s > {row}cleared_position AND %(last)s >= {row}last_message_position"
        changed |= {column: _if(shows, value, column) for column, value in _last_message(batch).items()}
    return changed


def _if(condition: str, value: str, column: str) -> str:
    """Return an expression for a stored row's column: the value under the condition, else the column as it is."""
    return f"CASE WHEN {condition} THEN {value} ELSE {_STORED_ROW.prefix}{column} END"


_LAST_MESSAGE = ("last_message", "last_message_at", "last_message_position")


def _last_message(batch: Batch) -> dict[str, str]:
    """Return the columns of the last message, as its sender and as the others see it."""
    if batch.last_shown is None:
        return {}
    body = f"CASE WHEN {_NEW_ROW.owner} = %(last_sender)s THEN %(own_body)s ELSE %(body)s END"
    return dict(zip(_LAST_MESSAGE, (body, "%(last_at)s", "%(last)s")))


# ---- Unread and mentions -----------------------------------------------------------------------


def _unread_count(batch: Batch, row: _Row) -> str:
    """Return an expression for how many of the messages count as unread in a row."""
    if batch.group.type in rules.UNCOUNTED_GROUPS:
        return "0"
    terms = (
        f"CASE WHEN {_is_unread_message(n, row)} THEN 1 ELSE 0 END"
        for n, message in enumerate(batch.messages)
        if message.counts_as_unread
    )
    return " + ".join(terms) or "0"


def _is_unread_message(n: int, row: _Row) -> str:
    """Return the condition that a message is not the owner's own and not read, deleted, cleared or imported."""
    is_of_another = f"{row.owner} <> %(sender{n})s"
    if not row.is_stored:
        return is_of_another
    floors = ("deleted_position", "cleared_position", "imported_unread_position")
    is_past_all = " AND ".join(f"%(position{n})s > {row.prefix}{floor}" for floor in floors)
    return f"{is_of_another} AND {is_past_all} AND %(seq{n})s > {row.prefix}group_read_sequence"


def _group_at_info(batch: Batch, row: _Row) -> str:
    """Return an expression for groupAtInfoList with the entries of these messages at its end."""
    entries = [_entry(n, message, row) for n, message in enumerate(batch.messages) if rules.mentions_anybody(message)]
    if not entries:
        return f"'{NO_AT_INFO}'"
    new = f"({' || '.join(entries)})"  # each begins with a comma
    alone = f"'[' || substr({new}, 2) || ']'"
    if not row.is_stored:
        return f"CASE WHEN {new} = '' THEN '{NO_AT_INFO}' ELSE {alone} END"
    stored = f"{row.prefix}group_at_info"
    appended = f"substr({stored}, 1, length({stored}) - 1) || {new} || ']'"
    return f"CASE WHEN {new} = '' THEN {stored} WHEN {stored} = '{NO_AT_INFO}' THEN {alone} ELSE {appended} END"


def _entry(n: int, message: Message, row: _Row) -> str:
    """Return an expression for the message's entry in a row, "" for none."""
    return (
        f"CASE WHEN NOT ({_is_unread_message(n, row)}) THEN '' "
        f"WHEN {_is_one_of(row.owner, n, mentioned_users(message))} THEN CAST(%(entry{n})s AS text) "
        f"ELSE CAST(%(entry_for_others{n})s AS text) END"
    )


def _is_one_of(owner: str, n: int, user_ids: Iterable[str]) -> str:
    names = ", ".join(f"%(mentioned{n}_{place})s" for place, _user_id in enumerate(user_ids))
    return f"{owner} IN ({names})" if names else "1 = 0"
