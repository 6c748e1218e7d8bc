"""Any sequence of actions over HTTP against the same on a plain list, and clients that follow by the feed."""

import json
import logging
from typing import Any
from unittest import mock
from urllib.parse import quote

import time_machine
from django.db import transaction
from django.test import Client, TestCase, override_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from conversations.actions import reading
from conversations.models import Conversation, Owner
from conversations.transfer import conversations
from tests.support.api import url
from tests.support.cast import ALICE, USERSIG_SETTINGS, bearer, usersig
from tests.support.following import Follower
from tests.support.hypothesis_profiles import examples
from tests.support.reference import DAY_S, Reference, Refused

START_S = 1_760_000_000
LIMITS = {"max_pinned": 2, "max_groups": 3, "max_members": 2}
IDS = ["c2c_bob", "c2c_eve", "group_team", "group_a/b", "group_c,d e"]
GROUPS = ["work", "家/庭", "-", "d"]

# Now and then an ID without a conversation, or a malformed one.
ids = st.sampled_from([*IDS * 4, "c2c_nobody", "C2Cbob"])
id_lists = st.lists(st.sampled_from([*IDS * 4, "c2c_nobody", "C2Cbob", "bob", ""]), min_size=1, max_size=6)
names = st.sampled_from(GROUPS)
any_of_them = st.sampled_from(IDS)
flags = st.booleans()
counts = st.integers(1, 4)
# Of a moment around the present; messages are of the same ones.
around = st.integers(-20, 5)
seqs = st.integers(1, 20)
all_marks = st.sampled_from([1, 2, 3, 4, 8, 15, 1 << 32, 1 << 63, 1 << 63 | 2, 0, 16, 1 << 31])


@st.composite
def incoming(draw, of=any_of_them) -> dict[str, Any]:
    """A conversation to import, its moments relative to the present."""
    conversation_id = draw(of)
    is_group = conversation_id.startswith("group_")
    message = st.fixed_dictionaries({"timestamp": around, "seq": seqs.map(str), "random": st.integers(0, 2)})
    must = {
        "conversationID": st.just(conversation_id),
        "lastMessage": st.one_of(message, message, message, st.none()),
        "unreadCount": st.integers(0, 12),
        # Mostly newer than anything that is there; without a key of its own, the message gives it.
        "orderkey": st.sampled_from([3] * 12 + [0, 0, -7, (1 << 53) - 1]),
    }
    if is_group:
        mention = st.builds(lambda seq, kind: {"seq": str(seq), "atType": kind}, seqs, st.integers(1, 3))
        must["groupAtInfoList"] = st.lists(mention, max_size=2)
    optional = {
        "isPinned": flags,
        "recvOpt": st.integers(0, 4 if is_group else 2),
        "draftText": st.sampled_from(["", "imported"]),
        "markList": st.lists(st.sampled_from([1, 2, 1 << 40, 1 << 63]), unique=True, max_size=2).map(sorted),
        "conversationGroupList": st.lists(names, unique=True, max_size=2).map(sorted),
        "customData": st.sampled_from(["", "theirs"]),
        "groupReadSequence" if is_group else "c2cReadTimestamp": seqs if is_group else around,
    }
    return draw(st.fixed_dictionaries(must, optional=optional))


class ActionsMachine(RuleBasedStateMachine):
    """alice's list, once in the service and once as a `Reference`."""

    def __init__(self, clock: time_machine.Traveller):
        super().__init__()
        self.clock, self.now_s = clock, START_S
        clock.move_to(START_S)
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.client, self.headers = Client(), bearer(usersig(expire_s=10**9))
        self.reference = Reference(**LIMITS, now_s=START_S)
        self.version, self.versions, self.groups_version = 0, {}, 0
        self.quick, self.slow, self.lister = (Follower(self.changes) for _ in range(3))
        self.next_seq = ""
        self.received: dict[str, dict] = {}  # each conversation as it was last received
        self.began: dict[str, int] = {}  # by token: the version at which its client began with an empty list

    def teardown(self):
        try:
            self.slow_one_catches_up(2)
            self.lister_goes_on(4)
        finally:
            transaction.set_rollback(True)
            self.transaction.__exit__(None, None, None)

    # ---- To the service and back

    def send(self, method: str, path: str, body: Any = None, **parameters: str) -> tuple[int, Any]:
        """The answer's code, 0 for success, and its body."""
        packed = b"" if body is None else json.dumps(body).encode()
        response = self.client.generic(method, url(path, **parameters), packed, "application/json", **self.headers)
        assert response.status_code < 500, response.content
        self.token = response.headers.get("Owner-Version")
        answered = json.loads(response.content or "null")
        if response.status_code < 300:
            return 0, answered
        return (409 if response.status_code == 409 else answered["code"]), None

    def get(self, path: str, **parameters: Any) -> Any:
        code, body = self.send("GET", path, **parameters)
        assert code == 0
        return body

    def act(self, expected, method: str, path: str, body: Any = None, **parameters: str) -> Any:
        """Do the same on both sides; gives what the service answered and what the reference returned."""
        try:
            wanted_code, wanted = 0, expected()
        except Refused as refused:
            wanted_code, wanted = refused.code, None
        code, answered = self.send(method, path, body, **parameters)
        assert code == wanted_code, (code, wanted_code)
        if code == 0:
            self.check_versions()
            assert self.token == self.token_now(), self.token
        return answered, wanted

    def act_on_one(self, conversation_id: str, expected, method: str, call: str = "", body: Any = None) -> None:
        place, parameters = quote(conversation_id, safe=""), {}
        if "/" in conversation_id:
            place, parameters = "-", {"id": conversation_id}
        answered, _none = self.act(expected, method, f"conversations/{place}/{call}", body, **parameters)
        if answered:
            row = self.reference.rows.get(conversation_id)
            is_listed = row is not None and row.deleted_s is None
            assert answered == (row.shown if is_listed else self.reference.placeholder(conversation_id))

    def act_on_each(self, conversation_ids: list[str], expected, path: str, body: Any, **parameters: str) -> None:
        body = body | {"conversationIDList": conversation_ids}
        answered, codes = self.act(lambda: expected(conversation_ids), "POST", path, body, **parameters)
        if answered:
            assert [result["conversationID"] for result in answered["results"]] == conversation_ids
            assert [result["resultCode"] for result in answered["results"]] == codes

    def changes(self, since: str, count: int) -> dict:
        """As a follower asks; it is to start over exactly if it may have missed a deletion that is forgotten."""
        page = self.get("changes/", since=since, count=count)
        began = int(self.token.split(".")[-1]) if since == "0" else self.began.get(since, 0)
        must_reset = since != "0" and max(int(since.split(".")[1]), began) < self.reference.reset_below
        assert page["resetRequired"] == must_reset, (since, began, self.reference.reset_below)
        assert len(page["changes"]) <= count
        self.began[page["version"]] = began
        return page

    def token_now(self) -> str:
        owner = Owner.objects.named(ALICE).first()
        return f"{owner.epoch}.{owner.version}" if owner else "0"

    def check_versions(self) -> None:
        """Each change has taken id_ number, and nothing else has."""
        reference, owner = self.reference, Owner.objects.named(ALICE).first()
        changed, groups_changed = reference.changed, reference.group_changes
        before, self.version = self.version, owner.version if owner else 0
        versions = dict(Conversation.objects.filter(owner_id=ALICE).values_list("conversation_id", "version"))
        taken = [versions[id_] for id_ in changed] + ([owner.groups_version] if groups_changed else [])
        assert self.version - before == len(changed) + groups_changed, (before, self.version, changed, groups_changed)
        assert len(set(taken)) == len(taken)
        assert all(before < version <= self.version for version in taken)
        assert {id_: versions[id_] for id_ in versions.keys() - changed} == {
            id_: version for id_, version in self.versions.items() if id_ not in changed
        }
        for id_ in changed:
            row = reference.rows[id_]
            row.version, row.created_version = versions[id_], row.created_version or versions[id_]
        self.versions, reference.changed, reference.group_changes = versions, set(), 0

    # ---- Actions

    @initialize(received=st.tuples(*(incoming(st.just(id_)) for id_ in IDS)))
    def begin(self, received):
        self.conversations_come_in(received)

    @rule(received=st.lists(incoming(), min_size=1, max_size=2, unique_by=lambda conversation: conversation["conversationID"]))
    def conversations_come_in(self, received):
        self.time_passes(10)
        self.take_in([self.at_present(conversation) for conversation in received])

    @rule(id_=any_of_them)
    def the_same_comes_again(self, id_):
        """With a newer key, as from a device that knows of no action since."""
        self.take_in([self.received[id_] | {"orderkey": self.now_s * 10**6 + 1}])

    def take_in(self, received: list[dict]) -> None:
        refused = 0
        for conversation in received:
            self.received[conversation["conversationID"]] = conversation
            try:
                self.reference.take_in(conversation)
            except Refused:
                refused += 1
        records = enumerate(({"owner": ALICE, "conversation": conversation} for conversation in received), 1)

        summary = conversations.import_records(records)

        assert (summary.created + summary.replaced, summary.bad) == (len(self.reference.changed), refused)
        self.check_versions()

    def at_present(self, relative: dict) -> dict:
        """Return a conversation with its relative times made absolute."""
        conversation, message = dict(relative), relative["lastMessage"]
        if message:
            conversation["lastMessage"] = message | {"timestamp": self.now_s + message["timestamp"]}
        if "c2cReadTimestamp" in conversation:
            conversation["c2cReadTimestamp"] += self.now_s
        if 0 < abs(conversation["orderkey"]) < 10:
            conversation["orderkey"] = (self.now_s + conversation["orderkey"]) * 10**6
        return conversation

    @rule(seconds=st.sampled_from([1, 7, 9, DAY_S, 20 * DAY_S, 31 * DAY_S]))
    def time_passes(self, seconds):
        self.now_s += seconds
        self.reference.now_s = self.now_s
        self.clock.move_to(self.now_s)

    @rule(id_=ids, pinned=flags)
    def pin_or_unpin(self, id_, pinned):
        self.act_on_one(id_, lambda: self.reference.pin(id_, pinned), "PUT" if pinned else "DELETE", "pin/")

    @rule(id_=ids, text=st.sampled_from(["", "I would", "I will"]), after=st.none() | around)
    def draft(self, id_, text, after):
        timestamp_s = None if after is None else self.now_s + after
        body = {"draftText": text} | ({} if after is None else {"draftTimestamp": timestamp_s})
        self.act_on_one(id_, lambda: self.reference.draft(id_, text, timestamp_s), "PUT", "draft/", body)

    @rule(id_=ids, option=st.integers(0, 5))
    def receive_option(self, id_, option):
        body = {"recvOpt": option}
        self.act_on_one(id_, lambda: self.reference.receive_option(id_, option), "PUT", "receive-option/", body)

    @rule(id_=ids, seq=st.just(0) | seqs, after=st.sampled_from([None, -20, -3, 0, 5, 60]))
    def read(self, id_, seq, after):
        is_group = id_.startswith("group_")
        up_to = seq if is_group else 0 if after is None else self.now_s + after
        body = {"cleanSequence" if is_group else "cleanTimestamp": up_to}
        self.act_on_one(id_, lambda: self.reference.read(id_, up_to), "POST", "read/", body)

    @rule(scope=st.sampled_from(["all", "c2c", "group"]))
    def read_all(self, scope):
        type_ = {"all": None, "c2c": 1, "group": 2}[scope]
        answered, changed = self.act(lambda: self.reference.read_all(type_), "POST", "conversations/read/", {"scope": scope})
        assert answered == {"changed": changed, "pending": 0}

    @rule(id_=ids)
    def clear(self, id_):
        self.act_on_one(id_, lambda: self.reference.clear(id_), "POST", "clear/")

    @rule(many=id_lists, marks=all_marks, enabled=flags, as_text=flags)
    def mark(self, many, marks, enabled, as_text):
        body = {"markType": str(marks) if as_text else marks, "enableMark": enabled}
        self.act_on_each(many, lambda many: self.reference.mark(many, marks, enabled), "conversations/mark/", body)

    @rule(many=id_lists, text=st.sampled_from(["", "vip", "数据"]))
    def custom_data(self, many, text):
        expected = lambda many: self.reference.custom_data(many, text)  # noqa: E731
        self.act_on_each(many, expected, "conversations/custom-data/", {"customData": text})

    @rule(id_=ids, clear_messages=flags)
    def delete_one(self, id_, clear_messages):
        def expected():
            if code := self.reference.delete([id_], clear_messages)[0]:
                raise Refused(code)

        self.delete(id_, expected, clear_messages)

    def delete(self, id_: str, expected, clear_messages: bool) -> None:
        parameters = {"clearMessage": "true" if clear_messages else "false"}
        place = quote(id_, safe="")
        if "/" in id_:
            place, parameters["id"] = "-", id_
        self.act(expected, "DELETE", f"conversations/{place}/", **parameters)

    @rule(first=any_of_them, second=any_of_them)
    def deletions_grow_old(self, first, second):
        """The second one is made when the first is due to be forgotten."""
        for conversation_id in (first, second):
            self.delete_one(conversation_id, True)
            self.time_passes(31 * DAY_S)

    @rule(many=id_lists, clear_messages=flags)
    def delete_many(self, many, clear_messages):
        body = {"clearMessage": clear_messages}
        self.act_on_each(many, lambda many: self.reference.delete(many, clear_messages), "conversations/delete/", body)

    @rule(name=names, many=id_lists)
    def create_group(self, name, many):
        body = {"groupName": name}
        self.act_on_each(many, lambda many: self.reference.create_group(name, many), "conversation-groups/", body)

    def group(self, name: str, call: str = "") -> tuple[str, dict[str, str]]:
        """A conversation group's path, and what names it if the path can't."""
        if "/" in name or name == "-":
            return f"conversation-groups/-/{call}", {"name": name}
        return f"conversation-groups/{quote(name, safe='')}/{call}", {}

    @rule(name=names, many=id_lists)
    def add_to_group(self, name, many):
        path, parameters = self.group(name, "add/")
        self.act_on_each(many, lambda many: self.reference.add_to_group(name, many), path, {}, **parameters)

    @rule(name=names, many=id_lists)
    def remove_from_group(self, name, many):
        path, parameters = self.group(name, "remove/")
        self.act_on_each(many, lambda many: self.reference.remove_from_group(name, many), path, {}, **parameters)

    @rule(name=names, new_name=names)
    def rename_group(self, name, new_name):
        path, parameters = self.group(name)
        self.act(lambda: self.reference.rename_group(name, new_name), "PATCH", path, {"newName": new_name}, **parameters)

    @rule(name=names)
    def delete_group(self, name):
        path, parameters = self.group(name)
        self.act(lambda: self.reference.delete_group(name), "DELETE", path, **parameters)

    # ---- Who follows

    @rule(count=counts)
    def slow_one_polls(self, count):
        self.slow.poll(count)

    @rule(count=counts)
    def slow_one_catches_up(self, count):
        self.slow.finish(count)
        self.check_follower(self.slow)

    @rule(count=counts)
    def slow_one_starts_over(self, count):
        self.slow.start_over()
        self.slow.poll(count)

    @rule(count=counts)
    def lister_goes_on(self, count):
        """It reads the list page by page while that changes, and then the feed from the first page on."""
        page = self.get("conversations/", nextSeq=self.next_seq, count=count)
        if not self.next_seq:
            self.lister.start_over()
            self.lister.token, self.lister.groups = self.token, self.get("conversation-groups/")["conversationGroupList"]
        self.lister.conversations |= {row["conversationID"]: row for row in page["conversationList"]}
        self.next_seq = "" if page["isFinished"] else page["nextSeq"]
        if page["isFinished"]:
            self.lister.finish(count)
            self.check_follower(self.lister)

    def check_follower(self, follower: Follower) -> None:
        assert follower.shown == self.reference.shown
        assert follower.groups == sorted(self.reference.groups)
        assert follower.token in (self.token_now(), "0")

    # ---- What holds after each step

    @invariant()
    def list_and_totals_are_the_same(self):
        shown, next_seq = [], ""
        while True:
            page = self.get("conversations/", nextSeq=next_seq, count=3)
            shown += page["conversationList"]
            next_seq = page["nextSeq"]
            if page["isFinished"]:
                break
        assert shown == self.reference.shown
        assert self.get("unread/") == self.reference.totals
        assert self.get("conversation-groups/")["conversationGroupList"] == sorted(self.reference.groups)

    @invariant()
    def whoever_follows_has_the_list(self):
        self.quick.finish(50)
        self.check_follower(self.quick)


@override_settings(MAX_PINNED=LIMITS["max_pinned"], TOMBSTONE_DAYS=30, **USERSIG_SETTINGS)
class ActionsModelTests(TestCase):
    @mock.patch("conversations.store.owners.MAX_GROUPS", LIMITS["max_groups"])
    @mock.patch("conversations.actions.groups.MAX_CONVERSATIONS", LIMITS["max_members"])
    def test_any_sequence_of_actions_is_the_same_on_a_plain_list(self):
        logging.disable(logging.WARNING)  # each refusal is one
        self.addCleanup(logging.disable, logging.NOTSET)

        with time_machine.travel(START_S, tick=False) as clock:
            run_state_machine_as_test(lambda: ActionsMachine(clock), settings=examples(45, stateful_step_count=40))


class FoundByTheMachineTests(TestCase):
    def test_an_import_of_an_older_state_brings_no_mention_back_that_was_read(self):
        message = {"timestamp": START_S, "seq": "9", "random": 1}
        older = {"orderkey": (START_S + 1) * 10**6, "groupAtInfoList": [{"seq": "7", "atType": 1}]}
        self.receive(lastMessage=message)
        reading.read(owner_id=ALICE, conversation_id="group_team")

        self.receive(lastMessage=message, unreadCount=3, **older)

        row = Conversation.objects.get()
        self.assertEqual((row.group_read_sequence, row.unread_count, row.group_at_info), (9, 0, "[]"))

    def receive(self, **values: Any) -> None:
        conversation = {"conversationID": "group_team"} | values
        conversations.import_records([(1, {"owner": ALICE, "conversation": conversation})])
