"""A client in another language, as a program that reads calls and writes answers and events, one JSON object a line."""

import json
import queue
import subprocess
import threading
from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

from clients.conformance.runner import Answer, CaseFailed, Skipped

TIMEOUT_S = 60


class Testee:
    """The running program."""

    __test__ = False  # not pytest's
    is_sdk = True

    def __init__(self, command: Sequence[str]):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")  # noqa: S603
        self.numbers = count(1)
        self.answers: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self.events: queue.Queue[tuple[str, Any]] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in self.process.stdout or ():
            message = json.loads(line)
            if "event" in message:
                self.events.put((message["event"], message["value"]))
            else:
                self.answers.put(message)
        self.answers.put(None)

    def call(self, name: str, arguments: Mapping[str, Any]) -> Answer:
        return self._answer(name, self._send(name, arguments))

    def start(self, name: str, arguments: Mapping[str, Any]) -> None:
        self._send(name, arguments)

    def _send(self, name: str, arguments: Mapping[str, Any]) -> int:
        """Return the call's number."""
        number = next(self.numbers)
        try:
            self.process.stdin.write(json.dumps({"id": number, "call": name, "arguments": arguments}) + "\n")
            self.process.stdin.flush()
        except OSError as error:
            raise CaseFailed(f"{name}: the client has ended") from error
        return number

    def _answer(self, name: str, number: int) -> Answer:
        while True:
            try:
                message = self.answers.get(timeout=TIMEOUT_S)
            except queue.Empty:
                raise CaseFailed(f"{name}: no callback within {TIMEOUT_S} s") from None
            if message is None:
                self.answers.put(None)
                raise CaseFailed(f"{name}: the client has ended with status {self.process.poll()}")
            if message["id"] == number:
                break
        if "unsupported" in message:
            raise Skipped(f"the client has no {name}")
        return Answer(message.get("value"), message.get("error"))

    def next_event(self, timeout_s: float) -> tuple[str, Any] | None:
        try:
            return self.events.get(timeout=timeout_s) if timeout_s else self.events.get_nowait()
        except queue.Empty:
            return None

    def close(self) -> None:
        """End the program: it must end by itself when its input does."""
        self.process.stdin.close()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        finally:
            self.process.stdout.close()
