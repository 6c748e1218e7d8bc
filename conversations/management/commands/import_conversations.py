"""Import conversations from files or standard input."""

from argparse import ArgumentParser
from collections.abc import Callable
from functools import partial
from typing import Any

from django.core.management.base import CommandError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from conversations.exceptions import ConversationError
from conversations.identifiers import check_owner_id
from conversations.management.imports import ImportCommand
from conversations.models import Conversation, Owner
from conversations.transfer.conversations import Summary, import_records


class Command(ImportCommand):
    help = _(
        "Import conversations from JSON Lines or JSON arrays of any size: exports of imsite, objects of the SDKs (native, "
        "Flutter, Web, mini program, uni-app, C API), or answers of get_list. Safe to repeat. Keys that can't be stored are "
        "reported and ignored. Invalid lines are reported and skipped; the exit status is then 1."
    )

    models = (Conversation, Owner)

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--owner", metavar="USER_ID", help=_("the user whose list is meant, for records that name no user"))

    def importer(  # type: ignore[override]  # its own options
        self, *, owner: str | None, **options: Any
    ) -> Callable[..., Summary]:
        try:
            return partial(import_records, default_owner=owner and check_owner_id(owner))
        except ConversationError as error:
            raise CommandError(error.detail) from error

    def summary_text(self, total: Summary, *, dry_run: bool) -> str:
        counts = {"created": total.created, "replaced": total.replaced, "unchanged": total.unchanged, "bad": total.bad}
        if dry_run:
            text = _("Would create %(created)d, replace %(replaced)d; %(unchanged)d unchanged, %(bad)d invalid.")
        else:
            text = _("%(created)d created, %(replaced)d replaced, %(unchanged)d unchanged, %(bad)d invalid.")
        if not total.partial:
            return text % counts
        partial = ngettext(
            "%(count)d conversation has ignored keys.", "%(count)d conversations have ignored keys.", total.partial
        )
        return f"{text % counts} {partial % {'count': total.partial}}"
