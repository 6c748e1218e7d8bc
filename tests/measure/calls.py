"""The calls of apps and of Tencent's webhooks, as requests for users of a simulation."""

import hashlib
import json
import random
import time
from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple
from urllib.parse import quote, urlencode

from TLSSigAPIv2 import TLSSigAPIv2

from tests.measure import people, site

TEXT = "See you tomorrow at the usual place, 你好"
LOOKED_UP = 20
PAGE = 50
API = "/api/v1/conversations/"


class Request(NamedTuple):
    """What is sent; `user` is the one whose list is read, "" in a webhook."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes | None = None
    user: str = ""


class Calls:
    """Makes requests at random. Each number gives other messages, so give each client its own."""

    def __init__(self, users: people.People, number: int = 0):
        self.people, self.random = users, random.Random(number)
        self._number, self._seq = number, 0
        self._sigs: dict[str, str] = {}
        self.etags: dict[str, str] = {}

    @cached_property
    def _active(self) -> Sequence[int]:
        """The users who ask, the same for all clients."""
        everybody = range(self.people.users - people.QUIET)
        return random.Random(0).sample(everybody, self.people.active) if self.people.active else everybody

    @cached_property
    def _signer(self) -> TLSSigAPIv2:
        return TLSSigAPIv2(site.SDK_APP_ID, site.SECRET_KEY)

    def _headers(self, user: str) -> dict[str, str]:
        if user not in self._sigs:
            self._sigs[user] = f"Bearer {self._signer.gen_sig(user)}"
        return {"Authorization": self._sigs[user], "Content-Type": "application/json"}

    def request(self, kind: str) -> Request:
        """Return a request of this kind. Raises ValueError if there is none."""
        if kind.startswith("group "):
            return self.group_message(int(kind.removeprefix("group ")))
        if kind == "one-to-one":
            return self.one_to_one()
        user = self.random.choice(self._active)
        peer = self.random.choice(self.people.neighbours(user))
        one, name = f"{API}{quote(f'c2c_{peer}', safe='')}/", self.people.user(user)
        match kind:
            case "list":
                return self._of(name, "GET", f"{API}?count={PAGE}")
            case "unread":
                return self._of(name, "GET", "/api/v1/unread/")
            case "unread, nothing new":
                return self._unchanged()
            case "lookup":
                ids = self.random.sample(self.people.neighbours(user), LOOKED_UP)
                return self._of(name, "GET", f"{API}lookup/?{urlencode([('id', f'c2c_{peer}') for peer in ids])}")
            case "one":
                return self._of(name, "GET", one)
            case "read":
                return self._of(name, "POST", f"{one}read/", {})
            case "pin":
                return self._of(name, self.random.choice(("PUT", "DELETE")), f"{one}pin/")
            case "draft":
                return self._of(name, "PUT", f"{one}draft/", {"draftText": f"Draft {self.random.random()}"})
        raise ValueError(f"No call is named {kind!r}.")

    def _of(self, user: str, method: str, path: str, body: dict | None = None) -> Request:
        content = None if body is None else json.dumps(body).encode()
        return Request(method, path, self._headers(user), content, user)

    def _unchanged(self) -> Request:
        """Ask for an unread total that has not changed, once it is known."""
        user = self.people.user(self.people.users - 1 - self.random.randrange(people.QUIET))
        known = {"If-None-Match": self.etags[user]} if user in self.etags else {}
        return Request("GET", "/api/v1/unread/", self._headers(user) | known, None, user)

    def one_to_one(self) -> Request:
        user = self.random.randrange(people.NEIGHBOURS, self.people.users - people.QUIET - people.NEIGHBOURS)
        peer = self.random.choice(self.people.neighbours(user))
        seq, lot, now_s = self._next()
        return self.webhook("C2C.CallbackAfterSendMsg", {
            "From_Account": self.people.user(user), "To_Account": peer, "MsgSeq": seq, "MsgRandom": lot, "MsgTime": now_s,
            "MsgKey": f"{seq}_{lot}_{now_s}", "MsgId": f"144115200000000002-{now_s}-{lot}",
            "OnlineOnlyFlag": 0, "SendMsgResult": 0, "ErrorInfo": "send msg succeed", "UnreadMsgNum": 3,
            "MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Text": TEXT}}], "CloudCustomData": "",
        })  # fmt: skip

    def group_message(self, size: int, which: int | None = None, **more) -> Request:
        if which is None:
            which = self.random.randrange(people.GROUPS[size])
        sender = self.random.choice(self.people.members(size, which))
        seq, lot, now_s = self._next()
        return self.webhook("Group.CallbackAfterSendMsg", {
            "GroupId": people.group(size, which), "Type": "Public", "From_Account": sender, "Operator_Account": sender,
            "Random": lot, "MsgSeq": seq, "MsgTime": now_s, "MsgId": f"144115200000000009-{now_s}-{lot}", "OnlineOnlyFlag": 0,
            "MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Text": TEXT}}], "CloudCustomData": "",
            "EventTime": str(time.time_ns() // 1_000_000), **more,
        })  # fmt: skip

    def _next(self) -> tuple[int, int, int]:
        """Return the number, the random number and the time of a new message.

        Numbers rise with time, whichever client sends: a group's would otherwise come late from all clients but one.
        """
        self._seq = max(self._seq + 1, time.time_ns() // 100_000)
        return self._seq % 2**32, (self._seq * 2_654_435_761 + self._number) % 2**32, int(time.time())

    def webhook(self, command: str, content: dict) -> Request:
        """Return the request with which Tencent reports this, signed now."""
        now_s = str(int(time.time()))
        query = {
            "SdkAppid": site.SDK_APP_ID, "CallbackCommand": command, "contenttype": "json", "RequestTime": now_s,
            "Sign": hashlib.sha256((site.TOKEN + now_s).encode()).hexdigest(),
        }  # fmt: skip
        body = json.dumps({"CallbackCommand": command, **content}, ensure_ascii=False).encode()
        return Request("POST", f"/callbacks/tencent/?{urlencode(query)}", {"Content-Type": "application/json"}, body)
