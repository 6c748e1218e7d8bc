"""Browser apps of the named origins may call the API."""

from django.conf import settings
from django.http import HttpResponse
from django.test import TestCase, override_settings

from tests.support.cast import ALICE, make_conversation, with_key

ORIGIN = "https://app.example.org"
ADDRESS = "/api/v1/conversations/c2c_bob/"


@override_settings(CORS_ALLOWED_ORIGINS=[ORIGIN], MIDDLEWARE=["corsheaders.middleware.CorsMiddleware", *settings.MIDDLEWARE])
class CorsTests(TestCase):
    def setUp(self):
        make_conversation()
        self.key = with_key(ALICE)

    def answer(self, origin: str, **headers: str) -> HttpResponse:
        return self.client.get(ADDRESS, HTTP_ORIGIN=origin, **headers)

    def test_a_named_origin_reads_the_answer_and_its_headers(self):
        response = self.answer(ORIGIN, **self.key)

        self.assertEqual((response.status_code, response["access-control-allow-origin"]), (200, ORIGIN))
        self.assertIn("owner-version", response["access-control-expose-headers"])

    def test_an_error_can_be_read_as_well(self):
        response = self.answer(ORIGIN, HTTP_AUTHORIZATION="Bearer nonsense")

        self.assertEqual((response.status_code, response["access-control-allow-origin"]), (401, ORIGIN))

    def test_another_origin_is_not_let_in(self):
        response = self.answer("https://elsewhere.example.org", **self.key)

        self.assertNotIn("access-control-allow-origin", response)

    def test_a_question_beforehand_may_name_a_credential_an_etag_and_a_version(self):
        asked = "authorization, if-none-match, owner-version"
        response = self.client.options(
            ADDRESS, HTTP_ORIGIN=ORIGIN, HTTP_ACCESS_CONTROL_REQUEST_METHOD="GET", HTTP_ACCESS_CONTROL_REQUEST_HEADERS=asked
        )

        self.assertLessEqual(set(asked.split(", ")), set(response["access-control-allow-headers"].split(", ")))
