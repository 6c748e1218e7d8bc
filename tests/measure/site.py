"""imsite as production runs it, on a database of its own: `python -m imsite.serve web` on a port of loopback."""

import http.client
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from tests.measure import machine
from tests.measure.results import ROOT

# The bench's own, so that the UserSigs that it makes are taken.
SDK_APP_ID, SECRET_KEY, TOKEN = 1400000001, "bench-secret", "a token for measuring"
START_S, STOP_S = 30, 20
SETTINGS = {
    "DEBUG": "false",
    "SECRET_KEY": "only for tests: 0123456789 abcdefghijklmnopqrstuvwxyz",
    "ALLOWED_HOSTS": "127.0.0.1",
    "IM_SDK_APP_ID": str(SDK_APP_ID),
    "IM_SECRET_KEY": SECRET_KEY,
    "IM_CALLBACK_TOKEN": TOKEN,
    "REQUEST_LOG": "false",
    "LOG_LEVEL": "warning",
    # Requests are counted as in production, but a client here is many users' at once.
    "RATE_LIMIT_USER": "10000000",
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(process: subprocess.Popen, port: int, path: str = "/") -> None:
    """Return once something answers at the port. Raises SystemExit if the process ends, or takes too long."""
    end = time.monotonic() + START_S
    while time.monotonic() < end and process.poll() is None:
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            client.request("GET", path)
            client.getresponse().read()
            return
        except (OSError, http.client.HTTPException):
            time.sleep(0.1)
        finally:
            client.close()
    stop(process)
    raise SystemExit(f"{process.args} did not start.")


def stop(process: subprocess.Popen) -> None:
    """End a process that was started here, if it runs."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class Site:
    """A web server with `workers` workers, from `with` to its end."""

    def __init__(self, database_url: str, *, workers: int = 2, **environment: str):
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.environment = os.environ | SETTINGS | {
            "DATABASE_URL": database_url, "PORT": str(self.port), "WEB_WORKERS": str(workers), **environment,
        }  # fmt: skip

    def __enter__(self) -> Self:
        self.manage("migrate", "--verbosity=0")
        self.manage("collectstatic", "--no-input", "--verbosity=0")
        command = [sys.executable, "-m", "imsite.serve", "web"]
        self.process = subprocess.Popen(command, cwd=ROOT, env=self.environment, stderr=subprocess.DEVNULL)
        try:
            wait_for(self.process, self.port, "/readyz")
        except BaseException:
            stop(self.process)
            raise
        return self

    def __exit__(self, *_exception) -> None:
        stop(self.process)

    def manage(self, *arguments: str) -> str:
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(command, cwd=ROOT, env=self.environment, check=True, capture_output=True, text=True).stdout

    def service_key(self) -> str:
        """Create an API key that opens every list and takes messages."""
        made = self.manage("create_api_key", "measure", "--service", "--scopes", "read,write,ingest")
        return re.search(r"imk_\S+", made)[0]

    def processor_s(self) -> float:
        return machine.processor_s(self.process.pid)

    def memory_kb(self) -> int:
        return machine.memory_kb(self.process.pid)


@contextmanager
def bare_server(database_url: str, *, workers: int = 2) -> Iterator[int]:
    """Serve bare_wsgi.py to the end of the block, and return its port."""
    port = free_port()
    command = [
        Path(sys.executable).parent / "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port),
        "--workers", str(workers), "--blocking-threads", "2", "--no-access-log", "tests.measure.bare_wsgi:application",
    ]  # fmt: skip
    environment = os.environ | {"DATABASE_URL": database_url}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(process, port)
    try:
        yield port
    finally:
        stop(process)
