"""What staff did, in Django's admin log: one form of entry for pages and admin."""

import json
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model

from conversations.models import AccessLogEntry, Conversation, ConversationRow, Owner, composite_keys

# How the message of an export begins.
EXPORT = "export "


def changed_message(*texts: str, **values: Any) -> list[dict[str, Any]]:
    """Return a log entry's message: texts that the admin shows after "Changed", and values for programs."""
    return [{"changed": {"fields": list(texts)}, **values}]


def conversation_entry(row: Conversation, message: list[dict[str, Any]], *, user_id: int) -> LogEntry:
    """Return an unsaved entry about a conversation."""
    return _entry(ConversationRow, _key_of(row), str(row), json.dumps(message, ensure_ascii=False), user_id=user_id)


def log_export(owner_id: str, find: str, count: int, *, user_id: int) -> None:
    """Log that `count` conversations of an owner were exported, selected by the search text `find`."""
    # In no language, since readers with another language read it as well.
    _entry(Owner, owner_id, owner_id, f'{EXPORT}"{find}" → {count}', user_id=user_id).save()


def log_activity_export(query: str, count: int, *, user_id: int) -> None:
    """Log that `count` entries of the staff activity were exported, selected by the page's address."""
    _entry(AccessLogEntry, "", "", f'{EXPORT}"{query}" → {count}', user_id=user_id).save()


def _key_of(row: Conversation) -> str:
    return composite_keys.to_text(row.owner_id, row.conversation_id)


def _entry(model: type[Model], object_id: str, object_repr: str, message: str, *, user_id: int) -> LogEntry:
    return LogEntry(
        user_id=user_id,
        content_type=ContentType.objects.get_for_model(model),
        object_id=object_id,
        object_repr=object_repr,
        action_flag=CHANGE,
        change_message=message,
    )
