"""What an owner's actions mean, in plain Python without a database: the service has to come to the same.

Written from the design's words. A row is what a client is shown and the few things that it only remembers.
"""

from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

NO_POSITION = ()
DAY_S = 86_400
ORDER_KEY_MAX = (1 << 53) - 1
STRANGE_MARKS = ~(15 | sum(1 << bit for bit in range(32, 64)))
NO_SUCH, BAD, GROUP_FULL, NO_GROUP, TOO_MANY_GROUPS, TOO_MANY_PINNED = 6004, 6017, 51008, 51009, 51010, 51012
TAKEN = 409


class Refused(Exception):
    """With the code of the answer."""

    def __init__(self, code: int):
        super().__init__(code)
        self.code = code


@dataclass
class Row:
    """A position is a tuple: (MsgSeq,) in a group, else (MsgTime, MsgSeq, MsgRandom)."""

    shown: dict[str, Any]
    last: tuple = NO_POSITION
    base_end: tuple = NO_POSITION  # of the unread that was imported
    deleted_to: tuple = NO_POSITION
    cleared_to: tuple = NO_POSITION
    deleted_s: int | None = None
    activity: int = 0
    version: int = 0
    created_version: int = 0

    @property
    def is_group(self) -> bool:
        return self.shown["type"] == 2

    def order(self) -> None:
        """Give the row its place: of its activity, or of the draft while there is one."""
        draft_s = self.shown["draftTimestamp"] if self.shown["draftText"] else 0
        self.shown["orderkey"] = max(self.activity, draft_s * 10**6)

    @property
    def was_never_listed(self) -> bool:
        return self.deleted_s is not None and not self.created_version

    @property
    def read_key(self) -> str:
        return "groupReadSequence" if self.is_group else "c2cReadTimestamp"

    @property
    def newest(self) -> tuple:
        mentions = [(int(entry["seq"]),) for entry in self.shown["groupAtInfoList"]]
        return max(self.last, self.base_end, self.deleted_to, self.cleared_to, *mentions)

    def without_what_was_deleted(self) -> None:
        gone = max(self.deleted_to, self.cleared_to)
        if gone and self.is_group:
            unread = still_unread(self.shown["unreadCount"], self.last, gone[0])
            self.shown |= {"unreadCount": unread, "groupAtInfoList": mentions_after(gone, self.shown)}
        elif gone and self.last <= gone:
            self.shown["unreadCount"] = 0
        if self.cleared_to and self.last <= self.cleared_to:
            self.shown["lastMessage"], self.last = None, NO_POSITION

    def drop_messages(self) -> None:
        self.shown |= {"unreadCount": 0, "groupAtInfoList": [], "lastMessage": None}
        self.last = self.base_end = NO_POSITION


def blank(conversation_id: str) -> dict[str, Any]:
    """A conversation of which nothing is known but its ID."""
    kind, bare = conversation_id.split("_", 1)
    return {
        "conversationID": conversation_id,
        "type": 1 if kind == "c2c" else 2,
        "userID": bare if kind == "c2c" else None,
        "groupID": bare if kind == "group" else None,
        **dict.fromkeys(("groupType", "lastMessage")),
        **dict.fromkeys(("showName", "faceUrl", "draftText", "customData"), ""),
        **dict.fromkeys(("recvOpt", "unreadCount", "draftTimestamp", "orderkey", "c2cReadTimestamp", "groupReadSequence"), 0),
        "isPinned": False,
        **{key: [] for key in ("groupAtInfoList", "markList", "conversationGroupList")},
    }


@dataclass
class Reference:
    """One owner's list. After an action, `changed` and `group_changes` tell how many versions it took."""

    max_pinned: int
    max_groups: int
    max_members: int
    now_s: int
    rows: dict[str, Row] = field(default_factory=dict)  # deleted ones too
    groups: set[str] = field(default_factory=set)
    reset_below: int = 0
    changed: set[str] = field(default_factory=set)
    group_changes: int = 0

    # ---- What is read

    @property
    def shown(self) -> list[dict]:
        there = [row.shown for row in self.rows.values() if row.deleted_s is None]
        return sorted(there, key=lambda shown: (not shown["isPinned"], -shown["orderkey"], shown["conversationID"]))

    @property
    def totals(self) -> dict[str, int]:
        muted = [shown for shown in self.shown if shown["recvOpt"] in (1, 2, 3)]
        loud = [shown for shown in self.shown if shown["recvOpt"] in (0, 4)]
        return {
            "total": sum(shown["unreadCount"] for shown in loud),
            "muted": sum(shown["unreadCount"] for shown in muted),
            "conversations": sum(shown["unreadCount"] > 0 for shown in self.shown),
            "mentions": sum(shown["groupAtInfoList"] != [] for shown in self.shown),
            "markedUnread": sum(2 in shown["markList"] for shown in self.shown),
        }

    # ---- What the actions share

    def row(self, conversation_id: str) -> Row:
        """Raises Refused for what is malformed, never was, or is deleted."""
        if not conversation_id.startswith(("c2c_", "group_")):
            raise Refused(BAD)
        row = self.rows.get(conversation_id)
        if row is None or row.deleted_s is not None:
            raise Refused(NO_SUCH)
        return row

    def any(self, conversation_id: str) -> Row:
        """As `one`, but for what is deleted and what never was, too: the owner is in all groups of these rows."""
        if not conversation_id.startswith(("c2c_", "group_")):
            raise Refused(BAD)
        return self.rows.get(conversation_id) or Row(blank(conversation_id), deleted_s=self.now_s)

    def keep(self, row: Row, **values: Any) -> None:
        """Store values of what may not be in the list: then no version is taken."""
        if row.deleted_s is None:
            self.update(row, **values)
        elif any(row.shown[key] != value for key, value in values.items()):
            row.shown |= values
            self.rows[row.shown["conversationID"]] = row

    def placeholder(self, conversation_id: str) -> dict[str, Any]:
        """What is shown of a conversation that is not in the list."""
        row = self.any(conversation_id)
        names = {"showName": conversation_id.split("_", 1)[1], "faceUrl": ""}
        unset = {"orderkey": 0, "draftTimestamp": 0, "groupType": None}
        return row.shown | names | unset

    def each(self, conversation_ids: list[str], change) -> list[int]:
        """The code for each ID, in order; `change` runs once for each conversation and says whether it changed it."""
        codes = {}
        for conversation_id in dict.fromkeys(conversation_ids):
            try:
                codes[conversation_id] = 0
                if change(self.row(conversation_id)):
                    self.changed.add(conversation_id)
            except Refused as refused:
                codes[conversation_id] = refused.code
        return [codes[conversation_id] for conversation_id in conversation_ids]

    def update(self, row: Row, **values: Any) -> bool:
        """Whether any of these values has changed."""
        is_changed = any(row.shown[key] != value for key, value in values.items())
        row.shown |= values
        if is_changed:
            self.changed.add(row.shown["conversationID"])
        return is_changed

    # ---- Actions on one

    def pin(self, conversation_id: str, pinned: bool) -> None:
        row = self.row(conversation_id)
        if pinned and not row.shown["isPinned"] and sum(shown["isPinned"] for shown in self.shown) >= self.max_pinned:
            raise Refused(TOO_MANY_PINNED)
        self.update(row, isPinned=pinned)

    def draft(self, conversation_id: str, text: str, timestamp_s: int | None) -> None:
        row = self.any(conversation_id)
        known, known_s = row.shown["draftText"], row.shown["draftTimestamp"]
        if row.deleted_s is not None:
            if text and (timestamp_s is None or row.was_never_listed or timestamp_s > max(row.deleted_s, known_s - 1)):
                edited_s = max(self.now_s, known_s) if timestamp_s is None else timestamp_s
                self._begin(row, draftText=text, draftTimestamp=edited_s)
            return
        if timestamp_s is None and text != known:
            timestamp_s = max(self.now_s, known_s)
        is_newer = timestamp_s is not None and timestamp_s >= known_s
        # To cancel what is not there is nothing.
        if is_newer and (text or known):
            self.update(row, draftText=text, draftTimestamp=timestamp_s)
            row.order()

    def _begin(self, row: Row, **draft: Any) -> None:
        """A draft puts the conversation into the list."""
        row.shown |= draft | {"showName": row.shown["showName"] or row.shown["conversationID"].split("_", 1)[1]}
        row.deleted_s, row.created_version = None, 0
        row.order()
        self.rows[row.shown["conversationID"]] = row
        self.changed.add(row.shown["conversationID"])

    def receive_option(self, conversation_id: str, option: int) -> None:
        row = self.any(conversation_id)
        if option not in range(5 if row.is_group else 3):
            raise Refused(BAD)
        self.keep(row, recvOpt=option)

    def read(self, conversation_id: str, up_to: int) -> None:
        row = self.any(conversation_id)
        if row.was_never_listed:
            raise Refused(NO_SUCH)
        if not row.is_group and up_to > self.now_s + 60:
            raise Refused(BAD)
        if up_to == 0:
            return self._read_everything(row)
        if up_to >= row.shown[row.read_key]:
            mentions = mentions_after((up_to,), row.shown)
            unread = still_unread(row.shown["unreadCount"], row.base_end, up_to)
            self.keep(row, **{row.read_key: up_to}, unreadCount=unread, groupAtInfoList=mentions)
            row.base_end = row.base_end if unread else NO_POSITION

    def _read_everything(self, row: Row) -> None:
        newest = row.newest[0] if row.newest else 0
        position = max(newest, row.shown[row.read_key])
        self.keep(row, **{row.read_key: position}, unreadCount=0, groupAtInfoList=[])
        row.base_end = NO_POSITION

    def read_all(self, type_: int | None) -> int:
        for shown in self.shown:
            if (shown["unreadCount"] or shown["groupAtInfoList"]) and type_ in (None, shown["type"]):
                self._read_everything(self.rows[shown["conversationID"]])
        return len(self.changed)

    def clear(self, conversation_id: str) -> None:
        row = self.row(conversation_id)
        newest = row.newest
        if newest != row.cleared_to or any(row.shown[key] for key in ("unreadCount", "groupAtInfoList", "lastMessage")):
            row.drop_messages()
            row.cleared_to = newest
            self.changed.add(conversation_id)

    # ---- Actions on many

    def mark(self, conversation_ids: list[str], marks: int, enabled: bool) -> list[int]:
        if not marks or marks & STRANGE_MARKS:
            raise Refused(BAD)
        bits = {1 << bit for bit in range(64) if marks >> bit & 1}

        def change(row: Row) -> bool:
            before = set(row.shown["markList"])
            return self.update(row, markList=sorted(before | bits if enabled else before - bits))

        return self.each(conversation_ids, change)

    def custom_data(self, conversation_ids: list[str], text: str) -> list[int]:
        return self.each(conversation_ids, lambda row: self.update(row, customData=text))

    def delete(self, conversation_ids: list[str], clear_messages: bool) -> list[int]:
        long_ago_s = self.now_s - 30 * DAY_S
        old = [row.version for row in self.rows.values() if row.deleted_s is not None and row.deleted_s < long_ago_s]

        def change(row: Row) -> bool:
            row.deleted_to, row.deleted_s = row.newest, self.now_s
            row.cleared_to = row.deleted_to if clear_messages else row.cleared_to
            row.drop_messages()
            if row.shown["draftText"]:
                row.shown |= {"draftText": "", "draftTimestamp": max(self.now_s, row.shown["draftTimestamp"])}
            row.shown |= {"isPinned": False, "customData": ""}
            row.order()
            return True

        codes = self.each(conversation_ids, change)
        if self.changed:
            self.reset_below = max(self.reset_below, *old, 0)
        return codes

    # ---- Conversation groups

    def create_group(self, name: str, conversation_ids: list[str]) -> list[int]:
        self._make_groups({name})
        return self.add_to_group(name, conversation_ids)

    def _make_groups(self, names: set[str]) -> None:
        if len(self.groups | names) > self.max_groups:
            raise Refused(TOO_MANY_GROUPS)
        self.group_changes += not names <= self.groups
        self.groups |= names

    def _check_group(self, name: str) -> None:
        if name not in self.groups:
            raise Refused(NO_GROUP)

    def add_to_group(self, name: str, conversation_ids: list[str]) -> list[int]:
        self._check_group(name)

        def change(row: Row) -> bool:
            names = row.shown["conversationGroupList"]
            members = sum(name in shown["conversationGroupList"] for shown in self.shown)
            if name not in names and members >= self.max_members:
                raise Refused(GROUP_FULL)
            return self.update(row, conversationGroupList=sorted({*names, name}))

        return self.each(conversation_ids, change)

    def remove_from_group(self, name: str, conversation_ids: list[str]) -> list[int]:
        self._check_group(name)

        def change(row: Row) -> bool:
            return self.update(
                row, conversationGroupList=[other for other in row.shown["conversationGroupList"] if other != name]
            )

        return self.each(conversation_ids, change)

    def rename_group(self, name: str, new_name: str) -> None:
        self._check_group(name)
        if name != new_name:
            if new_name in self.groups:
                raise Refused(TAKEN)
            self._replace_group(name, {new_name})

    def delete_group(self, name: str) -> None:
        self._check_group(name)
        self._replace_group(name, set())

    def _replace_group(self, name: str, by: set[str]) -> None:
        self.groups = self.groups - {name} | by
        self.group_changes += 1
        for row in self.rows.values():
            names = set(row.shown["conversationGroupList"])
            if name in names:
                row.shown["conversationGroupList"] = sorted(names - {name} | by)
                if row.deleted_s is None:
                    self.changed.add(row.shown["conversationID"])

    # ---- What comes from elsewhere

    def take_in(self, given: dict[str, Any]) -> None:
        """An imported conversation: a newer one replaces what is known, but brings back nothing that was deleted or read."""
        shown = blank(given["conversationID"]) | deepcopy(given)
        message = shown["lastMessage"]
        row = Row(shown, position_of(message, shown["type"]))
        row.activity = shown["orderkey"] or (message["timestamp"] if message else 0) * 10**6
        row.order()
        before = self.rows.get(shown["conversationID"])
        if before:
            is_late = before.deleted_s is not None and row.last <= before.deleted_to
            is_older = is_late or shown["orderkey"] <= before.shown["orderkey"]
            if is_older and not before.was_never_listed:
                return
            if before.was_never_listed:
                shown["recvOpt"] = shown["recvOpt"] or before.shown["recvOpt"]
        self._make_groups(set(shown["conversationGroupList"]))
        if before:
            row.deleted_to, row.cleared_to, row.created_version = before.deleted_to, before.cleared_to, before.created_version
            if before.shown[row.read_key] > shown[row.read_key]:
                shown[row.read_key] = before.shown[row.read_key]
                shown["unreadCount"] = still_unread(shown["unreadCount"], row.last, shown[row.read_key], if_no_position=None)
                shown["groupAtInfoList"] = mentions_after((shown[row.read_key],), shown)
            row.without_what_was_deleted()
        if not before or before.deleted_s is not None:
            row.created_version = 0  # known when it has a version
        row.base_end = row.last if shown["unreadCount"] else NO_POSITION
        self.rows[shown["conversationID"]] = row
        self.changed.add(shown["conversationID"])


def position_of(message: dict | None, type_: int) -> tuple:
    """A message's position."""
    if not message:
        return NO_POSITION
    return (int(message["seq"]),) if type_ == 2 else (message["timestamp"], int(message["seq"]), message["random"])


def mentions_after(position: tuple, shown: dict) -> list[dict]:
    """The @ entries of messages past a position."""
    return [entry for entry in shown["groupAtInfoList"] if (int(entry["seq"]),) > position]


def still_unread(count: int, end: tuple, up_to: int, *, if_no_position: int | None = 0) -> int:
    """How many of `count` messages up to `end` are left after a read: of a group's at most those behind the read position,
    of one-to-one messages all or none, as only the newest one's time is known.
    """
    if not end:
        return count if if_no_position is None else if_no_position
    if len(end) == 1:
        return min(count, max(0, end[0] - up_to))
    return 0 if end[0] <= up_to else count
