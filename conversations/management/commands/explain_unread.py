"""Explain a conversation's unread count, or the total of a user."""

import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from conversations.exceptions import ConversationError
from conversations.identifiers import split
from conversations.lists import unread_shares
from conversations.lists.unread_shares import UnreadShares
from conversations.management.arguments import check_known_owner
from conversations.models import Conversation
from conversations.unread import explain
from conversations.unread.plain_text import on_one_line


class Command(BaseCommand):
    help = _(
        "Explain a conversation's unread count: messages that count, messages that don't and the reasons, and the age of the "
        "data. The exit status is 1 if the count differs from the stored messages. Without ID, list the conversations that "
        "make up the user's unread total, the most unread first."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("owner", metavar="USER_ID", help=_("the user whose list is meant"))
        parser.add_argument("id", metavar="ID", nargs="?", help=_("conversationID, such as c2c_bob or group_team"))
        parser.add_argument("--json", action="store_true", help=_("print one JSON object"))
        parser.add_argument(
            "--all",
            action="store_true",
            help=_("examine all messages after the read position, not only the newest %(count)d") % {"count": explain.EXAMINED},
        )

    def handle(self, *args: Any, owner: str, id: str | None, json: bool, all: bool, **options: Any) -> None:
        if id is None and all:
            raise CommandError(_("--all examines the messages of one conversation: add its ID."))
        if id is None:
            shares = unread_shares.of_owner(check_known_owner(owner))
            self.stdout.write(_json(_as_object(shares)) if json else "\n".join(_lines(shares)))
            return
        try:
            split(id)
            explanation = explain.explain(check_known_owner(owner), id, examine_all=all)
        except ConversationError as error:
            raise CommandError(error.detail) from error
        text = _json(explanation) if json else explanation.as_text()
        self.stdout.write(text)
        if not explanation.agrees:
            sys.exit(1)


def _json(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()


def _as_object(shares: UnreadShares) -> dict[str, Any]:
    rows = {"conversations": shares.counted, "mutedConversations": shares.muted}
    listed = {
        name: [{"conversationID": row.conversation_id, "unreadCount": row.unread_count} for row in some]
        for name, some in rows.items()
    }
    return {"total": shares.total, "muted": shares.muted_total, "isCut": shares.is_cut, **listed}


def _lines(shares: UnreadShares) -> Iterator[str]:
    yield _("%(total)d unread in total") % {"total": shares.total}
    yield from map(_line, shares.counted)
    if shares.muted_total:
        yield ""
        yield _("%(total)d unread in muted conversations") % {"total": shares.muted_total}
        yield from map(_line, shares.muted)
    if shares.is_cut:
        yield ""
        yield _("Only the first %(most)d unread conversations are included.") % {"most": unread_shares.MOST}


def _line(row: Conversation) -> str:
    return f"{row.unread_count:>8}  {on_one_line(row.conversation_id)}  {on_one_line(row.display_name)}"
