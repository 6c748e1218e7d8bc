"""Queries that are compiled to SQL once and run with other values for each request."""

from typing import Any, NamedTuple, Self

from django.db.models import QuerySet
from django.db.models.expressions import Expression


class Parameter(Expression):
    """A value of a query that is filled in, by this name, each time the compiled statement runs."""

    def __init__(self, name: str):
        super().__init__()
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        return "%s", (self,)


class Statement(NamedTuple):
    """SQL, and its parameters in order: values, or Parameters to fill in."""

    sql: str
    parameters: tuple[Any, ...]

    @classmethod
    def of(cls, rows: QuerySet[Any]) -> Self:
        """Compile a query."""
        return cls(*rows.query.sql_with_params())

    def filled_in(self, **values: Any) -> list[Any]:
        """Return the parameters with a value for each Parameter, in the form that the database takes."""
        return [values[parameter.name] if isinstance(parameter, Parameter) else parameter for parameter in self.parameters]
