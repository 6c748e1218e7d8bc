"""The calls of the SDK over plain HTTP: the contract in its shortest form, and the client that `--client` replaces."""

import http.client
import json
import queue
import re
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode, urlsplit

from clients.conformance.runner import Answer, Skipped

MAX_IDS = 1000
RETRY_S = 0.05
NETWORK, NOT_CONNECTED, INVALID_PARAMETER = 9508, 6013, 6017
VERSION = "Owner-Version"
# What a replica may answer; DELETE conversations/-/ is a change.
REPLICA_READS = ("conversations/-/", "conversations/lookup/", "conversations/", "unread/")
_is_token = re.compile(r"(\d{1,18})\.(\d{1,18})(\.\d{1,18})?", re.ASCII).fullmatch


class CallError(Exception):
    """What onError() gets, with the HTTP status, 0 where there was no answer, and the seconds to wait before trying again."""

    def __init__(self, code: int, desc: str, status: int = 0, retry_after_s: int = 0):
        super().__init__(desc)
        self.code, self.desc, self.status, self.retry_after_s = code, desc, status, retry_after_s


class Session:
    """Server, credential and owner."""

    def __init__(self, server: str, credential: str, owner: str):
        self.netloc, self.credential, self.owner = urlsplit(server).netloc, credential, owner
        self.position: str | None = None
        self.seen: tuple[int, int, str] | None = None  # epoch, version and text of the newest sync token
        self.lock = threading.Lock()

    def note(self, token: str | None) -> None:
        """Remember a sync token if it is the newest one, so that no read shows an older list."""
        if token and (match := _is_token(token)):
            found = (int(match[1]), int(match[2]), token)
            with self.lock:
                self.seen = found if self.seen is None or found[:2] > self.seen[:2] else self.seen

    def send(self, method: str, path: str, query: Mapping[str, Any] | None = None, body: Any = None) -> Any:
        """Return the answer's JSON. Raises CallError."""
        connection = http.client.HTTPConnection(self.netloc, timeout=60)
        try:
            response = self._request(connection, method, path, query or {}, body)
            return self._content(response)
        except (OSError, http.client.HTTPException) as error:
            raise CallError(NETWORK, f"The server cannot be reached: {error}") from error
        finally:
            connection.close()

    def _request(
        self, connection: http.client.HTTPConnection, method: str, path: str, query: Mapping[str, Any], body: Any
    ) -> http.client.HTTPResponse:
        headers = {"Authorization": f"Bearer {self.credential}", "Accept": "application/json"}
        content = None
        if body is not None:
            content, headers["Content-Type"] = json.dumps(body), "application/json"
        if self.seen and path in REPLICA_READS and method != "DELETE":
            headers[VERSION] = self.seen[2]
        address = f"/api/v1/{path}?{urlencode({**query, 'owner': self.owner})}"
        connection.request(method, address, content, headers)
        return connection.getresponse()

    def _content(self, response: http.client.HTTPResponse) -> Any:
        text = response.read()
        content = json.loads(text) if text else None
        self.note(response.headers.get(VERSION))
        if response.status >= 300:
            retry_after_s = int(response.headers.get("Retry-After", 0))
            raise CallError(content["code"], content["desc"], response.status, retry_after_s)
        if self.position is None:
            self.position = response.headers.get(VERSION)
        return content

    def events(self, keep: Callable[[http.client.HTTPConnection], None]) -> Iterator[tuple[str, Any]]:
        """Yield events to the stream's end, moving the position on. Raises CallError, OSError."""
        if self.position is None:
            self.send("GET", "unread/")
        connection = http.client.HTTPConnection(self.netloc, timeout=60)
        keep(connection)
        headers = {"Authorization": f"Bearer {self.credential}", "Accept": "text/event-stream"}
        headers["Last-Event-ID"] = self.position or "0"
        connection.request("GET", f"/api/v1/events/?{urlencode({'owner': self.owner})}", headers=headers)
        response = connection.getresponse()
        if response.status != 200:
            self._content(response)
        yield "", None
        fields: dict[str, str] = {}
        while line := response.readline():
            name, _colon, value = line.decode().rstrip("\n").partition(": ")
            if name:
                fields[name] = value
            elif "data" in fields:
                self.note(fields.get("id"))  # first: on an event, apps read
                yield fields.get("event", ""), json.loads(fields["data"])
                self.position = fields.get("id", self.position)
                fields = {}


class HTTPClient:
    """A client of the conformance suite."""

    is_sdk = False

    def __init__(self) -> None:
        self.session: Session | None = None
        self.listening: Listening | None = None
        self.placeholders = False
        self.received: queue.Queue[tuple[str, Any]] = queue.Queue()

    def call(self, name: str, arguments: Mapping[str, Any]) -> Answer:
        if name not in CALLS:
            raise Skipped(f"plain HTTP has no {name}")
        try:
            return Answer(CALLS[name](self, **arguments))
        except CallError as error:
            return Answer(error={"code": error.code, "desc": error.desc})

    def start(self, name: str, arguments: Mapping[str, Any]) -> None:
        raise Skipped("plain HTTP has no callbacks")

    def next_event(self, timeout_s: float) -> tuple[str, Any] | None:
        try:
            return self.received.get(timeout=timeout_s) if timeout_s else self.received.get_nowait()
        except queue.Empty:
            return None

    def close(self) -> None:
        self.disconnect()

    def send(self, method: str, path: str, query: Mapping[str, Any] | None = None, body: Any = None) -> Any:
        if self.session is None:
            raise CallError(NOT_CONNECTED, "Call connect first.")
        return self.session.send(method, path, query, body)

    # ---- Connection and listener -------------------------------------------------------------

    def connect(self, server: str, credential: str, owner: str) -> None:
        self.session = Session(server, credential, owner)

    def disconnect(self) -> None:
        self.remove_listener()
        self.session = None

    def set_placeholders(self, enabled: bool) -> None:
        self.placeholders = enabled

    def add_listener(self) -> None:
        if self.session:
            self.listening = Listening(self.session, self.received)

    def remove_listener(self) -> None:
        if self.listening:
            self.listening.close()
            self.listening = None

    # ---- Reads -------------------------------------------------------------------------------

    def get(self, conversationID: str) -> Any:
        query = {"id": conversationID} | ({"placeholder": "true"} if self.placeholders else {})
        return self.send("GET", "conversations/-/", query)

    def lookup(self, conversationIDList: list[str]) -> Any:
        ids = list(dict.fromkeys(conversationIDList))
        conversations, unresolved = [], []
        for start in range(0, max(1, len(ids)), MAX_IDS):
            answer = self.send("POST", "conversations/lookup/", body={"conversationIDList": ids[start : start + MAX_IDS]})
            conversations += answer["conversationList"]
            unresolved += answer["unresolved"]
        if not conversations and unresolved and all(item["resultCode"] == INVALID_PARAMETER for item in unresolved):
            raise CallError(INVALID_PARAMETER, unresolved[0]["resultInfo"])
        return conversations

    def page(self, nextSeq: str, count: int, filter: Mapping[str, Any] | None = None) -> Any:
        return self.send("GET", "conversations/", {"nextSeq": nextSeq, "count": count, **_parameters(filter or {})})

    def unread(self, filter: Mapping[str, Any] | None = None) -> Any:
        return self.send("GET", "unread/", _parameters(filter or {}))["total"]

    def group_list(self) -> Any:
        return self.send("GET", "conversation-groups/")["conversationGroupList"]

    # ---- Changes -----------------------------------------------------------------------------

    def pin(self, conversationID: str, isPinned: bool) -> None:
        self.send("PUT" if isPinned else "DELETE", "conversations/-/pin/", {"id": conversationID})

    def draft(self, conversationID: str, draftText: str) -> None:
        self.send("PUT", "conversations/-/draft/", {"id": conversationID}, {"draftText": draftText})

    def delete(self, conversationID: str) -> None:
        self.send("DELETE", "conversations/-/", {"id": conversationID})

    def read(self, conversationID: str, cleanTimestamp: int = 0, cleanSequence: int = 0) -> None:
        if conversationID in ("", "c2c", "group"):
            self.send("POST", "conversations/read/", body={"scope": conversationID or "all"})
            return
        key, position = ("cleanTimestamp", cleanTimestamp)
        if conversationID.startswith("group_"):
            key, position = ("cleanSequence", cleanSequence)
        self.send("POST", "conversations/-/read/", {"id": conversationID}, {key: position} if position else {})

    def mark(self, **body: Any) -> Any:
        return self.send("POST", "conversations/mark/", body=body)["results"]

    def custom_data(self, **body: Any) -> Any:
        return self.send("POST", "conversations/custom-data/", body=body)["results"]

    def delete_list(self, **body: Any) -> Any:
        return self.send("POST", "conversations/delete/", body=body)["results"]

    def create_group(self, **body: Any) -> Any:
        return self.send("POST", "conversation-groups/", body=body)["results"]

    def delete_group(self, groupName: str) -> None:
        self.send("DELETE", "conversation-groups/-/", {"name": groupName})

    def rename_group(self, oldName: str, newName: str) -> None:
        self.send("PATCH", "conversation-groups/-/", {"name": oldName}, {"newName": newName})

    def add_to_group(self, groupName: str, **body: Any) -> Any:
        return self.send("POST", "conversation-groups/-/add/", {"name": groupName}, body)["results"]

    def remove_from_group(self, groupName: str, **body: Any) -> Any:
        return self.send("POST", "conversation-groups/-/remove/", {"name": groupName}, body)["results"]


CALLS: Mapping[str, Callable[..., Any]] = {
    "connect": HTTPClient.connect,
    "disconnect": HTTPClient.disconnect,
    "setPlaceholders": HTTPClient.set_placeholders,
    "addConversationListener": HTTPClient.add_listener,
    "removeConversationListener": HTTPClient.remove_listener,
    "getConversation": HTTPClient.get,
    "getConversationList": HTTPClient.lookup,
    "getConversationListByPage": HTTPClient.page,
    "getConversationListByFilter": HTTPClient.page,
    "getTotalUnreadMessageCount": HTTPClient.unread,
    "getUnreadMessageCountByFilter": HTTPClient.unread,
    "getConversationGroupList": HTTPClient.group_list,
    "pinConversation": HTTPClient.pin,
    "setConversationDraft": HTTPClient.draft,
    "deleteConversation": HTTPClient.delete,
    "cleanConversationUnreadMessageCount": HTTPClient.read,
    "markConversation": HTTPClient.mark,
    "setConversationCustomData": HTTPClient.custom_data,
    "deleteConversationList": HTTPClient.delete_list,
    "createConversationGroup": HTTPClient.create_group,
    "deleteConversationGroup": HTTPClient.delete_group,
    "renameConversationGroup": HTTPClient.rename_group,
    "addConversationsToGroup": HTTPClient.add_to_group,
    "deleteConversationsFromGroup": HTTPClient.remove_from_group,
}


def _parameters(conditions: Mapping[str, Any]) -> dict[str, str]:
    """Return a V2TIMConversationListFilter as query parameters."""
    names = {"conversationType": "type"}
    return {
        names.get(key, key): str(value).lower() if value in (True, False) else str(value) for key, value in conditions.items()
    }


class Listening:
    """Follows events on a thread and says what a listener would be called with."""

    def __init__(self, session: Session, received: queue.Queue[tuple[str, Any]]):
        self.session, self.received, self.total = session, received, -1
        self.closed = threading.Event()
        self.connection: http.client.HTTPConnection | None = None
        threading.Thread(target=self._run, daemon=True).start()

    def close(self) -> None:
        self.closed.set()
        if self.connection and self.connection.sock:
            with suppress(OSError):  # closed already
                self.connection.sock.shutdown(socket.SHUT_RDWR)

    def _run(self) -> None:
        while not self.closed.is_set():
            self._tell("onSyncServerStart")
            is_open, wait_s = False, RETRY_S
            try:
                for name, data in self.session.events(self._keep):
                    is_open = True
                    self._receive(name, data)
            except CallError as error:
                self._tell("onSyncServerFailed")
                if 400 <= error.status < 500 and error.status != 429:
                    return
                wait_s = max(wait_s, error.retry_after_s)
            except (OSError, ValueError, http.client.HTTPException):
                if not is_open:
                    self._tell("onSyncServerFailed")
            self.closed.wait(wait_s)

    def _keep(self, connection: http.client.HTTPConnection) -> None:
        self.connection = connection

    def _tell(self, name: str, value: Any = None) -> None:
        if not self.closed.is_set():
            self.received.put((name, value))

    def _receive(self, name: str, data: Any) -> None:
        if name == "":
            self._tell("onSyncServerFinish")
        elif name == "unread" and data["total"] != self.total:
            self.total = data["total"]
            self._tell("onTotalUnreadMessageCountChanged", self.total)
        elif name == "changes":
            by_kind: dict[str, list[Any]] = {}
            for change in data["changes"]:
                item = change.get("conversation") or change.get("conversationID") or change.get("conversationGroupList")
                by_kind.setdefault(change["kind"], []).append(item)
            names = {"new": "onNewConversation", "changed": "onConversationChanged", "deleted": "onConversationDeleted"}
            for kind, listener in names.items():
                if kind in by_kind:
                    self._tell(listener, by_kind[kind])
