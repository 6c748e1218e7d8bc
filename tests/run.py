"""Run the suite on every database that is here, and say plainly what was left out.

SQLite always; PostgreSQL where DATABASE_URL names one, else where 127.0.0.1:5432 answers; the browser tests on both, where
Chromium is. REQUIRE_ALL=1 fails if anything was left out. Arguments go on to pytest.
"""

import os
import subprocess
import sys

import psycopg

from tests.browser import chromium

LOCAL_POSTGRESQL = "postgres://postgres@127.0.0.1:5432/postgres"


def main() -> int:
    named = os.environ.get("DATABASE_URL", "")
    databases = {"SQLite": "sqlite:///imsite.sqlite3"}
    postgresql = named if named.startswith("postgres") else LOCAL_POSTGRESQL
    left_out = {"PostgreSQL": _why_not(postgresql), "Chromium": chromium.why_not()}
    left_out = {name: why_not for name, why_not in left_out.items() if why_not}
    if "PostgreSQL" not in left_out:
        databases["PostgreSQL"] = postgresql
    failed = [name for name, url in databases.items() if not _passes(name, url)]
    for name in databases:
        print(f"{name}: {'FAILED' if name in failed else 'passed'}")
    if "Chromium" not in left_out:
        print("Chromium: the browser tests are among these")
    for name, why_not in left_out.items():
        print(f"{name}: LEFT OUT, {why_not}")
    was_needed = left_out and (os.environ.get("REQUIRE_ALL") or (postgresql == named and "PostgreSQL" in left_out))
    return 1 if failed or was_needed else 0


def _passes(name: str, url: str) -> bool:
    print(f"== {name}", flush=True)
    command = [sys.executable, "-m", "pytest", "-n", "auto", *sys.argv[1:]]
    return subprocess.run(command, env=os.environ | {"DATABASE_URL": url, "DEBUG": "true"}, check=False).returncode == 0


def _why_not(url: str) -> str:
    """Why the server of `url` can't be tested on; "" if it can."""
    try:
        psycopg.connect(url, connect_timeout=3, dbname="postgres").close()
    except psycopg.OperationalError as error:
        return str(error).strip().splitlines()[0]
    return ""


if __name__ == "__main__":
    sys.exit(main())
