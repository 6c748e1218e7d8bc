"""Build every error's answer: RFC 9457 problem+json, with the SDK's code and desc."""

import logging
from collections.abc import Mapping
from typing import Any

import orjson
from django.core.exceptions import DisallowedHost, PermissionDenied, SuspiciousOperation
from django.db import Error, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions as drf

from conversations.exceptions import Code, ConversationError, TooManyRequests
from conversations.logs import log_database_failure, sparing, summary
from conversations.request_notes import CODE, request_id_of

logger = logging.getLogger(__name__)

RETRY_AFTER_S = 2
# Of statuses that share the code of others.
_OTHER_TITLES = {
    405: ("METHOD_NOT_ALLOWED", gettext_lazy("Method not allowed")),
    408: ("REQUEST_TIMEOUT", gettext_lazy("Request took too long")),
}


class _Problem(ConversationError):
    """A refusal by Django or DRF, with our code and status."""

    def __init__(self, code: Code, status: int, detail: Any, errors: Mapping[str, list] | None = None):
        super().__init__(detail, errors=errors)
        self.code, self.status = code, status


def exception_handler(error: Exception, context: Mapping[str, Any]) -> HttpResponse:
    """Answer for DRF."""
    return problem_response(error, context["request"])


def problem_response(error: Exception, request: HttpRequest) -> HttpResponse:
    """Return the answer to a request that failed with `error`; an error of an unknown type is logged and answered with 500."""
    request_id = request_id_of(request)
    problem = _translate(error)
    request.META[CODE] = int(problem.code)
    if problem.status >= 500:
        log_failure(error)
    log_refused_host(error)
    packed = orjson.dumps(problem_body(problem, request_id))
    response = HttpResponse(packed, status=problem.status, content_type="application/problem+json")
    response["Content-Length"] = str(len(packed))
    response["Cache-Control"] = "no-store"
    response["Content-Language"] = get_language()
    response["Vary"] = "Accept-Language"
    response["X-Request-ID"] = request_id
    if problem.status == 401:
        response["WWW-Authenticate"] = "Bearer"
    return with_retry_after(response, problem)


def with_retry_after(response: HttpResponse, error: Exception) -> HttpResponse:
    """Add when the client may try again, if the error says so."""
    if isinstance(error, TooManyRequests):
        response["Retry-After"] = str(error.retry_after_s)
    elif getattr(error, "status", None) == 503:
        response["Retry-After"] = str(RETRY_AFTER_S)
    return response


def problem_body(problem: ConversationError, request_id: str) -> dict[str, Any]:
    """Return the JSON object of a problem, in the active language."""
    detail = str(problem.detail)
    name, title = _OTHER_TITLES.get(problem.status, (problem.code.name, problem.code.label))
    return {
        "type": f"urn:imsite:problem:{name.lower().replace('_', '-')}",
        "title": str(title),
        "status": problem.status,
        "detail": detail,
        "errors": {field: [str(text) for text in texts] for field, texts in problem.errors.items()},
        "requestId": request_id,
        "code": int(problem.code),
        "desc": detail,
    }


def log_failure(error: Exception) -> None:
    """Log why a request could not be answered. The request log says which request, by the ID that both lines have."""
    if isinstance(error, Error):
        return log_database_failure(logger, error)
    if isinstance(error, ConversationError):
        return sparing.log(logger, logging.ERROR, error.code, "Refused: %s", summary(error))
    logger.error("A request failed", exc_info=error)


def log_refused_host(error: Exception) -> None:
    """Log the refused host and the setting that allows it; the answer does not name them."""
    if isinstance(error, DisallowedHost):
        sparing.log(logger, logging.WARNING, str(error)[:500], "Host rejected: %.500s", error)


@csrf_exempt
def unknown_address(request: HttpRequest) -> HttpResponse:
    """Answer any other URL under the API."""
    return problem_response(Http404(), request)


def _translate(error: Exception) -> ConversationError:
    match error:
        case ConversationError():
            return error
        case drf.ValidationError():
            errors = dict(_flatten(error.get_full_details()))
            return _Problem(Code.INVALID_PARAMETER, 400, " ".join(f"{k}: {v[0]}" for k, v in errors.items()), errors)
        case Http404() | drf.NotFound():
            detail = _(
                'Not found. If an ID contains "/", use "-" in the path and pass it as ?id= (conversation groups: ?name=).'
            )
            return _Problem(Code.UNKNOWN_RESOURCE, 404, detail)
        case drf.MethodNotAllowed():
            return _Problem(Code.UNKNOWN_RESOURCE, 405, error.detail)
        case drf.NotAuthenticated() | drf.AuthenticationFailed():
            return _Problem(Code.NOT_AUTHENTICATED, 401, _("Missing credential: send Authorization: Bearer …."))
        case PermissionDenied() | drf.PermissionDenied():
            return _Problem(Code.NO_PERMISSION, 403, _("This credential does not allow this call."))
        case drf.APIException():
            return _Problem(Code.INVALID_PARAMETER, error.status_code, error.detail)
        case DisallowedHost():
            return _Problem(Code.INVALID_PARAMETER, 400, _("This server does not answer to this host name."))
        case SuspiciousOperation():
            return _Problem(Code.INVALID_PARAMETER, 400, _("The request is malformed."))
        case OperationalError() | InterfaceError():
            return _Problem(Code.SERVICE_UNAVAILABLE, 503, _("The database is not available. Try again."))
    return _Problem(Code.SERVER_ERROR, 500, _("Internal error. The request ID helps us find it."))


def _flatten(details: Any, path: str = "") -> list[tuple[str, list[str]]]:
    """Return a DRF error tree as pairs of a field's dotted path and its sentences."""
    if isinstance(details, Mapping) and "message" in details and "code" in details:
        return [(path or "body", [details["message"]])]
    if isinstance(details, Mapping):
        return [pair for key, part in details.items() for pair in _flatten(part, _below(path, key))]
    if all("message" in part and "code" in part for part in details):
        return [(path or "body", [part["message"] for part in details])]
    return [pair for index, part in enumerate(details) for pair in _flatten(part, _below(path, index)) if part]


def _below(path: str, key: Any) -> str:
    return path if key == "non_field_errors" else f"{path}.{key}".lstrip(".")
