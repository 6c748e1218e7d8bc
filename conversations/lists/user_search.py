"""Find users by any part of their ID or nickname: exact matches first, then beginnings, words, and what is inside.

Beginnings come from index ranges, the rest from the index of pieces; where that is missing, from the first users by ID.
"""

import re
from collections.abc import Callable, Iterable
from difflib import SequenceMatcher
from enum import IntEnum
from typing import NamedTuple

from conversations import identifiers
from conversations.lists.search import is_possible_start, owners_starting_with
from conversations.models import Owner
from conversations.models.lookups import NickRest, NickStart
from conversations.models.name_search import HasPieces, PlaceInside, has_pieces, is_indexed, squash

# Of so many users who match inside, the best are shown.
CANDIDATES = 300
# So many users are looked at where there is no index.
USERS_SCANNED = 20_000
# A phone number without its country code has at least seven digits; a country code has at most three.
PHONE_DIGITS, COUNTRY_CODE_DIGITS = 7, 3
SIMILAR_CANDIDATES, SIMILAR_RATIO = 100, 0.6

# A user's ID and nickname.
Name = tuple[str, str]
_word_starts = re.compile(r"(?<![^\W_])[^\W_]").finditer


class Rank(IntEnum):
    """How a text is found in an ID or nickname; the best match comes first."""

    EXACT = 0
    BEGINNING = 1
    WORD = 2
    INSIDE = 3


class Found(NamedTuple):
    """Users in the order to show them. `is_partial`: not all users were looked at."""

    owners: list[Owner]
    is_partial: bool = False


class _Names(NamedTuple):
    names: list[Name]
    is_partial: bool = False


def find(text: str, *, limit: int) -> Found:
    """Return at most `limit` users; for "" the first by ID. At most eight queries, whatever the number of users."""
    text = text.strip()
    if "\0" in text:
        return Found([])
    begun, squashed = _beginning_with(text, limit), squash(text)
    if len(begun) >= limit or not has_pieces(squashed):
        return Found(_ranked(begun, squashed)[:limit])
    inside = _inside(squashed)
    names = inside.names if begun or inside.names else _of_phone_number(squashed)
    begun_ids = {owner.owner_id for owner in begun}
    others = sorted((name for name in names if name[0] not in begun_ids), key=lambda name: (rank(name, squashed), name))
    return Found(_ranked([*begun, *_owners(others[:limit])], squashed)[:limit], inside.is_partial)


def similar(text: str, *, limit: int) -> list[Owner]:
    """Return users whose ID or nickname differs little from `text`, the most similar first.

    One mistake leaves one half of the text as it is, so users with one of the halves are compared.
    """
    squashed = squash(text)
    middle = len(squashed) // 2
    names: dict[str, Name] = {}
    for half in (squashed[:middle], squashed[middle:]) if "\0" not in text else ():
        if has_pieces(half):
            names |= {name[0]: name for name in _inside(half, SIMILAR_CANDIDATES).names}
    if is_possible_start(text):
        started = owners_starting_with(Owner.objects.all(), text[: max(2, middle)])
        names |= {name[0]: name for name in started.values_list("owner_id", "nick_name")[:SIMILAR_CANDIDATES]}
    ratios = {owner_id: _likeness(squashed, name) for owner_id, name in names.items()}
    alike = sorted((owner_id for owner_id, ratio in ratios.items() if ratio >= SIMILAR_RATIO), key=lambda id_: -ratios[id_])
    return _owners([names[owner_id] for owner_id in alike[:limit]])


def first_not_scanned() -> str | None:
    """Return the ID of the first user that a search without the index does not look at; None if it looks at all."""
    ids = Owner.objects.order_by("owner_id").values_list("owner_id", flat=True)
    return next(iter(ids[USERS_SCANNED : USERS_SCANNED + 1]), None)


def rank(name: Name, squashed: str) -> Rank:
    """Return how well a user's ID or nickname matches a squashed text, whichever does better."""
    return min(_rank(name[0], squashed), _rank(name[1], squashed))


def _rank(name: str, squashed: str) -> Rank:
    whole = squash(name)
    if whole.startswith(squashed):
        return Rank.EXACT if whole == squashed else Rank.BEGINNING
    if squashed not in whole:  # the other of ID and nickname has it
        return Rank.INSIDE
    is_word = any(squash(name[start.start() :]).startswith(squashed) for start in _word_starts(name))
    return Rank.WORD if is_word else Rank.INSIDE


def _ranked(owners: Iterable[Owner], squashed: str) -> list[Owner]:
    """Return the owners, the best matches first; equal ones stay in order."""
    if not squashed:  # no text, or only characters that do not count
        return list(owners)
    return sorted(owners, key=lambda owner: rank((owner.owner_id, owner.nick_name), squashed))


def _beginning_with(text: str, limit: int) -> list[Owner]:
    """Return the owners whose ID, nickname or its second word begins with a text, at most `limit` of each kind."""
    owners = Owner.objects.all()
    matches = list(owners_starting_with(owners, text)[:limit]) if is_possible_start(text) else []
    for part in (NickStart, NickRest) if text else ():
        # The start of a nickname is looked up in any case: an exact one comes before the beginnings of IDs.
        if part is NickStart or len(matches) < limit:
            matched_ids = {owner.owner_id for owner in matches}
            matches += [owner for owner in owners.nicked(text, part)[:limit] if owner.owner_id not in matched_ids]
    return matches


def _inside(squashed: str, limit: int = CANDIDATES) -> _Names:
    """Return users whose ID or nickname contains a text of some length, at most `limit`."""
    rows, is_partial = Owner.objects.annotate(place=PlaceInside(squashed)).filter(place__gt=0), False
    if is_indexed():
        rows = rows.filter(HasPieces(squashed))
    else:
        if end := first_not_scanned():
            rows, is_partial = rows.filter(owner_id__lt=end), True
        rows = rows.order_by("owner_id")
    return _Names(list(rows.values_list("owner_id", "nick_name")[:limit]), is_partial)


def _of_phone_number(squashed: str) -> list[Name]:
    """Return users whose ID is this phone number with another country code or other zeros before it, or without them."""
    number = squashed.lstrip("0") if squashed.isascii() and squashed.isdigit() else ""
    without_code = number[COUNTRY_CODE_DIGITS:] if len(number) >= PHONE_DIGITS + COUNTRY_CODE_DIGITS else number
    return list(filter(_is_number(number), _inside(without_code).names)) if len(without_code) >= PHONE_DIGITS else []


def _is_number(number: str) -> Callable[[Name], bool]:
    def is_it(name: Name) -> bool:
        own = squash(name[0]).lstrip("0")
        return own.isdigit() and (number.endswith(own) or own.endswith(number))

    return is_it


def _likeness(squashed: str, name: Name) -> float:
    matcher = SequenceMatcher(b=squashed, autojunk=False)
    ratios = []
    for part in map(squash, name):
        matcher.set_seq1(part[: identifiers.OWNER_ID_MAX_BYTES])
        ratios.append(matcher.ratio() if matcher.quick_ratio() >= SIMILAR_RATIO else 0.0)
    return max(ratios)


def _owners(names: list[Name]) -> list[Owner]:
    """Return the users of these names, in this order."""
    owners = {owner.owner_id: owner for owner in Owner.objects.any_of([owner_id for owner_id, _nick in names])} if names else {}
    return [owners[owner_id] for owner_id, _nick in names if owner_id in owners]
