"""Create an API key."""

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
    help = _("Create an API key and print it to standard output, with no other text. It can't be shown again.")

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", metavar="NAME", help=_("purpose of the key"))
        grant = parser.add_mutually_exclusive_group(required=True)
        grant.add_argument("--owner", metavar="USER_ID", help=_("restrict the key to this user's list"))
        grant.add_argument("--service", action="store_true", help=_("allow access to all lists; each request names the user"))
        parser.add_argument(
            "--scopes",
            default=api_keys.READ,
            help=_("comma-separated list of read, write (includes read), ingest (default: read)"),
        )
        parser.add_argument("--expires-days", type=int, metavar="N", help=_("expire after N days (default: never)"))

    def handle(self, *args: Any, name: str, owner: str | None, scopes: str, expires_days: int | None, **options: Any) -> None:
        if expires_days is not None and not 1 <= expires_days <= MAX_DAYS:
            raise CommandError(_("--expires-days must be between 1 and %(most)d.") % {"most": MAX_DAYS})
        expires_at = None if expires_days is None else timezone.now() + timedelta(days=expires_days)
        try:
            _key, text = api_keys.create_api_key(name=name, owner_id=owner, scopes=scopes.split(","), expires_at=expires_at)
        except ConversationError as error:
            raise CommandError(error.detail) from error
        self.stdout.write(text)
