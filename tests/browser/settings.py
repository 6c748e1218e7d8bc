"""Production's settings, with the static files of one test run."""

import os
from pathlib import Path

from imsite.settings import *  # noqa: F403

STATIC_ROOT = Path(os.environ["STATIC_ROOT"])
