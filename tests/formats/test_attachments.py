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
        )  # fmt: skip
        for url in refused:
            self.assertFalse(attachments.is_web_address(url), url)
        for url in ("http://a.example/x", "HTTPS://A.example:8443/x?sig=%2B#y", "https://例子.example/图"):
            self.assertTrue(attachments.is_web_address(url), url)

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
