"""Say why a conversation shows its unread number."""

import sys
from argparse import ArgumentParser
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from conversations.exceptions import ConversationError
from conversations.identifiers import check_owner_id, split
from conversations.models import Owner
from conversations.unread import explain


class Command(BaseCommand):
    help = _(
        "Say why a conversation shows its unread number: what counts, what doesn't and why, and how fresh this is. "
        "Exits with 1 if the number is not the one that follows from what is stored."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("owner", metavar="OWNER", help=_("user ID of the list's owner"))
        parser.add_argument("id", metavar="ID", help=_("conversationID, such as c2c_bob or group_team"))
        parser.add_argument("--json", action="store_true", help=_("print one JSON object"))
        parser.add_argument(
            "--all",
            action="store_true",
            help=_("look at every message newer than what is read, not only at the newest %(count)d")
            % {"count": explain.EXAMINED},
        )

    def handle(self, *args: Any, owner: str, id: str, json: bool, all: bool, **options: Any) -> None:
        try:
            split(id)
            if not Owner.objects.named(check_owner_id(owner)).exists():
                raise CommandError(_("There is no owner %(owner)s.") % {"owner": owner})
            explanation = explain.explain(owner, id, examine_all=all)
        except ConversationError as error:
            raise CommandError(error.detail) from error
        shown = orjson.dumps(explanation, option=orjson.OPT_INDENT_2).decode() if json else explanation.as_text()
        self.stdout.write(shown)
        if not explanation.agrees:
            sys.exit(1)
