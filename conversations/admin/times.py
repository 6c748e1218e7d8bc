"""Times in the admin as on the pages: in the reader's time zone, with UTC in the title."""

from collections.abc import Callable, Iterable
from functools import cache

from django.core.exceptions import FieldDoesNotExist
from django.db.models import DateTimeField, Model

from conversations.templatetags.particles import exact_time

Shown = str | Callable[[Model], str]


def with_times(model: type[Model], names: Iterable[str]) -> tuple[Shown, ...]:
    """Return the names of an admin's fields, with a function that shows it in place of each stored time."""
    return tuple(_column(model, name) if _is_time(model, name) else name for name in names)


@cache
def _is_time(model: type[Model], name: str) -> bool:
    try:
        return isinstance(model._meta.get_field(name), DateTimeField)
    except FieldDoesNotExist:
        return False


@cache
def _column(model: type[Model], name: str) -> Callable[[Model], str]:
    def column(row: Model) -> str:
        return exact_time(getattr(row, name)) or "-"

    column.__name__ = name
    column.short_description = model._meta.get_field(name).verbose_name  # type: ignore[attr-defined,union-attr]
    return column
