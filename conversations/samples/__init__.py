"""Samples of the vendor's webhooks, and the story that they tell: with fresh times, for a server to take."""

import random
from pathlib import Path
from typing import Any

import orjson

FOLDER = Path(__file__).parent
PREFIX = "demo_"  # of every ID in the samples
CREATED, JOINED, LEFT, GROUP_INFO = (
    f"Group.CallbackAfter{what}" for what in ("CreateGroup", "NewMemberJoin", "MemberExit", "GroupInfoChanged")
)
GROUP_MESSAGE, GROUP_RECALL = "Group.CallbackAfterSendMsg", "Group.CallbackAfterRecallMsg"
C2C_MESSAGE, C2C_RECALL = "C2C.CallbackAfterSendMsg", "C2C.CallbackAfterMsgWithDraw"
C2C_READ, PROFILE = "C2C.CallbackAfterMsgReport", "Profile.CallbackPortraitSet"
# One of each that changes a conversation, but for the group's end: it would be over the next time as well.
STORY = (
    CREATED, JOINED, GROUP_MESSAGE, GROUP_RECALL, GROUP_MESSAGE, C2C_MESSAGE, C2C_RECALL, C2C_MESSAGE, PROFILE, GROUP_INFO,
    LEFT, C2C_READ,
)  # fmt: skip
PEOPLE = ("alice", "bob", "carol", "dave")


def by_command() -> dict[str, dict[str, Any]]:
    """Every sample, by its CallbackCommand."""
    found = {}
    for path in sorted(FOLDER.glob("*.json")):
        told = orjson.loads(path.read_bytes())
        found |= {told["CallbackCommand"]: told} if "CallbackCommand" in told else told
    return found


def story(prefix: str, *, now_ms: int) -> list[dict[str, Any]]:
    """Bodies to send one after the other, of now and a millisecond each; IDs begin with `prefix`."""
    samples = by_command()
    bodies: list[dict[str, Any]] = []
    fresh: dict[str, dict[str, Any]] = {}
    for number, command in enumerate(STORY):
        fresh |= _fresh(command, now_ms + number)
        body = _renamed(samples[command], prefix)
        bodies.append(body | {key: value for key, value in fresh[command].items() if key in body})
    return bodies


def _fresh(command: str, time_ms: int) -> dict[str, dict[str, Any]]:
    """New values of a webhook's keys, by its command; a message also gives those of what takes it back."""
    number, time_s = random.randrange(1 << 32), time_ms // 1000  # noqa: S311
    times = {"EventTime": str(time_ms), "MsgTime": time_s, "LastReadTime": time_s}
    if command == GROUP_MESSAGE:
        # Grows from run to run, as the cloud's does.
        recall = {"MsgSeqList": [{"MsgSeq": time_ms}], "EventTime": str(time_ms)}
        return {command: times | {"MsgSeq": time_ms, "Random": number}, GROUP_RECALL: recall}
    if command == C2C_MESSAGE:
        key = {"MsgKey": f"{number}_{number}_{time_s}"}
        return {command: times | key | {"MsgSeq": number, "MsgRandom": number}, C2C_RECALL: key}
    return {} if command in (GROUP_RECALL, C2C_RECALL) else {command: times}


def _renamed(value: Any, prefix: str) -> Any:
    """The same with other IDs; no other text of a sample begins as these do."""
    if isinstance(value, dict):
        return {key: _renamed(one, prefix) for key, one in value.items()}
    if isinstance(value, list):
        return [_renamed(one, prefix) for one in value]
    return prefix + value.removeprefix(PREFIX) if isinstance(value, str) and value.startswith(PREFIX) else value
