"""Who makes the changes of now, for the history of conversations: a credential, a member of staff, a webhook, a command.

An actor is a short text without secrets: `usersig`, `key:PREFIX`, `administrator:USER_ID`, `staff:NUMBER`, `webhook:NUMBER`,
`command:NAME`, or `system` for work that goes on by itself.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

SYSTEM = "system"
USERSIG = "usersig"

_actor: ContextVar[str] = ContextVar("actor", default=SYSTEM)


def current() -> str:
    """Return the actor of now."""
    return _actor.get()


def begin(actor: str) -> None:
    """Name the actor of this request or command; every request begins with `system`, since threads are used again."""
    _actor.set(actor)


@contextmanager
def acting(actor: str) -> Iterator[None]:
    """Name the actor of the block."""
    before = _actor.set(actor)
    try:
        yield
    finally:
        _actor.reset(before)
