"""Requests of a back end that sends messages."""

import json
from typing import Any

import time_machine
from django.http import HttpResponse

from tests.support.api import ApiTestCase, url
from tests.support.cast import ALICE, bearer, usersig, with_key

NOON_S = 1_760_000_000
TEXT = [{"MsgType": "TIMTextElem", "MsgContent": {"Text": "hi"}}]
GROUP = {"GroupId": "team", "From_Account": "bob", "Random": 8, "MsgBody": TEXT}


class FeedTestCase(ApiTestCase):
    def setUp(self):
        self.enterContext(time_machine.travel(NOON_S, tick=False))
        self.feeder = with_key(None, scopes=("ingest",))

    def feed(self, body: Any, path: str = "messages/", **credential: str) -> HttpResponse:
        return self.client.post(url(path), json.dumps(body), "application/json", **(credential or self.feeder))

    def results(self, body: Any) -> list[dict[str, Any]]:
        response = self.feed(body)
        self.assertEqual(response.status_code, 200, response.content)
        return response.json()["results"]

    def conversation(self, owner_id: str = ALICE, conversation_id: str = "c2c_bob") -> dict[str, Any]:
        address = url("conversations/lookup/", id=conversation_id)
        (conversation,) = self.get(address, bearer(usersig(owner_id))).json()["conversationList"]
        return conversation
