"""Errors reported to Sentry; a server of the test's own stands for it."""

import gzip
import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

from django.conf import settings
from django.test import SimpleTestCase

MARKER = "mrk7Zq"
FAIL = f"""
import logging, django
django.setup()
import sentry_sdk, structlog
from django.db import OperationalError
structlog.contextvars.bind_contextvars(request_id="r-1")
try:
    raise OperationalError('no "{MARKER}"' + chr(10) + '{MARKER}') from ValueError('{MARKER}')
except Exception:
    secret = '{MARKER}'
    logging.getLogger("imsite.x").exception("Failed for %s", secret)
logging.getLogger("imsite.x").warning("{MARKER}")
sentry_sdk.flush(10)
"""


class SentryTests(SimpleTestCase):
    def setUp(self):
        received: list[bytes] = []
        self.received = received

        class Sink(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                received.append(gzip.decompress(body) if self.headers["Content-Encoding"] == "gzip" else body)
                self.send_response(200)
                self.end_headers()

            def log_message(self, *args):
                pass

        self.sink = HTTPServer(("127.0.0.1", 0), Sink)
        threading.Thread(target=self.sink.serve_forever, daemon=True).start()
        self.addCleanup(self.sink.server_close)
        self.addCleanup(self.sink.shutdown)

    def run_python(self, code: str, **environment: str) -> subprocess.CompletedProcess:
        environment = os.environ | {"DJANGO_SETTINGS_MODULE": "imsite.settings", "DEBUG": "true"} | environment
        command = [sys.executable, "-c", code]
        return subprocess.run(command, env=environment, cwd=settings.BASE_DIR, capture_output=True, text=True, timeout=60)

    def test_an_error_is_reported_with_its_place_and_without_texts(self):
        done = self.run_python(FAIL, SENTRY_DSN=f"http://key@127.0.0.1:{self.sink.server_port}/1")

        self.assertEqual(done.returncode, 0, done.stderr)
        (body,) = self.received
        event = json.loads(body.split(b"\n")[2])
        self.assertEqual(event["logentry"]["message"], "Failed for %s")
        self.assertEqual(event["tags"], {"request_id": "r-1"})
        self.assertEqual([value["type"] for value in event["exception"]["values"]], ["ValueError", "OperationalError"])
        self.assertEqual(event["exception"]["values"][-1]["value"], "no …")
        for value in event["exception"]["values"]:
            for frame in (value.get("stacktrace") or {"frames": []})["frames"]:
                frame.pop("context_line", None)
        self.assertNotIn(MARKER, json.dumps(event))

    def test_a_wrong_address_is_named_at_the_start(self):
        done = self.run_python("import django; django.setup()", SENTRY_DSN="sentry.example.org")

        self.assertIn("SENTRY_DSN must be as Sentry shows it", done.stderr)

    def test_without_the_package_it_says_how_to_get_it(self):
        done = self.run_python(
            "import sys; sys.modules['sentry_sdk'] = None; import django; django.setup()", SENTRY_DSN="http://k@127.0.0.1/1"
        )

        self.assertIn("pip install -r requirements-extras.txt", done.stderr)
