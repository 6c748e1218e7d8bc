"""What a read replica takes off the primary: the processor time of both servers for READS reads, with and without it.

    DEBUG=true python -m tests.measure.replica

Makes a primary and a standby of its own with a few thousand conversations. The server of the reads is the same each time; only
its DATABASE_REPLICA_URL differs. Rates are not compared: all of this shares one machine.
"""

import http.client
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django
import psycopg

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "imsite.settings")
os.environ.setdefault("DEBUG", "true")
django.setup()

from tests.support.cast import SDK_APP_ID, SECRET_KEY, bearer, usersig  # noqa: E402
from tests.support.clusters import Cluster, cluster_folder  # noqa: E402
from tests.support.servers import RunningServer, migrate  # noqa: E402

READS = 1000
ROUNDS = 3
ENVIRONMENT = {
    "IM_SDK_APP_ID": str(SDK_APP_ID),
    "IM_SECRET_KEY": SECRET_KEY,
    "RATE_LIMIT_USER": "0",
    "REQUEST_LOG": "false",
}
PATHS = {
    "one conversation": "conversations/c2c_peer7/?",
    "100 by ID": "conversations/lookup/?" + "&".join(f"id=c2c_peer{number}" for number in range(100)) + "&",
    "a page of 50": "conversations/?count=50&",
    "unread totals": "unread/?",
}


def main() -> None:
    with cluster_folder() as folder:
        primary = Cluster.make("primary", folder)
        primary.start()
        try:
            standby = prepared(primary)
            standby.start()
            try:
                compare(primary, standby)
            finally:
                standby.stop()
        finally:
            primary.stop()


def prepared(primary: Cluster) -> Cluster:
    """Make the database, and return its standby, which is not started."""
    with primary.connect() as session:
        session.execute("CREATE DATABASE imsite")
    migrate(primary.url("imsite"))
    with serving(primary) as server:
        server.do("make_conversations(2000, unread_count=1, imported_unread=1)")
    with primary.connect("imsite") as session:
        session.execute("VACUUM ANALYZE")
    return primary.make_standby("standby")


@contextmanager
def serving(primary: Cluster, **more: str) -> Iterator[RunningServer]:
    server = RunningServer("wsgi", "imsite.wsgi:application", DATABASE_URL=primary.url("imsite"), **ENVIRONMENT, **more)
    try:
        yield server
    finally:
        server.stop()


def compare(primary: Cluster, standby: Cluster) -> None:
    replica = {"DATABASE_REPLICA_URL": standby.url("imsite")}
    with serving(primary) as without, serving(primary, **replica) as with_replica:
        key = without.do("with_key()")["HTTP_AUTHORIZATION"]
        credentials = {"UserSig": bearer(usersig())["HTTP_AUTHORIZATION"], "API key": key}
        print(f"ms of processor time for 1000 reads: primary without a replica | primary, standby with it ({ROUNDS} rounds)")
        for what, path in PATHS.items():
            for name, credential in credentials.items():
                sums = [0.0, 0.0, 0.0]
                for _round in range(ROUNDS):
                    alone, _idle = cost(without.port, path, {"Authorization": credential}, primary, standby)
                    rest, taken = cost(with_replica.port, path, {"Authorization": credential}, primary, standby)
                    sums = [total + value for total, value in zip(sums, (alone, rest, taken))]
                alone, rest, taken = (total / ROUNDS for total in sums)
                print(f"{what:18} {name:8} {alone:6.1f} | {rest:6.1f} {taken:6.1f}", flush=True)
        seen(with_replica, credentials["UserSig"], primary, standby)


def seen(server: RunningServer, credential: str, primary: Cluster, standby: Cluster) -> None:
    """Say what it costs that a client names the version that it has seen."""
    client = http.client.HTTPConnection("127.0.0.1", server.port)
    client.request("GET", "/api/v1/unread/", headers={"Authorization": credential})
    response = client.getresponse()
    response.read()
    plain = {"Authorization": credential}
    plain, named = (
        [cost(server.port, PATHS["one conversation"], headers, primary, standby) for _round in range(ROUNDS)]
        for headers in (plain, plain | {"Owner-Version": response.headers["Owner-Version"]})
    )
    text = "one conversation without and with Owner-Version, standby: {:.1f}, {:.1f}"
    print(text.format(*(sum(taken for _rest, taken in costs) / ROUNDS for costs in (plain, named))))


def cost(port: int, path: str, headers: dict[str, str], *clusters: Cluster) -> tuple[float, ...]:
    """Return the processor time in ms that each database server took for 1000 reads."""
    client = http.client.HTTPConnection("127.0.0.1", port)

    def read(count: int) -> None:
        for _number in range(count):
            client.request("GET", f"/api/v1/{path}owner=alice", headers=headers)
            response = client.getresponse()
            response.read()
            assert response.status == 200, response.status

    read(200)
    before = [processor_s(cluster) for cluster in clusters]
    read(READS)
    time.sleep(0.1)
    after = [processor_s(cluster) for cluster in clusters]
    return tuple((end - start) * 1000 * 1000 / READS for start, end in zip(before, after))


def processor_s(cluster: Cluster) -> float:
    """Return the processor time of the sessions that a server has now."""
    try:
        with cluster.connect() as session:
            rows = session.execute("SELECT pid FROM pg_stat_activity WHERE datname = 'imsite'").fetchall()
    except psycopg.OperationalError:
        return 0
    total = 0
    for (pid,) in rows:
        total += int(Path(f"/proc/{pid}/schedstat").read_text().split()[0])
    return total / 1e9


if __name__ == "__main__":
    main()
