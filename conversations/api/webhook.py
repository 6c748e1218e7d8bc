"""POST /callbacks/tencent/: the cloud's webhooks, or those that a back end passes on."""

import logging

import orjson
from django.conf import settings
from django.db import Error
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from conversations.access.api_keys import INGEST
from conversations.api.authentication import BearerAuthentication
from conversations.api.parsers import read_body
from conversations.exceptions import ConversationError, InvalidParameter, NoPermission
from conversations.feeding import webhooks
from conversations.formats import webhook_events
from conversations.times import now_s

MAX_BYTES = 1024 * 1024

logger = logging.getLogger(__name__)


@csrf_exempt
@require_POST
def tencent(request: HttpRequest) -> HttpResponse:
    """Answers with the vendor's envelope: OK once the webhook is kept, 403 for whoever may not, 503 without database."""
    try:
        _check_sender(request)
        command, body = _webhook(request)
        webhooks.receive(command, body)
    except ConversationError as error:
        # Who is unknown is told the same as who is not allowed.
        status = 403 if error.status in (401, 403) else error.status
        return _envelope(status, int(error.code), str(error.detail))
    except Error:
        logger.exception("A webhook could not be stored")
        return _envelope(503, 50005, _("The database does not answer; try again."))
    return _envelope(200, 0, "")


def _check_sender(request: HttpRequest) -> None:
    """Raise a ConversationError unless a key of scope ingest, or the cloud's signature, opens this door."""
    if "HTTP_AUTHORIZATION" in request.META:
        return BearerAuthentication().authenticate(request)[0].may(INGEST)
    if not settings.IM_SDK_APP_ID or request.GET.get("SdkAppid") != str(settings.IM_SDK_APP_ID):
        raise NoPermission(_("SdkAppid is not that of this server."))
    webhook_events.check_signature(
        request.GET.get("Sign"),
        request.GET.get("RequestTime"),
        token=settings.IM_CALLBACK_TOKEN,
        now_s=now_s(),
        window_s=settings.CALLBACK_WINDOW_S,
    )


def _webhook(request: HttpRequest) -> tuple[str, bytes]:
    """The command and the body, which is a JSON object. Raises TooLarge, InvalidParameter."""
    body = read_body(request, MAX_BYTES)
    try:
        told = orjson.loads(body)
    except ValueError as error:
        raise InvalidParameter(_("The body is not JSON: %(why)s.") % {"why": error}, field="body") from error
    if not isinstance(told, dict):
        raise InvalidParameter(_("The body must be a JSON object."), field="body")
    command = request.GET.get("CallbackCommand") or told.get("CallbackCommand")
    if not isinstance(command, str) or not command:
        raise InvalidParameter(_("Which CallbackCommand is it?"), field="CallbackCommand")
    return command, body


def _envelope(status: int, code: int, info: str) -> HttpResponse:
    outcome = "OK" if status == 200 else "FAIL"
    return JsonResponse({"ActionStatus": outcome, "ErrorCode": code, "ErrorInfo": info}, status=status)
