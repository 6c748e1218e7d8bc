"""What was measured, and the Markdown page that shows it with the machine it was measured on."""

import os
import platform
import re
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import psycopg

ROOT = Path(__file__).resolve().parents[2]
BEGIN, END = "<!-- measured -->", "<!-- end -->"
LEFT_OUT, NOT_ASKED_FOR = "Left out", "not asked for"
HEAD = ("what", "measured", "ratio", "beside")


class Result(NamedTuple):
    """One figure. `ratio` is that of its speed to the speed of `beside`, measured in turn: above 1 is faster."""

    name: str
    value: float
    unit: str
    ratio: float | None = None
    beside: str = ""


def number(value: float) -> str:
    """Return three digits that count, and all digits before the point."""
    if value == 0:
        return "0"
    digits = next((digits for digits, limit in ((0, 100), (1, 10), (2, 1)) if abs(value) >= limit), 3)
    return f"{value:,.{digits}f}"


def table(results: Iterable[Result]) -> str:
    """Return the rows as a Markdown table, or "" without any."""
    rows = [
        (result.name, f"{number(result.value)} {result.unit}".strip(), "" if result.ratio is None else f"{result.ratio:.2f}",
         result.beside)
        for result in results
    ]  # fmt: skip
    return markdown(HEAD, rows) if rows else ""


def markdown(head: Sequence[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)


def page(parts: Mapping[str, list[Result]], left_out: Mapping[str, str], circumstances: Mapping[str, str]) -> str:
    """Return the page: for each part, circumstances and a table; and what was left out with the reason."""
    about = "\n".join(f"* {name}: {value}" for name, value in circumstances.items())
    sections = {name: f"{about}\n\n{table(results)}" for name, results in parts.items() if results}
    if left_out:
        sections[LEFT_OUT] = "\n".join(f"* {name}: {why}" for name, why in left_out.items())
    return _joined(sections)


def _joined(sections: Mapping[str, str]) -> str:
    return "\n\n".join(f"### {name}\n\n{text}" for name, text in sections.items()) + "\n"


def put(path: Path, text: str) -> None:
    """Write a text into a file: between the marks if it has some, else as the whole file."""
    before, _old, after = _around_marks(path)
    text = text.strip("\n")
    path.write_text(f"{text}\n" if after is None else f"{before}{BEGIN}\n\n{text}\n\n{END}{after}")


def put_parts(path: Path, text: str) -> None:
    """Write a page into a file as `put`. Parts that were not asked for stay as they are there."""
    _before, old, after = _around_marks(path)
    put(path, text if after is None else _with_old_parts(text, old))


def _around_marks(path: Path) -> tuple[str, str, str | None]:
    """Return what is before, between and after the marks; None after them if they are not there."""
    before, _begins, rest = (path.read_text() if path.exists() else "").partition(BEGIN)
    old, ends, after = rest.partition(END)
    return before, old, after if ends else None


def _with_old_parts(text: str, old: str) -> str:
    new, stored = _sections(text), _sections(old)
    left_out = dict(line.removeprefix("* ").split(": ", 1) for line in new.pop(LEFT_OUT, "").splitlines())
    kept = {name: part for name, part in stored.items() if left_out.get(name) == NOT_ASKED_FOR}
    sections = {name: (new | kept)[name] for name in (*stored, *new) if name in new or name in kept}
    if still := [f"* {name}: {why}" for name, why in left_out.items() if name not in kept]:
        sections[LEFT_OUT] = "\n".join(still)
    return _joined(sections)


def _sections(text: str) -> dict[str, str]:
    """Return each section's text by its name."""
    _above, *sections = re.split(r"^### (.+)$", text, flags=re.MULTILINE)
    return {name: part.strip() for name, part in zip(sections[::2], sections[1::2])}


def circumstances(database_url: str) -> dict[str, str]:
    """Return the date, the commit, the machine, and the versions of what ran on it."""
    with psycopg.connect(database_url) as connection:
        (server,) = connection.execute("SHOW server_version").fetchone()
        (buffers,) = connection.execute("SHOW shared_buffers").fetchone()
        (commit,) = connection.execute("SHOW synchronous_commit").fetchone()
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "Date": f"{datetime.now(UTC):%Y-%m-%d}",
        "Commit": _commit(),
        "Machine": f"{os.cpu_count()} processors ({_processor()}), {pages / 2**30:.0f} GiB of memory, shared by servers, "
        f"PostgreSQL and clients; load {os.getloadavg()[0]:.1f} at the start",
        "Versions": f"Python {platform.python_version()}, Django {version('Django')}, granian {version('granian')}, PostgreSQL "
        f"{server.split()[0]} (shared_buffers {buffers}, synchronous_commit {commit})",
    }


def _commit() -> str:
    done = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def _processor() -> str:
    names = [line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line]
    return names[0] if names else platform.machine()
