"""Where the content of an element is on the web: only addresses that a browser may open."""

from django.test import SimpleTestCase

from conversations.choices import ElemType
from conversations.formats import attachments, message_preview


class AddressTests(SimpleTestCase):
    def test_only_web_addresses_are_led_to(self):
        refused = (
            None, 5, [], "", "javascript:alert(1)", "data:text/html,x", "ftp://a.example/x", "//a.example/x", "/admin/", "https://",
            "https:///x", "https://a.example/a b", "https://a.example/\nx", "https://a.example:99999/", "https://[::1/", " https://a.example",
            "java\tscript:alert(1)", "https://a.example/" + "x" * attachments.MAX_LENGTH, "\u202ehttps://a.example/",
            r"https://evil.example\@good.example/x", r"https://good.example\.evil.example", r"https:\\evil.example", r"https://a.example/\x",
            "https://good.example@evil.example/", "https://good.example:443@evil.example/", "https://:x@evil.example/", "https://@a.example",
            "https://good.example%2f.evil.example/", "https://good.example%5c@evil.example", "https://a.example\x7f/", "https://a.example/\0",
            "https://a.example\u3000/x", "https://good.example\uff0f.evil.example/", "https://a,b/", "https://\u200bgood.example/",
        )  # fmt: skip
        for url in refused:
            self.assertFalse(attachments.is_web_address(url), url)
        for url in ("http://a.example/x", "HTTPS://A.example:8443/x?sig=%2B#y", "https://例子.example/图"):
            self.assertTrue(attachments.is_web_address(url), url)

    def test_a_host_is_shown_in_letters_that_look_like_no_others(self):
        for url, host in (
            ("https://Files.Example:8443/x?@y", "files.example"),
            ("https://例子.example/图", "xn--fsqu00a.example"),
            ("https://g\u043eod.example/", "xn--god-sed.example"),  # a Cyrillic letter
            ("https://good.example\u3002evil.example/", "good.example.evil.example"),
            ("https://\uff27ood.example/", "good.example"),
            ("https://bucket_1.example/@x", "bucket_1.example"),
            ("http://[::1]:8000/", "::1"),
        ):
            self.assertTrue(attachments.is_web_address(url), url)
            self.assertEqual(attachments.host_of(url), host)

    def test_an_image_leads_to_its_best_size(self):
        sizes = [{"type": 2, "url": "https://a.example/2"}, {"type": 1, "url": "https://a.example/1"}, {"type": 4, "url": 4}]
        for images, expected in (
            (sizes, "https://a.example/1"),
            (sizes[:1] + sizes[2:], "https://a.example/2"),
            ([{"url": "https://a.example/0"}, {"type": [], "url": "javascript:x"}, 5], "https://a.example/0"),
            ({}, ""),
            (None, ""),
        ):
            self.assertEqual(attachments.address_of(ElemType.IMAGE, {"imageList": images}), expected)

    def test_a_video_leads_to_itself_or_else_its_cover(self):
        cover = {"snapshotUrl": "https://a.example/cover"}

        self.assertEqual(attachments.address_of(ElemType.VIDEO, cover), "https://a.example/cover")
        self.assertEqual(
            attachments.address_of(ElemType.VIDEO, cover | {"videoUrl": "http://a.example/v"}), "http://a.example/v"
        )

    def test_each_element_of_a_message_has_its_own(self):
        message = {
            "elemType": 6,
            "fileElem": {
                "fileName": "plan.pdf", "url": "https://files.example/plan.pdf",
                "nextElem": {"elemType": 4, "soundElem": {"duration": 3, "url": "javascript:alert(1)"}},
            },
        }  # fmt: skip

        parts = message_preview.element_previews(message)

        self.assertEqual([(part.text, part.url, part.host) for part in parts], [
            ("[file] plan.pdf", "https://files.example/plan.pdf", "files.example"),
            ("[voice message] 3 s", "", ""),
        ])  # fmt: skip
        self.assertEqual([part.url for part in message_preview.element_kinds(message)], ["", ""])

    def test_a_recalled_message_leads_nowhere(self):
        message = {"status": 6, "elemType": 6, "fileElem": {"url": "https://files.example/plan.pdf"}}

        self.assertEqual([part.url for part in message_preview.element_previews(message)], [""])
