"""Explain a conversation's unread count."""

import sys
from argparse import ArgumentParser
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from conversations.exceptions import ConversationError
from conversations.identifiers import split
from conversations.management.arguments import check_known_owner
from conversations.unread import explain


class Command(BaseCommand):
    help = _(
        "Explain a conversation's unread count: messages that count, messages that don't and the reasons, and the age of the "
        "data. The exit status is 1 if the count differs from the stored messages."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("owner", metavar="USER_ID", help=_("the user whose list is meant"))
        parser.add_argument("id", metavar="ID", help=_("conversationID, such as c2c_bob or group_team"))
        parser.add_argument("--json", action="store_true", help=_("print one JSON object"))
        parser.add_argument(
            "--all",
            action="store_true",
            help=_("examine all messages after the read position, not only the newest %(count)d") % {"count": explain.EXAMINED},
        )

    def handle(self, *args: Any, owner: str, id: str, json: bool, all: bool, **options: Any) -> None:
        try:
            split(id)
            explanation = explain.explain(check_known_owner(owner), id, examine_all=all)
        except ConversationError as error:
            raise CommandError(error.detail) from error
        text = orjson.dumps(explanation, option=orjson.OPT_INDENT_2).decode() if json else explanation.as_text()
        self.stdout.write(text)
        if not explanation.agrees:
            sys.exit(1)
