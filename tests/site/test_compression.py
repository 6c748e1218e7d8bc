"""Pages and static files are compressed for clients that accept it; answers of the API and streams stay as they are."""

import gzip
import tempfile
from pathlib import Path

from django.core.management import call_command
from django.templatetags.static import static
from django.test import SimpleTestCase, override_settings

from tests.support.api import url
from tests.support.cast import make_conversation, make_conversations, with_key
from tests.support.pages import LIST, AsSupport

GZIP = {"Accept-Encoding": "br, gzip"}


class PageTests(AsSupport):
    def test_a_page_is_compressed_for_whoever_takes_it(self):
        make_conversations(20)
        plain = self.client.get(f"{LIST}?owner=alice&find=is:pinned", follow=True)

        packed = self.client.get(f"{LIST}?owner=alice&find=is:pinned", follow=True, headers=GZIP)

        self.assertEqual((packed["Content-Encoding"], plain.get("Content-Encoding")), ("gzip", None))
        self.assertIn(b"</html>", gzip.decompress(packed.content))
        self.assertEqual(int(packed["Content-Length"]), len(packed.content))
        self.assertLess(len(packed.content), len(plain.content) / 2)
        for response in (plain, packed):
            self.assertIn("Accept-Encoding", response["Vary"])

    def test_the_length_tells_nothing_of_what_is_in_it(self):
        """What an attacker makes a page say, beside what it says already, must not show in its length."""
        make_conversation()

        lengths = {len(self.client.get(f"{LIST}?owner=alice", headers=GZIP).content) for _n in range(20)}

        self.assertGreater(len(lengths), 5)

    def test_answers_of_the_api_keep_their_bytes_and_etags(self):
        make_conversations(20)
        for headers in ({}, with_key()):
            query = "" if headers else "?owner=alice"
            response = self.client.get(url(f"conversations/{query}"), headers=GZIP, **headers)

            self.assertEqual((response.get("Content-Encoding"), len(response.json()["conversationList"])), (None, 20))
            self.assertTrue(response["ETag"].startswith('"'))

    def test_an_export_is_a_plain_stream(self):
        make_conversations(20)

        response = self.client.post("/owner/export/?owner=alice", headers=GZIP)

        self.assertIsNone(response.get("Content-Encoding"))
        self.assertEqual(len(b"".join(response.streaming_content).splitlines()), 20)


class StaticTests(SimpleTestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        Path(folder.name, "secret.txt").write_text("not for the web")
        root = Path(folder.name, "root")
        self.enterContext(override_settings(STATIC_ROOT=root))
        call_command("collectstatic", "--no-input", verbosity=0)

    def test_text_is_compressed_for_whoever_takes_it(self):
        url = static("conversations/site.css")

        plain, packed = self.client.get(url), self.client.get(url, headers=GZIP)

        content, packed_content = b"".join(plain.streaming_content), b"".join(packed.streaming_content)
        self.assertEqual(gzip.decompress(packed_content), content)
        self.assertEqual((packed["Content-Encoding"], plain.get("Content-Encoding")), ("gzip", None))
        for response in (plain, packed):
            self.assertEqual(response["Content-Type"].partition(";")[0], "text/css")
            self.assertEqual(response["X-Content-Type-Options"], "nosniff")
            self.assertEqual(response["Vary"], "Accept-Encoding")

    def test_nothing_else_is_given(self):
        for name in (
            "../secret.txt",
            "%2e%2e/secret.txt",
            "admin/../../secret.txt",
            "%00",
            "x" * 5000,
            "admin/",
            "nothing.css",
        ):
            with self.subTest(name[:30]):
                self.assertEqual(self.client.get(f"/static/{name}").status_code, 404)
