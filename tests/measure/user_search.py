"""The box that finds users, on PostgreSQL with a million of them: each search's time in the server, and what new users cost.

    DATABASE_URL=postgres://…/a_database_of_its_own python -m tests.measure.user_search

It fills an empty database, which takes a few minutes; one that it filled before it takes as it is.
"""

import random
import statistics
import sys
import time
from urllib.parse import urlencode

from tests.measure.pages import Reader, Visit  # first, since it sets up Django

# isort: split
from django.core.management import call_command
from django.db import connection, transaction

from conversations.lists import user_search
from conversations.models import Owner, name_search

USERS, SEARCHES, SEED = 1_000_000, 200, 16
FIRST = (
    "James Mary Robert Patricia John Jennifer Michael Linda David Elizabeth William Barbara Richard Susan Joseph Jessica "
    "Thomas Sarah Charles Karen Christopher Lisa Daniel Nancy Matthew Betty Anthony Sandra Mark Margaret Donald Ashley Steven "
    "Kimberly Andrew Emily Paul Donna Joshua Michelle Kenneth Carol Kevin Amanda Brian Melissa George Deborah Timothy Stephanie"
)
LAST = (
    "Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez Hernandez Lopez Gonzalez Wilson Anderson Thomas "
    "Taylor Moore Jackson Martin Lee Perez Thompson White Harris Sanchez Clark Ramirez Lewis Robinson Walker Young Allen King "
    "Wright Scott Torres Nguyen Hill Flores Green Adams Nelson Baker Hall Rivera Campbell Mitchell Carter Davies"
)
FAMILY = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈"
GIVEN = "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂文辉红建华玉梅玲志萍鹏飞燕春斌波宇浩凯健俊帆雪荣旭宁梦瑶雨欣怡子涵"
# Phone numbers with and without country code, numbered accounts and names as IDs; half of the nicknames are Chinese.
FILL = """
    INSERT INTO conversations_owner (owner_id, nick_name)
    SELECT CASE WHEN n % 10 < 5 THEN '+861' || 30 + a % 70 || lpad((b % 100000000)::text, 8, '0')
            WHEN n % 10 < 7 THEN '1' || 30 + a % 70 || lpad((b % 100000000)::text, 8, '0')
            WHEN n % 10 < 9 THEN 'user_' || lpad(n::text, 7, '0')
            ELSE lower(first[1 + a % 50] || '.' || last[1 + b % 50]) || n % 100000 END,
        CASE WHEN n % 2 = 0 THEN substr(%(family)s, 1 + c % 50, 1) || substr(%(given)s, 1 + d % 54, 1)
                || CASE WHEN b % 4 > 0 THEN substr(%(given)s, 1 + e % 54, 1) ELSE '' END
            ELSE first[1 + c % 50] || ' '
                || CASE WHEN n % 7 = 0 THEN chr(65 + e % 26) || '. ' ELSE '' END || last[1 + d % 50] END
    FROM (SELECT n, abs(hashint4(n)) a, abs(hashint4(n + 1000003)) b, abs(hashint4(n + 3000017)) c, 
        abs(hashint4(n + 5000011)) d, abs(hashint4(n + 7000003)) e, string_to_array(%(first)s, ' ') AS first,
        string_to_array(%(last)s, ' ') AS last FROM generate_series(1, %(users)s) n) AS chances
    ON CONFLICT DO NOTHING"""


def fill() -> None:
    names = {"first": FIRST, "last": LAST, "family": FAMILY, "given": GIVEN, "users": USERS}
    with connection.cursor() as cursor:
        cursor.execute(FILL.replace(" % ", " %% "), names)
        cursor.execute("VACUUM ANALYZE conversations_owner")


def texts(count: int) -> list[tuple[str, str]]:
    """What people type, and of which kind it is: parts of IDs and nicknames that are there, and some of none."""
    chance = random.Random(SEED)
    numbers = chance.sample(range(1, USERS), 4 * count)
    phones = list(Owner.objects.filter(owner_id__startswith="+86").values_list("owner_id", flat=True)[: 50 * count : 50])
    first, last = FIRST.split(), LAST.split()
    kinds = (
        ("whole phone number", lambda i: phones[i][3:]),
        ("phone number with blanks", lambda i: f"{phones[i][3:6]} {phones[i][6:10]} {phones[i][10:]}"),
        ("end of a phone number", lambda i: phones[i][-chance.randint(4, 7) :]),
        ("three digits", lambda i: f"{numbers[i] % 1000:03}"),
        ("part of a surname", lambda i: chance.choice(last)[-4:].lower()),
        ("three letters", lambda i: chance.choice(first)[1:4].lower()),
        ("name", lambda i: f"{chance.choice(first)} {chance.choice(last)}"),
        ("two Chinese characters", lambda i: chance.choice(GIVEN) + chance.choice(GIVEN)),
        ("Chinese name", lambda i: chance.choice(FAMILY) + chance.choice(GIVEN) + chance.choice(GIVEN)),
        ("inside every numbered account", lambda i: ("ser", "ser_", "er_0")[i % 3]),
        ("mistyped number", lambda i: phones[i][3:8] + "000000"),
        ("nobody", lambda i: f"zq{numbers[i]}"),
    )
    return [(kind, text_of(i)) for i in range(count) for kind, text_of in kinds][:count]


def cost_of_new_users(*, indexed: bool, count: int = 2000) -> float:
    """Return the microseconds that a new user takes, with the index of pieces or without. They are taken back."""
    rows = [Owner(owner_id=f"new{number}.{number * 7919}", nick_name=f"New 用户{number} Name") for number in range(count)]
    with transaction.atomic():
        if not indexed:
            with connection.cursor() as cursor:
                cursor.execute(f"DROP INDEX {name_search.INDEX_NAME}")
        start = time.perf_counter()
        Owner.objects.bulk_create(rows)
        taken = time.perf_counter() - start
        transaction.set_rollback(True)
    return taken / count * 1_000_000


def main() -> None:
    if connection.vendor != "postgresql":
        sys.exit("Name a PostgreSQL database of its own in DATABASE_URL.")
    call_command("migrate", verbosity=0)
    call_command("collectstatic", "--no-input", verbosity=0)
    if not Owner.objects.exists():
        fill()
    reader, taken = Reader(), {}
    print(f"Index: {name_search.is_indexed()}; at most {user_search.CANDIDATES} candidates. Milliseconds of the page's pane.")
    reader.get(Visit("", "/?q=a", "owners"))
    for kind, text in texts(SEARCHES):
        start = time.perf_counter()
        reader.get(Visit(text, f"/?{urlencode({'q': text})}", "owners"))
        taken.setdefault(kind, []).append(((time.perf_counter() - start) * 1000, text))
    for kind, times in taken.items():
        worst, text = max(times)
        print(f"{kind:32s} p50 {statistics.median(ms for ms, _text in times):6.1f}   max {worst:6.1f} {text!r}")
    times = [ms for kind in taken.values() for ms, _text in kind]
    print(f"{len(times)} searches: p50 {statistics.median(times):.1f}, p95 {statistics.quantiles(times, n=20)[-1]:.1f}")
    with_index, without = (cost_of_new_users(indexed=indexed) for indexed in (True, False))
    print(f"A new user, by the thousand: {with_index:.0f} µs, without the index of pieces {without:.0f} µs")


if __name__ == "__main__":
    main()
