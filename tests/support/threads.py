"""Threads with a database connection of their own."""

import threading
from collections.abc import Callable

from django.db import connection


def start_thread(act: Callable[[], object], failures: list[Exception]) -> threading.Thread:
    """Do this on a new thread, which closes its connection at the end; what it raises is added to `failures`."""

    def run() -> None:
        try:
            act()
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread
