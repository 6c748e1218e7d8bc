"""The sums of the simulation: what is more must cost more, and a day is the sum of its hours."""

import math
from dataclasses import replace
from unittest import TestCase

from tests.measure import cost_model, sizing_page
from tests.measure.cost_model import Cost, CostModel, Stored, plan
from tests.measure.people import GROUPS, QUIET, People
from tests.measure.traffic import GROUP_SIZES, HOURS, Assumptions, one_day

KINDS = Assumptions().calls_a_day()
EQUAL = CostModel(dict.fromkeys(KINDS, Cost(1, 2, 1000, 8192, 1500, 1)), Cost(10, 20))


class TrafficTests(TestCase):
    def test_shares_are_whole(self):
        self.assertAlmostEqual(sum(HOURS), 1)
        self.assertAlmostEqual(sum(GROUP_SIZES.values()), 1)
        self.assertEqual(GROUPS.keys(), GROUP_SIZES.keys())

    def test_a_drawn_day_has_the_calls_of_its_users(self):
        assumed = Assumptions()
        drawn = sum(minute.total() for minute in one_day(assumed, 10_000))
        expected = 10_000 * assumed.active * sum(KINDS.values())

        self.assertLess(abs(drawn - expected), 5 * math.sqrt(expected))

    def test_an_unknown_assumption_is_named(self):
        with self.assertRaisesRegex(ValueError, "No assumption is named sends"):
            Assumptions.of({"sends": 3})

    def test_members_of_a_group_are_different_and_none_is_quiet(self):
        people = People(2_500)
        for size in GROUPS:
            members = people.members(size, 2)
            self.assertEqual(len(set(members)), size)
            self.assertTrue(all(int(member[1:]) < people.users - QUIET for member in members))


class CostModelTests(TestCase):
    def test_calls_and_idle_time_add_up(self):
        used = EQUAL.use({"list": 100, "one": 50}, 10, 1e9)

        self.assertAlmostEqual(used.web_s, 0.150 + 0.100)
        self.assertAlmostEqual(used.database_s, 0.300 + 0.200)
        self.assertAlmostEqual(used.kept_bytes, 150 * 1500)

    def test_a_page_is_logged_once_between_checkpoints(self):
        few, many = cost_model.first_touches(10, 100_000), cost_model.first_touches(10_000_000, 100_000)

        self.assertAlmostEqual(few, 1, places=3)
        self.assertAlmostEqual(many * 10_000_000, 100_000)

    def test_ten_times_the_users_need_ten_times_as_much(self):
        model = replace(EQUAL, idle=Cost(0, 0))
        one, ten = (plan(users, model, Assumptions()) for users in (1e6, 1e7))

        for name in ("calls", "web_processors", "database_processors", "memory_gb", "disk_30_gb", "disk_365_gb"):
            self.assertAlmostEqual(getattr(ten, name) / getattr(one, name), 10, places=6, msg=name)

    def test_messages_that_are_deleted_take_no_more_room(self):
        assumed, stored = Assumptions(), Stored(message_days=30, callback_days=7, webhook_days=30)
        quiet = CostModel({kind: cost._replace(kept_bytes=0) for kind, cost in EQUAL.calls.items()}, Cost(0, 0))
        of_day = [cost_model.disk_bytes(1e6, day, quiet, assumed, stored) for day in (30, 365)]

        self.assertEqual(*of_day)

    def test_the_measured_costs_have_every_call(self):
        self.assertEqual(CostModel.read().calls.keys(), KINDS.keys())

    def test_the_pages_have_what_the_model_says(self):
        for page, is_chinese in sizing_page.PAGES.items():
            text = sizing_page.text(CostModel.read(), is_chinese=is_chinese)
            self.assertIn(text, page.read_text(), "run: python -m tests.measure.simulation --write-docs")
