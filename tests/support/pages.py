"""What tests of the pages share: support looks at them, and htmx asks for single panes."""

from datetime import UTC, datetime

import time_machine
from django.contrib.auth.models import User
from django.db import connection
from django.http import HttpResponse
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.support.staff import support

SEARCH, LIST, UPDATES, REASON, DETAIL = (
    reverse(name)
    for name in ("owner-search", "conversation-list", "conversation-updates", "access-reason", "conversation-detail")
)


class AsSupport(TestCase):
    """Logged in; alice's list was looked into before, so that keeping that costs no more queries."""

    @classmethod
    def setUpTestData(cls):
        cls.user = cls.make_user()

    @classmethod
    def make_user(cls) -> User:
        return support()

    def setUp(self):
        self.client.force_login(self.user)

    def get(self, url: str, status: int = 200, *, pane: str = "", **query: str) -> HttpResponse:
        htmx = {"HX-Request": "true", "HX-Target": pane} if pane else {}
        response = self.client.get(url, query, headers=htmx)
        self.assertEqual(response.status_code, status)
        return response

    def count_queries(self, url: str, **query: str) -> int:
        """Of the second time: the first is kept."""
        with time_machine.travel(datetime.now(UTC), tick=False):  # within one hour, for which a look is kept
            self.get(url, **query)
            with CaptureQueriesContext(connection) as context:
                self.get(url, **query)
        return len(context)
