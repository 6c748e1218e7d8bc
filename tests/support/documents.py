"""The README and docs/ as tests read them, and a shell that runs their command blocks as pasted."""

import itertools
import os
import pty
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
DEMO_ADDRESS = "http://127.0.0.1:8000"
PAGE_S = 120
PASSWORD = "a long and unusual phrase"
# A prompt's end, and what is typed there.
ANSWERS = {
    "Username": "",  # a new one each time
    "Email address": "newcomer@example.org",
    "Password": PASSWORD,
    "Enter password for new role": PASSWORD,
    "Enter it again": PASSWORD,
}
_names = (f"newcomer{number}" for number in itertools.count(1))
_PROMPT = re.compile(r"(\w[\w ]*)(?: \([^)]*\))?: $")
# curl reports a refusal by its exit status; people who paste see it in the answer.
_PRELUDE = """
set -e
curl() { command curl --fail-with-body --max-time 20 "$@"; }
"""
_IGNORED = shutil.ignore_patterns(".git", ".venv", "*.sqlite3*", "staticfiles", "__pycache__", ".hypothesis", ".*_cache")


def pages() -> list[Path]:
    """Return the README of both languages, and every page of docs/ and examples/."""
    folders = (path for folder in ("docs", "examples") for path in sorted((ROOT / folder).rglob("*.md")))
    return [*sorted(ROOT.glob("*.md")), *folders]


def blocks(page: str, language: str = "sh") -> list[str]:
    """Return the code blocks of a page in a language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```", (ROOT / page).read_text(), re.DOTALL | re.MULTILINE)


def commands(page: str) -> list[list[str]]:
    """Return the command lines of each block, without comments."""
    return [[line for text in block.splitlines() if (line := _uncommented(text))] for block in blocks(page)]


def _uncommented(line: str) -> str:
    return re.sub(r"(^|\s)#\s.*", "", line).strip()


def linked_checkout(folder: Path) -> None:
    """Make a folder in which the commands of a page find what they name, and can leave files."""
    for name in ("manage.py", "examples"):
        (folder / name).symlink_to(ROOT / name)
    (folder / ".venv").symlink_to(sys.prefix)


def copied_checkout(folder: Path) -> Path:
    """Copy the project with its environment, as `make install` leaves it."""
    copy = Path(shutil.copytree(ROOT, folder / "imsite", ignore=_IGNORED))
    environment = copy / ".venv"
    environment.mkdir()
    for name in ("bin", "lib", "pyvenv.cfg"):
        (environment / name).symlink_to(Path(sys.prefix) / name)
    # Their stamps: with --touch, make takes what it would install as there.
    subprocess.run(["make", "--touch", "install"], cwd=copy, check=True, capture_output=True)
    return copy


def paste(script: str, *, folder: Path, environment: Mapping[str, str]) -> str:
    """Run a script in a terminal, answer its prompts, and return the output. Raises AssertionError if it fails."""
    with tempfile.NamedTemporaryFile("w", suffix=".sh", dir=folder) as file:
        file.write(_PRELUDE + script)
        file.flush()
        process_id, terminal = pty.fork()
        if process_id == 0:
            os.chdir(folder)
            os.execvpe("bash", ["bash", file.name], {**environment, "PAGER": "cat"})
        output = _converse(terminal, time.monotonic() + PAGE_S)
        os.close(terminal)
        _process_id, status = os.waitpid(process_id, 0)
    if status:
        raise AssertionError(f"It ended with {os.waitstatus_to_exitcode(status)}:\n{script}\n---\n{output[-4000:]}")
    return output


def _converse(terminal: int, deadline: float) -> str:
    output, answered = "", 0
    while time.monotonic() < deadline:
        if not select.select([terminal], [], [], 0.5)[0]:
            continue
        try:
            text = os.read(terminal, 65536).decode(errors="replace")
        except OSError:  # a terminal's end on Linux
            return output
        output += text
        if (prompt := _PROMPT.search(output, answered)) and prompt[1] in ANSWERS:
            answered = len(output)
            os.write(terminal, f"{ANSWERS[prompt[1]] or next(_names)}\n".encode())
    raise AssertionError(f"It did not end within {PAGE_S} s:\n{output[-4000:]}")
