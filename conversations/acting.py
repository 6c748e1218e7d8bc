"""Who makes the changes of now, for the history of conversations: a credential, a member of staff, a webhook, a command.

An actor is a short text without secrets: `usersig`, `key:PREFIX`, `administrator:USER_ID`, `staff:NUMBER`, `webhook:NUMBER`
(`webhook:FIRST-LAST` of several that went together), `command:NAME`, or `system` for work that goes on by itself.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

SYSTEM = "system"
USERSIG = "usersig"
# The kinds of actors that have a name.
KINDS = KEY, STAFF, COMMAND, WEBHOOK, ADMINISTRATOR = "key", "staff", "command", "webhook", "administrator"

_actor: ContextVar[str] = ContextVar("actor", default=SYSTEM)


def named(kind: str, name: object) -> str:
    """Return the actor of a kind and a name, such as an API key's prefix or the number of a staff account."""
    return f"{kind}:{name}"


def parts(actor: str) -> tuple[str, str]:
    """Return an actor's kind and name, "" without one."""
    kind, _colon, name = actor.partition(":")
    return kind, name


def has_webhook(actor: str, number: int) -> bool:
    """Return whether an actor is several webhooks that went together, this one among them."""
    kind, name = parts(actor)
    first, dash, last = name.partition("-")
    return kind == WEBHOOK and bool(dash) and int(first) <= number <= int(last)


def is_staff(actor: str) -> bool:
    """Return whether an actor is a member of staff."""
    return parts(actor)[0] == STAFF


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
