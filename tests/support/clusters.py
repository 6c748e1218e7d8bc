"""PostgreSQL servers of a test's own, in a folder that is gone afterwards."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import psycopg

from tests.support.servers import free_port

BINARIES = max(Path("/usr/lib/postgresql").glob("*/bin"), default=Path())


class Cluster:
    """A server that listens on 127.0.0.1 only, with its data in a folder of its own and a superuser `postgres`."""

    def __init__(self, name: str, folder: Path):
        self.folder, self.data, self.port = folder, folder / name, free_port()

    @classmethod
    def make(cls, name: str, folder: Path, configuration: str = "") -> Self:
        """Return a new server, which is not started."""
        cluster = cls(name, folder)
        options = ("--auth=trust", "--username=postgres", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8")
        cluster.run_tool("initdb", *options, f"--pgdata={cluster.data}")
        cluster.configure(f"fsync = off\nunix_socket_directories = '{folder}'\n{configuration}")
        return cluster

    def make_standby(self, name: str, configuration: str = "") -> "Cluster":
        """Return a copy of this running server that streams from it; it is not started."""
        standby = Cluster(name, self.folder)
        options = ("--write-recovery-conf", "--checkpoint=fast", "--no-sync", f"--pgdata={standby.data}")
        self.run_tool("pg_basebackup", *options)
        standby.configure(configuration)
        return standby

    def configure(self, lines: str) -> None:
        """Add lines to the configuration, for the next start."""
        with open(self.data / "postgresql.conf", "a") as file:
            file.write(f"\nport = {self.port}\n{lines}\n")

    def run_tool(self, tool: str, *arguments: str) -> None:
        """Run one of PostgreSQL's tools as a user that it accepts: not as root. Raises AssertionError with its output."""
        user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []
        environment = {"PATH": f"{BINARIES}:{os.environ['PATH']}", "PGHOST": "127.0.0.1", "PGPORT": str(self.port)}
        environment["PGUSER"] = "postgres"
        with open(self.folder / "output", "a+") as output:
            command = [*user, tool, *arguments]
            done = subprocess.run(command, env=environment, cwd=self.folder, stdout=output, stderr=output, check=False)
            output.seek(0)
            assert done.returncode == 0, output.read()

    def start(self) -> None:
        self.run_tool("pg_ctl", "start", "--wait", f"--pgdata={self.data}", f"--log={self.folder / 'log'}")

    def stop(self) -> None:
        """End it at once, if it runs."""
        if (self.data / "postmaster.pid").exists():
            self.run_tool("pg_ctl", "stop", "--wait", "--mode=fast", f"--pgdata={self.data}")

    def connect(self, database: str = "postgres") -> psycopg.Connection:
        """Return a session in which each statement is a transaction."""
        return psycopg.connect(f"host=127.0.0.1 port={self.port} user=postgres dbname={database}", autocommit=True)

    def url(self, database: str) -> str:
        return f"postgres://postgres@127.0.0.1:{self.port}/{database}"


@contextmanager
def cluster_folder() -> Iterator[Path]:
    """A folder for servers, to the end of the block."""
    folder = Path(tempfile.mkdtemp(prefix="imsite-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
