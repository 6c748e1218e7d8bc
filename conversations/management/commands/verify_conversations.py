"""Check every list against the stored messages."""

import sys
from argparse import ArgumentParser
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from tqdm import tqdm

from conversations.maintenance import verify
from conversations.management.arguments import check_known_owner
from conversations.store import inconsistencies
from conversations.unread.plain_text import on_one_line


class Command(BaseCommand):
    help = _(
        "Check every conversation against the stored messages, group members and versions, and report inconsistencies. Those "
        "that remain are stored, in place of what the last check of the same list found, and listed on the page Across users; "
        "the exit status is then 1."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--owner", metavar="USER_ID", help=_("the user whose list is meant (default: all users)"))
        parser.add_argument("--repair", action="store_true", help=_("fix the inconsistencies"))
        parser.add_argument("--dry-run", action="store_true", help=_("store nothing; with --repair, only report the fixes"))

    def handle(self, *args: Any, owner: str | None, repair: bool, dry_run: bool, **options: Any) -> None:
        if owner is not None:
            check_known_owner(owner)
        total, repaired, started_at = 0, 0, timezone.now()
        # Of most lists nothing is stored, and nothing is found.
        with_findings = inconsistencies.owner_ids() if owner is None else {owner}
        checked: Counter[str] = Counter()
        with tqdm(unit=_(" users"), disable=None) as progress:
            left: set[inconsistencies.Found] = set()

            def finish_list(owner_id: str, conversations: int) -> None:
                if not dry_run and (left or owner_id in with_findings):
                    inconsistencies.replace(owner_id, left)
                left.clear()
                checked.update(lists=1, conversations=conversations)
                progress.update()

            for discrepancy in verify.findings(owner, repair=repair and not dry_run, on_list=finish_list):
                total += 1
                repaired += discrepancy.is_repaired
                if not discrepancy.is_repaired:
                    left.add((discrepancy.conversation_id, discrepancy.kind))
                fixed = " " + _("(fixed)") if discrepancy.is_repaired else ""
                self.stdout.write(on_one_line(f"{discrepancy}") + fixed)
        if owner is None and not dry_run:
            inconsistencies.finish(started_at, lists=checked["lists"], conversations=checked["conversations"])
        text = _("Lists checked: %(lists)d, conversations: %(conversations)d.")
        self.stderr.write(text % {"lists": checked["lists"], "conversations": checked["conversations"]})
        self._summarise(total, repaired if repair and not dry_run else None, is_dry_repair=repair and dry_run)
        if total > repaired:
            sys.exit(1)

    def _summarise(self, total: int, repaired: int | None, *, is_dry_repair: bool) -> None:
        count = ngettext("%(count)d inconsistency", "%(count)d inconsistencies", total) % {"count": total}
        if total and is_dry_repair:
            self.stderr.write(_("%(inconsistencies)s. Without --dry-run, all would be fixed.") % {"inconsistencies": count})
        elif repaired is None:
            self.stderr.write(f"{count}.")
        else:
            text = _("%(inconsistencies)s, %(repaired)d fixed.")
            self.stderr.write(text % {"inconsistencies": count, "repaired": repaired})
