"""Users are found by any part of their ID or nickname, best matches first; an unknown one has similar ones."""

from unittest import mock, skipUnless

import pytest
from django.db import connection
from django.test import TestCase

from conversations.lists import user_search
from conversations.lists.user_search import Rank
from conversations.models import Owner, name_search
from tests.support.pages import LIST, SEARCH, AsSupport

PHONE = "+8613800138000"


def make(**nicks: str) -> None:
    Owner.objects.bulk_create(Owner(owner_id=owner_id, nick_name=nick) for owner_id, nick in nicks.items())


def found(text: str, limit: int = 20) -> list[str]:
    return [owner.owner_id for owner in user_search.find(text, limit=limit).owners]


class FindTests(TestCase):
    def test_a_phone_number_is_found_however_it_is_written(self):
        make(**{PHONE: "李梦瑶", "+8613900139000": "Other"})

        for text in (
            "13800138000", "138 0013 8000", "138-0013-8000", "(138) 0013.8000", "86 138", "+86 138 0013", "0013800", "00138",
            "0086 138 0013 8000", "013800138000", " 138\u30000013 ",
        ):  # fmt: skip
            with self.subTest(text=text):
                self.assertEqual(found(text), [PHONE])

    def test_an_id_without_country_code_is_found_with_one(self):
        make(**{"13800138000": "", "+447700900123": "", "23800138000": ""})

        for text in ("+86 138 0013 8000", "0086 13800138000"):
            self.assertEqual(found(text), ["13800138000"])
        self.assertEqual(found("07700 900123"), ["+447700900123"])

    def test_what_is_inside_a_nickname_is_found_from_three_characters_or_two_chinese_ones(self):
        make(u1="Gareth Davies", u2="李梦瑶", u3="王 梦", u4="Zoë Müller")

        self.assertEqual(found("vies"), ["u1"])
        self.assertEqual(found("reth dav"), ["u1"])
        self.assertEqual(found("梦瑶"), ["u2"])
        self.assertEqual(found("ülle"), ["u4"])
        self.assertEqual(found("es"), [])
        self.assertEqual(found("瑶"), [])

    @skipUnless(connection.vendor == "postgresql", "SQLite knows the capitals of ASCII only")
    def test_capitals_of_every_script_are_found_inside_and_other_letters_are_not(self):
        make(u1="Anna Maria ÉCLAIR", u2="Кафе «РОМАШКА»", u3="Ådam")

        self.assertEqual([found("écl"), found("ÉCLAI"), found("clair")], [["u1"]] * 3)
        self.assertEqual(found("машка"), ["u2"])
        self.assertEqual([found("åda"), found("ada")], [["u3"], []])

    def test_nothing_spans_id_and_nickname_or_means_anything_but_itself(self):
        make(alice="Bob", **{"a%b_c": "x*y?z"})

        for text in ("iceBob", "a_b", "%b%", "x.y", "b\\_c", "a%bc", "\0", "nick\0"):
            self.assertEqual(found(text), [])
        self.assertEqual([found("%b_"), found("*y?")], [["a%b_c"]] * 2)

    def test_exact_comes_before_beginning_before_word_before_inside(self):
        make(z1="Ann", ann2="", z3="Mary Lou Ann", z4="Hannah", z5="anne", **{"x-ann": ""})

        self.assertEqual(found("ann"), ["z1", "ann2", "z5", "x-ann", "z3", "z4"])
        self.assertEqual(found("ann", limit=2), ["z1", "ann2"])

    def test_without_a_text_all_are_in_order_of_their_ids(self):
        make(b="", a="Ann", c="Bob")

        self.assertEqual(found(""), ["a", "b", "c"])
        self.assertEqual(found(" "), ["a", "b", "c"])

    def test_ranks(self):
        for name, text, expected in (
            (PHONE, "86 138 0013 8000", Rank.EXACT), (PHONE, "86138", Rank.BEGINNING), (PHONE, "0013", Rank.INSIDE),
            ("Gareth Davies-Smith", "davies smith", Rank.WORD), ("user_0042", "0042", Rank.WORD),
            ("李梦瑶", "梦瑶", Rank.INSIDE),
        ):  # fmt: skip
            self.assertEqual(user_search.rank((name, ""), name_search.squash(text)), expected, text)

    def test_it_takes_the_same_queries_whatever_the_number_of_users(self):
        make(u1="Gareth Davies")
        with self.assertNumQueries(6):
            self.assertEqual(found("vies"), ["u1"])
        make(**{f"v{number:03}": "Gareth Davies" for number in range(600)})

        with self.assertNumQueries(6):
            self.assertEqual(len(found("vies")), 20)

    @pytest.mark.skipif(connection.vendor != "postgresql", reason="PostgreSQL's index")
    def test_what_is_inside_is_found_through_the_index(self):
        rows = Owner.objects.filter(name_search.HasPieces("vies"))

        self.assertTrue(name_search.is_indexed())
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL citus.propagate_set_commands = 'local'")  # no effect without Citus
            cursor.execute("SET LOCAL enable_seqscan = off")
        self.assertIn(name_search.INDEX_NAME, rows.explain())

    def test_without_an_index_the_first_users_are_looked_at(self):
        make(a1="Gareth Davies", a2="Joan Davies", a3="Davies")
        with mock.patch.object(user_search, "is_indexed", return_value=False):
            self.assertFalse(user_search.find("vies", limit=9).is_partial)
            with mock.patch.object(user_search, "USERS_SCANNED", 2):
                looked = user_search.find("vies", limit=9)

        self.assertEqual([owner.owner_id for owner in looked.owners], ["a1", "a2"])
        self.assertTrue(looked.is_partial)


class SimilarTests(TestCase):
    def test_one_mistake_is_forgiven(self):
        make(**{PHONE: "李梦瑶", "alice": "Alice Liddell", "davies.gareth": "Gareth Davies", "far": "Away"})

        for text, expected in (
            ("13800138001", PHONE), ("13800188000", PHONE), ("alcie", "alice"), ("allice", "alice"),
            ("Garreth Davies", "davies.gareth"),
        ):  # fmt: skip
            with self.subTest(text=text):
                self.assertEqual([owner.owner_id for owner in user_search.similar(text, limit=5)], [expected])
        for text in ("zzzz", "x", "", "nul\0nul"):
            self.assertEqual(user_search.similar(text, limit=5), [])


class PageTests(AsSupport):
    def test_nobody_found_offers_similar_ones(self):
        make(alice="Alice Liddell")

        page = self.get(SEARCH, pane="owners", q="alcie")

        self.assertContains(page, "No user found")
        self.assertContains(page, "Similar users")
        self.assertContains(page, f"{LIST}?owner=alice")
        self.assertNotContains(self.get(SEARCH, pane="owners", q="qqqq"), "Similar users")

    def test_a_search_among_some_users_says_so(self):
        make(a1="Gareth Davies", a2="Joan Davies", a3="Davies")
        with (
            mock.patch.object(user_search, "is_indexed", return_value=False),
            mock.patch.object(user_search, "USERS_SCANNED", 2),
        ):
            page = self.get(SEARCH, pane="owners", q="vies")

        self.assertContains(page, "only the first 2 users by ID were searched")
        self.assertNotContains(self.get(SEARCH, pane="owners", q="vies"), "were searched")

    def test_the_list_of_an_unknown_user_says_so_and_offers_similar_ones(self):
        make(alice="Alice Liddell")

        page = self.get(LIST, owner="alcie")

        self.assertContains(page, "Unknown user")
        self.assertContains(page, "Similar users")
        self.assertContains(page, f'href="{LIST}?owner=alice"', 2)  # among all users as well
        self.assertContains(self.get(LIST, owner="alice"), "No conversations")
        self.assertNotContains(self.get(LIST, owner="qqqq", hasDraft="true"), "Unknown user")
