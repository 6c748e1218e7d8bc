"""Send sample webhooks to a running server, and print their effects."""

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
from conversations.access.webhook_signature import signature
from conversations.choices import Membership
from conversations.exceptions import ConversationError
from conversations.formats.message_preview import one_line_preview
from conversations.identifiers import check_owner_id
from conversations.models import Conversation, WebhookEvent
from conversations.staff.presentation import owner_url
from conversations.times import now_ms, now_s
from conversations.unread.plain_text import on_one_line

TIMEOUT_S = 10
# The server is asked directly, whatever proxies the environment names.
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
State = dict[tuple[str, str], dict[str, str]]  # the printed fields of each row, by owner and conversation ID


class Command(BaseCommand):
    help = _(
        "Sign sample webhooks with this server's settings, send them to a running server, and print the changes of each to the "
        "conversations of the sample users. Each run replays the whole scenario with new IDs."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--url", default="http://127.0.0.1:8000", help=_("base URL of the server (default: %(default)s)"))
        parser.add_argument(
            "--owner-prefix", default=samples.PREFIX, help=_("prefix of the sample user IDs (default: %(default)s)")
        )

    def handle(self, *args: Any, url: str, owner_prefix: str, **options: Any) -> None:
        for name in ("IM_SDK_APP_ID", "IM_CALLBACK_TOKEN"):
            if not getattr(settings, name):
                raise CommandError(_("Webhooks can't be signed: %(name)s is not set.") % {"name": name})
        if urlsplit(url).scheme not in ("http", "https"):
            raise CommandError(_("--url must start with http:// or https://."))
        try:
            user_ids = [check_owner_id(owner_prefix + name) for name in samples.PEOPLE]
        except ConversationError as error:
            raise CommandError(error.detail) from error
        first = before = _state(user_ids)
        newest_pk, bodies = _newest_pk(), samples.scenario(owner_prefix, now_ms=now_ms())
        for body in bodies:
            _post(url, body)
            after = _state(user_ids)
            self.stdout.write(body["CallbackCommand"])
            for line in _changes(before, after) or [_("no conversation changed")]:
                self.stdout.write(f"  {on_one_line(line)}")
            before = after
        _refuse_failed(bodies, newest_pk)
        if first == before:
            raise CommandError(_("The server accepted all webhooks, but nothing changed. Does it use another DATABASE_URL?"))
        list_url = url.rstrip("/") + owner_url(user_ids[0])
        self.stdout.write(_("The server accepted all webhooks. See %(url)s") % {"url": list_url})


def _newest_pk() -> int:
    newest = WebhookEvent.objects.order_by("-pk").values_list("pk", flat=True).first()
    return newest or 0


def _refuse_failed(bodies: list[dict[str, Any]], newest_pk: int) -> None:
    """Raise CommandError if the server stored one of these and could not apply it: it acknowledges that, too."""
    failed = WebhookEvent.objects.failed_among([orjson.dumps(body).decode() for body in bodies], after=newest_pk)
    if webhook := failed.first():
        text = _("The server stored the webhooks, but %(count)d have failed. The first is %(command)s: %(why)s")
        why = on_one_line(webhook.error)
        raise CommandError(text % {"count": failed.count(), "command": webhook.command, "why": why})


def _post(url: str, body: dict[str, Any]) -> None:
    """Send a webhook as the cloud does. Raises CommandError with a hint."""
    request_time = str(now_s())
    query = {
        "SdkAppid": settings.IM_SDK_APP_ID,
        "CallbackCommand": body["CallbackCommand"],
        "RequestTime": request_time,
        "Sign": signature(settings.IM_CALLBACK_TOKEN, request_time),
    }
    address = f"{url.rstrip('/')}/callbacks/tencent/?{urlencode(query)}"
    request = urllib.request.Request(address, orjson.dumps(body), {"Content-Type": "application/json"})  # noqa: S310
    try:
        with opener.open(request, timeout=TIMEOUT_S) as response:
            status, content = response.status, response.read()
    except urllib.error.HTTPError as error:
        status, content = error.code, error.read()
    except (OSError, HTTPException) as error:
        text = _("No response from %(url)s (%(why)s). Is the server running there? If not, set --url.")
        raise CommandError(text % {"url": url, "why": getattr(error, "reason", error)}) from error
    _check(url, status, content)


def _check(url: str, status: int, content: bytes) -> None:
    """Raise CommandError with a hint unless the response acknowledges the webhook."""
    outcome, reason = _envelope(content)
    if status == 403:
        text = _("Rejected: %(why)s Does the server have the same IM_SDK_APP_ID and IM_CALLBACK_TOKEN as this command?")
        raise CommandError(text % {"why": reason})
    if (status, outcome) == (400, ""):  # a page: Django checks the host before a webhook is read
        text = _("The server answered 400. Is %(host)s one of its ALLOWED_HOSTS?")
        raise CommandError(text % {"host": urlsplit(url).hostname})
    if (status, outcome) != (200, "OK"):
        raise CommandError(_("The server answered %(status)d: %(why)s") % {"status": status, "why": reason})


def _envelope(content: bytes) -> tuple[str, str]:
    """Return ActionStatus and ErrorInfo of a response; "" and a sentence if it has none."""
    try:
        envelope = json.loads(content)
        return envelope["ActionStatus"], on_one_line(str(envelope["ErrorInfo"]))
    except (ValueError, KeyError, TypeError):
        return "", _("not the response of a callback URL.")


def _state(user_ids: list[str]) -> State:
    rows = Conversation.objects.present().filter(owner_id__in=user_ids).order_by("owner_id", "conversation_id")
    return {(row.owner_id, row.conversation_id): _printed_fields(row) for row in rows}


def _printed_fields(row: Conversation) -> dict[str, str]:
    return {
        _("name"): row.show_name,
        _("unread"): str(row.unread_count),
        _("last message"): one_line_preview(row.last_message, row.type) or _("none"),
        _("read by the peer"): _("yes") if '"isPeerRead":true' in (row.last_message or "") else _("no"),
        _("membership"): str(Membership(row.membership).label),
    }


def _changes(before: State, after: State) -> list[str]:
    """Return a line for each new or changed row, with the values before and after."""
    defaults = {"", _("none"), _("no"), str(Membership.MEMBER.label)}
    lines = []
    for (owner_id, conversation_id), fields in after.items():
        old_fields = before.get((owner_id, conversation_id))
        if old_fields is None:
            parts = [f"{name} {value}" for name, value in fields.items() if value not in defaults]
        else:
            parts = [f"{name} {old_fields[name]} → {value}" for name, value in fields.items() if old_fields[name] != value]
        if parts:
            new = "" if old_fields else _("new: ")
            lines.append(f"{owner_id} {conversation_id}: {new}{', '.join(parts)}")
    return lines
