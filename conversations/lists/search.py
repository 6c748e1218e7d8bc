"""Turn the text of a search box into index ranges. Nothing here reads more rows than it returns."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import chain
from typing import Any, NamedTuple, cast

from django.db.models import CharField, QuerySet
from django.db.models.expressions import OrderBy

from conversations import identifiers, threads, times
from conversations.choices import ConversationType
from conversations.models import Conversation, Group, Message, Thread, composite_keys
from conversations.models.querysets import OwnerQuerySet

# Sorts after every character that an ID may hold.
AFTER_PRINTABLE = "\x7f"
# Spaces in a search text at which it is split into two user IDs.
MAX_SPLITS = 32
# When a message is looked for by its time, among which and how many.
CLOCKS_DIFFER, ARRIVES_WITHIN, MESSAGES_SCANNED = timedelta(minutes=1), timedelta(minutes=10), 20_000


class FoundKeys(NamedTuple):
    """Composite key texts; `may_be_sorted`: the first ones in any other order are among them, or were asked for by it."""

    keys: list[str]
    may_be_sorted: bool


def owners_starting_with(owners: OwnerQuerySet, text: str) -> OwnerQuerySet:
    """Return the owners whose user ID begins with `text`, an exact match first."""
    # A range and not LIKE, for which SQLite and prepared statements use no index.
    return owners.filter(owner_id__gte=text, owner_id__lt=text + AFTER_PRINTABLE).order_by("owner_id")


def is_possible_start(text: str) -> bool:
    """Return whether a user ID can begin like this."""
    return text == "" or identifiers.is_owner_id(text)


def keys_of_or_with(rows: QuerySet[Any], text: str, *, limit: int, order: Sequence[OrderBy] = ()) -> FoundKeys:
    """Return the keys of `rows` that are in the list of an owner `text`, or that `text` names; else of those that begin so.

    `text` may be a conversationID, user ID or group ID. At most `limit` keys of each kind, as composite key texts. At most six
    queries: for one with OR and LIMIT the database may walk the whole table, expecting to meet enough rows soon. One owner's
    rows are few enough to be sorted: of them the first in `order` are returned.
    """
    texts = {text, text.strip()}
    named = texts | {identifiers.join(type_, bare_id) for type_ in ConversationType for bare_id in texts}
    of_owner = rows.filter(owner_id__any_of=sorted(texts)).order_by(*order, "owner_id", "conversation_id")
    of_conversation = rows.filter(conversation_id__any_of=sorted(named)).order_by("conversation_id")
    columns = ("owner_id", "conversation_id")
    own = _key_texts(of_owner, columns=columns, limit=limit)
    others = _key_texts(of_conversation, columns=columns, limit=limit)
    if own or others:
        return FoundKeys(own + others, may_be_sorted=len(others) < limit)
    starts = [text.strip(), *(identifiers.join(type_, text.strip()) for type_ in ConversationType)]
    of_owners = _starting_with(rows, "owner_id", starts[0]).order_by(*columns)
    of_conversations = (
        _starting_with(rows, "conversation_id", start).order_by("conversation_id", "owner_id") for start in starts
    )
    found = [_key_texts(selected, columns=columns, limit=limit) for selected in (of_owners, *of_conversations)]
    keys = list(dict.fromkeys(chain.from_iterable(found)))
    return FoundKeys(keys, may_be_sorted=all(len(some) < limit for some in found))


def members_named(members: QuerySet[Any], text: str, *, limit: int) -> list[str]:
    """Return the keys of `members` that are in a group, or are a user, of this ID; else of IDs that begin so.

    At most `limit` keys of each kind, as composite key texts. At most four queries.
    """
    text, columns = text.strip(), ("group_id", "user_id")
    in_group = members.filter(group_id__any_of=[text]).order_by("group_id", "user_id")
    of_user = members.filter(user_id__any_of=[text]).order_by("user_id", "group_id")
    if keys := _key_texts(in_group, of_user, columns=columns, limit=limit):
        return keys
    in_groups = _starting_with(members, "group_id", text).order_by("group_id", "user_id")
    of_users = _starting_with(members, "user_id", text).order_by("user_id", "group_id")
    return list(dict.fromkeys(_key_texts(in_groups, of_users, columns=columns, limit=limit)))


def _starting_with(rows: QuerySet[Any], column: str, text: str) -> QuerySet[Any]:
    """Return the rows whose ID begins with `text`, none for a text with which no ID begins."""
    longest = cast("CharField[Any, Any]", rows.model._meta.get_field(column)).max_length or 0
    if not (0 < len(text) <= longest and text.isascii() and text.isprintable()):
        return rows.none()
    return rows.filter(**{f"{column}__gte": text, f"{column}__lt": text + AFTER_PRINTABLE})


def _key_texts(*selections: QuerySet[Any], columns: tuple[str, str], limit: int) -> list[str]:
    keys = (key for rows in selections for key in rows.values_list(*columns)[:limit])
    return [composite_keys.to_text(*key) for key in keys]


def owners_with(conversation_id: str, *, limit: int) -> list[str]:
    """Return the IDs of owners who have this conversation in their list, at most `limit`."""
    rows = Conversation.objects.present().filter(conversation_id__any_of=[conversation_id])
    return list(rows.order_by("conversation_id", "owner_id").values_list("owner_id", flat=True)[:limit])


def messages_sent(time_s: int, *, random: int) -> list[tuple[str, str]]:
    """Return thread and position of the messages of this time and random number that arrived soon after.

    No index has them: the messages that arrived in these minutes are looked at, at most MESSAGES_SCANNED.
    """
    start = times.from_epoch_s(time_s)
    arrived = Message.objects.filter(created_at__range=(start - CLOCKS_DIFFER, start + ARRIVES_WITHIN)).order_by("created_at")
    matching = arrived.filter(time_s=time_s, random=random)
    if end := next(iter(arrived.values_list("created_at", flat=True)[MESSAGES_SCANNED : MESSAGES_SCANNED + 1]), None):
        matching = matching.filter(created_at__lt=end)
    return list(matching.values_list("thread", "position")[:2])


def groups_starting_with(groups: QuerySet[Group], text: str) -> QuerySet[Group]:
    """Return the groups whose group ID begins with `text`, an exact match first."""
    return groups.filter(group_id__gte=text, group_id__lt=text + AFTER_PRINTABLE).order_by("group_id")


def threads_named(text: str) -> list[str]:
    """Return the existing threads that `text` may name: a group's, or that of two users with a space between their IDs.

    IDs may hold spaces, too, so the text is split at each of its first MAX_SPLITS spaces.
    """
    text = text.strip()
    spaces = [index for index, character in enumerate(text) if character == " "][:MAX_SPLITS]
    pairs = [(text[:index].strip(), text[index:].strip()) for index in spaces]
    named = {text, *(threads.thread_between(*pair) for pair in pairs)}
    return list(Thread.objects.filter(thread__any_of=sorted(named)).order_by("thread").values_list("thread", flat=True))
