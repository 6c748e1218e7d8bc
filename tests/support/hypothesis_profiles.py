"""How many examples property tests try, and whether at random: the one place that decides it.

HYPOTHESIS_PROFILE or pytest's --hypothesis-profile names the profile:

* `quick`: 15 examples, the same each time, for the inner loop;
* `ci` (the default): the number that a test names, the same each time, so that a failure is the change's; half of it on other
  databases than SQLite, to which they would bring the same stories again;
* `nightly`: five times that number, other ones each time. What failed is kept in .hypothesis/ and tried first next time.
"""

import os

from django.db import connection
from hypothesis import HealthCheck, settings
from hypothesis.database import DirectoryBasedExampleDatabase

QUICK_EXAMPLES = 15
NIGHTLY_FACTOR = 5
USUAL_EXAMPLES = 100


def register() -> None:
    """Register the profiles, and load the environment's; pytest's own option comes later and wins."""
    # How long an example takes, or its data, says more about the machine than about the code; a fixture is for all examples.
    unchecked = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture)
    untimed = {"deadline": None, "suppress_health_check": unchecked}
    repeatable = untimed | {"derandomize": True, "database": None}
    kept = DirectoryBasedExampleDatabase(".hypothesis/examples")
    settings.register_profile("quick", max_examples=QUICK_EXAMPLES, **repeatable)
    settings.register_profile("ci", max_examples=USUAL_EXAMPLES, **repeatable)
    settings.register_profile("nightly", max_examples=USUAL_EXAMPLES * NIGHTLY_FACTOR, database=kept, **untimed)
    settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


def examples(in_ci: int, **more: int) -> settings:
    """Return the settings of a test that tries `in_ci` examples in CI; other profiles scale that number."""
    again = in_ci if connection.vendor == "sqlite" else in_ci // 2
    scaled = {"quick": min(in_ci, QUICK_EXAMPLES), "ci": again, "nightly": in_ci * NIGHTLY_FACTOR}
    return settings(max_examples=scaled.get(settings.get_current_profile_name(), in_ci), **more)
