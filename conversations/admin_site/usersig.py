"""The admin's page that says what is in a UserSig, and whether the API would take it; it makes none."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

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
from conversations.exceptions import Code, NotAuthenticated
from conversations.identifiers import is_owner_id
from conversations.staff import presentation
from conversations.times import YEAR_2100_S, from_epoch_s

GOOD, BAD, UNKNOWN = "good", "bad", "unknown"
LATEST_S = 2 * YEAR_2100_S  # beyond that it is no time that anybody meant


class UserSigForm(forms.Form):
    """What was pasted, with the blanks around it taken off."""

    usersig = forms.CharField(
        label="UserSig",
        max_length=usersig.PACKED_MAX_LENGTH,
        error_messages={"required": gettext_lazy("Paste a UserSig.")},
        widget=forms.Textarea,
    )

    def clean_usersig(self) -> str:
        text = self.cleaned_data["usersig"].removeprefix("Bearer ").strip()
        if text.startswith(api_keys.KEY_START):
            raise forms.ValidationError(_("This is an API key of this server and no UserSig; see the list of API keys."))
        return text


@dataclass(frozen=True)
class Check:
    """One thing that a UserSig says, and whether that is as it should be."""

    label: str
    value: str
    note: str = ""
    state: str = ""
    url: str = ""


@dataclass(frozen=True)
class Verdict:
    """What the API answers to a request with this UserSig."""

    is_good: bool
    title: str
    text: str
    code: int | None = None
    status: int = 200


def page_of(site: AdminSite) -> Callable[[HttpRequest], HttpResponse]:
    """The view, for a site's header and templates."""

    @sensitive_post_parameters("usersig")
    @require_http_methods(["GET", "HEAD", "POST"])
    def usersig_page(request: HttpRequest) -> HttpResponse:
        """GET: the form. POST usersig=…: what is in it. A UserSig opens a list, so it is in no address and not shown again."""
        if not may_check_usersig(request.user):
            raise PermissionDenied(_("Your account may not check UserSigs."))
        form = UserSigForm(request.POST if request.method == "POST" else None)
        context = site.each_context(request) | {"title": _("Check a UserSig"), "form": form}
        if form.is_valid():
            text = form.cleaned_data["usersig"]
            context |= {"verdict": verdict(text), "checks": checks(text)}
        return TemplateResponse(request, "admin/usersig.html", context)

    return usersig_page


def _app() -> dict[str, int | str]:
    return {"sdk_app_id": settings.IM_SDK_APP_ID, "secret_key": settings.IM_SECRET_KEY}


def verdict(text: str) -> Verdict:
    """By the very check that the API makes."""
    try:
        sig = usersig.verify(text, **_app())
    except NotAuthenticated as refusal:
        return Verdict(False, Code(refusal.code).label, str(refusal.detail), int(refusal.code), refusal.status)
    return Verdict(True, _("The API takes it"), _("It may read and change the list of %(owner)s.") % {"owner": sig.identifier})


def checks(text: str) -> list[Check]:
    """All that could be read, also of one that is refused; empty if it could not be unpacked."""
    found = usersig.examine(text, **_app())
    if not found.is_unpacked:
        return []
    return [_user(found), _app_id(found), _issued(found), _lasts(found), _expires(found), _signature(found)]


def _user(found: usersig.Findings) -> Check:
    label = _("User (identifier)")
    if found.identifier is None:
        return _missing(label)
    if not is_owner_id(found.identifier):
        return Check(label, found.identifier, _("no valid user ID: 1 to 64 bytes of printable ASCII"), BAD)
    return Check(label, found.identifier, state=GOOD, url=presentation.owner_url(found.identifier))


def _app_id(found: usersig.Findings) -> Check:
    label = "SDKAppID"
    if found.sdk_app_id is None:
        return _missing(label)
    if not settings.IM_SDK_APP_ID:
        return Check(label, str(found.sdk_app_id), _("this server has no IM_SDK_APP_ID to compare with"), UNKNOWN)
    if found.sdk_app_id != settings.IM_SDK_APP_ID:
        return Check(label, str(found.sdk_app_id), _("another app; ours is %(ours)d") % {"ours": settings.IM_SDK_APP_ID}, BAD)
    return Check(label, str(found.sdk_app_id), _("our app"), GOOD)


def _issued(found: usersig.Findings) -> Check:
    def judge(moment: datetime) -> tuple[str, str]:
        is_past = moment <= timezone.now()
        return (GOOD, "") if is_past else (UNKNOWN, _("ahead of this server's clock; the API takes it all the same"))

    return _time(_("Issued"), found.issued_s, judge)


def _lasts(found: usersig.Findings) -> Check:
    label = _("Made to last")
    if found.lasts_s is None:
        return _missing(label)
    start = datetime(2001, 1, 1, tzinfo=UTC)
    whole = timesince(start, from_epoch_s(int(start.timestamp()) + found.lasts_s)) if 0 < found.lasts_s < YEAR_2100_S else ""
    seconds = _("%(count)d s") % {"count": found.lasts_s}
    return Check(label, whole or seconds, seconds if whole else "", GOOD if whole else UNKNOWN)


def _expires(found: usersig.Findings) -> Check:
    # The last second of its life counts whole.
    return _time(_("Expires"), found.expires_s, lambda end: (GOOD if timezone.now() < end + timedelta(seconds=1) else BAD, ""))


def _time(label: str, seconds: int | None, judge: Callable[[datetime], tuple[str, str]]) -> Check:
    """A time exactly and in words; `judge` gives a state and a remark."""
    if seconds is None:
        return _missing(label)
    if not 0 <= seconds < LATEST_S:
        return Check(label, str(seconds), _("no time in epoch seconds"), UNKNOWN)
    moment = timezone.localtime(from_epoch_s(seconds))
    state, remark = judge(moment)
    note = f"{_distance(moment)}; {remark}" if remark else _distance(moment)
    return Check(label, f"{date_format(moment, 'Y-m-d H:i:s')} {moment:%Z} ({seconds})", note, state)


def _signature(found: usersig.Findings) -> Check:
    label = _("Signature")
    if not settings.IM_SECRET_KEY:
        return Check(label, _("cannot be told"), _("this server has no IM_SECRET_KEY to compare with"), UNKNOWN)
    if found.is_signed:
        return Check(label, _("right"), _("signed with our app's key"), GOOD)
    return Check(label, _("wrong"), _("not signed with our app's key, or changed since"), BAD)


def _missing(label: str) -> Check:
    return Check(label, _("missing"), _("not there, or not of the right type"), BAD)


def _distance(moment: datetime) -> str:
    now = timezone.now()
    if moment > now:
        return _("in %(time)s") % {"time": timeuntil(moment, now)}
    return _("%(time)s ago") % {"time": timesince(moment, now)}
