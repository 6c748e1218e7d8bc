"""What the imports report of their records."""

from dataclasses import dataclass, fields
from typing import NamedTuple, Self


class BadRecord(NamedTuple):
    """The reason why a record, one item of it, or some keys of it were not imported."""

    number: int  # of the line or array item, from 1
    reason: str


@dataclass(slots=True)
class Tally:
    """The number of bad records; a subclass adds the counts of its import."""

    bad: int = 0

    def __add__(self, other: Self) -> Self:
        return type(self)(*(getattr(self, field.name) + getattr(other, field.name) for field in fields(self)))
