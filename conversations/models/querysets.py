"""Every named read of conversations; callers chain them."""

from collections.abc import Mapping
from typing import Any, Self

from django.db import models
from django.db.models import Case, Count, F, Func, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Coalesce, Concat

from conversations.choices import MUTED_OPTIONS, ConversationType, Mark
from conversations.models.lookups import LAST_CHARACTER, NickStart

NO_AT_INFO = "[]"
# An unread number, an @ entry or the unread mark: the rows that any total counts.
COUNTED = Q(unread_count__gt=0) | ~Q(group_at_info=NO_AT_INFO) | Q(marks__bits=Mark.UNREAD.value)

# Messages come without a notification: their unread is counted apart.
MUTED = Q(recv_opt__in=MUTED_OPTIONS)


class OwnerQuerySet(models.QuerySet):
    def named(self, owner_id: str) -> Self:
        """The one owner, if ever seen."""
        return self.filter(owner_id=owner_id)

    def after(self, owner_id: str) -> Self:
        """The owners that follow one, in order of their IDs; all of them after ""."""
        return self.filter(owner_id__gt=owner_id).order_by("owner_id")

    def nicked(self, text: str, part: type[Func] = NickStart) -> Self:
        """Those whose nick name, or a part of it, begins with `text`, in whatever case, in its order: one index range."""
        start = NickStart(Value(text))
        rows = self.exclude(nick_name="").annotate(nick_part=part("nick_name"))
        return rows.filter(nick_part__gte=start, nick_part__lt=Concat(start, Value(LAST_CHARACTER))).order_by(
            "nick_part", "owner_id"
        )

    def any_of(self, owner_ids: list[str]) -> Self:
        """Those of the given ones that were ever seen."""
        return self.filter(owner_id__any_of=owner_ids)


class WebhookEventQuerySet(models.QuerySet):
    def to_do(self, *outcomes: str) -> Self:
        """Those that failed, or were not applied yet, the oldest first; never read from among the applied ones."""
        # The index's own condition as well, without which SQLite would not take it.
        return self.filter(~Q(outcome="applied"), outcome__in=outcomes).order_by("id")


class AccessLogQuerySet(models.QuerySet):
    def by(self, username: str) -> Self:
        """What one member of staff looked into, the newest first."""
        return self.filter(username=username).order_by("-viewed_at", "-id")

    def by_or_of(self, text: str) -> Self:
        """What this member of staff looked into, and who looked into this owner's list; the newest first."""
        # By an expression, so that these few are sorted and not met by walking the whole table in its key's order.
        return self.filter(Q(username=text) | Q(owner_id=text)).order_by((F("id") + 0).desc())


class SavedViewQuerySet(models.QuerySet):
    def shown_to(self, user: Any) -> Self:
        """A member of staff's own, and the shared ones; their own first."""
        own_first = Case(When(user=user, then=0), default=1)
        return self.filter(Q(user=user) | Q(is_shared=True)).select_related("user").order_by(own_first, "name", "pk")


class ConversationQuerySet(models.QuerySet):
    def for_owner(self, owner_id: str) -> Self:
        """One owner's list: the start of every read, so that nobody else's rows can show."""
        return self.filter(owner_id=owner_id).present()

    def named(self, owner_id: str, conversation_id: str) -> Self:
        """The one row, whether it is deleted or not."""
        return self.filter(owner_id=owner_id, conversation_id=conversation_id)

    def newest_change_of(self, owner_id: str) -> Self:
        """An owner's rows, the one that changed last first."""
        return self.filter(owner_id=owner_id).order_by("-version")

    def present(self) -> Self:
        """Without what was deleted; such rows only remember."""
        return self.filter(deleted_at__isnull=True)

    def tombstones_of(self, owner_id: str) -> Self:
        """What an owner deleted."""
        return self.filter(owner_id=owner_id, deleted_at__isnull=False)

    def changed_since(self, owner_id: str, version: int, *, deleted_since: int) -> Self:
        """What changed after a version, deleted rows after another one, in the order of the changes."""
        newer = self.filter(Q(deleted_at__isnull=True) | Q(version__gt=deleted_since), owner_id=owner_id, version__gt=version)
        return newer.order_by("version")

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

    def unpinned_up_to(self, *, order_key: int, conversation_id: str) -> Self:
        """What does not follow an unpinned row, without the pinned ones: one index range, too."""
        follows = Q(order_key__gte=order_key) & (Q(order_key__gt=order_key) | Q(conversation_id__lte=conversation_id))
        return self.filter(follows, is_pinned=False)

    def condition(self) -> Q:
        """What selects these rows, to count by among others; one read of those, where a join might compare each with each."""
        return Q(self.query.where)

    def counts_in(self, selections: Mapping[str, Self]) -> dict[str, int]:
        """How many of the rows, which may be a slice, are in each of these selections; one statement, which reads them once."""
        return self.aggregate(**{name: Count("conversation_id", filter=rows.condition()) for name, rows in selections.items()})

    def counted(self) -> Self:
        """The rows that make up the totals; all others add nothing to any of them."""
        return self.filter(COUNTED)

    def unread(self) -> Self:
        """Those that a read changes."""
        return self.filter(Q(unread_count__gt=0) | ~Q(group_at_info=NO_AT_INFO))

    def in_group(self, bit: int) -> Self:
        """Those in the owner's conversation group of this bit."""
        return self.filter(conversation_groups__bits=1 << bit)

    def in_group_named(self, owner_id: str, name: str) -> Self:
        """Those of an owner in a conversation group; "" for those in none. The name's bit is found by the same statement."""
        return self.filter(conversation_groups__in_group=(owner_id, name)) if name else self.filter(conversation_groups=0)

    def tab_counts(self, selected: Self | None = None) -> dict[str, int]:
        """How many rows are what the pages' tabs show, "all" of them too, and the rows' totals; one statement.

        With `selected` the tabs count only those that are in there as well.
        """
        among = selected.condition() if selected is not None else Q()
        conditions = {
            "unread": Q(unread_count__gt=0), "mentions": ~Q(group_at_info=NO_AT_INFO), "pinned": Q(is_pinned=True),
            "marked": ~Q(marks=0), "drafts": ~Q(draft_text=""), "c2c": Q(type=ConversationType.C2C),
            "groups": Q(type=ConversationType.GROUP),
        }  # fmt: skip
        counts = {name: Count("conversation_id", filter=among & condition) for name, condition in conditions.items()}
        totals = {one: self.totals()[one] for one in ("total", "muted")}
        return self.aggregate(all=Count("conversation_id", filter=among or None), **counts, **totals)

    def marked(self, marks: int) -> Self:
        """Those with at least one of the marks, a signed 64-bit mask; 0: those without any."""
        return self.filter(marks__bits=marks) if marks else self.filter(marks=0)

    def totals(self) -> dict[str, models.Aggregate]:
        """The aggregates of getTotalUnreadMessageCount, by wire name; the one definition of every total."""
        return {
            "total": Coalesce(Sum("unread_count", filter=~MUTED), 0),
            "muted": Coalesce(Sum("unread_count", filter=MUTED), 0),
            "conversations": Count(Value(1), filter=Q(unread_count__gt=0)),
            "mentions": Count(Value(1), filter=~Q(group_at_info=NO_AT_INFO)),
            "markedUnread": Count(Value(1), filter=Q(marks__bits=Mark.UNREAD.value)),
        }


def count_up_to(limit: int, rows: QuerySet) -> int:
    """How many rows there are, without reading more than `limit` of them."""
    return rows.order_by()[:limit].count()
