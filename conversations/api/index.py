"""The answer at the API's root: where its documentation is."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from rest_framework.exceptions import MethodNotAllowed

from conversations.api.errors import problem_response

METHODS = ("GET", "HEAD", "OPTIONS")


@csrf_exempt
def index(request: HttpRequest) -> HttpResponse:
    """Answer with links, without a credential."""
    if request.method not in METHODS:
        response = problem_response(MethodNotAllowed(request.method), request)
        response["Allow"] = ", ".join(METHODS)
        return response
    links = {name: request.build_absolute_uri(reverse(name)) for name in ("docs", "schema")}
    return JsonResponse({"name": "imsite", "version": settings.SPECTACULAR_SETTINGS["VERSION"], **links})
