"""Run the suite on every database that is here, and say plainly which one was left out.

SQLite always; PostgreSQL where DATABASE_URL names one, else where 127.0.0.1:5432 answers. REQUIRE_ALL=1 fails if any was
left out. Arguments go on to pytest.
"""

import os
import subprocess
import sys

import psycopg

LOCAL_POSTGRESQL = "postgres://postgres@127.0.0.1:5432/postgres"


def main() -> int:
    named = os.environ.get("DATABASE_URL", "")
    databases = {"SQLite": "sqlite:///imsite.sqlite3"}
    postgresql = named if named.startswith("postgres") else LOCAL_POSTGRESQL
    why_not = _why_not(postgresql)
    if not why_not:
        databases["PostgreSQL"] = postgresql
    failed = [name for name, url in databases.items() if not _passes(name, url)]
    for name in databases:
        print(f"{name}: {'FAILED' if name in failed else 'passed'}")
    if why_not:
        print(f"PostgreSQL: LEFT OUT, {why_not}")
    return 1 if failed or (why_not and (os.environ.get("REQUIRE_ALL") or postgresql == named)) else 0


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
