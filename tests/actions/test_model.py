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

# Now and then one that is not there, or malformed.
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
        self.given: dict[str, dict] = {}  # what came of each conversation last
        self.began: dict[str, int] = {}  # the version at which whoever has a token began with nothing

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
            assert answered == self.reference.rows[conversation_id].shown

    def act_on_each(self, conversation_ids: list[str], expected, path: str, body: Any, **parameters: str) -> None:
        body = body | {"conversationIDList": conversation_ids}
        answered, codes = self.act(lambda: expected(conversation_ids), "POST", path, body, **parameters)
        if answered:
            assert [one["conversationID"] for one in answered["results"]] == conversation_ids
            assert [one["resultCode"] for one in answered["results"]] == codes

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
        """Each change has taken one number, and nothing else has."""
        reference, owner = self.reference, Owner.objects.named(ALICE).first()
        changed, groups_changed = reference.changed, reference.group_changes
        before, self.version = self.version, owner.version if owner else 0
        versions = dict(Conversation.objects.filter(owner_id=ALICE).values_list("conversation_id", "version"))
        taken = [versions[one] for one in changed] + ([owner.groups_version] if groups_changed else [])
        assert self.version - before == len(changed) + groups_changed, (before, self.version, changed, groups_changed)
        assert len(set(taken)) == len(taken)
        assert all(before < version <= self.version for version in taken)
        assert {one: versions[one] for one in versions.keys() - changed} == {
            one: version for one, version in self.versions.items() if one not in changed
        }
        for one in changed:
            row = reference.rows[one]
            row.version, row.created_version = versions[one], row.created_version or versions[one]
        self.versions, reference.changed, reference.group_changes = versions, set(), 0

    # ---- What is done

    @initialize(given=st.tuples(*(incoming(st.just(one)) for one in IDS)))
    def begin(self, given):
        self.conversations_come_in(given)

    @rule(given=st.lists(incoming(), min_size=1, max_size=2, unique_by=lambda one: one["conversationID"]))
    def conversations_come_in(self, given):
        self.time_passes(10)
        self.take_in([self.at_present(one) for one in given])

    @rule(one=any_of_them)
    def the_same_comes_again(self, one):
        """With a newer key, as from a device that knows of no action since."""
        self.take_in([self.given[one] | {"orderkey": self.now_s * 10**6 + 1}])

    def take_in(self, given: list[dict]) -> None:
        refused = 0
        for one in given:
            self.given[one["conversationID"]] = one
            try:
                self.reference.take_in(one)
            except Refused:
                refused += 1
        records = enumerate(({"owner": ALICE, "conversation": one} for one in given), 1)

        summary = conversations.import_records(records)

        assert (summary.created + summary.replaced, summary.bad) == (len(self.reference.changed), refused)
        self.check_versions()

    def at_present(self, given: dict) -> dict:
        """With moments made absolute."""
        given, message = dict(given), given["lastMessage"]
        if message:
            given["lastMessage"] = message | {"timestamp": self.now_s + message["timestamp"]}
        if "c2cReadTimestamp" in given:
            given["c2cReadTimestamp"] += self.now_s
        if 0 < abs(given["orderkey"]) < 10:
            given["orderkey"] = (self.now_s + given["orderkey"]) * 10**6
        return given

    @rule(seconds=st.sampled_from([1, 7, 9, DAY_S, 20 * DAY_S, 31 * DAY_S]))
    def time_passes(self, seconds):
        self.now_s += seconds
        self.reference.now_s = self.now_s
        self.clock.move_to(self.now_s)

    @rule(one=ids, pinned=flags)
    def pin_or_unpin(self, one, pinned):
        self.act_on_one(one, lambda: self.reference.pin(one, pinned), "PUT" if pinned else "DELETE", "pin/")

    @rule(one=ids, text=st.sampled_from(["", "I would", "I will"]), after=st.none() | around)
    def draft(self, one, text, after):
        timestamp_s = None if after is None else self.now_s + after
        body = {"draftText": text} | ({} if after is None else {"draftTimestamp": timestamp_s})
        self.act_on_one(one, lambda: self.reference.draft(one, text, timestamp_s), "PUT", "draft/", body)

    @rule(one=ids, option=st.integers(0, 5))
    def receive_option(self, one, option):
        body = {"recvOpt": option}
        self.act_on_one(one, lambda: self.reference.receive_option(one, option), "PUT", "receive-option/", body)

    @rule(one=ids, seq=st.just(0) | seqs, after=st.sampled_from([None, -20, -3, 0, 5, 60]))
    def read(self, one, seq, after):
        is_group = one.startswith("group_")
        up_to = seq if is_group else 0 if after is None else self.now_s + after
        body = {"cleanSequence" if is_group else "cleanTimestamp": up_to}
        self.act_on_one(one, lambda: self.reference.read(one, up_to), "POST", "read/", body)

    @rule(scope=st.sampled_from(["all", "c2c", "group"]))
    def read_all(self, scope):
        type_ = {"all": None, "c2c": 1, "group": 2}[scope]
        answered, changed = self.act(lambda: self.reference.read_all(type_), "POST", "conversations/read/", {"scope": scope})
        assert answered == {"changed": changed}

    @rule(one=ids)
    def clear(self, one):
        self.act_on_one(one, lambda: self.reference.clear(one), "POST", "clear/")

    @rule(many=id_lists, marks=all_marks, enabled=flags, as_text=flags)
    def mark(self, many, marks, enabled, as_text):
        body = {"markType": str(marks) if as_text else marks, "enableMark": enabled}
        self.act_on_each(many, lambda many: self.reference.mark(many, marks, enabled), "conversations/mark/", body)

    @rule(many=id_lists, text=st.sampled_from(["", "vip", "数据"]))
    def custom_data(self, many, text):
        expected = lambda many: self.reference.custom_data(many, text)  # noqa: E731
        self.act_on_each(many, expected, "conversations/custom-data/", {"customData": text})

    @rule(one=ids, clear_messages=flags)
    def delete_one(self, one, clear_messages):
        def expected():
            if code := self.reference.delete([one], clear_messages)[0]:
                raise Refused(code)

        self.delete(one, expected, clear_messages)

    def delete(self, one: str, expected, clear_messages: bool) -> None:
        parameters = {"clearMessage": "true" if clear_messages else "false"}
        place = quote(one, safe="")
        if "/" in one:
            place, parameters["id"] = "-", one
        self.act(expected, "DELETE", f"conversations/{place}/", **parameters)

    @rule(one=any_of_them, other=any_of_them)
    def deletions_grow_old(self, one, other):
        """The second one is made when the first is due to be forgotten."""
        for conversation_id in (one, other):
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
        self.lister.conversations |= {one["conversationID"]: one for one in page["conversationList"]}
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
            run_state_machine_as_test(lambda: ActionsMachine(clock), settings=examples(60, stateful_step_count=40))


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
