"""Limit how many streams a credential has open in this process. With several (EVENTS_WORKERS), each one counts its own."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from conversations.api.authentication import Actor
from conversations.exceptions import TooManyRequests

# A place may become free at any moment; that of a client that vanished only after some minutes.
RETRY_AFTER_S = 30


class Places:
    """The open streams of each credential, in one event loop."""

    def __init__(self) -> None:
        self._taken: Counter[str] = Counter()

    @contextmanager
    def take(self, actor: Actor) -> Iterator[None]:
        """Count a stream until the end of the block. Raises TooManyRequests if the credential has no place left."""
        credential = actor.grant.credential
        most = settings.MAX_STREAMS_KEY if actor.is_back_end else settings.MAX_STREAMS_USER
        if most and self._taken[credential] >= most:
            text = _("Too many event streams: the limit is %(most)d. Close one, or try again in %(seconds)d s.")
            raise TooManyRequests(text % {"most": most, "seconds": RETRY_AFTER_S}, retry_after_s=RETRY_AFTER_S)
        self._taken[credential] += 1
        try:
            yield
        finally:
            self._taken[credential] -= 1
            if not self._taken[credential]:
                del self._taken[credential]
