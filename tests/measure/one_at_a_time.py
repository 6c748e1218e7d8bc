"""Writes without HTTP, one after the other, beside the bare UPDATEs of the rows that they change, each a transaction.

    DATABASE_URL=postgres://… python -m tests.measure.one_at_a_time USERS SECONDS

The database holds the people of `writes`. The last line is the results as JSON.
"""

import itertools
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial

import psycopg

from tests.measure import bare_wsgi
from tests.measure.load import Load, Watch
from tests.measure.people import People, group
from tests.measure.results import ROOT, Result
from tests.measure.turns import in_turn, rate, speed

MODULE = "tests.measure.one_at_a_time"
SIZES = (100, 2000)
ELEMENTS = [{"MsgType": "TIMTextElem", "MsgContent": {"Text": "Your order has left the house."}}]
SETTINGS = {"DJANGO_SETTINGS_MODULE": "imsite.settings", "DEBUG": "false", "ALLOWED_HOSTS": "127.0.0.1"}


def measure(database_url: str, users: int, seconds: float) -> list[Result]:
    """Measure in a process of its own, whose Django uses this database."""
    command = [sys.executable, "-m", MODULE, str(users), str(seconds)]
    secret = {"SECRET_KEY": "only for tests: 0123456789 abcdefghijklmnopqrstuvwxyz"}
    environment = os.environ | SETTINGS | secret | {"DATABASE_URL": database_url}
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return [Result(*values) for values in json.loads(done.stdout.splitlines()[-1])]


def main(users: int, seconds: float) -> None:
    people = People(users)
    ours, bare = Ours(people), Bare(people, os.environ["DATABASE_URL"])
    pairs: dict[str, tuple[str, Callable[[], object], Callable[[], object]]] = {
        "a pin": ("a bare UPDATE", ours.pin, bare.pin),
        "a one-to-one message": ("two bare UPDATEs", ours.one_to_one, bare.one_to_one),
    }
    for size in SIZES:
        acts = partial(ours.to_group, size), partial(bare.to_group, size)
        pairs[f"a message to {size:,} members"] = (f"a bare UPDATE of {size:,} rows", *acts)
    results = []
    for name, (beside, act, other) in pairs.items():
        loads = in_turn({"ours": partial(again, act, seconds), "bare": partial(again, other, seconds)})
        text = f"{beside}: {rate(loads['bare']):.0f} /s"
        results.append(speed(f"{name}, one at a time, without HTTP", loads["ours"], loads["bare"], text))
    print(json.dumps(results))


def again(act: Callable[[], object], seconds: float) -> Load:
    """Do the same for so many seconds."""
    watch, start = Watch(), time.perf_counter()
    while (begun := time.perf_counter()) < start + seconds:
        act()
        watch.done("", begun)
    return Load(watch.counts, watch.times_ms, time.perf_counter() - start, watch.refused)


class Ours:
    """imsite's functions, as the API calls them."""

    def __init__(self, people: People):
        import django  # only in a process that has the settings

        django.setup()
        from conversations.actions import pins
        from conversations.feeding import messages
        from conversations.formats import rest_messages

        self.people, self.chance = people, random.Random()
        from conversations.store import notifications

        notifications.send_in_background()  # as in the web server
        self.pins, self.messages, self.rest_messages = pins, messages, rest_messages
        self.pinned = itertools.cycle((True, False))

    def pin(self) -> None:
        owner_id, peer = self.people.user(40), self.people.user(41)
        self.pins.set_pinned(owner_id=owner_id, conversation_id=f"c2c_{peer}", pinned=next(self.pinned))

    def one_to_one(self) -> None:
        sender = self.chance.randrange(self.people.users)
        to = self.chance.choice(self.people.neighbours(sender))
        number = self.chance.randrange(2**32)
        place = {"MsgSeq": number, "MsgRandom": number, "MsgTime": int(time.time())}  # as the cloud's webhooks have them
        self._send({"From_Account": self.people.user(sender), "To_Account": to} | place)

    def to_group(self, size: int) -> None:
        sender = self.chance.choice(self.people.members(size, 0))
        self._send({"GroupId": group(size, 0), "From_Account": sender, "Random": self.chance.randrange(2**32)})

    def _send(self, body: dict) -> None:
        now_s = int(time.time())
        message = self.rest_messages.message(body | {"MsgBody": ELEMENTS}, now_s=now_s)
        self.messages.record([message], now_s=now_s)


class Bare:
    """The rows' UPDATEs, each prepared and a transaction of its own."""

    def __init__(self, people: People, url: str):
        self.people, self.chance = people, random.Random()
        self.connection = psycopg.connect(url, autocommit=True, prepare_threshold=1)

    def pin(self) -> None:
        self.connection.execute(bare_wsgi.PIN, [self.people.user(80), f"c2c_{self.people.user(81)}"])

    def one_to_one(self) -> None:
        user = self.chance.randrange(self.people.users)
        peer = self.chance.choice(self.people.neighbours(user))
        for owner, other in ((self.people.user(user), peer), (peer, self.people.user(user))):
            self.connection.execute(bare_wsgi.ROW, [bare_wsgi.BODY, owner, f"c2c_{other}"])

    def to_group(self, size: int) -> None:
        self.connection.execute(bare_wsgi.GROUP_ROWS, [bare_wsgi.BODY, f"group_{group(size, 0)}"])


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
