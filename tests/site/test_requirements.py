"""The locks, which are installed, hold what the requirements say."""

import re
from pathlib import Path

import pytest
from django.conf import settings

PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[a-z,]+\])?==([^\s;]+)", re.MULTILINE)


def pins(name: str) -> dict[str, str]:
    """Return the version of each package that a file names, by the package's normal name."""
    text = (Path(settings.BASE_DIR) / name).read_text()
    return {re.sub(r"[-_.]+", "-", package).lower(): version for package, version in PINNED.findall(text)}


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_has_every_requirement_in_its_version(lock):
    required = pins(lock.replace(".lock", ".txt"))

    locked = pins(lock)

    assert required
    assert required.items() <= locked.items()


def test_both_locks_agree():
    assert pins("requirements.lock").items() <= pins("requirements-dev.lock").items()


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_every_locked_package_has_hashes_and_no_address(lock):
    text = (Path(settings.BASE_DIR) / lock).read_text()

    assert "://" not in text
    assert all("--hash=sha256:" in entry for entry in re.split(r"\n(?=[a-z])", text))
