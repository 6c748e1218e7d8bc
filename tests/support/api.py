"""A test case whose requests are alice's, with a UserSig, which costs no query."""

from typing import Any
from urllib.parse import quote, urlencode

from django.http import HttpResponse
from django.test import TestCase, override_settings

from tests.support.cast import USERSIG_SETTINGS, bearer, usersig

BROWSER = {"HTTP_ACCEPT": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}

API = "/api/v1/"
PROBLEM_KEYS = ["type", "title", "status", "detail", "errors", "requestId", "code", "desc"]


def url(path: str = "conversations/", **parameters: Any) -> str:
    """Return an address under the API. A list among the parameters is repeated."""
    return f"{API}{path}" + (f"?{urlencode(parameters, doseq=True)}" if parameters else "")


def conversation_url(conversation_id: str, **parameters: Any) -> str:
    """Return a conversation's address with its ID as a single path segment."""
    return url(f"conversations/{quote(conversation_id, safe='')}/", **parameters)


def ids_of(response: HttpResponse) -> list[str]:
    """Return the IDs of a response's conversationList, in its order."""
    return [conversation["conversationID"] for conversation in response.json()["conversationList"]]


@override_settings(**USERSIG_SETTINGS)
class ApiTestCase(TestCase):
    """Requests are alice's unless there is another credential."""

    @classmethod
    def setUpTestData(cls):
        cls.alice = bearer(usersig())

    def get(self, address: str, credential: dict[str, str] | None = None, **headers: str) -> HttpResponse:
        return self.client.get(address, **(self.alice if credential is None else credential), **headers)

    def post(self, address: str, body: Any, content_type: str = "application/json", **headers: str) -> HttpResponse:
        return self.client.post(address, body, content_type, **(self.alice | headers))

    def assert_problem(self, response: HttpResponse, status: int, code: int, *fields: str) -> dict[str, Any]:
        """Check that the response is problem+json of this status, code and fields, and return its body."""
        self.assertEqual(response.status_code, status, response.content[:500])
        self.assertEqual(response["Content-Type"], "application/problem+json")
        body = response.json()
        self.assertEqual(list(body), PROBLEM_KEYS)
        self.assertEqual((body["status"], body["code"]), (status, code))
        self.assertEqual(body["desc"], body["detail"])
        if fields:
            self.assertEqual(sorted(body["errors"]), sorted(fields))
        return body
