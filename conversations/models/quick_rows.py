"""Rows made without Model.__init__, which looks at every column, read or not: that took a sixth of the time of feeding."""

from collections.abc import Collection
from typing import Any, Self

from django.db import models
from django.db.models.base import ModelState


class QuickRow(models.Model):
    """A model whose instances hold only the given columns; others are read on access."""

    class Meta:
        abstract = True

    @classmethod
    def from_db(cls, db: str | None, field_names: Collection[str], values: Collection[Any], **options: Any) -> Self:
        row = cls.of(**dict(zip(field_names, values)))
        vars(row._state).update(options, adding=False, db=db)
        return row

    @classmethod
    def of(cls, **columns: Any) -> Self:
        """Return a new instance of these columns. Defaults are not filled in."""
        row = cls.__new__(cls)
        row._state = ModelState()
        vars(row).update(columns)
        return row
