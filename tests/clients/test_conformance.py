"""The conformance cases over plain HTTP, and that they can fail."""

import subprocess
import sys

import pytest

from clients.conformance import cases
from clients.conformance.matching import difference
from tests.clients.conformance import assert_conforms
from tests.clients.conftest import CLIENTS, Site


def test_every_case_over_http(site: Site):
    assert_conforms(site, None)


def test_the_command_says_what_passed(site: Site):
    command = [sys.executable, "-m", "clients.conformance", site.url, site.key, "--only", "get:"]

    done = subprocess.run(command, cwd=CLIENTS.parent, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")
    assert " passed, 0 failed, 0 skipped in " in done.stdout


def test_the_command_fails_without_the_right(site: Site):
    command = [sys.executable, "-m", "clients.conformance", site.url, "imk_none", "--only", "no last message"]

    done = subprocess.run(command, cwd=CLIENTS.parent, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert "FAILED get: no last message is null: the data was refused" in done.stdout


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ({"a": 1}, {"a": 2}),
        ({"a": 1}, {}),
        ({"a": None}, {"a": 0}),
        (1, True),
        (9223372036854775808, 9223372036854775807),
        ([1, 2], [1]),
        ([1], [1, 2]),
        ([{"a": 1}], [{"a": 2}]),
        ({"$text": True}, ""),
        ({"$length": 2}, [1]),
        ({"$integer": 5}, 4),
        ({"$optional": {"a": 1}}, {"a": 2}),
        ({"a": {}}, {"a": None}),
    ],
)
def test_differences_are_seen(expected, actual):
    assert difference(expected, actual)


@pytest.mark.parametrize(
    ("expected", "actual"),
    [({"a": 1}, {"a": 1, "b": 2}), (None, ""), ("", None), ({"a": None}, {}), ({"$any": True}, 1), ({"$optional": 1}, None)],
)
def test_what_is_expected_has_no_difference(expected, actual):
    assert difference(expected, actual) is None


def test_no_two_cases_have_the_same_name():
    names = [(case.topic, case.name) for case in cases.load()]

    assert len(names) == len(set(names)) > 90


def test_every_step_is_of_a_kind():
    kinds = {next(iter(step)) for case in cases.load() for step in case.steps}

    assert kinds == {"call", "feed", "await", "quiet", "proxy", "http"}
