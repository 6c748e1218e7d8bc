"""What holds around every test: its marks, hypothesis's profile, its process, and the language it begins in."""

import hashlib
import inspect
import os
from collections import Counter
from collections.abc import Generator
from functools import cache
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test import TestCase, TransactionTestCase
from django.utils import translation
from hypothesis import is_hypothesis_test
from xdist.scheduler import LoadScopeScheduling

from conversations import logs
from conversations.access import rate_limits
from tests.support import citus, hypothesis_profiles
from tests.support.servers import english_postgresql

# The WSGI door would switch it off for the processes that tests start.
os.environ.setdefault("DEBUG", "true")
hypothesis_profiles.register()

MIGRATIONS = settings.BASE_DIR / "conversations" / "migrations"
STARTERS = {"RunningServer", "server_for_apps", "Popen", "HTTPServer", "ThreadingHTTPServer"}
# In the reason of a skipped test.
MISSING_TOOL = "missing: apt-get install"


def pytest_configure() -> None:
    # The real hash is slow on purpose.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # A test may send more requests in a minute than an app; those of the limits set their own.
    settings.RATE_LIMIT_USER = 0
    # What is logged once a minute is logged each time.
    logs.INTERVAL_S = 0


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests by what they are, so that nobody has to remember it; `make quick` leaves marked ones out."""
    refuse_repeated_ids(items)
    for item in items:
        if citus.is_wanted() and (reason := citus.why_not(item.name)):
            item.add_marker(pytest.mark.skip(reason=reason))
        if item.nodeid.startswith("tests/browser/"):
            item.add_marker("browser")
        elif item.nodeid.startswith("tests/clients/") or starts_a_process(item):
            item.add_marker("server")
        elif empties_tables(item) or (is_property_test(item) and uses_database(item)):
            item.add_marker("slow")


def refuse_repeated_ids(items: list[pytest.Item]) -> None:
    """Raise UsageError if tests share an ID: pytest-xdist would run only the first of them and say nothing."""
    repeated = [node_id for node_id, count in Counter(item.nodeid for item in items).items() if count > 1]
    if repeated:
        raise pytest.UsageError(f"Several tests are called {', '.join(repeated)}.")


def starts_a_process(item: pytest.Item) -> bool:
    """Return whether the test or a function of its module that it calls starts a process, or anything in its class a server."""
    helpers = (vars(item.module).get(name) for name in names_in(item))
    names = {*names_in(item), *(name for helper in helpers if inspect.isfunction(helper) for name in helper.__code__.co_names)}
    return "subprocess" in names or bool(item.cls and starts_a_server(item.cls))


def names_in(item: pytest.Item) -> tuple[str, ...]:
    """Return the names that the test's own code uses."""
    return inspect.unwrap(item.obj).__code__.co_names


@cache
def starts_a_server(test_class: type) -> bool:
    """Return whether a method of the class, or of one of ours that it inherits from, starts a process that serves."""
    ours = (parent for parent in test_class.__mro__ if parent.__module__.startswith("tests."))
    methods = (inspect.unwrap(getattr(value, "__func__", value)) for parent in ours for value in vars(parent).values())
    return any(STARTERS & set(method.__code__.co_names) for method in methods if inspect.isfunction(method))


def empties_tables(item: pytest.Item) -> bool:
    """Return whether the test commits, so that all tables are emptied after it."""
    if item.cls and issubclass(item.cls, TransactionTestCase):
        return not issubclass(item.cls, TestCase)
    marker = item.get_closest_marker("django_db")
    return bool(marker and marker.kwargs.get("transaction"))


def is_property_test(item: pytest.Item) -> bool:
    """Return whether hypothesis makes the test's examples."""
    return is_hypothesis_test(item.obj) or "run_state_machine_as_test" in names_in(item)


def uses_database(item: pytest.Item) -> bool:
    is_marked = "db" in item.fixturenames or bool(item.get_closest_marker("django_db"))
    return is_marked or bool(item.cls and issubclass(item.cls, TestCase))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With REQUIRE_ALL, let a test fail that is skipped because a tool is missing."""
    report = yield
    if report.skipped and os.environ.get("REQUIRE_ALL") and MISSING_TOOL in str(report.longrepr):
        report.outcome = "failed"
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which tests were left out because a tool is missing."""
    reasons = (str(report.longrepr[2]) for report in terminalreporter.stats.get("skipped", ()))
    for reason in sorted({reason for reason in reasons if MISSING_TOOL in reason}):
        terminalreporter.write_line(f"LEFT OUT: {reason.removeprefix('Skipped: ')}")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(request: pytest.FixtureRequest, django_db_modify_db_settings_parallel_suffix) -> None:
    """Let PostgreSQL's database sort as English does, since nothing may depend on its order.

    With --reuse-db, name SQLite's file after the migrations: tables of others are not reused, but removed.
    """
    if citus.is_wanted():
        citus.drop_test_database()
    elif connection.vendor == "postgresql":
        connection.settings_dict["TEST"]["TEMPLATE"] = english_postgresql()
    if request.config.getoption("reuse_db") and connection.vendor == "sqlite":
        base = Path(connection.settings_dict["TEST"]["NAME"])
        digest = hashlib.sha256()
        for migration in sorted(MIGRATIONS.glob("*.py")):
            digest.update(migration.read_bytes())
        reused = base.with_name(f"{base.name}.{digest.hexdigest()[:8]}")
        for file in base.parent.glob(f"{base.name}.*"):
            if not file.name.startswith(reused.name):
                file.unlink()
        connection.settings_dict["TEST"]["NAME"] = str(reused)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker) -> None:
    """With CITUS_URL, distribute the tables right after the migrations."""
    if citus.is_wanted():
        with django_db_blocker.unblock():
            citus.distribute_test_database()


@pytest.fixture(autouse=True)
def _english_again():
    """A test leaves the language that it activates in its thread."""
    yield
    translation.deactivate()


@pytest.fixture(autouse=True)
def _no_requests_counted():
    """All tests have the same users, who would soon have made too many requests."""
    rate_limits.forget_all()


class OneBrowserScheduling(LoadScopeScheduling):
    """A class's tests share a process, so what it sets up is set up once; and so do all that need a browser.

    pytest-xdist's own groups would say the same, but 3.8.0 does not find them under pytest 9.2.
    """

    def _split_scope(self, nodeid: str) -> str:
        return "browser" if nodeid.startswith("tests/browser/") else super()._split_scope(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log) -> OneBrowserScheduling:
    return OneBrowserScheduling(config, log)
