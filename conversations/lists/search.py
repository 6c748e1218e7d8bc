"""What staff type into a search box, turned into index ranges; nothing here reads more rows than it finds."""

from django.db.models import QuerySet

from conversations import identifiers, threads
from conversations.choices import ConversationType
from conversations.models import Owner, Thread, composite_keys
from conversations.models.lookups import NickRest, NickStart
from conversations.models.querysets import OwnerQuerySet

# Follows every character that an ID may hold.
AFTER_PRINTABLE = "\x7f"


def owners_starting_with(owners: QuerySet, text: str) -> QuerySet:
    """Those whose user ID begins with `text`, an exact match first."""
    # A range and not LIKE, which SQLite and a prepared statement do not take from an index.
    return owners.filter(owner_id__gte=text, owner_id__lt=text + AFTER_PRINTABLE).order_by("owner_id")


def owners_like(owners: OwnerQuerySet, text: str, *, limit: int) -> list[Owner]:
    """Those whose user ID, nick name or its second word begins with `text`, in this order; at most `limit`. Three queries."""
    found = list(owners_starting_with(owners, text)[:limit]) if is_possible_start(text) else []
    for part in (NickStart, NickRest) if text and "\0" not in text else ():
        if len(found) < limit:
            known = {owner.owner_id for owner in found}
            # Of those met already, as many may stand among these.
            found += [owner for owner in owners.nicked(text, part)[:limit] if owner.owner_id not in known][: limit - len(found)]
    return found


def is_possible_start(text: str) -> bool:
    """Whether a user ID can begin like this."""
    return text == "" or identifiers.is_owner_id(text)


def keys_of_or_with(rows: QuerySet, text: str, *, limit: int) -> list[str]:
    """Which of `rows` are an owner's list, or the conversations that `text` names: a conversationID, user ID or group ID.

    Pair texts, at most `limit` of each kind. Two queries, because one with OR and LIMIT may walk the whole table: the
    database expects to meet enough rows soon, whichever end of the table they are at.
    """
    texts = {text, text.strip()}
    named = texts | {identifiers.join(type_, bare_id) for type_ in ConversationType for bare_id in texts}
    lists = rows.filter(owner_id__any_of=sorted(texts)).order_by("owner_id", "conversation_id")
    across = rows.filter(conversation_id__any_of=sorted(named)).order_by("conversation_id")
    found = (part.values_list("owner_id", "conversation_id")[:limit] for part in (lists, across))
    return [composite_keys.to_text(*pair) for part in found for pair in part]


def groups_starting_with(groups: QuerySet, text: str) -> QuerySet:
    """Those whose group ID begins with `text`, an exact match first."""
    return groups.filter(group_id__gte=text, group_id__lt=text + AFTER_PRINTABLE).order_by("group_id")


def threads_named(text: str) -> list[str]:
    """Those threads that `text` may name and that are there: a group's, or that of two users with a space between.

    At most MAX_SPLITS ways to part the two are tried: an ID may hold spaces, too.
    """
    text = text.strip()
    spaces = [place for place, character in enumerate(text) if character == " "][:MAX_SPLITS]
    pairs_ = [(text[:place].strip(), text[place:].strip()) for place in spaces]
    named = {text, *(threads.thread_between(*pair) for pair in pairs_)}
    return list(Thread.objects.filter(thread__any_of=sorted(named)).order_by("thread").values_list("thread", flat=True))


MAX_SPLITS = 32


def members_named(members: QuerySet, text: str, *, limit: int) -> list[str]:
    """Which of `members` are in a group or are a user of this ID: pair texts, at most `limit` of each kind; two queries."""
    text = text.strip()
    in_group = members.filter(group_id__any_of=[text]).order_by("group_id", "user_id")
    of_user = members.filter(user_id__any_of=[text]).order_by("user_id", "group_id")
    found = (part.values_list("group_id", "user_id")[:limit] for part in (in_group, of_user))
    return [composite_keys.to_text(*pair) for part in found for pair in part]
