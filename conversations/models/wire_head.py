"""The first part of a conversation's JSON, which the database keeps in a generated column.

A read then copies bytes instead of building twenty values a row, and no writer can forget to update them. Left out, and added
by `formats.conversation_json` at each read, are marks and conversation groups (bits that need names) and the last message
(stored as JSON already). The text is canonical JSON, byte for byte the output of orjson; a test compares the two on both
databases.

To change the text, add a new class and a migration that alters the column: existing rows keep their generated text.
"""

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BigIntegerField, F, Func, TextField
from django.db.models.sql.compiler import SQLCompiler


class OrderKey(Func):
    """The place in the list: that of the newest activity, or of the draft while one is there and newer.

    A generated column: what is taken back, a draft or a pin, leaves nothing behind.
    """

    columns = ("activity_key", "draft_text", "draft_timestamp")
    template = (
        "CASE WHEN {draft_text} <> '' AND {draft_timestamp} * 1000000 > {activity_key} "
        "THEN {draft_timestamp} * 1000000 ELSE {activity_key} END"
    )
    output_field = BigIntegerField()

    def __init__(self) -> None:
        super().__init__(*map(F, self.columns))

    def as_sql(  # type: ignore[override]
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **kwargs: Any
    ) -> tuple[str, tuple[()]]:
        names = {name: compiler.compile(source)[0] for name, source in zip(self.columns, self.source_expressions)}
        return self.template.format(**names), ()


class WireHead(Func):
    """`{"conversationID":"c2c_bob", … ,"groupReadSequence":0`, without the closing brace."""

    columns = (
        "conversation_id", "type", "group_type", "show_name", "face_url", "recv_opt", "unread_count", "draft_text",
        "draft_timestamp", "is_pinned", "activity_key", "group_at_info", "custom_data", "c2c_read_timestamp",
        "group_read_sequence",
    )  # fmt: skip
    output_field = TextField()

    def __init__(self) -> None:
        super().__init__(*map(F, self.columns))

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> tuple[str, tuple[Any, ...]]:
        return self._sql(compiler, any_text="json_quote({0})", plain_text="json_quote({0})")

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any
    ) -> tuple[str, tuple[Any, ...]]:
        return self._sql(
            compiler,
            # to_json() is only STABLE and refused here; json_object() is IMMUTABLE and escapes alike.
            any_text="""rtrim(substr(json_object(ARRAY['', {0}::text])::text, 7), '}}')""",
            plain_text=r"""'"' || replace(replace({0}, '\', '\\'), '"', '\"') || '"'""",
        )

    def _sql(self, compiler: SQLCompiler, *, any_text: str, plain_text: str) -> tuple[str, tuple[Any, ...]]:
        """Build the expression. `any_text` quotes any text as JSON; `plain_text` only text without control characters."""
        column = {name: compiler.compile(source)[0] for name, source in zip(self.columns, self.source_expressions)}

        def text(name: str) -> str:
            return f"""CASE WHEN {column[name]} = '' THEN '""' ELSE {any_text.format(column[name])} END"""

        def number(name: str) -> str:
            return f"CAST({column[name]} AS text)"

        def bare_id(type_: int, start: int) -> str:
            bare = plain_text.format(f"substr({column['conversation_id']}, {start})")
            return f"CASE WHEN {column['type']} = {type_} THEN {bare} ELSE 'null' END"

        group_type = f"CASE WHEN {column['group_type']} = '' THEN 'null' ELSE '\"' || {column['group_type']} || '\"' END"
        parts = {
            "conversationID": plain_text.format(column["conversation_id"]),
            "type": number("type"),
            "userID": bare_id(1, len("c2c_") + 1),
            "groupID": bare_id(2, len("group_") + 1),
            "groupType": group_type,
            "showName": text("show_name"),
            "faceUrl": text("face_url"),
            "recvOpt": number("recv_opt"),
            "unreadCount": number("unread_count"),
            "draftText": text("draft_text"),
            "draftTimestamp": number("draft_timestamp"),
            "isPinned": f"CASE WHEN {column['is_pinned']} THEN 'true' ELSE 'false' END",
            # A generated column must not refer to another one.
            "orderkey": f"CAST({OrderKey.template.format(**column)} AS text)",
            "groupAtInfoList": column["group_at_info"],
            "customData": text("custom_data"),
            "c2cReadTimestamp": number("c2c_read_timestamp"),
            "groupReadSequence": number("group_read_sequence"),
        }
        keys = (f"""'{"," if place else "{"}"{key}":' || {sql}""" for place, (key, sql) in enumerate(parts.items()))
        return "(" + " || ".join(keys) + ")", ()
