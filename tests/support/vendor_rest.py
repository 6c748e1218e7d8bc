"""Calls of the vendor's REST API, as a back end of the app sends them."""

import json
from typing import Any
from urllib.parse import urlencode

from django.test import TestCase, override_settings

from tests.support.cast import ALICE, SDK_APP_ID, USERSIG_SETTINGS, usersig

ADMINISTRATOR = "administrator"
# Each call with a body that does something in the scene of tests.support.acting.
BODIES: dict[str, dict[str, Any]] = {
    "recentcontact/get_list": {
        "From_Account": ALICE, "TimeStamp": 0, "StartIndex": 0, "TopTimeStamp": 0, "TopStartIndex": 0, "AssistFlags": 7,
    },
    "recentcontact/delete": {"From_Account": ALICE, "Type": 1, "To_Account": "bob", "ClearRamble": 1},
    "recentcontact/create_contact_group": {
        "From_Account": ALICE,
        "GroupContactItem": [{"GroupName": "new", "ContactItem": [{"Type": 1, "To_Account": "bob"}]}],
    },
    "recentcontact/update_contact_group": {
        "From_Account": ALICE,
        "UpdateType": 1,
        "UpdateGroup": {
            "UpdateGroupType": 2,
            "OldGroupName": "empty",
            "ContactUpdateItem": [{"ContactOptType": 1, "ContactItem": {"Type": 1, "To_Account": "bob"}}],
        },
    },
    "recentcontact/del_contact_group": {"From_Account": ALICE, "GroupName": ["work"]},
    "recentcontact/mark_contact": {
        "From_Account": ALICE,
        "MarkItem": [
            {"OptType": 3, "ContactItem": {"Type": 1, "To_Account": "bob"}, "SetMark": [1, 2, 3], "CustomMark": "abcd"}
        ],
    },
    "recentcontact/get_contact_group": {"From_Account": ALICE, "StartIndex": 0},
    "recentcontact/search_contact_group": {"From_Account": ALICE, "ContactItem": [{"Type": 1, "To_Account": "bob"}]},
    "openim/get_c2c_unread_msg_num": {"To_Account": ALICE},
    "openim/admin_set_msg_read": {"Report_Account": ALICE, "Peer_Account": "bob"},
    "group_open_http_svc/set_unread_msg_num": {"GroupId": "team", "Member_Account": ALICE, "UnreadMsgNum": 5},
}  # fmt: skip


@override_settings(**USERSIG_SETTINGS)
class VendorRestTestCase(TestCase):
    """Calls are the administrator's unless there is another query string."""

    @classmethod
    def setUpTestData(cls):
        cls.query = query()

    def post(self, path: str, body: Any, parameters: dict[str, Any] | None = None, **headers: Any) -> dict[str, Any]:
        """Send a call, check that the answer is an envelope of HTTP 200, and return it."""
        packed = body if isinstance(body, bytes) else json.dumps(body).encode()
        address = f"/v4/{path}?{urlencode(self.query if parameters is None else parameters)}"
        response = self.client.post(address, packed, "application/json", **headers)
        self.assertEqual((response.status_code, response["Content-Type"]), (200, "application/json"), response.content[:500])
        answer = response.json()
        self.assertEqual(answer["ActionStatus"], "FAIL" if answer["ErrorCode"] else "OK")
        self.assertEqual(bool(answer["ErrorInfo"]), bool(answer["ErrorCode"]))
        return answer

    def call(self, path: str, body: Any = None, **changes: Any) -> dict[str, Any]:
        """Send a call that succeeds, and return the answer without the envelope."""
        answer = self.post(path, (BODIES[path] if body is None else body) | changes)
        self.assertEqual(answer["ErrorCode"], 0, answer)
        return {key: value for key, value in answer.items() if key not in ("ActionStatus", "ErrorCode", "ErrorInfo")}

    def assert_refused(self, code: int, path: str, body: Any = None, *, field: str = "", **changes: Any) -> None:
        """Check that a call is refused with a code, and that the text names the field."""
        answer = self.post(path, (BODIES[path] if body is None else body) | changes)
        self.assertEqual(answer["ErrorCode"], code, answer)
        self.assertIn(field, answer["ErrorInfo"])


def query(user_id: str = ADMINISTRATOR, **changes: Any) -> dict[str, Any]:
    """Return the query string of the vendor's samples; a change to None leaves the parameter out."""
    parameters = {"sdkappid": SDK_APP_ID, "identifier": user_id, "usersig": usersig(user_id), "random": 99999999}
    parameters |= {"contenttype": "json"} | changes
    return {name: value for name, value in parameters.items() if value is not None}
