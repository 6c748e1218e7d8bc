"""Take POST /callbacks/tencent/ from the cloud, or from a back end that forwards it.

The sender is checked here. `feeding.webhooks` stores and applies the webhook; the answer is the vendor's envelope.
"""

import logging
from typing import Any

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.db import Error
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from conversations.access.api_keys import INGEST
from conversations.access.client_addresses import client_address
from conversations.access.webhook_signature import WebhookRefused, check_signature
from conversations.api.authentication import BearerAuthentication
from conversations.api.envelope import envelope
from conversations.api.errors import log_failure, with_retry_after
from conversations.api.parsers import read_object
from conversations.exceptions import Code, ConversationError, InvalidParameter, NoPermission, NotAuthenticated, TooManyRequests
from conversations.feeding import refused_webhooks, webhooks
from conversations.logs import log_database_failure
from conversations.models import WebhookRefusal
from conversations.request_notes import CREDENTIAL, OWN_PLACE, PLACE
from conversations.times import now_s

MAX_BYTES = 1024 * 1024

logger = logging.getLogger(__name__)


@csrf_exempt
@require_POST
def tencent(request: HttpRequest) -> HttpResponse:
    """Answer with the vendor's envelope.

    OK if the webhook is stored, or if its command changes no conversation; 400 or 413 for a body that can't be one, 403 for an
    unknown sender, 429 for an API key that sends too many, 503 without database, 500 for an error of ours. The cloud itself
    has no limit.
    """
    try:
        _check_sender(request)
        webhooks.receive(*_read_request(request), request.META.get(PLACE, OWN_PLACE))
    except ConversationError as error:
        refused_webhooks.record(_reason_of(error), client_address(request))
        # An unknown sender gets the same answer as one without permission.
        status = 403 if error.status in (401, 403) else error.status
        return with_retry_after(envelope(int(error.code), str(error.detail), status=status), error)
    except Error as error:
        log_database_failure(logger, error)
        refused_webhooks.record(WebhookRefusal.DATABASE, client_address(request))
        return envelope(50005, _("The database is not available. Try again."), status=503)
    except SuspiciousOperation:  # as with thousands of parameters
        refused_webhooks.record(WebhookRefusal.BODY, client_address(request))
        return envelope(int(Code.INVALID_PARAMETER), _("The request is malformed."), status=400)
    except Exception as error:
        log_failure(error)
        return envelope(int(Code.SERVER_ERROR), _("Internal error. The request ID helps us find it."), status=500)
    return envelope()


def _check_sender(request: HttpRequest) -> None:
    """Raise a ConversationError unless the sender has a key of scope ingest, or the cloud's signature."""
    if "HTTP_AUTHORIZATION" in request.META:
        actor = BearerAuthentication().authenticate(request)[0]
        actor.count_request()
        actor.require_scope(INGEST)
        return
    request.META[CREDENTIAL] = "signature"
    if not settings.IM_SDK_APP_ID or request.GET.get("SdkAppid") != str(settings.IM_SDK_APP_ID):
        raise WebhookRefused(WebhookRefusal.APP_ID, _("SdkAppid does not match IM_SDK_APP_ID."))
    check_signature(
        request.GET.get("Sign"),
        request.GET.get("RequestTime"),
        token=settings.IM_CALLBACK_TOKEN,
        now_s=now_s(),
        window_s=settings.CALLBACK_WINDOW_S,
    )


def _reason_of(error: ConversationError) -> WebhookRefusal:
    match error:
        case WebhookRefused():
            return error.reason
        case NotAuthenticated():
            return WebhookRefusal.CREDENTIAL
        case NoPermission():
            return WebhookRefusal.SCOPE
        case TooManyRequests():
            return WebhookRefusal.LIMIT
    return WebhookRefusal.BODY


def _read_request(request: HttpRequest) -> tuple[str, bytes, dict[str, Any]]:
    """Return the command, the body, and its JSON object. Raises TooLarge, InvalidParameter."""
    body, content = read_object(request, MAX_BYTES)
    command = request.GET.get("CallbackCommand") or content.get("CallbackCommand")
    if not isinstance(command, str) or not command:
        raise InvalidParameter(_("Missing CallbackCommand."), field="CallbackCommand")
    return command, body, content
