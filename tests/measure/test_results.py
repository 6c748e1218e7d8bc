"""The page of figures."""

from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from django.test import SimpleTestCase

from tests.measure import reads
from tests.measure.load import Load
from tests.measure.results import BEGIN, END, Result, number, page, put, put_parts, table
from tests.measure.turns import slowest


class TableTests(SimpleTestCase):
    def test_a_row_has_value_unit_ratio_and_what_it_is_beside(self):
        rows = table([Result("one", 1234.5, "/s", 0.654, "bare WSGI"), Result("a|b", 0.0456, "ms")]).splitlines()

        self.assertEqual(rows[2:], ["| one | 1,234 /s | 0.65 | bare WSGI |", "| a/b | 0.046 ms |  |  |"])

    def test_numbers_keep_three_digits_that_count(self):
        found = [number(value) for value in (0, 0.0456, 4.567, 45.67, 456.7, 4567)]
        self.assertEqual(found, ["0", "0.046", "4.57", "45.7", "457", "4,567"])

    def test_a_page_says_what_was_left_out_and_why(self):
        text = page(
            {"reads": [Result("one", 1, "/s")], "writes": []},
            {"streams": "not asked for"},
            {"Date": "2026-11-30", "Commit": "abc", "Machine": "2 processors"},
        )

        self.assertIn("### reads\n\n* Date: 2026-11-30\n* Commit: abc\n* Machine: 2 processors\n\n| what |", text)
        self.assertNotIn("### writes", text)
        self.assertIn("* streams: not asked for", text)

    def test_the_bench_is_read_as_it_prints(self):
        line = "list50     project_key  rps     2100  p50    3.50 ms  p99    9.10 ms  x0.95 of limit  x9.10 of plain_drf"

        found = reads.results_of(f"noise\n{line}\n")

        self.assertEqual([(result.value, result.ratio, result.beside) for result in found][:2],
                         [(2100, 0.95, "limit"), (2100, 9.1, "plain_drf")])  # fmt: skip
        self.assertEqual([result.value for result in found][2:], [3.5, 9.1])


class TurnsTests(SimpleTestCase):
    def test_the_slowest_are_compared_round_by_round(self):
        loads, others = ([Load(Counter(), [ms, ms], 1, Counter()) for ms in times] for times in ((1, 4, 9), (2, 2, 9)))

        self.assertEqual(slowest("one", loads), Result("one, 99th percentile", 4, "ms"))
        self.assertEqual(slowest("one", loads, others, "many"), Result("one, 99th percentile", 4, "ms", 1, "many"))


class OutputTests(SimpleTestCase):
    def test_only_what_is_between_the_marks_is_replaced(self):
        with TemporaryDirectory() as folder:
            file = Path(folder, "performance.md")
            file.write_text(f"# Speed\n\n{BEGIN}\nold\n{END}\n\nMore\n")

            put(file, "### reads\n\nnew\n")

            self.assertEqual(file.read_text(), f"# Speed\n\n{BEGIN}\n\n### reads\n\nnew\n\n{END}\n\nMore\n")

    def test_a_text_without_parts_is_written_as_it_is(self):
        with TemporaryDirectory() as folder:
            file = Path(folder, "scaling.md")
            file.write_text(f"# Model\n\n{BEGIN}\n\nold\n\n{END}\n\nMore\n")

            put(file, "| a | b |\n")

            self.assertEqual(file.read_text(), f"# Model\n\n{BEGIN}\n\n| a | b |\n\n{END}\n\nMore\n")

    def test_parts_that_were_not_asked_for_stay_in_their_place(self):
        old = page(
            {name: [Result(name, 1, "/s")] for name in ("reads", "writes", "streams")},
            {"million": "no room"},
            {"Date": "2026-11-01", "Commit": "old", "Machine": "old"},
        )
        new = page(
            {"writes": [Result("w", 2, "/s")]},
            {"reads": "not asked for", "streams": "no wrk", "million": "not asked for"},
            {"Date": "2026-11-30", "Commit": "new", "Machine": "new"},
        )
        with TemporaryDirectory() as folder:
            file = Path(folder, "performance.md")
            file.write_text(f"{BEGIN}\n\n{old}\n{END}\n")
            put_parts(file, new)
            text = file.read_text()

        parts = ["* Commit: old", "| reads | 1", "* Commit: new", "* Machine: new", "| w | 2"]
        places = [text.index(part) for part in parts]
        self.assertEqual(places, sorted(places))
        self.assertIn("### Left out\n\n* streams: no wrk\n* million: not asked for\n", text)
        self.assertNotIn("| streams |", text)
