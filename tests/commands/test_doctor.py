"""manage.py doctor: what it finds, what it advises, and when it fails."""

import socket
import threading
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.test import TestCase, override_settings

from conversations.lists import user_search
from conversations.maintenance import health
from conversations.models import Owner, WebhookEvent, WebhookOutcome, name_search


class DoctorTests(TestCase):
    def setUp(self):
        folder = Path(self.enterContext(TemporaryDirectory()))
        (folder / "staticfiles.json").touch()
        self.enterContext(self.settings(STATIC_ROOT=folder))

    def examined(self, *arguments: str, fails: bool = False) -> list[str]:
        output = StringIO()
        if fails:
            with self.assertRaisesMessage(CommandError, "1 failed."):
                call_command("doctor", *arguments, stdout=output)
        else:
            call_command("doctor", *arguments, stdout=output)
        return output.getvalue().splitlines()

    def line(self, subject: str, *arguments: str, fails: bool = False) -> str:
        return next(line for line in self.examined(*arguments, fails=fails) if f" {subject}: " in line)

    def test_a_sound_installation_has_nothing_failed(self):
        lines = self.examined()

        self.assertTrue(lines[0].startswith(f"ok       database: {connection.vendor} "))
        self.assertIn("ok       migrations: all applied", lines)
        self.assertIn("ok       clock: as the database server's", lines)
        self.assertIn("ok       backlog: none", lines)

    def test_the_database_alone_says_which_one_it_is_without_its_password(self):
        (line,) = self.examined("--database")

        name = str(connection.settings_dict["NAME"])
        server = connection.settings_dict["HOST"] or "/"
        self.assertRegex(line, rf"^ok       database: {connection.vendor} [\d.]+, {name}")
        self.assertEqual(connection.vendor == "postgresql", f" at {server}" in line)

    def test_a_start_that_can_go_ahead_says_nothing(self):
        self.assertEqual(self.examined("--start"), [])

    def test_a_database_that_is_away_is_not_taken_for_an_old_one(self):
        with mock.patch.object(connection, "ensure_connection", side_effect=OperationalError("refused\nmore")):
            lines = self.examined("--start", fails=True)

        self.assertEqual(lines, ["failed   database: unreachable: refused. Check DATABASE_URL, and that it runs."])

    def test_pending_migrations_are_counted(self):
        with mock.patch.object(health, "pending_migrations", return_value=["a.0001_x", "a.0002_y"]):
            lines = self.examined("--start", fails=True)

        self.assertEqual(lines, ["failed   migrations: 2 pending, the first is a.0001_x. Run make release."])

    def test_a_missing_index_of_names_is_a_warning_where_users_are_many(self):
        self.assertTrue(self.line("user search").startswith("ok "))
        Owner.objects.bulk_create(Owner(owner_id=owner_id) for owner_id in "abc")

        with mock.patch.object(name_search, "is_indexed", return_value=False):
            self.assertEqual(self.line("user search"), "ok       user search: without an index, few users")
            with mock.patch.object(user_search, "USERS_SCANNED", 2):
                line = self.line("user search")

        advice = "Run in psql: CREATE INDEX CONCURRENTLY" if connection.vendor == "postgresql" else "Use PostgreSQL."
        self.assertTrue(line.startswith("warning  user search: no index: parts of IDs"), line)
        self.assertIn(f"the first 2 users by ID. {advice}", line)

    def test_redis_is_examined_where_it_is_set(self):
        self.assertFalse([line for line in self.examined() if "Redis" in line])

        with self.settings(REDIS_URL="redis://127.0.0.1:1/0"):
            self.assertEqual(
                self.line("Redis"),
                "warning  Redis: does not answer: each process counts requests on its own. Check REDIS_URL, and that it runs.",
            )

    def test_static_files_must_be_collected(self):
        with self.settings(STATIC_ROOT="/nowhere"):
            self.assertEqual(self.line("static files", fails=True), "failed   static files: not collected. Run make release.")

    @override_settings(EVENTS_PORT=1)
    def test_streams_that_do_not_answer_are_a_warning(self):
        self.assertTrue(
            self.line("event streams").startswith("warning  event streams: no answer at http://127.0.0.1:1/livez: ")
        )

    @override_settings(PORT=1)
    def test_a_web_server_that_does_not_answer_is_a_warning(self):
        line = self.line("web server")

        self.assertTrue(line.startswith("warning  web server: no answer at http://127.0.0.1:1/readyz: "))
        self.assertTrue(line.endswith(". Start the servers, or set PORT."))

    def test_another_service_at_the_port_of_the_streams_is_a_warning(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            other = threading.Thread(target=_greet, args=[server])
            other.start()
            with override_settings(EVENTS_PORT=port):
                line = self.line("event streams")
            other.join()

        address = f"http://127.0.0.1:{port}/livez"
        self.assertTrue(line.startswith(f"warning  event streams: no answer at {address}: SSH-2.0-x. "), line)

    @override_settings(IM_CALLBACK_TOKEN="")
    def test_a_closed_webhook_door_is_a_warning(self):
        self.assertTrue(self.line("webhooks").startswith("warning  webhooks: signed webhooks are rejected. Set IM_SDK_APP_ID"))

    def test_a_clock_that_differs_is_a_warning(self):
        with mock.patch("conversations.maintenance.doctor.MAX_CLOCK_DIFFERENCE_S", -1):
            self.assertTrue(self.line("clock").startswith("warning  clock: differs from the database server's by "))

    def test_failed_webhooks_are_a_warning(self):
        WebhookEvent.objects.create(command="C2C.CallbackAfterSendMsg", body="{}", outcome=WebhookOutcome.FAILED)
        WebhookEvent.objects.create(command="C2C.CallbackAfterSendMsg", body="{}", outcome=WebhookOutcome.FAILED)

        self.assertEqual(
            self.line("backlog"), "warning  backlog: 2 webhooks have failed. Run manage.py replay_callbacks --failed."
        )
        with mock.patch.object(health, "MAX_COUNTED", 2):
            self.assertIn(" 2+ webhooks have failed", self.line("backlog"))

    def test_a_webhook_that_waits_is_a_warning(self):
        WebhookEvent.objects.create(command="C2C.CallbackAfterSendMsg", body="{}")
        WebhookEvent.objects.update(received_at="2026-01-01T00:00:00Z")

        self.assertIn("webhooks: last one received 2026-01-01 00:00:00 UTC", self.line("webhooks"))
        self.assertTrue(self.line("backlog").startswith("warning  backlog: the oldest pending webhook has waited "))


def _greet(server: socket.socket) -> None:
    """Answer one client, and not with HTTP."""
    client, _address = server.accept()
    with client:
        client.recv(1000)
        client.sendall(b"SSH-2.0-x\r\n")
