"""Erase a user."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _
from tqdm import tqdm

from conversations.maintenance import erasure
from conversations.management.arguments import check_stored_user


class Command(BaseCommand):
    help = _(
        "Erase a user: list, drafts, profile, group memberships, API keys, and the bodies of stored webhooks. What the user "
        "sent stays in the conversations of others as a recalled message, without content and name; unread counts, order and "
        "everything else in other lists stay as they are. The access log and the staff log keep who viewed or changed the "
        "list, and when. Safe to interrupt and to repeat. Cannot be undone."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user_id", metavar="USER_ID", help=_("user ID"))
        parser.add_argument("--dry-run", action="store_true", help=_("only count"))

    def handle(self, *args: Any, user_id: str, dry_run: bool, **options: Any) -> None:
        check_stored_user(user_id)
        if dry_run:
            tally = erasure.count(user_id)
        else:
            with tqdm(unit=_(" rows"), disable=None) as progress:
                tally = erasure.erase(user_id, on_transaction=progress.update)
        text = _("%(count)d %(rows)s would be erased.") if dry_run else _("%(count)d %(rows)s erased.")
        for kind in erasure.Kind:
            if count := tally[kind]:
                self.stdout.write(text % {"count": count, "rows": kind.label})
        if not tally.total():
            self.stdout.write(_("Nothing of %(user)s is left to erase.") % {"user": user_id})
        if dry_run:
            self.stdout.write(_("Dry run: nothing was changed."))
