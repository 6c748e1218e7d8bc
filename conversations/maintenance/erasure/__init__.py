"""Erase a user, in short transactions: safe to stop and to repeat, and every list is right after each of them.

What is left is the user's ID where others' rows are keyed by it, and the user's own row, empty, with the time of the erasure:
what comes in later and is older than that is not taken back (`store.erasures`).
"""

from collections.abc import Callable, Iterator

from conversations.maintenance.erasure import lists, messages, records
from conversations.maintenance.erasure.kinds import Kind, Tally

__all__ = ["Kind", "count", "erase"]

COUNTS = (
    records.count_profile, records.count_keys, records.count_webhooks, messages.count_c2c, messages.count_in_groups,
    lists.count_in_other_lists, lists.count_own_list, records.count_receipts, records.count_log_texts,
)  # fmt: skip
# Webhooks come before messages: an applied one brings none any more. The own list comes last, when nothing adds to it.
STEPS = (
    records.erase_webhooks, messages.erase_c2c, messages.erase_in_groups, lists.erase_in_other_lists,
    records.erase_receipts, records.erase_log_texts, lists.erase_own_list,
)  # fmt: skip


def count(user_id: str) -> Tally:
    """Count what `erase` would erase."""
    tally = Tally()
    for count_part in COUNTS:
        tally += count_part(user_id)
    return tally


def erase(user_id: str, *, on_transaction: Callable[[int], None] = lambda count: None) -> Tally:
    """Erase a user and return how much of each kind. A second run finds nothing, and one after a stop finds the rest.

    `on_transaction` gets the number of things that each transaction erased.
    """
    tally = Tally()
    for part in _parts(user_id):
        tally += part
        on_transaction(part.total())
    return tally


def _parts(user_id: str) -> Iterator[Tally]:
    yield records.erase_profile(user_id)
    yield records.erase_keys(user_id)
    for step in STEPS:
        yield from step(user_id)
