"""Send requests that were prepared beforehand, by wrk if installed: a back end's cost of making them is not measured."""

import json
import os
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.measure.calls import Request
from tests.measure.load import Load, at_full_speed

SCRIPT = Path(__file__).with_name("requests.lua")


def send(port: int, requests: Sequence[Request], *, seconds: float, connections: int) -> Load:
    """Send each request at most once. Raises SystemExit if one was refused, or if there are too few."""
    if shutil.which("wrk"):
        load = _by_wrk(port, requests, seconds, connections)
    else:
        load = at_full_speed(port, lambda number: _each_of(requests[number::connections]), seconds=seconds, clients=connections)
    if load.refused or load.counts.total() > len(requests):
        raise SystemExit(f"Refused: {load.refused}; sent {load.counts.total()} of {len(requests)} requests")
    return load


def _each_of(requests: Sequence[Request]) -> Callable[[], Request]:
    return iter(requests).__next__


def _by_wrk(port: int, requests: Sequence[Request], seconds: float, connections: int) -> Load:
    with tempfile.NamedTemporaryFile("wb", suffix=".requests") as file:
        for method, path, headers, body, _user in requests:
            line = "\t".join((method, path, headers.get("Authorization", "-"))).encode() + b"\t" + (body or b"") + b"\n"
            file.write(line)
        file.flush()
        command = ["wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--timeout", "60s", "-s", SCRIPT]
        done = subprocess.run(
            [*command, f"http://127.0.0.1:{port}"], env=os.environ | {"REQUESTS": file.name}, check=True, capture_output=True
        )
    found = json.loads(done.stdout.splitlines()[-1])
    times_ms = [latency / 1000 for latency in found["latencies_us"]]
    return Load(Counter({"": found["requests"]}), times_ms, found["duration_us"] / 1e6, +Counter(wrk=found["refused"]))
