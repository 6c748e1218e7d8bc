"""The files in which the processes of a server keep their counts, so that each can answer for all.

To be imported before prometheus_client, which looks for the variable once.
"""

import os
import shutil
import tempfile
from pathlib import Path

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
_START = f"imsite-metrics-{os.getuid()}-"


def share(server_id: int | None = None) -> None:
    """Make the directory that the workers of this server share. Those of servers that have ended are removed.

    `server_id` is the ID of the server's process; without it, this is one of its workers.
    """
    if VARIABLE in os.environ:
        return
    parent = Path(tempfile.gettempdir())
    for other in parent.glob(f"{_START}*"):
        if not is_running(int(other.name.removeprefix(_START))):
            shutil.rmtree(other, ignore_errors=True)
    directory = parent / f"{_START}{server_id or os.getppid()}"
    directory.mkdir(mode=0o700, exist_ok=True)
    if directory.is_symlink() or directory.stat().st_uid != os.getuid():
        raise PermissionError(f"{directory} belongs to another user.")
    os.environ[VARIABLE] = str(directory)


def is_running(process_id: int) -> bool:
    """Return whether a process exists."""
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
