"""What holds around every test."""

import os

import pytest
from django.utils import translation

# The WSGI door would switch it off for the processes that tests start.
os.environ.setdefault("DEBUG", "true")


@pytest.fixture(autouse=True)
def _english_again():
    """A request leaves its language in its thread."""
    yield
    translation.deactivate()
