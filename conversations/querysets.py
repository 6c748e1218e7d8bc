"""Every named read of conversations; callers chain them."""

import json
from collections.abc import Sequence
from typing import Self

from django.db import connection, models
from django.db.models import Count, Field, Lookup, Q, Sum, Value
from django.db.models.functions import Coalesce

from conversations.choices import MUTED_OPTIONS, Mark

NO_AT_INFO = "[]"
# An unread number, an @ entry or the unread mark: the rows that any total counts.
COUNTED = Q(unread_count__gt=0) | ~Q(group_at_info=NO_AT_INFO) | Q(marks__bits=Mark.UNREAD.value)


def array_parameter(values: Sequence[str]) -> str:
    """`values` as the one parameter that AnyOf's statement takes; IDs hold no line feed and no NUL, so those match nothing."""
    values = [value for value in values if "\n" not in value and "\0" not in value]
    # On PostgreSQL a text to be split: psycopg takes longer to write an array of 100 IDs than the server to find them.
    return "\n".join(values) if connection.vendor == "postgresql" else json.dumps(values)


@Field.register_lookup
class AnyOf(Lookup):
    """`field__any_of=[...]`: one parameter for any number of values, hence one statement text to prepare."""

    lookup_name = "any_of"
    prepare_rhs = False

    def as_sqlite(self, compiler, connection):
        lhs, params = self.process_lhs(compiler, connection)
        return f"{lhs} IN (SELECT value FROM json_each(%s))", (*params, array_parameter(self.rhs))

    def as_postgresql(self, compiler, connection):
        lhs, params = self.process_lhs(compiler, connection)
        return f"{lhs} = ANY(string_to_array(%s, E'\\n'))", (*params, array_parameter(self.rhs))


@models.BigIntegerField.register_lookup
class Bits(Lookup):
    """`field__bits=mask`: at least one of the mask's bits is set. 64-bit masks go as signed numbers."""

    lookup_name = "bits"

    def as_sql(self, compiler, connection):
        lhs, params = self.process_lhs(compiler, connection)
        # A literal, so that a partial index with the same condition is recognised; quoted, since PostgreSQL reads
        # -9223372036854775808 as the negative of a number that is too large.
        return f"({lhs} & CAST('{int(self.rhs)}' AS bigint)) <> 0", params


class OwnerQuerySet(models.QuerySet):
    def named(self, owner_id: str) -> Self:
        """The one owner, if ever seen."""
        return self.filter(owner_id=owner_id)


class ConversationQuerySet(models.QuerySet):
    def for_owner(self, owner_id: str) -> Self:
        """One owner's list: the start of every read, so that nobody else's rows can show."""
        return self.filter(owner_id=owner_id).present()

    def present(self) -> Self:
        """Without what was deleted; such rows only remember."""
        return self.filter(deleted_at__isnull=True)

    def any_of(self, conversation_ids: list[str]) -> Self:
        """Those of the given IDs that exist."""
        return self.filter(conversation_id__any_of=conversation_ids)

    def in_display_order(self) -> Self:
        """Pinned first, then newest activity; unique per owner, so pages never overlap."""
        return self.order_by("-is_pinned", "-order_key", "conversation_id")

    def after(self, *, is_pinned: bool, order_key: int, conversation_id: str) -> Self:
        """What follows a row in display order: one index range; pinned rows before a pinned one are passed over."""
        follows = Q(order_key__lte=order_key) & (Q(order_key__lt=order_key) | Q(conversation_id__gt=conversation_id))
        if is_pinned:
            return self.filter(Q(is_pinned=False) | follows)
        return self.filter(follows, is_pinned=False)

    def counted(self) -> Self:
        """The rows that make up the totals; all others add nothing to any of them."""
        return self.filter(COUNTED)

    def in_groups(self, bits: int) -> Self:
        """Those in at least one of the owner's conversation groups of these bits; 0: none."""
        return self.filter(conversation_groups__bits=bits)

    def marked(self, marks: int) -> Self:
        """Those with at least one of the marks, a signed 64-bit mask; 0: those without any."""
        return self.filter(marks__bits=marks) if marks else self.filter(marks=0)

    def totals(self) -> dict[str, models.Aggregate]:
        """The aggregates of getTotalUnreadMessageCount, by wire name; the one definition of every total."""
        muted = Q(recv_opt__in=MUTED_OPTIONS)
        return {
            "total": Coalesce(Sum("unread_count", filter=~muted), 0),
            "muted": Coalesce(Sum("unread_count", filter=muted), 0),
            "conversations": Count(Value(1), filter=Q(unread_count__gt=0)),
            "mentions": Count(Value(1), filter=~Q(group_at_info=NO_AT_INFO)),
            "markedUnread": Count(Value(1), filter=Q(marks__bits=Mark.UNREAD.value)),
        }
