"""The entry point for event streams, and for everything in the one process of `make run`: all but streams is Django's."""

import asyncio
import os
import signal
import threading
import time
from collections.abc import Callable
from functools import partial
from types import FrameType

from django.core.asgi import get_asgi_application

from imsite import metrics_files

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "imsite.settings")
# Under ASGI each request may run in another thread, so persistent connections would pile up.
os.environ.setdefault("DATABASE_POOL", "true")

# Requests wait for locks and statements for a limited time.
os.environ.setdefault("IS_WEB_PROCESS", "true")

metrics_files.share()

django_application = get_asgi_application()

from conversations.api.events.admission import ANSWERED, Scope  # noqa: E402 - needs the settings
from conversations.api.events.stream import Receive, Send, events, hub, is_for_events  # noqa: E402
from imsite.observing import observe  # noqa: E402

RAISE_AGAIN_S = 0.3


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
    elif is_for_events(scope):
        await _observed_events(scope, receive, send)
    else:
        await django_application(scope, receive, send)


async def _observed_events(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve a stream. Its line in the log comes when it ends, with the time it was open."""
    started = time.perf_counter()
    try:
        await events(scope, receive, send)
    finally:
        if answered := scope.get(ANSWERED):
            request, status = answered
            observe(request, status, time.perf_counter() - started)


async def lifespan(receive: Receive, send: Send) -> None:
    """Follow the server's start and stop."""
    while (await receive())["type"] != "lifespan.shutdown":
        _end_streams_on_signals()
        await send({"type": "lifespan.startup.complete"})
    hub.close()
    await send({"type": "lifespan.shutdown.complete"})


def _end_streams_on_signals() -> None:
    """End the streams on the signals that stop the server: it waits for all answers before it tells the application.

    The server's own handlers are called as well. Those of asyncio, which granian uses, are called by the event loop; the one
    found here then does nothing.
    """
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGINT):
            if callable(server_handler := signal.getsignal(number)):
                signal.signal(number, partial(_end_streams, asyncio.get_running_loop(), server_handler))


def _end_streams(loop: asyncio.AbstractEventLoop, server_handler: Callable, number: int, frame: FrameType | None) -> None:
    def raise_again() -> None:
        signal.signal(number, server_handler)
        signal.raise_signal(number)

    def end() -> None:
        hub.close()
        # asyncio receives signals through the pipe that also wakes it up. The pipe is full when many clients leave at the same
        # moment, and then asyncio's handler is not called.
        loop.call_later(RAISE_AGAIN_S, raise_again)

    loop.call_soon_threadsafe(end)
    server_handler(number, frame)
