"""The admin's page that shows the content of a UserSig and whether the API accepts it. It generates none."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timesince import timesince, timeuntil
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from conversations.access import api_keys, usersig
from conversations.access.permissions import may_check_usersig
from conversations.exceptions import Code, NotAuthenticated, Text
from conversations.identifiers import is_owner_id
from conversations.staff import presentation
from conversations.times import YEAR_2100_S, from_epoch_s

GOOD, BAD, UNKNOWN = "good", "bad", "unknown"
LATEST_S = 2 * YEAR_2100_S  # larger numbers are not meant as a time


class UserSigForm(forms.Form):
    """The pasted text, without surrounding whitespace."""

    usersig = forms.CharField(
        label="UserSig",
        max_length=usersig.PACKED_MAX_LENGTH,
        error_messages={"required": gettext_lazy("Paste a UserSig.")},
        widget=forms.Textarea,
    )

    def clean_usersig(self) -> str:
        text = self.cleaned_data["usersig"].removeprefix("Bearer ").strip()
        if text.startswith(api_keys.KEY_START):
            raise forms.ValidationError(_("This is an API key, not a UserSig. See the list of API keys."))
        return text


@dataclass(frozen=True)
class Check:
    """A value of a UserSig, and whether it is valid."""

    label: str
    value: str
    note: str = ""
    state: str = ""
    url: str = ""


@dataclass(frozen=True)
class Verdict:
    """The API's response to a request with this UserSig."""

    is_good: bool
    title: Text
    text: str
    code: int | None = None
    status: int = 200


def page_of(site: AdminSite) -> Callable[[HttpRequest], HttpResponse]:
    """Return the view, for a site's header and templates."""

    @sensitive_post_parameters("usersig")
    @require_http_methods(["GET", "HEAD", "POST"])
    def usersig_page(request: HttpRequest) -> HttpResponse:
        """GET: the form. POST usersig=…: its content. A UserSig grants access: no address holds it, no page repeats it."""
        if not may_check_usersig(request.user):
            raise PermissionDenied(_("Your account can't check UserSigs."))
        form = UserSigForm(request.POST if request.method == "POST" else None)
        context = site.each_context(request) | {"title": _("Check a UserSig"), "form": form}
        if form.is_valid():
            text = form.cleaned_data["usersig"]
            context |= {"verdict": verdict(text), "checks": checks(text)}
        return TemplateResponse(request, "admin/usersig.html", context)

    return usersig_page


def _app() -> dict[str, Any]:
    return {"sdk_app_id": settings.IM_SDK_APP_ID, "secret_key": settings.IM_SECRET_KEY}


def verdict(text: str) -> Verdict:
    """Return the verdict of the API's own check."""
    try:
        sig = usersig.verify(text, **_app())
    except NotAuthenticated as refusal:
        return Verdict(False, Code(refusal.code).label, str(refusal.detail), int(refusal.code), refusal.status)
    return Verdict(
        True,
        _("The API accepts this UserSig"),
        _("Grants read and write access to %(user)s's list.") % {"user": sig.identifier},
    )


def checks(text: str) -> list[Check]:
    """Return every value that could be read, also of a refused UserSig; empty if it could not be unpacked."""
    findings = usersig.examine(text, **_app())
    if not findings.is_unpacked:
        return []
    return [_user(findings), _app_id(findings), _issued(findings), _lasts(findings), _expires(findings), _signature(findings)]


def _user(findings: usersig.Findings) -> Check:
    label = _("User (identifier)")
    if findings.identifier is None:
        return _missing(label)
    if not is_owner_id(findings.identifier):
        return Check(label, findings.identifier, _("not a valid user ID (1 to 64 printable ASCII characters)"), BAD)
    return Check(label, findings.identifier, state=GOOD, url=presentation.owner_url(findings.identifier))


def _app_id(findings: usersig.Findings) -> Check:
    label = "SDKAppID"
    if findings.sdk_app_id is None:
        return _missing(label)
    if not settings.IM_SDK_APP_ID:
        return Check(label, str(findings.sdk_app_id), _("IM_SDK_APP_ID is not set on this server"), UNKNOWN)
    if findings.sdk_app_id != settings.IM_SDK_APP_ID:
        return Check(
            label,
            str(findings.sdk_app_id),
            _("a different app; this server's app is %(ours)d") % {"ours": settings.IM_SDK_APP_ID},
            BAD,
        )
    return Check(label, str(findings.sdk_app_id), _("this server's app"), GOOD)


def _issued(findings: usersig.Findings) -> Check:
    def judge(moment: datetime) -> tuple[str, str]:
        is_past = moment <= timezone.now()
        return (GOOD, "") if is_past else (UNKNOWN, _("in the future by this server's clock; the API accepts it"))

    return _time(_("Issued"), findings.issued_s, judge)


def _lasts(findings: usersig.Findings) -> Check:
    label = _("Validity period")
    if findings.lasts_s is None:
        return _missing(label)
    start = datetime(2001, 1, 1, tzinfo=UTC)
    whole = (
        timesince(start, from_epoch_s(int(start.timestamp()) + findings.lasts_s)) if 0 < findings.lasts_s < YEAR_2100_S else ""
    )
    seconds = _("%(count)d s") % {"count": findings.lasts_s}
    return Check(label, whole or seconds, seconds if whole else "", GOOD if whole else UNKNOWN)


def _expires(findings: usersig.Findings) -> Check:
    # It is valid through its last second.
    return _time(
        _("Expires"), findings.expires_s, lambda end: (GOOD if timezone.now() < end + timedelta(seconds=1) else BAD, "")
    )


def _time(label: str, seconds: int | None, judge: Callable[[datetime], tuple[str, str]]) -> Check:
    """Return a time and its distance from now; `judge` returns a state and a remark."""
    if seconds is None:
        return _missing(label)
    if not 0 <= seconds < LATEST_S:
        return Check(label, str(seconds), _("not a time in epoch seconds"), UNKNOWN)
    moment = timezone.localtime(from_epoch_s(seconds))
    state, remark = judge(moment)
    note = f"{_distance(moment)}; {remark}" if remark else _distance(moment)
    return Check(label, f"{date_format(moment, 'Y-m-d H:i:s')} {moment:%Z} ({seconds})", note, state)


def _signature(findings: usersig.Findings) -> Check:
    label = _("Signature")
    if not settings.IM_SECRET_KEY:
        return Check(label, _("unknown"), _("IM_SECRET_KEY is not set on this server"), UNKNOWN)
    if findings.is_signed:
        return Check(label, _("valid"), _("signed with this app's key"), GOOD)
    return Check(label, _("invalid"), _("not signed with this app's key, or modified since"), BAD)


def _missing(label: str) -> Check:
    return Check(label, _("missing"), _("missing, or of the wrong type"), BAD)


def _distance(moment: datetime) -> str:
    now = timezone.now()
    if moment > now:
        return _("in %(time)s") % {"time": timeuntil(moment, now)}
    return _("%(time)s ago") % {"time": timesince(moment, now)}
