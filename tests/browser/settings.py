"""Production's settings, with static files of their own and, where one is given, a clock that stands still."""

import os
from pathlib import Path

import time_machine

from imsite.settings import *  # noqa: F403

STATIC_ROOT = Path(os.environ["STATIC_ROOT"])
if stands_at_s := os.environ.get("CLOCK_STANDS_AT_S"):
    time_machine.travel(int(stands_at_s), tick=False).start()
