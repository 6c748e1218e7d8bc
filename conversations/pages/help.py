"""The page that lists the keys and the search syntax; in a list, it is a dialog."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from conversations.pages.decorators import for_staff, pane_asked_for
from conversations.staff import search_help


@for_staff
def help_page(request: HttpRequest) -> HttpResponse:
    """GET /help/: the keys, and every token of the search box."""
    template = "conversations/_help.html" if pane_asked_for(request) else "conversations/help.html"
    return render(request, template, {"lines": search_help.lines()})
