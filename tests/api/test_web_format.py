"""format=web: the reads answer with the Web SDK's conversations."""

import orjson
from jsonschema import Draft202012Validator

from conversations.actions.deletions import delete_one
from conversations.formats import web_conversation
from tests.support.api import BROWSER, ApiTestCase, conversation_url, url
from tests.support.cast import ALICE, BOB, bearer, make_conversation, usersig, with_key
from tests.support.staff import boss

MESSAGE = {"timestamp": 1_760_000_000, "seq": "44", "sender": "bob", "elemType": 1, "textElem": {"text": "hi"}, "status": 2}


class WebFormatTests(ApiTestCase):
    def setUp(self):
        make_conversation(last_message=orjson.dumps(MESSAGE).decode(), show_name="Bob")
        make_conversation(conversation_id="group_team", group_type="Work", marks=-(1 << 63))
        self.native = {item["conversationID"]: item for item in self.get(url()).json()["conversationList"]}
        self.web = {id_: web_conversation.from_classic(item) for id_, item in self.native.items()}

    def test_each_read_has_the_sdks_objects(self):
        self.assertEqual(self.get(conversation_url("c2c_bob", format="web")).json(), self.web["c2c_bob"])
        self.assertEqual(self.get(url("conversations/-/", id="c2c_bob", format="web")).json(), self.web["c2c_bob"])
        by_query = self.get(url("conversations/lookup/", id=["group_team", "c2c_no", "c2c_bob"], format="web")).json()
        by_body = self.post(
            url("conversations/lookup/", format="web"), {"conversationIDList": ["group_team", "c2c_no", "c2c_bob"]}
        )
        self.assertEqual(by_query["conversationList"], [self.web["group_team"], self.web["c2c_bob"]])
        self.assertEqual([reason["conversationID"] for reason in by_query["unresolved"]], ["c2c_no"])
        self.assertEqual(by_body.json(), by_query)

    def test_pages_go_on_in_either_form(self):
        first = self.get(url(count=1, format="web")).json()
        second = self.get(url(count=1, format="web", nextSeq=first["nextSeq"])).json()
        native = self.get(url(count=1, nextSeq=first["nextSeq"])).json()

        web_ids = [item["conversationID"] for item in first["conversationList"] + second["conversationList"]]
        self.assertEqual(sorted(web_ids), ["C2Cbob", "GROUPteam"])
        self.assertEqual(second["conversationList"], [self.web[native["conversationList"][0]["conversationID"]]])

    def test_filters_hold(self):
        page = self.get(url(type=2, format="web")).json()

        self.assertEqual(page["conversationList"], [self.web["group_team"]])
        self.assertEqual(page["conversationList"][0]["markList"], [1 << 63])

    def test_changes_name_conversations_in_the_same_form(self):
        delete_one(owner_id=ALICE, conversation_id="group_team")
        since = self.get(url("changes/", format="web")).json()["version"]
        make_conversation(conversation_id="c2c_carol")
        delete_one(owner_id=ALICE, conversation_id="c2c_bob")

        changes = self.get(url("changes/", since=since, format="web")).json()["changes"]

        self.assertEqual(changes[0]["conversation"]["conversationID"], "C2Ccarol")
        self.assertEqual(changes[1], {"kind": "deleted", "conversationID": "C2Cbob"})

    def test_a_placeholder_and_the_extra_key(self):
        unsaved = self.get(conversation_url("c2c_nobody", placeholder="true", format="web")).json()
        more = self.get(conversation_url("c2c_bob", extra="true", format="web")).json()

        self.assertEqual((unsaved["conversationID"], unsaved["lastMessage"]["lastTime"]), ("C2Cnobody", 0))
        self.assertEqual(more["imsite"]["membership"], "member")

    def test_previews_are_in_the_language_of_the_request(self):
        image = MESSAGE | {"elemType": 3, "imageElem": {"imageList": []}}
        make_conversation(conversation_id="c2c_dan", last_message=orjson.dumps(image).decode())
        address = conversation_url("c2c_dan", format="web")

        english, chinese = (self.get(address, HTTP_ACCEPT_LANGUAGE=language).json() for language in ("en", "zh-Hans"))

        self.assertEqual(english["lastMessage"]["messageForShow"], "[image]")
        self.assertNotEqual(chinese["lastMessage"]["messageForShow"], "[image]")

    def test_each_form_has_a_tag_of_its_own(self):
        native, web = self.get(url()), self.get(url(format="web"))

        self.assertNotEqual(native["ETag"], web["ETag"])
        self.assertEqual(self.get(url(format="web"), HTTP_IF_NONE_MATCH=web["ETag"]).status_code, 304)
        self.assertEqual(self.get(url(format="web"), HTTP_IF_NONE_MATCH=native["ETag"]).status_code, 200)
        self.assertEqual(self.get(url(), HTTP_IF_NONE_MATCH=web["ETag"]).status_code, 200)

    def test_another_form_is_refused_by_name(self):
        addresses = (
            conversation_url("c2c_bob", format="json"),
            url("conversations/-/", id="c2c_bob", format=""),
            url("conversations/lookup/", id="c2c_bob", format="WEB"),
            url(format="native"),
            url("changes/", format="api"),
        )
        for address in addresses:
            problem = self.assert_problem(self.get(address), 400, 6017, "format")
            self.assertIn("web", problem["desc"])
        self.assert_problem(self.post(url("conversations/lookup/", format="x"), {"conversationIDList": ["c2c_bob"]}), 400, 6017)
        self.assert_problem(self.get(url("unread/", format="web")), 400, 6017, "format")

    def test_ids_are_still_given_in_the_native_form(self):
        problem = self.assert_problem(self.get(conversation_url("C2Cbob", format="web")), 400, 6017)

        self.assertIn("c2c_bob", problem["desc"])

    def test_a_browser_sees_the_same_object_on_the_page(self):
        self.client.force_login(boss())

        page = self.client.get(conversation_url("c2c_bob", format="web", owner=ALICE), **BROWSER)
        refused = self.client.get(conversation_url("c2c_bob", format="json", owner=ALICE), **BROWSER)

        self.assertContains(page, "C2Cbob")
        self.assertEqual(page["Content-Type"], "text/html; charset=utf-8")
        self.assert_problem(refused, 400, 6017, "format")

    def test_no_other_credential_reads_more(self):
        for address in (conversation_url("c2c_bob", format="web"), url(format="web"), url("changes/", format="web")):
            self.assertEqual(self.get(f"{address}&owner={ALICE}", bearer(usersig(BOB))).status_code, 403)
            self.assertEqual(self.get(address, bearer(usersig(expire_s=-1))).status_code, 401)
            self.assertEqual(self.get(f"{address}&owner={ALICE}", with_key(None, scopes=["ingest"])).status_code, 403)
            self.assertEqual(self.get(address, {}).status_code, 401)

    def test_the_document_describes_the_object(self):
        document = self.client.get("/api/schema/", HTTP_ACCEPT="application/json").json()
        schema = document["components"]["schemas"]["WebConversation"]

        for web in self.web.values():
            self.assertEqual(list(Draft202012Validator(schema).iter_errors(web)), [])
            self.assertEqual(web.keys() - schema["properties"].keys(), set())
        for path in ("/api/v1/conversations/", "/api/v1/events/", "/api/v1/changes/"):
            (parameter,) = [p for p in document["paths"][path]["get"]["parameters"] if p["name"] == "format"]
            self.assertEqual(parameter["schema"]["enum"], ["web"])
