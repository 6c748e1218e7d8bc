"""What holds around every test."""

import pytest
from django.utils import translation


@pytest.fixture(autouse=True)
def _english_again():
    """A request leaves its language in its thread."""
    yield
    translation.deactivate()
