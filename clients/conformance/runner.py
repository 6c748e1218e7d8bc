"""Runs one case: brings its data to the server, has a client do the calls, and compares."""

import http.client
import json
import secrets
import time
from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol
from urllib.parse import quote, urlencode, urlsplit

from clients.conformance.cases import Case, expand
from clients.conformance.matching import difference
from clients.conformance.proxy import Proxy

TIMEOUT_S = 15
QUIET_S = 0.5
REPORTED_AT_ONCE = 100


class CaseFailed(Exception):
    """The client or the server does not do what the case says."""


class Skipped(Exception):
    """The client does not have a call of the case."""


class Answer(NamedTuple):
    """What a callback got: a value, or an error of `code` and `desc`."""

    value: Any = None
    error: dict[str, Any] | None = None


class Client(Protocol):
    """A client under test."""

    is_sdk: bool

    def call(self, name: str, arguments: Mapping[str, Any]) -> Answer:
        """Do a call of the SDK and return what its callback got. Raises Skipped, CaseFailed."""
        ...

    def start(self, name: str, arguments: Mapping[str, Any]) -> None:
        """Do a call without waiting for its callback; of clients with callbacks only."""
        ...

    def next_event(self, timeout_s: float) -> tuple[str, Any] | None:
        """Return the next call of a listener, by name and value, or None if there is none in time."""
        ...

    def close(self) -> None: ...


class Runner:
    """Runs cases against one server by one client."""

    def __init__(self, url: str, key: str, proxy: Proxy, client: Client):
        self.url, self.key, self.proxy, self.client = url, key, proxy, client
        self.words: dict[str, str] = {}
        self.saved: dict[str, Any] = {}

    def run(self, case: Case) -> None:
        """Run a case. Raises CaseFailed, Skipped."""
        if case.is_for_sdk and not self.client.is_sdk:
            raise Skipped("for SDKs only")
        run = secrets.token_hex(6)
        self.words = {**case.words, "run": run, "owner": f"conformance_{run}", "key": self.key}
        self.saved = {}
        self.proxy.reset()
        self._connect()
        try:
            for data in case.given:
                self._feed(self._expanded(data))
            for number, step in enumerate(case.steps, 1):
                try:
                    self._step(step)
                except CaseFailed as failure:
                    raise CaseFailed(f"step {number}: {failure}") from failure
        finally:
            self.client.call("disconnect", {})
            while self.client.next_event(0):
                pass

    def _connect(self) -> None:
        arguments = {"server": self.proxy.url, "credential": self.key, "owner": self.words["owner"]}
        self.client.call("connect", arguments)
        self.client.call("setPlaceholders", {"enabled": False})

    def _expanded(self, value: Any) -> Any:
        return expand(value, self.words, self.saved)

    def _step(self, step: Mapping[str, Any]) -> None:
        kinds = {
            "call": self._call,
            "feed": self._feed_step,
            "await": self._await,
            "quiet": self._quiet,
            "proxy": self._proxy,
            "http": self._http,
        }
        kinds[next(iter(step))](step)

    def _call(self, step: Mapping[str, Any]) -> None:
        arguments = self._expanded(step.get("arguments", {}))
        if step["call"] == "connect":
            arguments = {"server": self.proxy.url, "credential": self.key, "owner": self.words["owner"]} | arguments
        if step.get("later"):
            self.client.start(step["call"], arguments)
            return
        answer = self.client.call(step["call"], arguments)
        if "error" in step:
            _require(difference(self._expanded(step["error"]), answer.error, "error"), step["call"])
            return
        if answer.error:
            raise CaseFailed(f"{step['call']} failed: {answer.error}")
        if "save" in step:
            self.saved[step["save"]] = answer.value
        if "value" in step:
            _require(difference(self._expanded(step["value"]), answer.value), step["call"])

    def _await(self, step: Mapping[str, Any]) -> None:
        """Pass over events to one of this name and value."""
        expected = self._expanded(step.get("value", {"$any": True}))
        deadline = time.monotonic() + TIMEOUT_S
        seen: list[str] = []
        while event := self.client.next_event(max(0.0, deadline - time.monotonic())):
            name, value = event
            why = difference(expected, value) if name == step["await"] else ""
            if why is None:
                return
            seen.append(f"{name} ({why})" if why else name)
        raise CaseFailed(f"no {step['await']} came; instead: {', '.join(seen) or 'nothing'}")

    def _quiet(self, step: Mapping[str, Any]) -> None:
        """Wait a while for events that must not come."""
        while event := self.client.next_event(QUIET_S):
            if event[0] in step["quiet"]:
                raise CaseFailed(f"{event[0]} came: {event[1]}")

    def _proxy(self, step: Mapping[str, Any]) -> None:
        match step["proxy"]:
            case "break":
                self.saved["sentID"] = self.proxy.sent_id
                self.proxy.break_streams()
            case "down":
                self.proxy.is_down = True
            case "up":
                self.proxy.is_down = False
            case "limit":
                self.proxy.is_limited = True
            case "waited":
                if self.proxy.is_limited or self.proxy.was_early:
                    raise CaseFailed("the client did not wait for the time of Retry-After")
            case "resumed":
                asked = self.proxy.asked_ids[-1]
                if len(self.proxy.asked_ids) < 2 or asked != self.saved["sentID"]:
                    raise CaseFailed(f"the stream was asked for from {asked}, the last event was {self.saved['sentID']}")
            case "answer":
                self.proxy.given_version = step["version"]
            case "asked":
                self._asked(self._expanded(step["version"]))

    def _asked(self, version: Any) -> None:
        """Wait until the last read was sent with this version: one that an event leads to may be on its way."""
        deadline = time.monotonic() + TIMEOUT_S
        while (why := difference(version, self.proxy.asked_version, "version")) is not None:
            if time.monotonic() > deadline:
                raise CaseFailed(f"the last read: {why}")
            time.sleep(0.05)

    # ---- Over HTTP, past the client ----------------------------------------------------------

    def _http(self, step: Mapping[str, Any]) -> None:
        asked = self._expanded(step["http"])
        query = [(name, value) for name, value in asked.get("query", [])]
        status, headers, body = self._request(
            asked.get("method", "GET"), asked["path"], query, asked.get("body"), asked.get("headers", {})
        )
        expected = self._expanded(step["answer"])
        if status != expected.get("status", 200):
            raise CaseFailed(f"{asked['path']} answers {status}: {body!r:.300}")
        _require(difference(expected.get("headers", {}), headers, "headers"), asked["path"])
        if "keys" in expected and sorted(body) != sorted(expected["keys"]):
            raise CaseFailed(f"the keys are {sorted(body)}")
        if "body" in expected:
            _require(difference(expected["body"], body, "body"), asked["path"])
        if "save" in step:
            self.saved[step["save"]] = {"headers": headers, "body": body}

    def _feed_step(self, step: Mapping[str, Any]) -> None:
        self._feed(self._expanded(step["feed"]))

    def _feed(self, data: Mapping[str, Any]) -> None:
        """Bring data to the server as apps and back ends do."""
        for start in range(0, len(data.get("report", [])), REPORTED_AT_ONCE):
            part = data["report"][start : start + REPORTED_AT_ONCE]
            self._fed("POST", "conversations/report/", {"conversationList": part})
        if "messages" in data:
            self._fed("POST", "messages/", data["messages"], is_of_owner=False)
        if "recall" in data:
            self._fed("POST", "messages/recall/", data["recall"], is_of_owner=False)
        for group_id, group in data.get("groups", {}).items():
            self._fed("PUT", f"groups/{quote(group_id, safe='')}/", group, is_of_owner=False)
        for user_id, user in data.get("users", {}).items():
            self._fed("PUT", f"users/{quote(user_id, safe='')}/", user, is_of_owner=False)

    def _fed(self, method: str, path: str, body: Any, *, is_of_owner: bool = True) -> None:
        query = [("owner", self.words["owner"])] if is_of_owner else []
        status, _headers, answer = self._request(method, path, query, body, {})
        results = answer.get("results", []) if isinstance(answer, dict) else []
        if status not in (200, 204) or any(result["resultCode"] for result in results):
            raise CaseFailed(f"the data was refused: {path} answers {status} {answer}")

    def _request(
        self, method: str, path: str, query: list[tuple[str, str]], body: Any, headers: Mapping[str, str]
    ) -> tuple[int, dict[str, str], Any]:
        parts = urlsplit(self.url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(parts.netloc, timeout=60)
        address = f"{parts.path.rstrip('/')}/api/v1/{path}" + (f"?{urlencode(query)}" if query else "")
        content = None if body is None else json.dumps(body)
        sent = {"Authorization": f"Bearer {self.key}", "Accept": "application/json", "Content-Type": "application/json"}
        try:
            connection.request(method, address, content, {**sent, **headers})
            response = connection.getresponse()
            text = response.read()
            is_json = text and "json" in response.headers.get_content_type()
            return (
                response.status,
                {name.lower(): value for name, value in response.getheaders()},
                json.loads(text) if is_json else None,
            )
        finally:
            connection.close()


def _require(why: str | None, what: str) -> None:
    if why:
        raise CaseFailed(f"{what}: {why}")
