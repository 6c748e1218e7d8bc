"""Run the suite on every database that is here, all at the same time, and say plainly what was left out.

SQLite always; PostgreSQL where DATABASE_URL names one, else where 127.0.0.1:5432 answers; the browser tests on both, where
Chromium is. CITUS_URL adds a run on distributed tables. DATABASES=SQLite, PostgreSQL or Citus runs on one alone. REQUIRE_ALL=1
fails if anything but Citus was left out.
Arguments go on to pytest. With REQUIRE_ALL the SQLite run must reach COVERAGE_FLOORS as well, unless arguments choose
some tests only.
"""

import os
import subprocess
import sys
import tempfile
from typing import IO, NamedTuple

import psycopg

from tests.browser import chromium

LOCAL_POSTGRESQL = "postgres://postgres@127.0.0.1:5432/postgres"
# Percent of lines and branches, a little below what is covered.
COVERAGE_FLOORS = {"unread": 96, "store": 93, "feeding": 96}
# The browser adds nothing to them: its server is another process.
IS_COVERED = bool(os.environ.get("REQUIRE_ALL")) and set(sys.argv[1:]) <= {"--ignore=tests/browser"}
COVERAGE_OPTIONS = [f"--cov=conversations.{room}" for room in COVERAGE_FLOORS] + ["--cov-branch", "--cov-report="]


class Run(NamedTuple):
    """One database's run of the suite, and where its output goes if not to ours."""

    process: subprocess.Popen
    output: IO[bytes] | None


def main() -> int:
    postgresql, named = LOCAL_POSTGRESQL, os.environ.get("DATABASE_URL", "")
    if named.startswith("postgres"):
        postgresql = named
    urls = {"SQLite": "sqlite:///imsite.sqlite3", "PostgreSQL": postgresql}
    if citus_url := os.environ.get("CITUS_URL"):
        urls["Citus"] = citus_url
    chosen = os.environ.get("DATABASES", ",".join(urls)).split(",")
    left_out = {"Chromium": chromium.why_not()}
    if "PostgreSQL" in chosen:
        left_out["PostgreSQL"] = _why_not(postgresql)
    left_out = {name: why_not for name, why_not in left_out.items() if why_not}
    passed = _run_all({name: urls[name] for name in chosen if name not in left_out})
    for name, has_passed in passed.items():
        print(f"{name}: {'passed' if has_passed else 'FAILED'}")
    if "Chromium" not in left_out and not sys.argv[1:]:
        print("Chromium: the browser tests are among these")
    for name, why_not in left_out.items():
        print(f"{name}: LEFT OUT, {why_not}")
    if not citus_url:
        print("Citus: LEFT OUT, CITUS_URL names no cluster")
    was_needed = left_out and (os.environ.get("REQUIRE_ALL") or (postgresql == named and "PostgreSQL" in left_out))
    return 1 if was_needed or not passed or not all(passed.values()) else 0


def _run_all(urls: dict[str, str]) -> dict[str, bool]:
    """Run the suite on all databases together, so that no processor waits for a test that waits."""
    runs = {name: _start(name, url, is_first=number == 0) for number, (name, url) in enumerate(urls.items())}
    passed = {name: _finish(name, run) for name, run in runs.items()}
    if IS_COVERED and "SQLite" in passed:
        passed["Coverage"] = _is_covered()
    return passed


def _start(name: str, url: str, *, is_first: bool) -> Run:
    """Start pytest. The first run's output is seen as it comes, the others' when they have ended."""
    output = None if is_first else tempfile.TemporaryFile()  # noqa: SIM115
    options = ["-n", "auto", "-o", f"cache_dir=.pytest_cache/{name}"]
    if name == "SQLite" and IS_COVERED:
        options += COVERAGE_OPTIONS
    if is_first:
        print(f"== {name}", flush=True)
    command = [sys.executable, "-m", "pytest", *options, *sys.argv[1:]]
    environment = os.environ | {"DATABASE_URL": url, "DEBUG": "true"}
    return Run(subprocess.Popen(command, env=environment, stdout=output, stderr=output), output)


def _finish(name: str, run: Run) -> bool:
    status = run.process.wait()
    if run.output:
        run.output.seek(0)
        print(f"== {name}", flush=True)
        sys.stdout.buffer.write(run.output.read())
        sys.stdout.flush()
    return status == 0


def _is_covered() -> bool:
    """Report the coverage of each room that has a floor, and return whether all reach theirs."""
    statuses = []
    for room, floor in COVERAGE_FLOORS.items():
        print(f"== Coverage of {room}/", flush=True)
        command = [sys.executable, "-m", "coverage", "report", f"--include=conversations/{room}/*", f"--fail-under={floor}"]
        statuses.append(subprocess.run([*command, "--skip-covered", "--show-missing"], check=False).returncode)
    return not any(statuses)


def _why_not(url: str) -> str:
    """Why the server of `url` can't be tested on; "" if it can."""
    try:
        psycopg.connect(url, connect_timeout=3, dbname="postgres").close()
    except psycopg.OperationalError as error:
        return str(error).strip().splitlines()[0]
    return ""


if __name__ == "__main__":
    sys.exit(main())
