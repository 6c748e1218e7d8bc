"""Export conversations as JSON Lines."""

from collections.abc import Generator

import orjson
from django.db.models import OuterRef, Subquery

from conversations.formats import conversation_json
from conversations.models import Owner
from conversations.models.querysets import ConversationQuerySet

CHUNK_ROWS = 2000


def export_lines(conversations: ConversationQuerySet) -> Generator[bytes, None, None]:
    """Yield one line of JSON for each conversation, by owner and conversation ID, in constant memory.

    An import of the lines and another export give the same bytes. Within a transaction, all lines are of one moment.
    """
    group_names = Owner.objects.filter(owner_id=OuterRef("owner_id")).values("group_names")
    rows = conversations.order_by("owner_id", "conversation_id").values_list(
        "owner_id", "is_claimed", "wire_head", "last_message", "marks", "conversation_groups", Subquery(group_names)
    )
    for owner_id, is_claimed, *columns in rows.iterator(CHUNK_ROWS):
        conversation = conversation_json.row_to_json(*columns)
        if is_claimed:
            conversation = conversation[:-1] + b',"claimed":true}'
        yield b'{"owner":%b,"conversation":%b}\n' % (orjson.dumps(owner_id), conversation)
