"""A request that waits for others lets go of its slot, and can take one again."""

import threading
from typing import Any

from django.core.handlers.wsgi import WSGIHandler
from django.db import DEFAULT_DB_ALIAS, connections
from django.http import HttpResponse
from django.test import RequestFactory, SimpleTestCase, override_settings

from conversations.request_notes import PLACE
from imsite import slots

PATIENCE_S = 30


@override_settings(WEB_THREADS=1)
class PlaceTests(SimpleTestCase):
    def setUp(self):
        self.waits, self.may_go_on = threading.Event(), threading.Event()
        self.application = slots.SlottedApplication(WSGIHandler())
        self.application.django_application = self.answer
        (self.slot,) = self.application.slots._free
        self.had: list[tuple[str, Any]] = []

    def answer(self, environ: dict[str, Any], start_response: Any) -> HttpResponse:
        if environ["PATH_INFO"] == "/waits/":
            environ[PLACE].leave()
            self.waits.set()
            self.may_go_on.wait(PATIENCE_S)
            environ[PLACE].take_again()
        self.had.append((environ["PATH_INFO"], connections[DEFAULT_DB_ALIAS]))
        return HttpResponse("")

    def start(self, path: str) -> threading.Thread:
        thread = threading.Thread(target=self.application, args=(RequestFactory().get(path).environ, lambda *given: None))
        thread.start()
        return thread

    def test_meanwhile_another_request_has_it(self):
        first = self.start("/waits/")
        self.assertTrue(self.waits.wait(PATIENCE_S))
        self.start("/other/").join(PATIENCE_S)
        self.may_go_on.set()
        first.join(PATIENCE_S)

        connection = self.slot[DEFAULT_DB_ALIAS]
        self.assertEqual(self.had, [("/other/", connection), ("/waits/", connection)])
        self.assertEqual(self.application.slots._free, [self.slot])
