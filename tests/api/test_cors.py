"""Browser apps of the origins that are named may call the API, through either of the server's doors."""

from django.conf import settings
from django.http import HttpResponse
from django.test import RequestFactory, TestCase, override_settings

from imsite.wsgi import Application
from tests.support.cast import ALICE, make_conversation, with_key

ORIGIN = "https://app.example.org"
ADDRESS = "/api/v1/conversations/c2c_bob/"


def answer(origin: str, **headers: str) -> tuple[int, HttpResponse]:
    """Status and answer of a GET through the WSGI door."""
    response = Application().get_response(RequestFactory().get(ADDRESS, HTTP_ORIGIN=origin, **headers))
    return response.status_code, response


@override_settings(CORS_ALLOWED_ORIGINS=[ORIGIN], MIDDLEWARE=["corsheaders.middleware.CorsMiddleware", *settings.MIDDLEWARE])
class CorsTests(TestCase):
    def setUp(self):
        make_conversation()
        self.key = with_key(ALICE)

    def test_a_named_origin_reads_the_answer_and_its_headers(self):
        status, response = answer(ORIGIN, **self.key)

        self.assertEqual((status, response["access-control-allow-origin"]), (200, ORIGIN))
        self.assertIn("owner-version", response["access-control-expose-headers"])

    def test_an_error_can_be_read_as_well(self):
        status, response = answer(ORIGIN, HTTP_AUTHORIZATION="Bearer nonsense")

        self.assertEqual((status, response["access-control-allow-origin"]), (401, ORIGIN))

    def test_another_origin_is_not_let_in(self):
        _, response = answer("https://elsewhere.example.org", **self.key)

        self.assertNotIn("access-control-allow-origin", response)

    def test_a_question_beforehand_may_name_a_credential_and_an_etag(self):
        asked = "authorization, if-none-match"
        response = self.client.options(
            ADDRESS, HTTP_ORIGIN=ORIGIN, HTTP_ACCESS_CONTROL_REQUEST_METHOD="GET", HTTP_ACCESS_CONTROL_REQUEST_HEADERS=asked
        )

        self.assertLessEqual(set(asked.split(", ")), set(response["access-control-allow-headers"].split(", ")))
