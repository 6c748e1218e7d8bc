"""Pages and static files are compressed for whoever takes that; answers of the API and streams stay as they are."""

import gzip
import os
import tempfile
from pathlib import Path

from django.test import SimpleTestCase, override_settings

from tests.api import url
from tests.cast import make_conversation, make_conversations, with_key
from tests.pages import LIST, AsSupport

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
        self.root = Path(folder.name, "root")
        self.root.mkdir()
        Path(folder.name, "secret.txt").write_text("not for the web")
        self.enterContext(override_settings(STATIC_ROOT=self.root))

    def get(self, name: str, status: int = 200, **headers: str):
        response = self.client.get(f"/static/{name}", headers=headers)
        self.assertEqual(response.status_code, status)
        return response

    def test_text_is_compressed_for_whoever_takes_it(self):
        (self.root / "a.css").write_text("a { color: red }" * 100)

        plain, packed = self.get("a.css"), self.get("a.css", **GZIP)

        self.assertEqual(gzip.decompress(packed.content), plain.content)
        self.assertEqual((packed["Content-Encoding"], plain.get("Content-Encoding")), ("gzip", None))
        for response in (plain, packed):
            self.assertEqual(response["Content-Type"], "text/css")
            self.assertEqual(int(response["Content-Length"]), len(response.content))
            self.assertIn("Accept-Encoding", response["Vary"])
            self.assertNotIn("Cookie", response["Vary"])

    def test_a_picture_comes_as_it_is(self):
        (self.root / "a.png").write_bytes(b"0" * 1000)

        self.assertEqual(self.get("a.png", **GZIP).content, b"0" * 1000)

    def test_what_a_browser_has_is_not_sent_again(self):
        (self.root / "a.js").write_text("1" * 1000)
        etag = self.get("a.js", **GZIP)["ETag"]

        for headers in (GZIP, {}):
            self.assertEqual(self.get("a.js", 304, **headers, **{"If-None-Match": etag}).content, b"")
        (self.root / "a.js").write_text("2" * 1000)
        os.utime(self.root / "a.js", (1, 1))
        changed = self.get("a.js", **GZIP, **{"If-None-Match": etag})
        self.assertEqual(gzip.decompress(changed.content), b"2" * 1000)

    def test_a_name_with_a_hash_is_good_for_ever_and_another_is_asked_for(self):
        for name, cached in (("a.0123456789ab.css", "immutable"), ("a.min.css", "no-cache")):
            (self.root / name).write_text("a {}")
            self.assertIn(cached, self.get(name)["Cache-Control"])

    def test_nothing_else_is_given(self):
        (self.root / "folder").mkdir()
        outside = ("../secret.txt", "%2e%2e/secret.txt", "folder/../../secret.txt", "/etc/passwd", "%00", "x" * 5000)
        for name in (*outside, "folder", "folder/", "nothing.css", ""):
            with self.subTest(name):
                self.get(name, 404)
        self.assertEqual(self.client.post("/static/a.css").status_code, 405)
