"""Make an API key."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from conversations.access import api_keys
from conversations.exceptions import ConversationError

MAX_DAYS = 36_500


class Command(BaseCommand):
    help = _("Make an API key and print it, alone on standard output; it can't be shown again.")

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", metavar="NAME", help=_("what the key is for"))
        whose = parser.add_mutually_exclusive_group(required=True)
        whose.add_argument("--owner", help=_("the one owner whose list it opens"))
        whose.add_argument("--service", action="store_true", help=_("opens every list; each request names the owner"))
        parser.add_argument(
            "--scopes", default=api_keys.READ, help=_("of read, write, feed; with commas between (default: read)")
        )
        parser.add_argument("--expires-days", type=int, metavar="N", help=_("stop after N days (default: never)"))

    def handle(self, *args: Any, name: str, owner: str | None, scopes: str, expires_days: int | None, **options: Any) -> None:
        if expires_days is not None and not 1 <= expires_days <= MAX_DAYS:
            raise CommandError(_("--expires-days is from 1 to %(most)d.") % {"most": MAX_DAYS})
        expires_at = None if expires_days is None else timezone.now() + timedelta(days=expires_days)
        try:
            _key, text = api_keys.create_api_key(name=name, owner_id=owner, scopes=scopes.split(","), expires_at=expires_at)
        except ConversationError as error:
            raise CommandError(error.detail) from error
        self.stdout.write(text)
