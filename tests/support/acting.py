"""Alice's actions: every call of the API that changes something, as a table, and a test case that sends them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple
from urllib.parse import quote

from django.http import HttpResponse

from conversations.models import Conversation, Owner
from tests.support.api import ApiTestCase, ids_of, url
from tests.support.cast import ALICE, make_conversation

# Bodies that no parser may take for an object with the fields of a call.
NO_OBJECTS = (
    b"{",
    b"[]",
    b"[{}]",
    b"7",
    b"null",
    b"true",
    b'"c2c_bob"',
    b"{} x",
    b'{"a":NaN}',
    b'{"a":"\\ud800"}',
    b'{"a":"\xff"}',
    b"\xef\xbb\xbf{}",
    '{"a":"é"}'.encode("latin-1"),
    "{}".encode("utf-16"),
    b'{"a":' * 100_000,
    b'{"a":' + b"[" * 2000 + b"]" * 2000 + b"}",
    b'{"a":' + b"1" * 5000 + b"}",
)


class Action(NamedTuple):
    """A call that changes something in Alice's scene."""

    name: str
    method: str
    path: str
    body: dict[str, Any] | None = None

    def address(self, **parameters: Any) -> str:
        return url(self.path, **parameters)


ONE = "conversations/c2c_bob/"
MANY = {"conversationIDList": ["c2c_bob", "group_team"]}

# With the conversation in the path; its last part follows the ID.
ON_ONE = (
    Action("pin", "PUT", f"{ONE}pin/"),
    Action("unpin", "DELETE", f"{ONE}pin/"),
    Action("draft", "PUT", f"{ONE}draft/", {"draftText": "I would"}),
    Action("receive option", "PUT", f"{ONE}receive-option/", {"recvOpt": 2}),
    Action("read", "POST", f"{ONE}read/", {"cleanTimestamp": 0}),
    Action("clear", "POST", f"{ONE}clear/"),
    Action("delete", "DELETE", ONE),
)
# These take a conversation that is not there, too.
SETTINGS = ("draft", "receive option")
ON_LISTED = tuple(action for action in ON_ONE if action.name not in SETTINGS)
# With a conversationIDList in the body.
ON_MANY = (
    Action("mark", "POST", "conversations/mark/", MANY | {"markType": 1, "enableMark": True}),
    Action("custom data", "POST", "conversations/custom-data/", MANY | {"customData": "vip"}),
    Action("delete many", "POST", "conversations/delete/", MANY),
    Action("create group", "POST", "conversation-groups/", MANY | {"groupName": "new"}),
    Action("add to group", "POST", "conversation-groups/empty/add/", MANY),
    Action("remove from group", "POST", "conversation-groups/work/remove/", MANY),
)
OTHERS = (
    Action("report", "POST", "conversations/report/", {"conversationList": [{"conversationID": "c2c_bob", "recvOpt": 2}]}),
    Action("read all", "POST", "conversations/read/", {"scope": "all"}),
    Action("rename group", "PATCH", "conversation-groups/work/", {"newName": "job"}),
    Action("delete group", "DELETE", "conversation-groups/work/"),
)
ACTIONS = ON_ONE + ON_MANY + OTHERS
WITHOUT_FIELDS = tuple(action for action in ACTIONS if action.body is None)


def make_scene(owner_id: str = ALICE, *, for_unpin: bool = False) -> None:
    """Create c2c_bob with unread and a group with a mention, both in the conversation group "work"; "empty" has no members."""
    Conversation.objects.filter(owner_id=owner_id).delete()
    message = {"last_message": '{"msgID":"m"}', "conversation_groups": 1, "unread_count": 3}
    make_conversation(
        owner_id, last_message_position="176000000000000000070000000003", is_pinned=for_unpin, draft_text="old", **message
    )
    mention = '[{"seq":"7","atType":1}]'
    make_conversation(owner_id, "group_team", last_message_position=f"{7:020d}", group_at_info=mention, **message)
    Owner.objects.named(owner_id).update(group_names='["work","empty"]')


class ActionTestCase(ApiTestCase):
    """Requests of every method, and checks of what they change."""

    def send(
        self, method: str, address: str, body: Any = None, credential: dict[str, str] | None = None, **headers: str
    ) -> HttpResponse:
        """Send `body` as JSON, bytes unchanged, as alice unless there is another credential."""
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        headers = (self.alice if credential is None else credential) | headers
        return self.client.generic(method, address, body or b"", "application/json", **headers)

    def put(self, address: str, body: Any = None, credential: dict[str, str] | None = None, **headers: str) -> HttpResponse:
        return self.send("PUT", address, body, credential, **headers)

    def patch(self, address: str, body: Any = None, credential: dict[str, str] | None = None, **headers: str) -> HttpResponse:
        return self.send("PATCH", address, body, credential, **headers)

    def delete(self, address: str, body: Any = None, credential: dict[str, str] | None = None, **headers: str) -> HttpResponse:
        return self.send("DELETE", address, body, credential, **headers)

    def act(
        self, action: Action, credential: dict[str, str] | None = None, body: Any = None, **parameters: str
    ) -> HttpResponse:
        return self.send(action.method, action.address(**parameters), action.body if body is None else body, credential)

    def shown(self, conversation_id: str = "c2c_bob") -> dict[str, Any]:
        """Return the conversation as alice reads it."""
        return self.get(url(f"conversations/{quote(conversation_id, safe='')}/")).json()

    def totals(self) -> dict[str, int]:
        return self.get(url("unread/")).json()

    @contextmanager
    def assert_no_change(self) -> Iterator[None]:
        """Check that the block writes nothing: no row, no version, no owner."""
        before = _everything()
        yield
        self.assertEqual(_everything(), before)

    @contextmanager
    def assert_versions(self, count: int) -> Iterator[None]:
        """Check that alice's list takes this many versions inside the block."""
        before = version()
        yield
        self.assertEqual(version() - before, count)

    def assert_results(self, response: HttpResponse, *codes: int) -> list[dict[str, Any]]:
        """Check that the response is 200 with a result for each ID, of these codes, and return the results."""
        self.assertEqual(response.status_code, 200, response.content[:500])
        self.assertEqual(list(response.json()), ["results"])
        results = response.json()["results"]
        self.assertEqual([result["resultCode"] for result in results], list(codes))
        for result in results:
            self.assertEqual(list(result), ["conversationID", "resultCode", "resultInfo"])
            self.assertEqual(result["resultInfo"] == "", result["resultCode"] == 0)
        return results


class GroupTestCase(ActionTestCase):
    def create(self, name, *ids: str):
        return self.post(url("conversation-groups/"), {"groupName": name, "conversationIDList": list(ids) or ["c2c_bob"]})

    def add(self, name: str, *ids: str):
        return self.post(group_url(name, "add/"), {"conversationIDList": list(ids)})

    def remove(self, name: str, *ids: str):
        return self.post(group_url(name, "remove/"), {"conversationIDList": list(ids)})

    def rename(self, name: str, new_name):
        return self.patch(group_url(name), {"newName": new_name})

    def names(self) -> list[str]:
        return self.get(url("conversation-groups/")).json()["conversationGroupList"]

    def members(self, name: str) -> list[str]:
        return sorted(ids_of(self.get(url(conversationGroup=name))))

    def groups_of(self, conversation_id: str = "c2c_bob") -> list[str]:
        return self.shown(conversation_id)["conversationGroupList"]


def group_url(name: str, action: str = "", **parameters: str) -> str:
    """Return the address of a group, by dash and parameter for a name that a path can't hold or that clients normalise."""
    if "/" in name or name in ("-", ".", "..", "\n"):
        return url(f"conversation-groups/-/{action}", name=name, **parameters)
    return url(f"conversation-groups/{quoted(name)}/{action}", **parameters)


def quoted(text: str) -> str:
    """Return a name or ID as a single path segment."""
    return quote(text, safe="")


def version(owner_id: str = ALICE) -> int:
    return Owner.objects.get(owner_id=owner_id).version


def _everything() -> list[dict[str, Any]]:
    return [
        *Owner.objects.order_by("owner_id").values(),
        *Conversation.objects.order_by("owner_id", "conversation_id").values(),
    ]
