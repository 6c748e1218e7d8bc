"""Complete the generated OpenAPI document: texts, tags, examples, the shared error response, and the webhook."""

from collections.abc import Iterator
from typing import Any

from django.utils import translation

from conversations.api.openapi.descriptions import DESCRIPTIONS, INGEST, INTRODUCTION, TAGS
from conversations.api.openapi.examples import PARAMETERS, Examples, examples, too_often
from conversations.api.openapi.schema import API_KEY
from conversations.api.openapi.web_format import WEB_CONVERSATION
from conversations.exceptions import Code

Schema = dict[str, Any]

JSON, PROBLEM_JSON = "application/json", "application/problem+json"
PROBLEM = {"$ref": "#/components/schemas/Problem"}
PROBLEM_RESPONSE = {"$ref": "#/components/responses/Problem"}
TOO_OFTEN_RESPONSE = {"$ref": "#/components/responses/TooManyRequests"}
REQUEST_ID_HEADER = {"schema": {"type": "string"}, "description": "the request's ID in the server's log"}
DEMO = "http://127.0.0.1:8000"
METHODS = ("get", "put", "post", "delete", "patch")
# For the table of codes: where a code may occur besides the status of its exception.
STATUSES = {
    Code.CONVERSATION_NOT_FOUND: "404, in results",
    Code.NOT_AUTHENTICATED: "401",
    Code.INVALID_PARAMETER: "400, 409, 415, in results",
    Code.TOO_OFTEN: "429",
    Code.NO_PERMISSION: "403",
    Code.SERVER_ERROR: "500",
    Code.SERVICE_UNAVAILABLE: "503",
    Code.TOO_MANY_CONVERSATIONS: "400, in results",
    Code.GROUP_FULL: "in results",
    Code.GROUP_NOT_FOUND: "404",
    Code.TOO_MANY_GROUPS: "400",
    Code.GROUP_NAME_TOO_LONG: "400",
    Code.TOO_MANY_PINNED: "400, in results",
    Code.UNKNOWN_RESOURCE: "404, 405, 421",
    Code.SIG_EXPIRED: "401",
    Code.SIG_INVALID: "401",
    Code.TOO_LARGE: "413",
}


def complete(result: Schema, generator: Any, request: Any, public: bool) -> Schema:
    """Return the document with all that the endpoints' declarations do not hold. A hook of the generator."""
    with translation.override("en"):
        result["servers"] = [{"url": _address(request)}]
        result["info"] |= {"description": INTRODUCTION, "license": {"name": "MIT", "identifier": "MIT"}}
        result["tags"] = [{"name": name, "description": text} for name, text in TAGS.items()]
        result["paths"]["/callbacks/tencent/"] = {"post": _webhook()}
        components = result["components"]
        components["responses"] = {"Problem": _problem_response(), "TooManyRequests": _too_often_response()}
        components["schemas"] |= {"Problem": _problem_schema(), "WebConversation": WEB_CONVERSATION}
        components["securitySchemes"]["webhookSignature"] = {
            "type": "apiKey",
            "in": "query",
            "name": "Sign",
            "description": "SHA-256 of the callback token and RequestTime, as Tencent sends it",
        }
        examples_by_id = examples()
        for operation in _operations(result):
            _describe(operation, examples_by_id[operation["operationId"]])
    _simplify(result)
    return result


def _address(request: Any) -> str:
    """Return where the document's reader reached the server; the demo's address in the file."""
    return request.build_absolute_uri("/").rstrip("/") if request else DEMO


def _simplify(node: Any) -> None:
    """Give integers without a format 64 bits, as generators take them for 32, and remove drf-spectacular's own notes."""
    if isinstance(node, list):
        for item in node:
            _simplify(item)
    elif isinstance(node, dict):
        node.pop("x-spec-enum-id", None)
        if node.get("type") in ("integer", ["integer", "null"]):
            node.setdefault("format", "int64")
        for name, item in node.items():
            if name not in ("example", "examples", "enum"):
                _simplify(item)


def _operations(result: Schema) -> Iterator[Schema]:
    for methods in result["paths"].values():
        yield from (methods[method] for method in METHODS if method in methods)


def _describe(operation: Schema, example: Examples) -> None:
    tag, text = DESCRIPTIONS[operation["operationId"]]
    operation["tags"], operation["description"] = [tag], text
    for parameter in operation.get("parameters", ()):
        if parameter["name"] in PARAMETERS and "examples" not in parameter:
            parameter["example"] = PARAMETERS[parameter["name"]]
    if example.request is not None:
        operation["requestBody"]["content"][JSON]["example"] = example.request
        if tag == INGEST:
            operation["requestBody"]["required"] = True
    else:
        operation.pop("requestBody", None)
    responses = operation["responses"]
    for response in responses.values():
        response["description"] = response["description"] or "Success"
    if "status" in example.error:
        responses[str(example.error["status"])] = {
            "description": example.error["title"],
            "content": {PROBLEM_JSON: {"schema": PROBLEM, "example": example.error}},
        }
        responses["429"] = TOO_OFTEN_RESPONSE
        responses["default"] = PROBLEM_RESPONSE
    else:
        responses["default"]["content"][JSON]["example"] = example.error
    for content in responses.get("200", {}).get("content", {}).values():
        content["example"] = example.answer


def _problem_schema() -> Schema:
    text, number = {"type": "string"}, {"type": "integer", "format": "int32"}
    texts_by_field = {"type": "object", "additionalProperties": {"type": "array", "items": text}}
    properties = {
        "type": text | {"description": "urn:imsite:problem:… with the name of the code"},
        "title": text,
        "status": number | {"description": "the HTTP status"},
        "detail": text,
        "errors": texts_by_field | {"description": "the wrong parameters or fields, each with its messages"},
        "requestId": text | {"description": "the request's ID in the server's log"},
        "code": number | {"description": "the SDK's error code"},
        "desc": text | {"description": "the same as detail, for onError(code, desc)"},
    }
    return {"type": "object", "required": [*properties], "properties": properties}


def _problem_response() -> Schema:
    rows = "".join(f"| {code.value} | {STATUSES[code]} | {code.label} |\n" for code in Code)
    return {
        # Folded, since Swagger's page shows it below each operation.
        "description": (
            "An error; its `code` says which.\n\n<details><summary>All codes</summary>\n\n"
            f"| code | HTTP status | meaning |\n| --- | --- | --- |\n{rows}\n</details>\n"
        ),
        "headers": {
            "X-Request-ID": REQUEST_ID_HEADER,
            "Retry-After": {"schema": {"type": "integer"}, "description": "seconds, with 429 and 503"},
        },
        "content": {PROBLEM_JSON: {"schema": PROBLEM}},
    }


def _too_often_response() -> Schema:
    return {
        "description": f"{Code.TOO_OFTEN.label}: the credential has reached a limit",
        "headers": {
            "X-Request-ID": REQUEST_ID_HEADER,
            "Retry-After": {"schema": {"type": "integer"}, "description": "seconds"},
        },
        "content": {PROBLEM_JSON: {"schema": PROBLEM, "example": too_often()}},
    }


def _webhook() -> Schema:
    envelope = {
        "type": "object",
        "required": ["ActionStatus", "ErrorCode", "ErrorInfo"],
        "properties": {
            "ActionStatus": {"type": "string", "enum": ["OK", "FAIL"]},
            "ErrorCode": {"type": "integer"},
            "ErrorInfo": {"type": "string"},
        },
    }
    text: Schema = {"type": "string"}
    queries = {
        "SdkAppid": "the app's SDKAppID; must be the server's IM_SDK_APP_ID",
        "CallbackCommand": "the kind of webhook; if absent, that of the body",
        "RequestTime": "epoch seconds of the signature",
    }
    return {
        "operationId": "receiveTencentWebhook",
        "summary": "Receive a webhook of Tencent Cloud Chat",
        "parameters": [
            {"in": "query", "name": name, "schema": text, "description": description} for name, description in queries.items()
        ],
        "requestBody": {"required": True, "content": {JSON: {"schema": {"type": "object"}}}},
        "security": [{"webhookSignature": []}, {API_KEY: []}],
        "responses": {
            "200": {"description": "Accepted", "content": {JSON: {"schema": envelope}}},
            "default": {"description": "Not accepted, in Tencent's form", "content": {JSON: {"schema": envelope}}},
        },
    }
