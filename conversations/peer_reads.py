"""A one-to-one read, as both sides see it."""

import orjson
from django.conf import settings
from django.utils import timezone

from conversations import effects, fanout, identifiers, reading
from conversations.changes import in_transaction, lock_owners
from conversations.choices import ChangedBy, ConversationType
from conversations.models import Conversation


@in_transaction
def record(reader: str, peer: str, *, time_s: int) -> None:
    """The reader has seen what the peer sent up to a time: fewer unread on the one side, `isPeerRead` on the other."""
    pairs = ((reader, peer), (peer, reader))
    keys = [(owner_id, identifiers.join(ConversationType.C2C, other)) for owner_id, other in pairs]
    owners = lock_owners(owner_id for owner_id, _id in keys)
    rows = fanout.read_rows(keys)
    changed = []
    if reader not in settings.SKIP_OWNERS:
        own = rows.get(keys[0])
        if own is None or not fanout.is_listed(own):
            _remember(own, reader, peer, time_s)
        elif reading.read_to(own, time_s):
            changed.append(own)
    peers = rows.get(keys[1])
    if peers is not None and fanout.is_listed(peers) and _show_read(peers, time_s):
        changed.append(peers)
    fanout.save_rows(owners, list({id(row): row for row in changed}.values()), by=ChangedBy.READ)


def _remember(row: Conversation | None, reader: str, peer: str, time_s: int) -> None:
    """Keep the position with a conversation that is not in the list; nobody sees it, so it has no number."""
    if row is not None:
        if row.c2c_read_timestamp < time_s:
            Conversation.objects.tombstones_of(reader).filter(conversation_id=row.conversation_id).update(
                c2c_read_timestamp=time_s
            )
        return
    row = effects.new_row(reader, ConversationType.C2C, peer)
    row.c2c_read_timestamp, row.deleted_at, row.version, row.created_version = time_s, timezone.now(), 0, 0
    fanout.write([row])


def _show_read(row: Conversation, time_s: int) -> bool:
    """Whether the last message is the owner's own and only now known to be read."""
    if row.last_message is None:
        return False
    message = orjson.loads(row.last_message)
    if not message.get("isSelf") or message.get("isPeerRead") or message.get("timestamp", 0) > time_s:
        return False
    message["isPeerRead"] = True
    row.last_message = orjson.dumps(message).decode()
    return True
