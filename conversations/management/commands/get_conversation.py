"""Print conversations of a user."""

import sys
from argparse import ArgumentParser
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from conversations.exceptions import ConversationError, ConversationNotFound
from conversations.formats.message_preview import one_line_preview
from conversations.identifiers import check_owner_id, split
from conversations.lists import json_reads
from conversations.unread.plain_text import on_one_line


class Command(BaseCommand):
    help = _("Print conversations of a user, in the order of the arguments. The exit status is 1 if any is missing.")

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("owner", metavar="USER_ID", help=_("the user whose list is meant"))
        parser.add_argument("ids", metavar="ID", nargs="+", help=_("conversationID, such as c2c_bob or group_team"))
        parser.add_argument("--json", action="store_true", help=_("print one JSON object per line"))

    def handle(self, *args: Any, owner: str, ids: list[str], json: bool, **options: Any) -> None:
        try:
            printable_ids = [conversation_id for conversation_id in ids if conversation_id.isprintable()]
            conversations = json_reads.lookup(check_owner_id(owner), printable_ids).conversations
        except ConversationError as error:
            raise CommandError(error.detail) from error
        is_complete = True
        for conversation_id in dict.fromkeys(ids):
            if conversation := conversations.get(conversation_id.encode(errors="replace")):
                self.stdout.write(conversation.decode() if json else _as_text(orjson.loads(conversation)))
            else:
                is_complete = False
                self.stderr.write(on_one_line(_reason_for_absence(conversation_id)))
        if not is_complete:
            sys.exit(1)


def _reason_for_absence(conversation_id: str) -> str:
    try:
        split(conversation_id)
    except ConversationError as error:
        return f"{conversation_id}: {error.detail}"
    return str(ConversationNotFound(conversation_id).detail)


def _as_text(conversation: dict[str, Any]) -> str:
    lines = [conversation["conversationID"]]
    for key, value in conversation.items():
        if key == "lastMessage":
            value = one_line_preview(value and orjson.dumps(value).decode(), conversation["type"])
        if key != "conversationID" and value not in (None, "", [], 0, False):
            text = str(value) if isinstance(value, (str, int)) else orjson.dumps(value).decode()
            lines.append(f"  {key:<22}{on_one_line(text)}")
    return "\n".join(lines)
