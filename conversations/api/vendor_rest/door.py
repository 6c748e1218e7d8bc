"""Check the credential of a call of the vendor's REST API, and answer in the vendor's envelope, always with HTTP 200."""

from collections.abc import Callable
from typing import NamedTuple

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from conversations import acting
from conversations.access import rate_limits, usersig
from conversations.api.envelope import envelope
from conversations.api.errors import log_failure, with_retry_after
from conversations.api.parsers import read_object
from conversations.api.vendor_rest import contacts, unread
from conversations.api.vendor_rest.codes import GROUP, OPEN_IM, RECENT_CONTACT, UNKNOWN, RestCode, RestError, ServiceCodes
from conversations.api.webhook import MAX_BYTES
from conversations.exceptions import ConversationError
from conversations.formats.fields import Body

PATH = "/v4/"


class VendorCall(NamedTuple):
    """A call: the codes of its service, and the function that answers it."""

    codes: ServiceCodes
    answer: Callable[[Body], contacts.Content]


_RECENT_CONTACT = (
    contacts.get_list, contacts.delete, contacts.create_contact_group, contacts.update_contact_group,
    contacts.del_contact_group, contacts.mark_contact, contacts.get_contact_group, contacts.search_contact_group,
)  # fmt: skip
CALLS = {f"recentcontact/{answer.__name__}": VendorCall(RECENT_CONTACT, answer) for answer in _RECENT_CONTACT} | {
    "openim/get_c2c_unread_msg_num": VendorCall(OPEN_IM, unread.get_c2c_unread_msg_num),
    "openim/admin_set_msg_read": VendorCall(OPEN_IM, unread.admin_set_msg_read),
    "group_open_http_svc/set_unread_msg_num": VendorCall(GROUP, unread.set_unread_msg_num),
}


@csrf_exempt
def vendor_rest(request: HttpRequest) -> HttpResponse:
    """Answer a call. No session counts here, only the administrator's UserSig in the query string."""
    call = CALLS.get(request.path_info.removeprefix(PATH).removesuffix("/"))
    codes = call.codes if call else UNKNOWN
    content: contacts.Content = {"ErrorDisplay": ""} if codes is RECENT_CONTACT else {}
    try:
        return envelope(**content, **_answer(request, call))
    except Exception as error:
        return with_retry_after(envelope(*_failure(error, codes, request), **content), error)


def refused(error: Exception, request: HttpRequest) -> HttpResponse:
    """Answer a call that Django refused before it came here."""
    return envelope(*_failure(error, UNKNOWN, request))


def _answer(request: HttpRequest, call: VendorCall | None) -> contacts.Content:
    if call is None:
        raise RestError(RestCode.UNKNOWN_CALL, _("This server does not have this call."))
    if request.method != "POST":
        raise RestError(RestCode.NOT_POST, _("Use POST."))
    administrator = acting.named(acting.ADMINISTRATOR, check_administrator(request))
    acting.begin(administrator)
    rate_limits.count(administrator, settings.RATE_LIMIT_KEY)
    return call.answer(read_object(request, MAX_BYTES)[1])


def check_administrator(request: HttpRequest) -> str:
    """Return the user ID of the app's administrator whose UserSig the query string has. Raises RestError, SigInvalid."""
    if not (settings.IM_SDK_APP_ID and settings.IM_SECRET_KEY):
        raise RestError(RestCode.NO_KEY, _("This server does not accept UserSigs."))
    sdk_app_id, identifier, credential = (request.GET.get(name, "") for name in ("sdkappid", "identifier", "usersig"))
    if not sdk_app_id:
        raise RestError(RestCode.MISSING_APP, _("Missing parameter %(name)s.") % {"name": "sdkappid"})
    if sdk_app_id != str(settings.IM_SDK_APP_ID):
        raise RestError(RestCode.WRONG_APP, _("sdkappid does not match IM_SDK_APP_ID."))
    if not identifier:
        raise RestError(RestCode.MISSING_ACCOUNT, _("Missing parameter %(name)s.") % {"name": "identifier"})
    if not credential:
        raise RestError(RestCode.SIG_MISSING, _("Missing parameter %(name)s.") % {"name": "usersig"})
    try:
        sig = usersig.verify(credential, sdk_app_id=settings.IM_SDK_APP_ID, secret_key=settings.IM_SECRET_KEY)
    except usersig.OtherApp as error:
        raise RestError(RestCode.SIG_OF_OTHER_APP, str(error.detail)) from error
    if sig.identifier != identifier:
        raise RestError(RestCode.SIG_OF_OTHER_USER, _("The UserSig is not that of the identifier."))
    if identifier not in settings.IM_ADMINISTRATORS:
        raise RestError(RestCode.NOT_AN_ADMINISTRATOR, _("The identifier is not one of IM_ADMINISTRATORS."))
    return identifier


def _failure(error: Exception, codes: ServiceCodes, request: HttpRequest) -> tuple[int, str]:
    """Return code and text of a failure; one that is not the client's is logged."""
    match error:
        case RestError():
            return error.code, error.info
        case ConversationError():
            return codes.code_of(error), str(error.detail)
        case SuspiciousOperation():
            return RestCode.BAD_URL, _("The request is malformed.")
    log_failure(error)
    if isinstance(error, OperationalError | InterfaceError):
        return codes.retry, _("The database is not available. Try again.")
    return codes.failed, _("Internal error. The request ID helps us find it.")
