"""The short way of the hot reads: a GET with a Bearer credential needs no session, page or CSRF check."""

from collections.abc import Callable

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.template.response import SimpleTemplateResponse
from django.urls import resolve
from django.utils import translation

from conversations.api.actors import StaffActor
from conversations.api.authentication import BearerAuthentication
from conversations.api.errors import problem_response
from conversations.api.parsers import buffer_chunked_body
from conversations.api.responses import wants_html

API_PATH = "/api/v1/"


class BearerFastPathMixin:
    """For views that write their JSON themselves: a GET with a Bearer credential goes straight to its handler.

    DRF's request, negotiation and renderers took as long as the rest of the fastest read.
    """

    def dispatch(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        handler = getattr(self, self.action_map.get("get", ""), None)
        if request.method != "GET" or handler is None or "HTTP_AUTHORIZATION" not in request.META or wants_html(request):
            return super().dispatch(request, *args, **kwargs)
        try:
            request.user, _auth = BearerAuthentication().authenticate(request)
            return handler(request, *args, **kwargs)
        except Exception as error:
            return problem_response(error, request)

    def finalize_response(self, request, response, *args, **kwargs) -> HttpResponse:
        if isinstance(actor := getattr(request, "_user", None), StaffActor):  # not .user, which authenticates
            actor.log(request, response.status_code)
        return super().finalize_response(request, response, *args, **kwargs)

    def initial(self, request, *args, **kwargs) -> None:
        super().initial(request, *args, **kwargs)
        buffer_chunked_body(request._request)


class BearerFastPath:
    """Middleware that answers an API request with a Bearer credential by itself.

    Such a request has no session, needs no CSRF token and gets no page, so all further middleware would only cost time.
    """

    sync_capable, async_capable = True, False

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(API_PATH):
            return self.get_response(request)
        if "HTTP_AUTHORIZATION" not in request.META or wants_html(request):
            return self.passed_on(request)
        if "HTTP_ACCEPT_LANGUAGE" in request.META:
            with translation.override(translation.get_language_from_request(request)):
                return self.answer(request)
        translation.deactivate()  # a page that this thread served before left its own language
        return self.answer(request)

    def passed_on(self, request: HttpRequest) -> HttpResponse:
        try:
            request.get_host()
        except DisallowedHost as error:  # Django would answer with a page
            return problem_response(error, request)
        return self.get_response(request)

    def answer(self, request: HttpRequest) -> HttpResponse:
        try:
            match = resolve(request.path_info.removeprefix(API_PATH[:-1]), "conversations.api.urls")
            response = match.func(request, *match.args, **match.kwargs)
            return response.render() if isinstance(response, SimpleTemplateResponse) else response
        except Exception as error:
            return problem_response(error, request)
