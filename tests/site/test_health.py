"""The health addresses: without host, credential and, where they can, database."""

from unittest import mock

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.db import OperationalError, connection
from django.test import RequestFactory, TestCase

from conversations.maintenance import health as server_health
from conversations.metrics import LISTENERS
from conversations.models import ProfileUpdate, WebhookEvent
from imsite import health, slots

STRANGE = {"HTTP_HOST": "10.0.0.7:8000"}


class LivenessTests(TestCase):
    def test_it_needs_neither_host_nor_credential_nor_database(self):
        with mock.patch.object(connection, "cursor", side_effect=AssertionError("the database was asked")):
            response = self.client.get("/livez", **STRANGE)

        self.assertEqual((response.status_code, response.json()), (200, {"status": "ok"}))
        self.assertEqual(response["Cache-Control"], "no-store")

    def test_it_is_answered_while_every_slot_waits_for_the_database(self):
        application = slots.SlottedApplication(WSGIHandler())
        for _number in range(settings.WEB_THREADS):
            application.slots.take()
        started: list[str] = []

        body = b"".join(application(RequestFactory().get("/livez").environ, lambda status, headers: started.append(status)))

        self.assertEqual((started, body), (["200 OK"], b'{"status": "ok"}'))


class ReadinessTests(TestCase):
    def setUp(self):
        health._state.clear()

    def ready(self, **headers):
        response = self.client.get("/readyz", **headers)
        return response.status_code, response.json()

    def test_a_server_that_can_work_says_so_and_names_no_internals(self):
        ready = {"database": "ok", "migrations": "ok", "listener": "idle"}
        backlog = {"oldestPendingWebhookSeconds": 0, "pendingUpdates": False}

        self.assertEqual(self.ready(**STRANGE), (200, {"status": "ok"} | ready | backlog))

    def test_the_migrations_are_looked_for_until_all_are_there(self):
        with mock.patch.object(server_health, "pending_migrations", return_value=["conversations.0009_more"]) as asked:
            self.assertEqual(self.ready(), (503, {"status": "unavailable", "database": "ok", "migrations": "pending"}))
        self.assertEqual(self.ready()[0], 200)
        with mock.patch.object(server_health, "pending_migrations", side_effect=AssertionError("asked again")):
            self.assertEqual(self.ready()[0], 200)
        self.assertEqual(asked.call_count, 1)

    def test_without_the_database_it_is_unavailable_and_says_no_more(self):
        away = OperationalError("host db-7 is down")
        with mock.patch.object(server_health, "pending_migrations", side_effect=away), self.assertLogs("imsite.health"):
            self.assertEqual(self.ready(), (503, {"status": "unavailable", "database": "unavailable"}))

    def test_a_backlog_is_told_and_does_not_make_it_unready(self):
        WebhookEvent.objects.create(command="C2C.CallbackAfterSendMsg", body="{}")
        WebhookEvent.objects.update(received_at="2026-01-01T00:00:00Z")
        ProfileUpdate.objects.create(conversation_id="c2c_bob", generation=1)

        status, content = self.ready()

        self.assertEqual((status, content["pendingUpdates"]), (200, True))
        self.assertGreater(content["oldestPendingWebhookSeconds"], 86400)

    def test_a_lost_listener_is_told(self):
        self.addCleanup(LISTENERS.clear)
        LISTENERS.labels("ok").set(1)
        self.assertEqual(self.ready()[1]["listener"], "ok")

        LISTENERS.labels("unavailable").set(1)  # of another process

        self.assertEqual(self.ready()[1]["listener"], "unavailable")

    def test_it_costs_the_same_queries_whatever_is_stored(self):
        self.ready()
        with self.assertNumQueries(4):
            self.ready()
        WebhookEvent.objects.bulk_create(WebhookEvent(command="C2C.CallbackAfterSendMsg", body="{}") for _number in range(50))
        with self.assertNumQueries(4):
            self.ready()
