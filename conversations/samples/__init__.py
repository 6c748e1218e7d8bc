"""Sample webhooks of the vendor, and a scenario of them with current times and new IDs."""

import random
from pathlib import Path
from typing import Any

import orjson

FOLDER = Path(__file__).parent
PREFIX = "demo_"  # of every ID in the samples
CREATED, JOINED, LEFT, GROUP_INFO = (
    f"Group.CallbackAfter{what}" for what in ("CreateGroup", "NewMemberJoin", "MemberExit", "GroupInfoChanged")
)
GROUP_MESSAGE, GROUP_EDIT, GROUP_RECALL = (f"Group.CallbackAfter{what}" for what in ("SendMsg", "ModifyMsg", "RecallMsg"))
C2C_MESSAGE, C2C_EDIT, C2C_RECALL = (f"C2C.CallbackAfter{what}" for what in ("SendMsg", "ModifyMsg", "MsgWithDraw"))
C2C_READ, PROFILE = "C2C.CallbackAfterMsgReport", "Profile.CallbackPortraitSet"
# One of each that changes a conversation, but not the group's end: later runs would have no group.
SCENARIO = (
    CREATED, JOINED, GROUP_MESSAGE, GROUP_RECALL, GROUP_MESSAGE, GROUP_EDIT, C2C_MESSAGE, C2C_RECALL, C2C_MESSAGE, C2C_EDIT,
    PROFILE, GROUP_INFO, LEFT, C2C_READ,
)  # fmt: skip
PEOPLE = ("alice", "bob", "carol", "dave")


def by_command() -> dict[str, dict[str, Any]]:
    """Return the samples by their CallbackCommand."""
    samples: dict[str, dict[str, Any]] = {}
    for path in sorted(FOLDER.glob("*.json")):
        content = orjson.loads(path.read_bytes())
        samples |= {content["CallbackCommand"]: content} if "CallbackCommand" in content else content
    return samples


def scenario(prefix: str, *, now_ms: int) -> list[dict[str, Any]]:
    """Return the bodies to send, one millisecond apart from `now_ms` on; all IDs start with `prefix`."""
    samples = by_command()
    bodies: list[dict[str, Any]] = []
    new_values: dict[str, dict[str, Any]] = {}
    for number, command in enumerate(SCENARIO):
        new_values |= _new_values(command, now_ms + number)
        body = _renamed(samples[command], prefix)
        bodies.append(body | {key: value for key, value in new_values[command].items() if key in body})
    return bodies


def _new_values(command: str, time_ms: int) -> dict[str, dict[str, Any]]:
    """Return new values of a webhook's keys, by its command; a message's also for the edit and the recall of it."""
    number, time_s = random.randrange(1 << 32), time_ms // 1000  # noqa: S311
    times = {"EventTime": str(time_ms), "MsgTime": time_s, "LastReadTime": time_s}
    if command == GROUP_MESSAGE:
        # A MsgSeq that grows from run to run, as the cloud's does.
        recall = {"MsgSeqList": [{"MsgSeq": time_ms}], "EventTime": str(time_ms)}
        edit = {"MsgSeq": time_ms, "EventTime": time_ms}
        return {command: times | {"MsgSeq": time_ms, "Random": number}, GROUP_EDIT: edit, GROUP_RECALL: recall}
    if command == C2C_MESSAGE:
        seq = time_ms % (1 << 32)  # grows, so that of messages of one second the later one is the last
        key = {"MsgKey": f"{seq}_{number}_{time_s}"}
        message = times | key | {"MsgSeq": seq, "MsgRandom": number}
        return {command: message, C2C_EDIT: message | {"EventTime": time_ms}, C2C_RECALL: key}
    return {} if command in (GROUP_EDIT, C2C_EDIT, GROUP_RECALL, C2C_RECALL) else {command: times}


def _renamed(value: Any, prefix: str) -> Any:
    """Return a value with other IDs; no other text of a sample starts with PREFIX."""
    if isinstance(value, dict):
        return {key: _renamed(part, prefix) for key, part in value.items()}
    if isinstance(value, list):
        return [_renamed(part, prefix) for part in value]
    return prefix + value.removeprefix(PREFIX) if isinstance(value, str) and value.startswith(PREFIX) else value
