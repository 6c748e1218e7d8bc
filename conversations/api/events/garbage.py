"""Python's garbage collector where thousands of streams are open: full collections are few, since changes wait for them."""

import gc
from time import monotonic

# A full collection looks at all objects of all streams, and everything waits. Python would begin one whenever a quarter has
# been added: again and again while clients come back.
NEVER = 1_000_000_000
FEWEST, LONGEST_S = 1000, 3600


class Garbage:
    """Collects in full once as many streams have ended as are open, since only what has lived long can be in the way."""

    def __init__(self) -> None:
        self._ended, self._collected_at = 0, monotonic()

    def begin(self) -> None:
        """Take over from Python, which goes on to collect what is young."""
        young, middle, _old = gc.get_threshold()
        gc.set_threshold(young, middle, NEVER)

    def note_end(self, still_open: int) -> None:
        """Count a stream that has ended."""
        self._ended += 1
        if self._ended >= max(FEWEST, still_open) or monotonic() - self._collected_at > LONGEST_S:
            self._ended = 0
            gc.collect()
            self._collected_at = monotonic()
