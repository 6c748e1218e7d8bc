"""The users and groups of the demo."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from random import Random
from urllib.parse import quote

from conversations.demo import scripts, words
from conversations.models import Owner

NEWCOMER = "newcomer"  # has no conversation yet
# Also unusual IDs that the vendor allows.
CAST = (
    ("alice", "Alice 陈"),
    ("bob", "Bob"),
    ("carol", "Carol Davies"),
    (NEWCOMER, "Newcomer"),
    ("li lei", "李雷"),
    ("han.mei-mei@home", "韩梅梅"),
    ("dept/42", "财务部"),
    ("+8613800138000", "老同学"),
    ("c2c_tester", "QA #1 ✅"),
)
SHARE_WITHOUT_AVATAR = 0.4


@dataclass(frozen=True, slots=True)
class Person:
    """A user, or a contact outside the demo."""

    user_id: str
    name: str
    face_url: str


@dataclass(frozen=True, slots=True)
class Group:
    """A group, and its members who have a list in the demo."""

    group_id: str
    name: str
    type: str
    face_url: str
    members: tuple[Person, ...]


def chance_for(subject: str) -> Random:
    """Return a random generator that makes the same choices for the same subject."""
    return Random(subject)  # noqa: S311 - nothing here is secret


def make_people(count: int) -> list[Person]:
    """Return the users; the first two are always alice and bob."""
    return [make_person(user_id, name) for user_id, name in islice(_ids_and_names(), max(count, 2))]


def make_person(user_id: str, name: str) -> Person:
    """Return a person with the avatar of the ID."""
    return Person(user_id, name, avatar(user_id, name))


def avatar(some_id: str, name: str) -> str:
    """Return a data URL of a coloured tile with a letter, which needs no network; "" for some IDs."""
    chance = chance_for(f"avatar {some_id}")
    if chance.random() < SHARE_WITHOUT_AVATAR:
        return ""
    tile = (
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 8'>"
        f"<path fill='hsl({chance.randrange(360)},45%,45%)' d='M0 0h8v8H0z'/>"
        "<text x='4' y='5.6' font-family='system-ui,sans-serif' font-size='4.5' text-anchor='middle' fill='white'>"
        f"{name[0]}</text></svg>"
    )
    return "data:image/svg+xml," + quote(tile, safe=" ='/:()-,")


def groups(owners: list[Person]) -> Iterator[Group]:
    """Yield groups of these users, first those with a script."""
    joiners = [owner for owner in owners if owner.user_id != NEWCOMER]
    for group_id, name, type_ in (*words.GROUPS, *_numbered_groups(len(joiners) // 6)):
        chance = chance_for(f"members {group_id}")
        size = min(len(joiners), chance.choice((3, 4, 5, 8, 12, 20, 60)))
        members = {owner.user_id: owner for owner in chance.sample(joiners, size)}
        # alice is in all and bob in most, so that their lists are long.
        members |= {owner.user_id: owner for owner in joiners[: 1 + (chance.random() < 0.8)]}
        if script := scripts.BY_THREAD.get(group_id):
            members |= {owner.user_id: owner for owner in joiners if owner.user_id in script.people}
        yield Group(group_id, name, type_, avatar(group_id, name), tuple(members.values()))


def existing_cast() -> list[str]:
    """Return the IDs of the cast that have a list already, from an earlier run or as real users."""
    return sorted(Owner.objects.any_of([user_id for user_id, _name in CAST]).values_list("owner_id", flat=True))


def name_owners(owners: list[Person]) -> None:
    """Store the users' names and avatars, also of the user without a conversation."""
    Owner.objects.bulk_create(
        [Owner(owner_id=owner.user_id, nick_name=owner.name, face_url=owner.face_url) for owner in owners],
        update_conflicts=True,
        unique_fields=["owner_id"],
        update_fields=["nick_name", "face_url"],
        batch_size=50,
    )


def _ids_and_names() -> Iterator[tuple[str, str]]:
    yield from CAST
    chance = chance_for("people")
    number = 100
    while True:
        number += 1
        if chance.random() < 0.55:
            (family, family_zh), (given, given_zh) = chance.choice(words.FAMILY_NAMES), chance.choice(words.CHINESE_NAMES)
            yield f"{family}.{given}{number}", family_zh + given_zh
        else:
            given, family = chance.choice(words.ENGLISH_NAMES), chance.choice(words.SURNAMES)
            yield f"{given.lower()}_{family.lower()}_{number}", f"{given} {family}"


def _numbered_groups(count: int) -> Iterator[tuple[str, str, str]]:
    for index in range(count):
        group_id, name, type_ = words.NUMBERED_GROUPS[index % len(words.NUMBERED_GROUPS)]
        yield group_id % (index + 1), name % (index + 1), type_
