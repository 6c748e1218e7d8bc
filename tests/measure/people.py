"""The users of a simulation: each has the same conversations with neighbours, and some groups of each size have members."""

import json
import os
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import psycopg

from tests.measure import million, rows

NEIGHBOURS = 20  # on each side: twice as many one-to-one conversations a user
GROUPS = {5: 200, 20: 100, 100: 30, 500: 8, 2000: 3}  # how many there are of each number of members
QUIET = 200  # users to whom nobody writes
BATCH = 500

# One conversation of each user at a time: a user's rows lie far apart, as in use. All have unread messages.
PLACES = """
    SELECT 'p' || lpad(o::text, 7, '0') AS owner_id, {n} AS n, NULL::text AS group_id,
        'p' || lpad(((o + {away} + {users}) % {users})::text, 7, '0') AS sender,
        8 * abs(hashint4(o * 64 + {n})::bigint) AS chance,
        1700000000 + abs(hashint4(o * 64 + {n})::bigint) % 7776000 AS at_s
    FROM generate_series(0, {users} - 1) o"""
OWNERS = """
    INSERT INTO conversations_owner (owner_id, version, epoch, nick_name)
    SELECT 'p' || lpad(o::text, 7, '0'), 2 * {near} + 1, 1, 'Nick ' || o FROM generate_series(0, {users} - 1) o"""


class People(NamedTuple):
    """How many users there are, and how to name them and those that they talk to."""

    users: int
    active: int = 0  # so many of them ask for their lists, chosen at random; 0: all

    def user(self, number: int) -> str:
        return f"p{number % self.users:07}"

    def neighbours(self, number: int) -> list[str]:
        """Return the users with whom this one has a conversation."""
        return [self.user(number + away) for away in range(-NEIGHBOURS, NEIGHBOURS + 1) if away]

    def members(self, size: int, which: int) -> list[str]:
        """Return the members of a group, who are no neighbours. The quiet users are in none."""
        start, most = which * 613 + size, self.users - QUIET
        step = max(1, most // size - 1)
        return [self.user((start + place * step) % most) for place in range(size)]

    def fill(self, database_url: str) -> None:
        """Store the users and their conversations in empty tables, by as many connections as there are processors."""
        others = [away for away in range(-NEIGHBOURS, NEIGHBOURS + 1) if away]

        def store(n: int, away: int) -> None:
            with psycopg.connect(database_url, autocommit=True) as connection:
                places = PLACES.format(n=n, away=away, users=self.users)
                connection.execute(million.conversations(places, order=""))

        with psycopg.connect(database_url, autocommit=True) as connection, rows.without_indexes(connection):
            with ThreadPoolExecutor(os.cpu_count()) as pool:
                list(pool.map(store, range(1, len(others) + 1), others))
            connection.execute(OWNERS.format(users=self.users, near=NEIGHBOURS))
        rows.vacuum(database_url)

    def fill_groups(self, address: str, key: str) -> None:
        """Store the groups over HTTP, as a back end does."""
        for size, count in GROUPS.items():
            for which in range(count):
                members = [{"Member_Account": member} for member in self.members(size, which)]
                body = {"Name": f"The group {which} of {size}", "Type": "Public", "MemberList": members}
                request = urllib.request.Request(
                    f"{address}/api/v1/groups/{group(size, which)}/", json.dumps(body).encode(), method="PUT",
                    headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
                )  # fmt: skip
                urllib.request.urlopen(request, timeout=60).read()


def group(size: int, which: int) -> str:
    return f"g{size}x{which}"
