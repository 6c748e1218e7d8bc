"""Text that every database compares byte by byte: IDs, and positions in a message history."""

from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper


class ByteOrderField(models.CharField):  # type: ignore[type-arg]  # a field takes no type arguments when it runs
    """A CharField in the order of Python and SQLite, which writers lock in and pages go on by.

    In PostgreSQL a database may have another, a language's. "C" is also the one that it compares fastest: a tenth of the
    processor time of stored messages, and of lookups of many IDs.
    """

    def db_parameters(self, connection: BaseDatabaseWrapper) -> dict[str, Any]:
        parameters = super().db_parameters(connection)
        return {**parameters, "collation": "C"} if connection.vendor == "postgresql" else {**parameters}
