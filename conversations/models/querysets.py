"""The named reads of every table, as queryset methods that callers chain."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Self

from django.db import models
from django.db.models import Case, Count, F, Func, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Coalesce, Concat

from conversations import acting
from conversations.choices import MUTED_OPTIONS, ConversationType, Mark
from conversations.models.lookups import LAST_CHARACTER, NickStart
from conversations.models.statements import Parameter

NO_AT_INFO = "[]"
# An unread count, a mention or the unread mark: the rows that add to any total.
COUNTED = Q(unread_count__gt=0) | ~Q(group_at_info=NO_AT_INFO) | Q(marks__bits=Mark.UNREAD.value)

# Unread mentions in a list, with the time of a message: what is looked for across users.
MENTIONED = Q(deleted_at__isnull=True, last_message_at__isnull=False) & ~Q(group_at_info=NO_AT_INFO)
# As many unread that the conversation is worth a look across users. A deleted one has none.
MANY_UNREAD = 100

# What users do themselves, and imsite on its own: the events that are not looked for across users.
BY_USER_OR_SYSTEM = Q(actor__in=(acting.USERSIG, acting.SYSTEM))

# How far the first of webhooks that are applied together is before the last one at most. One statement stores a hundred; those
# of other processes that run at the same moment have numbers in between.
WEBHOOKS_BETWEEN = 300

# Marked, in a conversation group, or with custom data.
LABELLED = ~Q(marks=0) | ~Q(conversation_groups=0) | ~Q(custom_data="")

# Conversations without notifications, whose unread messages have a total of their own.
MUTED = Q(recv_opt__in=MUTED_OPTIONS)


class OwnerQuerySet(models.QuerySet[Any]):
    def named(self, owner_id: str) -> Self:
        """Select the owner of this ID, if it was ever seen."""
        return self.filter(owner_id=owner_id)

    def after(self, owner_id: str) -> Self:
        """Select the owners after this ID, in order of their IDs; all of them after ""."""
        return self.filter(owner_id__gt=owner_id).order_by("owner_id")

    def nicked(self, text: str, part: type[Func] = NickStart) -> Self:
        """Select owners whose nickname, or this part of it, begins with `text` in any case, ordered by it: one index range."""
        start = NickStart(Value(text))
        rows = self.exclude(nick_name="").annotate(nick_part=part("nick_name"))
        return rows.filter(nick_part__gte=start, nick_part__lt=Concat(start, Value(LAST_CHARACTER))).order_by(
            "nick_part", "owner_id"
        )

    def any_of(self, owner_ids: Sequence[str]) -> Self:
        """Select the owners of these IDs that were ever seen."""
        return self.filter(owner_id__any_of=owner_ids)


class WebhookEventQuerySet(models.QuerySet[Any]):
    def to_do(self, *outcomes: str) -> Self:
        """Select webhooks that failed or are pending, the oldest first, by an index that has no applied ones."""
        # SQLite takes the index only if its own condition is there, too.
        return self.filter(~Q(outcome="applied"), outcome__in=outcomes).order_by("id")

    def failed_among(self, bodies: Collection[str], *, after: int) -> Self:
        """Select failed webhooks with one of these bodies and a greater ID."""
        return self.to_do("failed").filter(pk__gt=after, body__in=bodies)


class AccessLogQuerySet(models.QuerySet[Any]):
    def by(self, username: str) -> Self:
        """Select the views by a member of staff, the newest first."""
        return self.filter(username=username).order_by("-viewed_at", "-id")

    def by_or_of(self, text: str) -> Self:
        """Select the views by the member of staff of this name, and of the list of this user ID; the newest first."""
        # Ordered by an expression, so that the database sorts these few and does not walk the whole table by its key.
        return self.filter(Q(username=text) | Q(owner_id=text)).order_by((F("id") + 0).desc())


class LoginLogQuerySet(models.QuerySet[Any]):
    def of_or_from(self, text: str) -> Self:
        """Select the entries of the account of this name, and from this address; the newest first."""
        # Ordered by an expression, as in AccessLogQuerySet.
        return self.filter(Q(username=text) | Q(address=text)).order_by((F("id") + 0).desc())


class ConversationEventQuerySet(models.QuerySet[Any]):
    def of(self, owner_id: str, conversation_id: str) -> Self:
        """Select the events of an owner's conversation, newest first."""
        return self.filter(owner_id=owner_id, conversation_id=conversation_id).order_by("-time_us")

    def by(self, *actors: str) -> Self:
        """Select the events of all users that actors caused, newest first: one index range each, for no user's app."""
        # SQLite takes the index only if its own condition is there, too.
        return self.filter(~BY_USER_OR_SYSTEM, actor__in=actors).order_by("-time_us", "owner_id", "conversation_id")

    def webhooks_together(self, number: int) -> list[str]:
        """Return the actors that are several webhooks, this one among them: an index range for each first one that may be."""
        firsts = (acting.named(acting.WEBHOOK, first) for first in range(max(0, number - WEBHOOKS_BETWEEN), number + 1))
        ranges = (Q(actor__gt=f"{first}-", actor__lt=f"{first}.") for first in firsts)
        events = self.filter(~BY_USER_OR_SYSTEM, Q(*ranges, _connector=Q.OR))
        actors = events.values_list("actor", flat=True).distinct()
        return [actor for actor in actors if acting.has_webhook(actor, number)]


class SavedViewQuerySet(models.QuerySet[Any]):
    def of(self, page: str) -> Self:
        """Select the views of a page."""
        return self.filter(page=page)

    def shown_to(self, user: Any) -> Self:
        """Select a member of staff's own views and the shared ones, their own first."""
        own_first = Case(When(user=user, then=0), default=1)
        return self.filter(Q(user=user) | Q(is_shared=True)).select_related("user").order_by(own_first, "name", "pk")


class ConversationQuerySet(models.QuerySet[Any]):
    def for_owner(self, owner_id: str | Parameter) -> Self:
        """Select one owner's list: the start of every read, so that no other owner's row can show."""
        return self.filter(owner_id=owner_id).present()

    def for_owners(self, owner_ids: Sequence[str]) -> Self:
        """Select the lists of several owners. To be grouped by owner."""
        return self.filter(owner_id__any_of=owner_ids).present()

    def named(self, owner_id: str, conversation_id: str) -> Self:
        """Select the row of this key, deleted or not."""
        return self.filter(owner_id=owner_id, conversation_id=conversation_id)

    def newest_change_of(self, owner_id: str) -> Self:
        """Select an owner's rows, the newest change first."""
        return self.filter(owner_id=owner_id).order_by("-version")

    def present(self) -> Self:
        """Leave out deleted rows, which remember settings and read positions."""
        return self.filter(deleted_at__isnull=True)

    def tombstones_of(self, owner_id: str) -> Self:
        """Select the rows that an owner deleted."""
        return self.filter(owner_id=owner_id, deleted_at__isnull=False)

    def changed_since(self, owner_id: str | Parameter, version: int | Parameter, *, deleted_since: int | Parameter) -> Self:
        """Select rows that changed after a version, deleted rows after `deleted_since`, in the order of the changes."""
        newer = self.filter(Q(deleted_at__isnull=True) | Q(version__gt=deleted_since), owner_id=owner_id, version__gt=version)
        return newer.order_by("version")

    def claimed_by(self, owner_ids: list[str]) -> Self:
        """Select group conversations that these owners' apps reported, without a known membership; few, by an index."""
        return self.filter(is_claimed=True, owner_id__any_of=owner_ids)

    def any_of(self, conversation_ids: Sequence[str] | Parameter) -> Self:
        """Select the rows of these IDs that exist."""
        return self.filter(conversation_id__any_of=conversation_ids)

    def in_display_order(self) -> Self:
        """Order by pinned first, then newest activity. The order is unique for an owner, so pages never overlap."""
        return self.order_by("-is_pinned", "-order_key", "conversation_id")

    def after(self, *, is_pinned: bool, order_key: int | Parameter, conversation_id: str | Parameter) -> Self:
        """Select the rows after this one in display order: one index range, of which pinned rows before it are skipped."""
        follows = Q(order_key__lte=order_key) & (Q(order_key__lt=order_key) | Q(conversation_id__gt=conversation_id))
        if is_pinned:
            return self.filter(Q(is_pinned=False) | follows)
        return self.filter(follows, is_pinned=False)

    def tied(self, *, is_pinned: bool, order_key: int) -> Self:
        """Select the rows of one order key, which are next to each other in display order: one index range."""
        return self.filter(is_pinned=is_pinned, order_key=order_key)

    def unpinned_up_to(self, *, order_key: int, conversation_id: str) -> Self:
        """Select an unpinned row and the unpinned rows before it in display order: one index range."""
        follows = Q(order_key__gte=order_key) & (Q(order_key__gt=order_key) | Q(conversation_id__lte=conversation_id))
        return self.filter(follows, is_pinned=False)

    def condition(self) -> Q:
        """Return the condition of these rows, to count them among others by one read. A join might compare each with each."""
        return Q(self.query.where)

    def counts_in(self, selections: Mapping[str, Self]) -> dict[str, int]:
        """Return how many of the rows, which may be a slice, are in each selection. One statement reads the rows once."""
        return self.aggregate(**{name: Count("conversation_id", filter=rows.condition()) for name, rows in selections.items()})

    def mentioned(self) -> Self:
        """Select all users' rows with unread mentions, by the time of the last message: one index range."""
        return self.filter(MENTIONED).order_by("last_message_at", "owner_id", "conversation_id")

    def most_unread(self) -> Self:
        """Select all users' rows with MANY_UNREAD or more, the most first: one index range."""
        return self.filter(unread_count__gte=MANY_UNREAD).order_by("-unread_count", "owner_id", "conversation_id")

    def counted(self) -> Self:
        """Select the rows that add to any total."""
        return self.filter(COUNTED)

    def with_last_message(self) -> Self:
        """Leave out conversations without any message to show."""
        return self.filter(last_message__isnull=False)

    def labelled(self) -> Self:
        """Select the rows with a mark, a conversation group or custom data."""
        return self.filter(LABELLED)

    def unread(self) -> Self:
        """Select rows with unread messages or mentions: those that a read changes."""
        return self.filter(Q(unread_count__gt=0) | ~Q(group_at_info=NO_AT_INFO))

    def with_unread_messages(self) -> Self:
        """Select rows with unread messages, of whatever else they have."""
        return self.filter(unread_count__gt=0)

    def in_group(self, bit: int) -> Self:
        """Select the rows in the owner's conversation group of this bit."""
        return self.filter(conversation_groups__bits=1 << bit)

    def in_group_named(self, owner_id: str, name: str) -> Self:
        """Select an owner's rows in a conversation group, or with "" those in no group. The same statement looks up the bit."""
        return self.filter(conversation_groups__in_group=(owner_id, name)) if name else self.filter(conversation_groups=0)

    def tab_counts(self, selected: Self | None = None) -> dict[str, int]:
        """Return the counts of the pages' tabs, "all" among them, and the unread totals. One statement.

        With `selected` the tabs count only rows that are selected, too.
        """
        among = selected.condition() if selected is not None else Q()
        conditions = {
            "unread": Q(unread_count__gt=0), "mentions": ~Q(group_at_info=NO_AT_INFO), "pinned": Q(is_pinned=True),
            "marked": ~Q(marks=0), "drafts": ~Q(draft_text=""), "c2c": Q(type=ConversationType.C2C),
            "groups": Q(type=ConversationType.GROUP),
        }  # fmt: skip
        counts = {name: Count("conversation_id", filter=among & condition) for name, condition in conditions.items()}
        totals = {name: self.totals()[name] for name in ("total", "muted")}
        return self.aggregate(all=Count("conversation_id", filter=among or None), **counts, **totals)

    def marked(self, marks: int) -> Self:
        """Select rows with at least one of the marks, a signed 64-bit mask; 0 selects rows without marks."""
        return self.filter(marks__bits=marks) if marks else self.filter(marks=0)

    def totals(self) -> dict[str, Coalesce | Count]:
        """Return the aggregates of getTotalUnreadMessageCount by wire name. Every total is defined here."""
        return {
            "total": Coalesce(Sum("unread_count", filter=~MUTED), 0),
            "muted": Coalesce(Sum("unread_count", filter=MUTED), 0),
            "conversations": Count(Value(1), filter=Q(unread_count__gt=0)),
            "mentions": Count(Value(1), filter=~Q(group_at_info=NO_AT_INFO)),
            "markedUnread": Count(Value(1), filter=Q(marks__bits=Mark.UNREAD.value)),
        }


def count_up_to(limit: int, rows: QuerySet[Any]) -> int:
    """Return the number of rows, at most `limit`, without reading more than that."""
    return rows.order_by()[:limit].count()
