"""A last message in words."""

import json

from django.test import SimpleTestCase
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from conversations.choices import ConversationType, ElemType
from conversations.formats.message_preview import ELEMENT_KEYS, MAX_LENGTH, one_line_preview
from tests.support.entries import json_values
from tests.support.staff import message

C2C, GROUP = ConversationType

parts = st.dictionaries(
    st.sampled_from([*ELEMENT_KEYS.values(), "elemType", "status", "sender", "isSelf", "nextElem", "text", "duration"]),
    json_values | st.sampled_from([{"text": "x", "nextElem": {"elemType": 3}}, 1, 6, 99]),
)


class LastMessageTests(SimpleTestCase):
    def assert_words(self, expected, type_=C2C, **fields):
        self.assertEqual(one_line_preview(message(**fields), type_), expected)

    def test_no_message_is_no_words(self):
        self.assertEqual(one_line_preview(None, C2C), "")

    def test_a_text_is_itself_on_one_line(self):
        self.assert_words("well, hello", textElem={"text": " well,\n\thello "})

    def test_each_other_kind_has_a_word(self):
        for type_ in set(ElemType) - {ElemType.NONE, ElemType.TEXT}:
            with self.subTest(type=type_.name):
                self.assert_words(f"[{type_.label}]", elemType=type_.value, textElem=None)

    def test_what_says_more_is_shown(self):
        for fields, words in (
            ({"elemType": 2, "customElem": {"data": "{}", "desc": "order card"}}, "[custom message] order card"),
            ({"elemType": 4, "soundElem": {"duration": 5}}, "[voice message] 5 s"),
            ({"elemType": 6, "fileElem": {"fileName": "a.pdf"}}, "[file] a.pdf"),
            ({"elemType": 7, "locationElem": {"desc": "Shenzhen", "latitude": 1.5}}, "[location] Shenzhen"),
            ({"elemType": 10, "mergerElem": {"title": "Bob and Carol"}}, "[chat history] Bob and Carol"),
        ):
            with self.subTest(words=words):
                self.assert_words(words, **fields)

    def test_several_elements_follow_each_other(self):
        image = {"elemType": 3, "imageElem": {"path": "x", "nextElem": {"elemType": 1, "text": "there"}}}

        self.assert_words("look: [image] there", textElem={"text": "look:", "nextElem": image})

    def test_a_chain_that_never_ends_is_cut(self):
        element = {"text": "x"}
        for _count in range(100):
            element = {"text": "x", "nextElem": {"elemType": 1, "textElem": element}}

        self.assertLessEqual(len(one_line_preview(message(textElem=element), C2C)), MAX_LENGTH)

    def test_an_unknown_kind_is_a_message(self):
        self.assert_words("[message]", elemType=99, textElem=None)
        self.assert_words("[message]", elemType=0, textElem=None)

    def test_a_recalled_message_shows_nothing_of_itself(self):
        self.assert_words("[recalled]", status=6, textElem={"text": "secret"})
        self.assert_words("[recalled]", GROUP, status=6)

    def test_in_a_group_the_sender_comes_first(self):
        self.assert_words("bob: hi", GROUP)
        self.assert_words("Bob: hi", GROUP, nickName="Bob")
        self.assert_words("Bob (ops): hi", GROUP, nickName="Bob", nameCard="Bob (ops)")
        self.assert_words("hi", GROUP, isSelf=True)

    def test_long_text_is_cut(self):
        self.assertEqual(len(one_line_preview(message(textElem={"text": "x" * 20_000}), C2C)), MAX_LENGTH)

    @given(parts, st.sampled_from(ConversationType))
    def test_no_json_makes_it_fail(self, fields, type_):
        self.assertIsInstance(one_line_preview(json.dumps(fields), type_), str)

    def test_the_words_follow_the_language(self):
        with translation.override("zh-hans"):
            self.assertIsInstance(one_line_preview(message(elemType=3), GROUP), str)
