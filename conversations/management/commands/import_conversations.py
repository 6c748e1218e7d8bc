"""Import conversations from files or standard input."""

from argparse import ArgumentParser
from collections.abc import Callable
from functools import partial
from typing import Any

from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from conversations.exceptions import ConversationError
from conversations.identifiers import check_owner_id
from conversations.management.imports import ImportCommand
from conversations.transfer.conversations import Summary, import_records


class Command(ImportCommand):
    help = _(
        "Import conversations: JSON Lines or JSON arrays of any size, of our own export, SDK objects, C-API objects, or "
        "get_list answers. Safe to repeat. Bad lines are reported and the rest goes in; the exit status is then 1."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--owner", help=_("whose list it is, where a record does not say"))

    def importer(self, *, owner: str | None, **options: Any) -> Callable[..., Summary]:
        try:
            return partial(import_records, default_owner=owner and check_owner_id(owner))
        except ConversationError as error:
            raise CommandError(error.detail) from error

    def in_words(self, total: Summary, *, dry_run: bool) -> str:
        counts = {"created": total.created, "replaced": total.replaced, "unchanged": total.unchanged, "bad": total.bad}
        if dry_run:
            text = _("%(created)d would be created, %(replaced)d replaced, %(unchanged)d unchanged, %(bad)d bad.")
        else:
            text = _("%(created)d created, %(replaced)d replaced, %(unchanged)d unchanged, %(bad)d bad.")
        return text % counts
