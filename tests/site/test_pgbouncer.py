"""Behind PgBouncer in transaction mode, as DATABASE_PREPARE=false promises: the API's tests, and a busy server."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from django.conf import settings
from django.db import connection

from tests.support.servers import RunningServer, free_port, postgresql, scratch_postgresql

REQUESTS, POOL = 200, 3
pytestmark = [
    pytest.mark.server,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="PgBouncer is PostgreSQL's"),
    pytest.mark.skipif(not shutil.which("pgbouncer"), reason="pgbouncer missing: apt-get install pgbouncer"),
]
CONFIGURATION = """\
[databases]
* = host={host} port={port} user={user}{password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {own_port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = {pool}
max_client_conn = 200
logfile = {folder}/log
"""


@pytest.fixture
def pooled(django_db_blocker) -> Iterator[tuple[str, str]]:
    """The addresses of a database with all tables: through PgBouncer, and its own."""
    with django_db_blocker.unblock(), scratch_postgresql() as url, tempfile.TemporaryDirectory() as folder:
        address, port = urlsplit(url), free_port()
        server = {"host": address.hostname or "127.0.0.1", "port": address.port or 5432, "user": address.username}
        server["password"] = f" password={address.password}" if address.password else ""
        file = Path(folder) / "pgbouncer.ini"
        file.write_text(CONFIGURATION.format(**server, own_port=port, folder=folder, pool=POOL))
        for path in (Path(folder), file):
            path.chmod(0o777)
        user = ["-u", "nobody"] if os.geteuid() == 0 else []
        process = subprocess.Popen(["pgbouncer", "-q", *user, str(file)], stderr=subprocess.DEVNULL)
        through = address._replace(netloc=f"{address.username}@127.0.0.1:{port}").geturl()
        try:
            wait_for(through)
            yield through, url
        finally:
            process.terminate()
            process.wait(timeout=10)
            with postgresql() as database:  # PgBouncer's connections kept pytest from it
                for worker in ("gw0", "gw1"):
                    database.execute(f"DROP DATABASE IF EXISTS test{address.path.replace('/', '_')}_{worker} WITH (FORCE)")


def wait_for(url: str) -> None:
    for _attempt in range(50):
        try:
            return psycopg.connect(url, prepare_threshold=None).close()
        except psycopg.OperationalError:
            time.sleep(0.1)
    raise AssertionError("PgBouncer did not start.")


@pytest.mark.skipif(not os.environ.get("REQUIRE_ALL"), reason="It takes a minute: .ci/run has it")
def test_the_tests_of_the_api_pass(pooled):
    environment = os.environ | {"DATABASE_URL": pooled[0], "DATABASE_PREPARE": "false", "HYPOTHESIS_PROFILE": "quick"}
    options = ["-q", "-n", "2", "-m", "not server and not slow", "--ignore=tests/api/test_contract.py", "-p", "no:schemathesis"]

    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "tests/api", "-o", "cache_dir=.pytest_cache/PgBouncer"],
        env=environment, cwd=settings.BASE_DIR, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout[-4000:]


def test_threads_that_share_connections_get_their_answers(pooled):
    through, url = pooled
    server = RunningServer("wsgi", "imsite.wsgi:application", DATABASE_URL=through, DATABASE_PREPARE="false")
    try:
        key = server.do("with_key(owner_id=None, scopes=api_keys.SCOPES)")["HTTP_AUTHORIZATION"]
        server.do("make_conversations(5)")
        with ThreadPoolExecutor(8) as threads:
            statuses = list(threads.map(lambda number: ask(server, key, number), range(REQUESTS)))
    finally:
        server.stop()

    assert statuses == [200] * REQUESTS
    with psycopg.connect(url) as database:
        settings_left = database.execute("SELECT current_setting('jit'), current_setting('lock_timeout')").fetchone()
    assert settings_left == ("on", "0")


def ask(server: RunningServer, key: str, number: int) -> int:
    paths = ("conversations/", "conversations/?hasUnreadCount=true", "unread/", "changes/", "conversations/c2c_peer1/pin/")
    path = paths[number % len(paths)]
    address = f"http://127.0.0.1:{server.port}/api/v1/{path}{'&' if '?' in path else '?'}owner=alice"
    request = urllib.request.Request(address, method="PUT" if "pin" in path else "GET", headers={"Authorization": key})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.status
