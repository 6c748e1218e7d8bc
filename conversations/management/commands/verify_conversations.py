"""Check every list against what is stored."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from tqdm import tqdm

from conversations.exceptions import ConversationError
from conversations.identifiers import check_owner_id
from conversations.maintenance import verify
from conversations.models import Owner
from conversations.unread.explanation import on_one_line


class Command(BaseCommand):
    help = _(
        "Check every conversation against the stored messages, rosters and numbers, and say what does not fit; exits with 1 if "
        "anything is left so."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--owner", metavar="OWNER", help=_("only this user's list"))
        parser.add_argument("--repair", action="store_true", help=_("put right what does not fit"))
        parser.add_argument("--dry-run", action="store_true", help=_("with --repair: only say what would change"))

    def handle(self, *args: Any, owner: str | None, repair: bool, dry_run: bool, **options: Any) -> None:
        if owner is not None:
            self._check(owner)
        found = repaired = 0
        with tqdm(unit=_(" owners"), disable=None) as progress:
            for finding in verify.findings(owner, repair=repair and not dry_run, on_owner=progress.update):
                found += 1
                repaired += finding.is_repaired
                self.stdout.write(on_one_line(f"{finding}") + (f" ({_('repaired')})" if finding.is_repaired else ""))
        self._summarise(found, repaired, is_only_said=repair and dry_run)
        if found > repaired:
            sys.exit(1)

    def _check(self, owner: str) -> None:
        try:
            check_owner_id(owner)
        except ConversationError as error:
            raise CommandError(error.detail) from error
        if not Owner.objects.named(owner).exists():
            raise CommandError(_("There is no owner %(owner)s.") % {"owner": owner})

    def _summarise(self, found: int, repaired: int, *, is_only_said: bool) -> None:
        words = ngettext("%(count)d thing does not fit", "%(count)d things do not fit", found) % {"count": found}
        if found and is_only_said:
            self.stderr.write(_("%(found)s. Without --dry-run all of it is repaired.") % {"found": words})
        else:
            self.stderr.write(_("%(found)s, %(repaired)d of them repaired.") % {"found": words, "repaired": repaired})
