"""The door for event streams, and the one-process door of `make run`: everything but streams is Django's."""

import asyncio
import os
import signal
import threading
from collections.abc import Callable
from functools import partial
from types import FrameType

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "imsite.settings")
# Under ASGI each request may run in another thread, so persistent connections would pile up.
os.environ.setdefault("DATABASE_POOL", "true")

django_application = get_asgi_application()

from conversations.api.events.stream import Receive, Scope, Send, events, hub, is_for_events  # noqa: E402 - needs the settings

RAISE_AGAIN_S = 0.3


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
    elif is_for_events(scope):
        await events(scope, receive, send)
    else:
        await django_application(scope, receive, send)


async def lifespan(receive: Receive, send: Send) -> None:
    """The server's start and stop."""
    while (await receive())["type"] != "lifespan.shutdown":
        _end_streams_on_signals()
        await send({"type": "lifespan.startup.complete"})
    hub.close()
    await send({"type": "lifespan.shutdown.complete"})


def _end_streams_on_signals() -> None:
    """A server stops when all its answers are at their end, and tells the application only then: streams must end before.

    Its own handlers go on as they were. Those of asyncio, which granian uses, are called by the event loop and leave one here
    that does nothing.
    """
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGINT):
            if callable(of_the_server := signal.getsignal(number)):
                signal.signal(number, partial(_end_streams, asyncio.get_running_loop(), of_the_server))


def _end_streams(loop: asyncio.AbstractEventLoop, of_the_server: Callable, number: int, frame: FrameType | None) -> None:
    def raise_again() -> None:
        signal.signal(number, of_the_server)
        signal.raise_signal(number)

    def end() -> None:
        hub.close()
        # asyncio hears of signals through the pipe that also wakes it up, which is full when a crowd of clients leaves at the
        # same moment: then its handler is not called.
        loop.call_later(RAISE_AGAIN_S, raise_again)

    loop.call_soon_threadsafe(end)
    of_the_server(number, frame)
