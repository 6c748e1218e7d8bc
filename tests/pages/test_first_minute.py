"""The first minute with the demo: its logins, our own 404, and the files that browsers and robots ask for."""

from urllib.parse import unquote

from django.contrib.auth.models import User
from django.test import Client, SimpleTestCase, TestCase, override_settings

from conversations.demo import people
from tests.support.staff import boss


class LoginPageTests(TestCase):
    def setUp(self):
        User.objects.create_user("demo", is_staff=True)

    @override_settings(DEBUG=True)
    def test_the_demo_shows_its_logins(self):
        page = self.client.get("/login/")

        self.assertContains(page, "<code>demo</code> / <code>demo</code>")
        self.assertNotContains(page, "<code>support</code>")  # there is no such account

    def test_production_shows_none(self):
        self.assertNotContains(self.client.get("/login/"), "<code>demo</code>")


class NotFoundTests(TestCase):
    def test_a_wrong_address_has_our_page_in_the_demo_too(self):
        for debug in (True, False):
            for url in ("/nosuch/", "/owner", "/static/nosuch.css", "/admin/nosuch/"):
                client = Client()
                client.force_login(User.objects.filter(username="boss").first() or boss())
                with self.subTest(url, debug=debug), override_settings(DEBUG=debug):
                    page = client.get(url)
                    self.assertContains(page, "There is no page at this address.", status_code=404)
                    self.assertTemplateUsed(page, "404.html")

    @override_settings(DEBUG=True)
    def test_under_the_api_it_stays_a_problem(self):
        answer = self.client.get("/api/nosuch/")

        self.assertEqual((answer.status_code, answer["Content-Type"]), (404, "application/problem+json"))


class RootFileTests(SimpleTestCase):
    def test_browsers_find_an_icon_and_robots_are_sent_away(self):
        icon, robots = self.client.get("/favicon.ico"), self.client.get("/robots.txt")

        self.assertEqual((icon.status_code, b"".join(icon)[:4]), (200, b"\0\0\1\0"))
        self.assertEqual(b"".join(robots), b"User-agent: *\nDisallow: /\n")


class AvatarTests(SimpleTestCase):
    def test_the_letters_of_demo_avatars_have_one_typeface(self):
        avatars = list(filter(None, (people.avatar(f"user{n}", name) for n, name in enumerate(("Ann", "王伟", "Zoe")))))

        self.assertTrue(avatars)
        for avatar in avatars:
            self.assertIn("font-family='system-ui,sans-serif'", unquote(avatar))
