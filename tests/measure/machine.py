"""How much processor, memory and disk the servers and PostgreSQL have used. Linux only."""

import os
from contextlib import suppress
from pathlib import Path

import psycopg

TICKS = os.sysconf("SC_CLK_TCK")
# What stays in a table until `prune` deletes it; the rows of other tables are changed in place.
KEPT = ("conversations_message", "conversations_webhookevent", "conversations_conversationevent")


def descendants(pid: int) -> list[int]:
    """Return the IDs of a process's children, of theirs, and so on."""
    found = []
    with suppress(OSError):  # one has ended meanwhile
        for path in Path(f"/proc/{pid}/task").glob("*/children"):
            found += [int(child) for child in path.read_text().split()]
    return [*found, *(other for child in found for other in descendants(child))]


def processor_s(pid: int) -> float:
    """Return the CPU seconds of a process and of all below it, also of those that have ended."""
    return sum(_own_s(process, ended=True) for process in (pid, *descendants(pid)))


def memory_kb(pid: int) -> int:
    """Return the memory of a process and of all below it; what they share counts once."""
    total = 0
    for process in (pid, *descendants(pid)):
        with suppress(OSError):
            total += int(Path(f"/proc/{process}/smaps_rollup").read_text().split("Pss:")[1].split()[0])
    return total


def _own_s(pid: int, *, ended: bool) -> float:
    """Return the CPU seconds of a process, and with `ended` those of its children that it has waited for."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11 : 15 if ended else 13])) / TICKS


class PostgreSQL:
    """A PostgreSQL server on this machine, all of whose databases count: give what is measured a server of its own."""

    def __init__(self, database_url: str):
        self.connection = psycopg.connect(database_url, autocommit=True)
        (pid,) = self._row("SELECT pg_backend_pid()")
        try:
            self.pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            raise SystemExit("PostgreSQL must run on this machine: its processor time is read from /proc.") from None

    def _row(self, statement: str) -> tuple:
        return self.connection.execute(statement).fetchone()

    def processor_s(self) -> float:
        return processor_s(self.pid)

    def wal_position(self) -> str:
        return str(self._row("SELECT pg_current_wal_insert_lsn()")[0])

    def wal_bytes_since(self, position: str) -> int:
        """Return the bytes of write-ahead log since then."""
        return int(self._row(f"SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '{position}')")[0])

    def wal_since(self, position: str) -> tuple[int, int]:
        """Return the bytes of write-ahead log since then: of records, and of the images of pages in them.

        It reads the log, which is there for some minutes only. The first change of a page after a checkpoint logs it whole.
        """
        self.connection.execute("CREATE EXTENSION IF NOT EXISTS pg_walinspect")
        # What was not flushed can't be read: this flushes it.
        self.connection.execute("SELECT pg_logical_emit_message(true, 'measure', '')")
        row = self._row(
            "SELECT sum(record_size)::bigint, sum(fpi_size)::bigint "
            f"FROM pg_get_wal_stats('{position}', pg_current_wal_flush_lsn(), true)"
        )
        return int(row[0] or 0), int(row[1] or 0)

    def images_since(self, position: str) -> int:
        """Return how many images of pages are in the write-ahead log since then, as far as `wal_since` has flushed it."""
        marked = "sum(length(block_ref) - length(replace(block_ref, '(FPW)', '')))"
        (characters,) = self._row(
            f"SELECT {marked} FROM pg_get_wal_records_info('{position}', pg_current_wal_flush_lsn()) WHERE fpi_length > 0"
        )
        return int(characters or 0) // len("(FPW)")

    def checkpoint(self) -> None:
        self.connection.execute("CHECKPOINT")

    def bytes(self) -> int:
        return int(self._row("SELECT pg_database_size(current_database())")[0])

    def kept_bytes(self) -> int:
        """Return the size of the tables that only grow, with their indexes."""
        return sum(int(self._row(f"SELECT pg_total_relation_size('{table}')")[0]) for table in KEPT)

    def close(self) -> None:
        self.connection.close()
