"""GET /metrics: right over several processes, for this machine and the token only. Dashboard and alerts know its names."""

import json
import os
import re
import signal
import time
import urllib.request
from pathlib import Path
from unittest import mock

import yaml
from django.conf import settings
from django.db import OperationalError
from django.test import SimpleTestCase, TestCase, override_settings
from prometheus_client import REGISTRY

from conversations.lists.replica import Condition
from conversations.maintenance import health
from conversations.metrics import LISTENERS, READS, WEBHOOKS, WEBHOOKS_REFUSED
from conversations.models import ProfileUpdate, WebhookEvent, WebhookOutcome
from imsite import metrics
from tests.support.cast import bearer, usersig, with_key
from tests.support.metrics import families_of
from tests.support.servers import EventStream, RunningServer, server_for_apps

MONITORING = Path(settings.BASE_DIR, "deploy", "monitoring")
TOKEN = "a token for the monitoring"
PROXIED = {"HTTP_X_FORWARDED_FOR": "127.0.0.1"}


class AccessTests(TestCase):
    def status(self, **headers: str) -> int:
        return self.client.get("/metrics", **headers).status_code

    def test_a_client_on_this_machine_needs_no_credential_and_no_host(self):
        self.assertEqual(self.status(HTTP_HOST="10.0.0.7:8000"), 200)
        self.assertEqual(self.status(REMOTE_ADDR="::1"), 200)

    def test_other_machines_and_what_a_proxy_passes_on_need_the_token(self):
        for origin in ({"REMOTE_ADDR": "10.0.0.9"}, PROXIED, {"HTTP_FORWARDED": "for=127.0.0.1"}, {"REMOTE_ADDR": ""}):
            with self.subTest(origin):
                self.assertEqual(self.status(**origin), 401)
                self.assertEqual(self.status(**origin, **bearer(TOKEN)), 401)
                with override_settings(METRICS_TOKEN=TOKEN):
                    self.assertEqual(self.status(**origin, **bearer(TOKEN)), 200)
                    for other in ("", "x", f"{TOKEN}x", "é"):
                        self.assertEqual(self.status(**origin, **bearer(other)), 401)
                    self.assertEqual(self.status(**origin, **with_key(owner_id=None)), 401)
                    self.assertEqual(self.status(**origin, **bearer(usersig())), 401)

    def test_the_refusal_names_the_setting(self):
        response = self.client.get("/metrics", **PROXIED)

        self.assertContains(response, "METRICS_TOKEN", status_code=401)
        self.assertEqual(response["WWW-Authenticate"], "Bearer")


class StateTests(TestCase):
    def state(self) -> dict:
        return families_of(self.client.get("/metrics").content.decode())

    def test_pending_work_is_counted_by_kind(self):
        rows = [WebhookEvent(command="C2C.CallbackAfterSendMsg", body="{}") for _n in range(3)]
        WebhookEvent.objects.bulk_create(rows)
        WebhookEvent.objects.filter(pk=WebhookEvent.objects.first().pk).update(outcome=WebhookOutcome.FAILED)
        WebhookEvent.objects.filter(outcome=WebhookOutcome.PENDING).update(received_at="2026-01-01T00:00:00Z")
        ProfileUpdate.objects.create(conversation_id="c2c_bob", generation=1)

        state = self.state()

        kinds = {"pending_webhooks": 2, "failed_webhooks": 1, "name_updates": 1, "new_members": 0, "read_receipts": 0}
        self.assertEqual(state["imsite_pending_work"], {(kind,): count for kind, count in kinds.items()})
        self.assertGreater(state["imsite_oldest_pending_webhook_seconds"][()], 86400)

    def test_a_flood_is_counted_up_to_a_limit(self):
        rows = (WebhookEvent(command="C2C.CallbackAfterSendMsg", body="{}") for _n in range(health.MAX_COUNTED + 1))
        WebhookEvent.objects.bulk_create(rows)

        self.assertEqual(self.state()["imsite_pending_work"]["pending_webhooks",], health.MAX_COUNTED)

    def test_without_the_database_it_says_so_and_still_answers(self):
        with mock.patch.object(health, "pending_work", side_effect=OperationalError("away")):
            state = self.state()

        self.assertEqual(state["imsite_database_up"], {(): 0})
        self.assertNotIn("imsite_pending_work", state)

    def test_it_costs_the_same_queries_whatever_is_stored(self):
        self.state()
        with self.assertNumQueries(6):
            self.state()
        WebhookEvent.objects.bulk_create(WebhookEvent(command="C2C.CallbackAfterSendMsg", body="{}") for _n in range(50))
        with self.assertNumQueries(6):
            self.state()

    def test_no_label_names_a_user(self):
        self.client.get("/api/v1/unread/?owner=alice", **with_key(owner_id="alice"))
        self.client.get("/api/v1/conversations/c2c_bob/?owner=alice", **with_key(owner_id="alice"))

        text = self.client.get("/metrics").content.decode()

        self.assertIn('route="/api/v1/conversations/<conversation_id>/"', text)
        self.assertNotIn("alice", text)
        self.assertNotIn("c2c_bob", text)


class ServerTests(SimpleTestCase):
    databases = "__all__"

    def metrics(self, server: RunningServer) -> dict:
        return families_of(self.read(server, "/metrics"))

    def read(self, server: RunningServer, path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{server.port}{path}", timeout=20) as answer:
            return answer.read().decode()

    def test_the_workers_of_a_server_are_counted_together_and_a_replaced_one_s_counts_stay(self):
        server = RunningServer("wsgi", "imsite.wsgi:application", workers=2, DEBUG="true")
        self.addCleanup(server.stop)
        before = self.metrics(server)["imsite_requests"].get(("GET", "/login/", "200"), 0)
        for _n in range(40):
            self.read(server, "/login/")
        self.assertEqual(self.metrics(server)["imsite_requests"]["GET", "/login/", "200"] - before, 40)

        killed = server.worker()
        os.kill(killed, signal.SIGKILL)
        for _attempt in range(200):
            if killed not in server.workers() and len(server.workers()) == 2:
                break
            time.sleep(0.1)

        answers = {self.metrics(server)["imsite_requests"]["GET", "/login/", "200"] for _n in range(10)}
        self.assertEqual(answers, {before + 40})
        self.assertEqual(self.metrics(server)["imsite_requests_in_progress"], {(): 0})

    def test_open_streams_are_counted_until_they_end(self):
        server = server_for_apps()
        self.addCleanup(server.stop)
        headers = {"Authorization": bearer(usersig())["HTTP_AUTHORIZATION"]}
        with EventStream(server.port, headers) as stream:
            stream.until("unread")
            self.assertEqual(self.metrics(server)["imsite_open_streams"], {(): 1})


class MonitoringTests(TestCase):
    """The dashboard and the alert rules ask for metrics, labels and values that exist."""

    def expressions(self) -> dict[str, str]:
        dashboard = json.loads((MONITORING / "grafana-dashboard.json").read_text())
        rules = yaml.safe_load((MONITORING / "alerts.yml").read_text())["groups"][0]["rules"]
        panels = {panel["title"]: target["expr"] for panel in dashboard["panels"] for target in panel["targets"]}
        return panels | {rule["alert"]: rule["expr"] for rule in rules}

    def samples(self) -> dict[str, set[str]]:
        """Return the names of all samples with those of their labels."""
        registered = [*REGISTRY.collect(), *metrics.State().collect(), *metrics.pool_families(FakePool())]
        registered += metrics.replica_families(Condition(is_standby=True, lag_s=0))
        samples = {sample.name: set(sample.labels) for family in registered for sample in family.samples}
        counted = {"imsite_webhooks": WEBHOOKS, "imsite_webhooks_refused": WEBHOOKS_REFUSED, "imsite_reads": READS}
        samples["imsite_listeners"] = set(LISTENERS._labelnames)  # of processes with streams
        samples |= {f"{name}_total": set(counter._labelnames) for name, counter in counted.items()}
        return samples

    def test_every_metric_and_label_asked_for_exists(self):
        self.client.get("/api/v1/unread/?owner=alice")
        samples = self.samples()
        for title, expression in self.expressions().items():
            names = set(re.findall(r"\bimsite_\w+", expression))
            with self.subTest(title):
                self.assertTrue(names)
                self.assertLessEqual(names, samples.keys())
                labels = {label for part in re.findall(r"\{([^}]*)\}", expression) for label in re.findall(r"(\w+)[=!]", part)}
                labels |= {label for part in re.findall(r"by \(([^)]*)\)", expression) for label in re.split(r",\s*", part)}
                known = set.union(*(samples[name] for name in names)) | {"instance", "job"}
                self.assertLessEqual(labels, known)

    def test_there_are_seven_alerts_each_explained(self):
        rules = yaml.safe_load((MONITORING / "alerts.yml").read_text())["groups"][0]["rules"]
        page = Path(settings.BASE_DIR, "docs", "monitoring.md").read_text()

        self.assertEqual(len(rules), 7)
        for rule in rules:
            self.assertIn(f"| `{rule['alert']}` |", page)

    def test_the_metrics_documented_are_those_there_are(self):
        self.client.get("/api/v1/unread/?owner=alice")
        page = Path(settings.BASE_DIR, "docs", "monitoring.md").read_text()

        documented = set(re.findall(r"^\| `(imsite_\w+)` \|", page, re.MULTILINE))
        families = {
            re.sub(r"_(bucket|count|sum)$", "", name) for name in self.samples() if re.match(r"imsite_.*(?<!_created)$", name)
        }
        self.assertEqual(documented, families)


class FakePool:
    """A pool that has figures: only servers have one."""

    def get_stats(self) -> dict[str, int]:
        return {"pool_size": 2, "pool_available": 1}
