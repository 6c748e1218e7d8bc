"""New messages to everybody in a group: two statements, however many members there are.

This is the way of nearly every group message: newer than all that the thread had, to all who are there now. What `effects`
says of one row, these statements say of all; whatever else can come (late, recalled or targeted messages, members who come
and go in between) goes through `fanout`, row by row.
"""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

import orjson
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from conversations import identifiers
from conversations.choices import AtType, ChangedBy, ConversationType, Membership
from conversations.models import Conversation, Group, GroupMember, Owner
from conversations.models import Message as Stored
from conversations.models.querysets import NO_AT_INFO
from conversations.store import notifications
from conversations.store.messages import Change
from conversations.times import from_epoch_s, now_s
from conversations.unread import rules
from conversations.unread.rules import NO_LIST

_owners, _rows, _members = (model._meta.db_table for model in (Owner, Conversation, GroupMember))


def is_possible(group: Group, news: Sequence[Change], last_before: str) -> bool:
    """Whether these changes of one thread, which went up to `last_before`, are all new messages at its end, to all."""
    return (
        group.dissolved_at_ms is None
        and not group.is_retyped
        and all(
            before is None and after.body is not None and after.targets == NO_LIST and after.position > last_before
            for before, after in news
        )
    )


def to_members(group: Group, thread: str, news: Sequence[Change], look: tuple[str, str]) -> bool:
    """Bring the rows of all members up to date with new messages, in order of their positions. False, and nothing done, if
    that is not the same for everybody. The group and the thread are locked.
    """
    messages = [change.after for change in news]
    values: dict[str, Any] = {"group": group.group_id, "epoch": now_s(), "start": min(one.time_s for one in messages) * 1000}
    values["name"], values["face"] = look
    if not _all_are_settled(values, messages):
        return False
    known = f"FROM {_members} m WHERE m.group_id = %(group)s {_without_skipped(values)}"
    there = f"{known} AND m.is_member"
    values |= {"id": identifiers.join(ConversationType.GROUP, thread), "first": messages[0].position}
    is_plain = len(messages) == 1 and messages[0].is_shown and not _mentions(messages)
    if not (is_plain or _rows_are_behind(values, known, there)):
        return False
    with connection.cursor() as cursor:
        cursor.execute(_number_sql(there, by=1), values)
        owner_ids = [owner_id for (owner_id,) in cursor.fetchall()]
        cursor.execute(_upsert_sql(there, group, messages, values), values)
    if owner_ids:
        transaction.on_commit(partial(notifications.notify, owner_ids), robust=True)
    return True


def _all_are_settled(values: dict[str, Any], messages: Sequence[Stored]) -> bool:
    """Whether all senders are in the group, and nobody came or went at or after the first message's time."""
    senders = {f"sender{n}": sender for n, sender in enumerate(sorted({one.sender for one in messages}))}
    named = ", ".join(f"%({name})s" for name in senders)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT m.is_member AND m.member_since_ms <= %(start)s FROM {_members} m WHERE m.group_id = %(group)s "
            f"AND (m.user_id IN ({named}) OR m.member_since_ms IS NULL OR m.member_since_ms > %(start)s) "
            f"LIMIT {len(senders) + 1}",
            values | senders,
        )
        found = [is_member for (is_member,) in cursor.fetchall()]
    return len(found) == len(senders) and all(found)


def _without_skipped(values: dict[str, Any]) -> str:
    skipped = {f"skipped{n}": user_id for n, user_id in enumerate(sorted(settings.SKIP_OWNERS))}
    values |= skipped
    return f"AND m.user_id NOT IN ({', '.join(f'%({name})s' for name in skipped)})" if skipped else ""


def _rows_are_behind(values: dict[str, Any], known: str, there: str) -> bool:
    """Lock the owners; whether no import or report told a row of anything from the first message on.

    Those who are gone are locked as well: where this way is not possible, the other one changes their rows, too, and whoever
    holds some owners may lock no further ones.
    """
    values["first_seq"] = int(values["first"])
    with connection.cursor() as cursor:
        cursor.execute(_number_sql(known, by=0), values)
        cursor.fetchall()
        cursor.execute(
            f"SELECT 1 FROM {_rows} c WHERE c.conversation_id = %(id)s AND c.owner_id IN (SELECT m.user_id {there}) AND "
            "(c.last_message_position >= %(first)s OR (c.deleted_at IS NOT NULL AND c.deleted_position >= %(first)s) OR "
            f"(c.group_at_info <> '{NO_AT_INFO}' AND {_newest_mention()} >= %(first_seq)s)) LIMIT 1",
            values,
        )
        return cursor.fetchone() is None


def _newest_mention() -> str:
    if connection.vendor == "postgresql":
        return "(SELECT max((e->>'seq')::bigint) FROM json_array_elements(c.group_at_info::json) e)"
    return "(SELECT max(CAST(json_extract(e.value, '$.seq') AS bigint)) FROM json_each(c.group_at_info) e)"


def _number_sql(there: str, *, by: int) -> str:
    """Lock the owners in their order and give each `by` further numbers."""
    return (
        f"INSERT INTO {_owners} (owner_id, epoch, version) SELECT m.user_id, %(epoch)s, {by} {there} ORDER BY m.user_id "
        f"ON CONFLICT (owner_id) DO UPDATE SET version = {_owners}.version + {by} RETURNING owner_id"
    )


def _upsert_sql(there: str, group: Group, messages: Sequence[Stored], values: dict[str, Any]) -> str:
    """The statement, whose parameters are added to `values`."""
    for n, one in enumerate(messages):
        values |= {f"by{n}": one.sender, f"at{n}": one.position, f"seq{n}": int(one.position)}
    values |= {
        "bare": values["id"].removeprefix("group_"), "type": group.type,
        "key": max(rules.order_key_in_group(one) for one in messages), "newest": messages[-1].position,
        "now": connection.ops.adapt_datetimefield_value(timezone.now()),
    }  # fmt: skip
    inserted = {
        "owner_id": "m.user_id", "conversation_id": "%(id)s", "type": f"{ConversationType.GROUP:d}", "group_type": "%(type)s",
        "show_name": "CASE WHEN %(name)s <> '' THEN %(name)s ELSE %(bare)s END", "face_url": "%(face)s",
        "unread_count": _counted(messages, group, "m.user_id"), "group_at_info": _mentioned(messages, values, "m.user_id"),
        "order_key": "%(key)s", "membership": f"'{Membership.MEMBER}'", "version": "o.version",
        "created_version": "o.version", "changed_by": f"'{ChangedBy.MESSAGE}'", "changed_at": "%(now)s",
        **_last(messages, values, "m.user_id"),
    }  # fmt: skip
    there = there.replace(f"{_members} m", f"{_members} m JOIN {_owners} o ON o.owner_id = m.user_id")
    updates = ", ".join(f"{column} = {value}" for column, value in _updated(messages, group, values).items())
    return (
        f"INSERT INTO {_rows} ({', '.join(inserted)}) SELECT {', '.join(_typed(inserted))} {there} ORDER BY m.user_id "
        f"ON CONFLICT (owner_id, conversation_id) DO UPDATE SET {updates}"
    )


def _typed(inserted: dict[str, str]) -> Iterable[str]:
    """The values; PostgreSQL takes a bare parameter of a SELECT for text."""
    for column, value in inserted.items():
        field = Conversation._meta.get_field(column)
        is_bare = value.startswith("%(") and connection.vendor == "postgresql"
        yield f"CAST({value} AS {field.cast_db_type(connection)})" if is_bare else value


def _updated(messages: Sequence[Stored], group: Group, values: dict[str, Any]) -> dict[str, str]:
    """What becomes of a row that is there. One that is deleted comes back, unless past these messages.

    Then it has only a new number, and followers are told once more that it is deleted: to look first would cost every message.
    """
    was = f"{_rows}."
    comes_back = f"{was}deleted_at IS NOT NULL AND %(newest)s > {was}deleted_position"
    is_listed = f"({was}deleted_at IS NULL OR %(newest)s > {was}deleted_position)"
    changed = {
        "unread_count": f"{was}unread_count + {_counted(messages, group, was + 'owner_id', was)}",
        "order_key": f"CASE WHEN %(key)s > {was}order_key AND {is_listed} THEN %(key)s ELSE {was}order_key END",
        "show_name": f"CASE WHEN {comes_back} AND (%(name)s <> '' OR {was}show_name = '') THEN EXCLUDED.show_name "
        f"ELSE {was}show_name END",
        "face_url": f"CASE WHEN {comes_back} AND %(face)s <> '' THEN %(face)s ELSE {was}face_url END",
        "group_type": f"CASE WHEN {is_listed} AND %(type)s <> '' THEN %(type)s ELSE {was}group_type END",
        "created_version": f"CASE WHEN {comes_back} THEN EXCLUDED.version ELSE {was}created_version END",
        "deleted_at": f"CASE WHEN {is_listed} THEN NULL ELSE {was}deleted_at END",
        **{column: f"EXCLUDED.{column}" for column in ("membership", "version", "changed_by", "changed_at")},
    }
    if _mentions(messages):
        changed["group_at_info"] = _mentioned(messages, values, was + "owner_id", was)
    if "last" in values:
        shows = f"{is_listed} AND %(last)s > {was}cleared_position AND %(last)s >= {was}last_message_position"
        for column in _LAST:
            changed[column] = f"CASE WHEN {shows} THEN EXCLUDED.{column} ELSE {was}{column} END"
    return changed


_LAST = ("last_message", "last_message_at", "last_message_position")


def _last(messages: Sequence[Stored], values: dict[str, Any], owner: str) -> dict[str, str]:
    """The newest message that is shown, as its sender and as the others see it."""
    last = next((one for one in reversed(messages) if one.is_shown), None)
    if last is None:
        return {}
    moment = connection.ops.adapt_datetimefield_value(from_epoch_s(last.time_s))
    values |= {"last": last.position, "last_by": last.sender, "last_at": moment, "body": last.body}
    values["own_body"] = rules.own_body(last)
    body = f"CASE WHEN {owner} = %(last_by)s THEN %(own_body)s ELSE %(body)s END"
    return dict(zip(_LAST, (body, "%(last_at)s", "%(last)s")))


def _counted(messages: Sequence[Stored], group: Group, owner: str, was: str = "") -> str:
    """How many of the messages count for an owner; with `was`, for a row that may have read or deleted some."""
    if group.type in rules.UNCOUNTED_GROUPS:
        return "0"
    terms = (
        f"CASE WHEN {owner} <> %(by{n})s{_is_unread(n, was)} THEN 1 ELSE 0 END"
        for n, message in enumerate(messages)
        if message.counts_as_unread
    )
    return " + ".join(terms) or "0"


def _is_unread(n: int, was: str) -> str:
    if not was:
        return ""
    places = ("deleted_position", "cleared_position", "imported_unread_position")
    past = "".join(f" AND %(at{n})s > {was}{place}" for place in places)
    return f"{past} AND %(seq{n})s > {was}group_read_sequence"


def _mentions(messages: Iterable[Stored]) -> bool:
    return any(one.at_all or one.at_accounts != NO_LIST for one in messages)


def _mentioned(messages: Sequence[Stored], values: dict[str, Any], owner: str, was: str = "") -> str:
    """groupAtInfoList with the entries of these messages behind those that are there."""
    entries = [_entry(n, one, values, owner, was) for n, one in enumerate(messages) if _mentions([one])]
    if not entries:
        return f"'{NO_AT_INFO}'"
    new = f"({' || '.join(entries)})"  # each begins with a comma
    alone = f"'[' || substr({new}, 2) || ']'"
    if not was:
        return f"CASE WHEN {new} = '' THEN '{NO_AT_INFO}' ELSE {alone} END"
    known = f"{was}group_at_info"
    behind = f"substr({known}, 1, length({known}) - 1) || {new} || ']'"
    return f"CASE WHEN {new} = '' THEN {known} WHEN {known} = '{NO_AT_INFO}' THEN {alone} ELSE {behind} END"


def _entry(n: int, message: Stored, values: dict[str, Any], owner: str, was: str) -> str:
    """The message's entry for an owner, "" if there is none."""
    named = {f"named{n}_{place}": user_id for place, user_id in enumerate(orjson.loads(message.at_accounts))}
    for_named, for_others = (AtType.ALL_AND_ME, AtType.ALL) if message.at_all else (AtType.ME, None)
    values |= named | {f"entry{n}": _entry_text(message, for_named), f"entry{n}_all": _entry_text(message, for_others)}
    is_meant = f"{owner} <> %(by{n})s{_is_unread(n, was)}"
    is_named = f"{owner} IN ({', '.join(f'%({name})s' for name in named)})" if named else "1 = 0"
    return (
        f"CASE WHEN NOT ({is_meant}) THEN '' WHEN {is_named} THEN CAST(%(entry{n})s AS text) "
        f"ELSE CAST(%(entry{n}_all)s AS text) END"
    )


def _entry_text(message: Stored, at_type: AtType | None) -> str:
    return f',{{"seq":"{int(message.position)}","atType":{at_type:d}}}' if at_type else ""
