"""The page of keys and search syntax: it has every token there is, and for staff only."""

from django.test import SimpleTestCase, TestCase
from django.urls import reverse

from conversations.staff import search_help, search_syntax
from tests.support.staff import boss, colleague, support, viewer

HELP = reverse("help")


class TokenTests(SimpleTestCase):
    def test_each_filter_has_examples_that_set_it(self):
        lines = search_help.lines()

        self.assertEqual(len(lines), len(search_syntax.FILTERS))
        for line, name in zip(lines, search_syntax.FILTERS):
            with self.subTest(name):
                self.assertTrue(line.tokens)
                self.assertEqual({key for token in line.tokens for key in search_syntax.filters_of(token.text)}, {name})

    def test_each_keyword_and_word_is_there(self):
        text = "".join(f" {token.text} " for line in search_help.lines() for token in line.tokens)

        for keyword in search_syntax.READERS:
            self.assertIn(f" {keyword}:", text)
        words = {"is": search_syntax.FLAGS, "type": search_syntax.TYPES, "mark": search_syntax.MARKS}
        for token in (f"{keyword}:{word}" for keyword, those in words.items() for word in those):
            self.assertIn(f" {token} ", text)


class PageTests(TestCase):
    def test_staff_with_the_permission_reads_it_as_page_and_dialog(self):
        for user in (boss(), support(), viewer()):
            self.client.force_login(user)
            page, dialog = self.client.get(HELP), self.client.get(HELP, headers={"HX-Request": "true", "HX-Target": "help"})
            for answer in (page, dialog):
                self.assertContains(answer, "<kbd>j</kbd>")
                self.assertContains(answer, "<code>is:unread</code>")
            self.assertContains(page, "<html")
            self.assertNotContains(dialog, "<html")

    def test_nobody_else_does(self):
        self.assertRedirects(self.client.get(HELP), f"{reverse('login')}?next={HELP}")
        self.client.force_login(colleague())
        self.assertEqual(self.client.get(HELP).status_code, 403)
        user = support()
        user.is_staff = False
        user.save()
        self.client.force_login(user)
        self.assertEqual(self.client.get(HELP).status_code, 403)
        self.assertEqual(self.client.post(HELP).status_code, 405)
