"""Send samples of the cloud's webhooks to a running server, and show what they do."""

import json
import urllib.error
import urllib.request
from argparse import ArgumentParser
from http.client import HTTPException
from typing import Any
from urllib.parse import urlencode, urlsplit

import orjson
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from conversations import samples
from conversations.choices import Membership
from conversations.exceptions import ConversationError
from conversations.formats import webhook_events
from conversations.formats.message_preview import one_line_preview
from conversations.identifiers import check_owner_id
from conversations.models import Conversation
from conversations.staff.presentation import owner_url
from conversations.times import now_s, now_us
from conversations.unread.explanation import on_one_line

TIMEOUT_S = 10
# The server is asked directly, whatever proxies the environment names.
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
State = dict[tuple[str, str], dict[str, str]]  # what is worth telling of each row, by owner and ID


class Command(BaseCommand):
    help = _(
        "Sign samples of the cloud's webhooks with this server's settings, send them to a running server one after the other, "
        "and print what each does to the conversations of the sample people. Each run tells the story anew."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--url", default="http://127.0.0.1:8000", help=_("where the server is (default %(default)s)"))
        parser.add_argument(
            "--owner-prefix", default=samples.PREFIX, help=_("what the IDs of the people begin with (default %(default)s)")
        )

    def handle(self, *args: Any, url: str, owner_prefix: str, **options: Any) -> None:
        for name in ("IM_SDK_APP_ID", "IM_CALLBACK_TOKEN"):
            if not getattr(settings, name):
                raise CommandError(_("%(name)s is not set: webhooks can't be signed.") % {"name": name})
        if urlsplit(url).scheme not in ("http", "https"):
            raise CommandError(_("--url must begin with http:// or https://."))
        try:
            people = [check_owner_id(owner_prefix + name) for name in samples.PEOPLE]
        except ConversationError as error:
            raise CommandError(error.detail) from error
        first = before = _state(people)
        for body in samples.story(owner_prefix, now_ms=now_us() // 1000):
            _post(url, body)
            after = _state(people)
            self.stdout.write(body["CallbackCommand"])
            for line in _changes(before, after) or [_("no conversation changed")]:
                self.stdout.write(f"  {on_one_line(line)}")
            before = after
        if first == before:
            raise CommandError(_("All were accepted, and nothing changed here: has the server another DATABASE_URL?"))
        self.stdout.write(_("All were accepted. Look: %(url)s") % {"url": url.rstrip("/") + owner_url(people[0])})


def _post(url: str, body: dict[str, Any]) -> None:
    """Send one webhook as the cloud does. Raises CommandError, saying what to do."""
    request_time = str(now_s())
    query = {
        "SdkAppid": settings.IM_SDK_APP_ID,
        "CallbackCommand": body["CallbackCommand"],
        "RequestTime": request_time,
        "Sign": webhook_events.signature(settings.IM_CALLBACK_TOKEN, request_time),
    }
    address = f"{url.rstrip('/')}/callbacks/tencent/?{urlencode(query)}"
    request = urllib.request.Request(address, orjson.dumps(body), {"Content-Type": "application/json"})  # noqa: S310
    try:
        with opener.open(request, timeout=TIMEOUT_S) as answer:
            status, told = answer.status, answer.read()
    except urllib.error.HTTPError as error:
        status, told = error.code, error.read()
    except (OSError, HTTPException) as error:
        why = getattr(error, "reason", error)
        raise CommandError(
            _("Nothing answers at %(url)s (%(why)s). Is the server running? --url says where.") % {"url": url, "why": why}
        ) from error
    _check(url, status, told)


def _check(url: str, status: int, told: bytes) -> None:
    """Whether it was taken. Raises CommandError, saying what to do."""
    outcome, why = _envelope(told)
    if status == 403:
        raise CommandError(
            _("Refused: %(why)s Does the server have the same IM_SDK_APP_ID and IM_CALLBACK_TOKEN as this command?")
            % {"why": why}
        )
    if (status, outcome) == (400, ""):  # a page: Django refuses a host before a webhook is looked at
        raise CommandError(
            _("The server answered 400: is %(host)s one of its ALLOWED_HOSTS?") % {"host": urlsplit(url).hostname}
        )
    if (status, outcome) != (200, "OK"):
        raise CommandError(_("The server answered %(status)d: %(why)s") % {"status": status, "why": why})


def _envelope(told: bytes) -> tuple[str, str]:
    """ActionStatus and ErrorInfo of an answer."""
    try:
        envelope = json.loads(told)
        return envelope["ActionStatus"], on_one_line(str(envelope["ErrorInfo"]))
    except (ValueError, KeyError, TypeError):
        return "", _("no answer of a callback URL.")


def _state(people: list[str]) -> State:
    rows = Conversation.objects.present().filter(owner_id__in=people).order_by("owner_id", "conversation_id")
    return {(row.owner_id, row.conversation_id): _in_words(row) for row in rows}


def _in_words(row: Conversation) -> dict[str, str]:
    return {
        _("name"): row.show_name,
        _("unread"): str(row.unread_count),
        _("last message"): one_line_preview(row.last_message, row.type) or _("none"),
        _("read by the other"): _("yes") if '"isPeerRead":true' in (row.last_message or "") else _("no"),
        _("membership"): str(Membership(row.membership).label),
    }


def _changes(before: State, after: State) -> list[str]:
    """A line for each row that is new or changed: what it was and what it is."""
    usual = {"", _("none"), _("no"), str(Membership.MEMBER.label)}
    lines = []
    for (owner_id, conversation_id), now in after.items():
        was = before.get((owner_id, conversation_id))
        if was is None:
            parts = [f"{what} {value}" for what, value in now.items() if value not in usual]
        else:
            parts = [f"{what} {was[what]} → {value}" for what, value in now.items() if was[what] != value]
        if parts:
            new = "" if was else _("new: ")
            lines.append(f"{owner_id} {conversation_id}: {new}{', '.join(parts)}")
    return lines
