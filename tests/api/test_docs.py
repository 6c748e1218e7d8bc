"""The OpenAPI document and its page: valid, complete, offline, and under the strict content security policy."""

import re
from io import StringIO

import yaml
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.test import TestCase
from jsonschema import Draft202012Validator

from conversations.exceptions import Code
from conversations.formats import conversation as formats_conversation
from conversations.lists.filters import FILTER_NAMES

DOCUMENT, PAGE, WEBHOOK = "/api/schema/", "/api/docs/", "/callbacks/tencent/"
SDK_CALLS = {
    ("/api/v1/conversations/", "get"): "getConversationListByFilter",
    ("/api/v1/conversations/lookup/", "get"): "getConversationListByQuery",
    ("/api/v1/conversations/lookup/", "post"): "getConversationList",
    ("/api/v1/conversations/-/", "get"): "getConversation",
    ("/api/v1/unread/", "get"): "getTotalUnreadMessageCount",
    ("/api/v1/changes/", "get"): "getConversationChanges",
    ("/api/v1/events/", "get"): "getEvents",
    ("/api/v1/messages/", "post"): "sendMessages",
    ("/api/v1/conversations/-/", "delete"): "deleteConversation",
    ("/api/v1/conversations/-/pin/", "put"): "pinConversation",
    ("/api/v1/conversations/-/draft/", "put"): "setConversationDraft",
    ("/api/v1/conversations/-/read/", "post"): "cleanConversationUnreadMessageCount",
    ("/api/v1/conversations/mark/", "post"): "markConversation",
    ("/api/v1/conversations/custom-data/", "post"): "setConversationCustomData",
    ("/api/v1/conversations/delete/", "post"): "deleteConversationList",
    ("/api/v1/conversation-groups/", "get"): "getConversationGroupList",
    ("/api/v1/conversation-groups/", "post"): "createConversationGroup",
    ("/api/v1/conversation-groups/-/", "patch"): "renameConversationGroup",
    ("/api/v1/conversation-groups/-/", "delete"): "deleteConversationGroup",
    ("/api/v1/conversation-groups/-/add/", "post"): "addConversationsToGroup",
    ("/api/v1/conversation-groups/-/remove/", "post"): "deleteConversationsFromGroup",
}


def operations(document):
    for methods in document["paths"].values():
        yield from methods.values()


def nodes(node):
    """Yield all objects below one, and itself."""
    if isinstance(node, dict):
        yield node
    for below in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from nodes(below)


def texts(document):
    for node in nodes(document):
        yield from (node[key] for key in ("summary", "description", "title") if isinstance(node.get(key), str))


class DocumentTests(TestCase):
    def document(self, **headers):
        response = self.client.get(DOCUMENT, **headers)
        self.assertEqual(response.status_code, 200)
        return yaml.load(response.content, yaml.CSafeLoader)

    def test_it_is_valid_and_nothing_in_it_was_guessed(self):
        call_command("spectacular", "--validate", "--fail-on-warn", stdout=StringIO(), stderr=StringIO())

    def test_its_operations_are_the_sdks_calls(self):
        operations = {
            (path, method): operation["operationId"]
            for path, methods in self.document()["paths"].items()
            for method, operation in methods.items()
        }

        self.assertEqual({call: operations.get(call) for call in SDK_CALLS}, SDK_CALLS)
        self.assertEqual(len(set(operations.values())), len(operations))

    def test_a_conversation_in_it_has_the_twenty_keys(self):
        conversation = self.document()["components"]["schemas"]["V2TIMConversation"]

        self.assertEqual(tuple(conversation["properties"]), (*formats_conversation.KEYS, "imsite"))
        self.assertEqual(sorted(conversation["required"]), sorted(formats_conversation.KEYS))

    def test_every_operation_has_the_shared_error_and_needs_a_credential(self):
        document = self.document()
        table = document["components"]["responses"]["Problem"]["description"]
        for code in Code:
            self.assertIn(f"| {code.value} |", table)
        for path, methods in document["paths"].items():
            for operation in methods.values():
                self.assertIn({"apiKey": []}, operation["security"])
                self.assertEqual({"userSig": []} in operation["security"], operation["tags"][0] not in ("Ingest", "Webhooks"))
                if path != WEBHOOK:  # its answers have the cloud's form
                    self.assertEqual(operation["responses"]["default"], {"$ref": "#/components/responses/Problem"})

    def test_every_filter_is_in_it_once(self):
        paths = self.document()["paths"]
        for path in ("/api/v1/conversations/", "/api/v1/unread/"):
            names = [parameter["name"] for parameter in paths[path]["get"]["parameters"]]

            self.assertLessEqual(FILTER_NAMES, set(names))
            self.assertEqual(len(set(names)), len(names))

    def test_tags_are_in_the_order_of_tasks_and_every_operation_has_one(self):
        document = self.document()
        names = [tag["name"] for tag in document["tags"]]

        self.assertEqual(names, ["Read", "Change", "Sync", "Report", "Ingest", "Webhooks"])
        used = {operation["tags"][0] for operation in operations(document)}
        self.assertEqual(used, set(names))
        self.assertTrue(all(tag["description"] for tag in document["tags"]))

    def test_every_operation_has_texts_of_its_own_that_name_nothing_inside(self):
        document = self.document()
        for key in ("summary", "description"):
            self.assertEqual(len({operation[key] for operation in operations(document)}), len(list(operations(document))))
        inside = re.compile(r"Django|viewset|serializer|middleware|\.py\b|conversations\.\w|viewsets", re.IGNORECASE)
        for text in texts(document):
            self.assertIsNone(inside.search(text), text)

    def test_every_operation_has_an_answer_and_an_error_that_fit_their_schemas(self):
        document = self.document()
        for operation in operations(document):
            contents = [content for answer in operation["responses"].values() for content in answer.get("content", {}).values()]
            contents += operation.get("requestBody", {"content": {}})["content"].values()
            answers = operation["responses"]
            with self.subTest(operation["operationId"]):
                self.assertTrue("204" in answers or answers["200"]["content"])
                self.assertTrue(any("content" in answer for status, answer in answers.items() if not status.startswith("2")))
                self.assertGreaterEqual(len(contents), 1)
                for content in contents:
                    schema = content["schema"] | {"components": document["components"]}
                    Draft202012Validator(schema).validate(content["example"])

    def test_its_address_is_the_one_at_which_it_was_read(self):
        self.assertEqual(self.document(HTTP_HOST="localhost")["servers"], [{"url": "http://localhost"}])

    def test_no_path_holds_an_id(self):
        for path, methods in self.document()["paths"].items():
            self.assertNotIn("{", path)
            if "/-/" in path:
                for operation in methods.values():
                    required = [parameter["name"] for parameter in operation["parameters"] if parameter.get("required")]
                    self.assertIn(required, (["id"], ["name"]))

    def test_any_mark_is_a_number_without_a_size(self):
        schemas = self.document()["components"]["schemas"]

        for name in ("V2TIMConversation", "WebConversation"):
            self.assertEqual(schemas[name]["properties"]["markList"]["items"], {"type": "number"})

    def test_messages_and_their_elements_may_have_more_keys(self):
        schemas = self.document()["components"]["schemas"]
        message = schemas["V2TIMMessage"]

        elements = [key for key in message["properties"] if key.endswith("Elem")]
        self.assertGreaterEqual(len(elements), 10)
        for schema in (message, *(schemas[f"V2TIM{key[0].upper()}{key[1:]}"] for key in elements)):
            self.assertTrue(schema["additionalProperties"])
            self.assertNotIn("required", schema)

    def test_the_committed_file_is_this_document(self):
        written = StringIO()
        call_command("spectacular", stdout=written)

        self.assertEqual((settings.BASE_DIR / "docs/openapi.yaml").read_text(), written.getvalue(), "run make docs")

    def test_integers_have_a_size_and_no_body_is_one_thing_or_another(self):
        document = self.document(HTTP_ACCEPT="application/vnd.oai.openapi+json")

        for node in nodes(document):
            if node.get("type") in ("integer", ["integer", "null"]):
                self.assertIn(node["format"], ("int32", "int64"))
                self.assertNotIn("enum", node)
            self.assertNotIn("allOf", node)
        for operation in operations(document):
            for content in operation.get("requestBody", {"content": {}})["content"].values():
                for node in nodes(content["schema"]):
                    self.assertNotIn("oneOf", node)

    def test_it_comes_as_json_too(self):
        response = self.client.get(DOCUMENT, HTTP_ACCEPT="application/vnd.oai.openapi+json")

        self.assertEqual(response.json()["openapi"], "3.1.0")

    def test_parameters_of_other_peoples_pages_do_nothing(self):
        expected = self.client.get(DOCUMENT).content

        for query in ("version=%0AX-Injected:1", "lang=a%00b", "lang=../../x", "format=json", "x"):
            response = self.client.get(f"{DOCUMENT}?{query}")
            self.assertEqual((response.status_code, response.content), (200, expected))

    def test_errors_are_problems(self):
        for address in (DOCUMENT, PAGE):
            response = self.client.post(address)
            self.assertEqual((response.status_code, response["Content-Type"]), (405, "application/problem+json"))


class PageTests(TestCase):
    def test_all_it_needs_is_here(self):
        page = self.client.get(PAGE).content.decode()
        sources = re.findall(r'(?:src|href)="([^"]+)"', page)

        self.assertGreaterEqual(len(sources), 4)
        for source in sources:
            if source.startswith("/static/"):
                self.assertIsNotNone(finders.find(source.removeprefix("/static/")), source)
            else:
                self.assertEqual(self.client.get(source.replace("&amp;", "&")).status_code, 200, source)

    def test_it_has_no_inline_script_or_style(self):
        response = self.client.get(PAGE)
        page = response.content.decode()

        self.assertIn("default-src 'self'", response["Content-Security-Policy"])
        self.assertNotIn("unsafe", response["Content-Security-Policy"])
        self.assertNotIn("<style", page)
        self.assertNotIn(" style=", page)
        self.assertIsNone(re.search(r"<script(?![^>]*\bsrc=)", page))

    def test_its_script_reads_our_document_whatever_the_address_says(self):
        response = self.client.get(f"{PAGE}?script=&lang=%22%3B%3C/script%3E&version=';alert(1)//")

        self.assertIn("javascript", response["Content-Type"])
        self.assertNotIn("</script>", response.content.decode())
        self.assertNotIn("';alert", response.content.decode())
