"""What holds around every test."""

import os

import hypothesis
import pytest
from django.utils import translation
from xdist.scheduler import LoadScopeScheduling

# The WSGI door would switch it off for the processes that tests start.
os.environ.setdefault("DEBUG", "true")

# How long an example takes says more about the machine than about the code.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")


@pytest.fixture(autouse=True)
def _english_again():
    """A request leaves its language in its thread."""
    yield
    translation.deactivate()


class OneBrowserScheduling(LoadScopeScheduling):
    """A class's tests share a process, so what it sets up is set up once; and so do all that need a browser.

    pytest-xdist's own groups would say the same, but 3.8.0 does not find them under pytest 9.2.
    """

    def _split_scope(self, nodeid: str) -> str:
        return "browser" if nodeid.startswith("tests/browser/") else super()._split_scope(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log) -> OneBrowserScheduling:
    return OneBrowserScheduling(config, log)
