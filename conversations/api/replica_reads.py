"""Let the replica answer a read, and the primary what the replica can't.

A client that sends the version that it has seen as `Owner-Version` never gets an older one.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db import Error
from django.http import HttpResponse

from conversations import sync_tokens
from conversations.api.authentication import StaffActor
from conversations.api.calls import Call
from conversations.lists import replica
from conversations.lists.replica import Behind, Source
from conversations.metrics import READS

OWNER_VERSION = "Owner-Version"
_IN_META = "HTTP_OWNER_VERSION"

Method = Callable[[Any, Call], HttpResponse]


def answered_by_replica(method: Method) -> Method:
    """Decorate a viewset's read of one list, below `endpoint`. It must take its rows from `call.source.alias`.

    Without a replica only the header is checked, so that an app's mistake shows in every installation.
    """

    @wraps(method)
    def answer(viewset: Any, call: Call) -> HttpResponse:
        header = call.request.META.get(_IN_META)
        seen = sync_tokens.parse(header, OWNER_VERSION) if header else None
        if not replica.is_set_up():
            return method(viewset, call)
        # What staff see is as new as what they change.
        if not isinstance(call.actor, StaffActor) and replica.is_ready():
            READS.labels(replica.ALIAS).inc()
            try:
                return method(viewset, call._replace(source=Source(replica.ALIAS, seen)))
            except Behind:
                pass
            except Error as error:
                replica.note_failure(error)
        READS.labels("primary").inc()
        return method(viewset, call)

    return answer
