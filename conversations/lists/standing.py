"""Read where many users' lists stand, for clients that come back: as many statements for a thousand lists as for one."""

from collections.abc import Sequence
from typing import NamedTuple

from conversations.models import Conversation, Owner
from conversations.sync_tokens import NEVER_SEEN, SyncToken


class Standing(NamedTuple):
    """A list's sync token, and its totals at this version or a later one."""

    token: str
    totals: dict[str, int]


def sync_tokens(owner_ids: Sequence[str]) -> dict[str, str]:
    """Return the sync tokens of the owners that were ever seen. One statement."""
    versions = Owner.objects.any_of(owner_ids).values_list("owner_id", "epoch", "version")
    return {owner_id: str(SyncToken(epoch, version)) for owner_id, epoch, version in versions}


def read(owner_ids: Sequence[str]) -> dict[str, Standing]:
    """Return where each of these lists stands, that of an owner who was never seen as well. Two statements."""
    tokens = sync_tokens(owner_ids)  # before the totals, so that no token stands for more than the totals show
    rows = Conversation.objects.for_owners(owner_ids)
    aggregates = rows.totals()
    counted = rows.counted().order_by().values("owner_id").annotate(**aggregates).values_list("owner_id", *aggregates)
    totals = {owner_id: dict(zip(aggregates, counts)) for owner_id, *counts in counted}
    return {
        owner_id: Standing(tokens.get(owner_id, NEVER_SEEN), totals.get(owner_id) or dict.fromkeys(aggregates, 0))
        for owner_id in owner_ids
    }
