"""The API keeps to its OpenAPI document, and the document to what it promises."""

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from tests.support.cast import ALICE, USERSIG_SETTINGS, make_conversation, make_conversations, usersig
from tests.support.hypothesis_profiles import examples

api = schemathesis.openapi.from_wsgi("/api/schema/", WSGIHandler())

# A markType may be a number as well, which no type of generated clients holds beside the documented string; a reported
# conversation that is no object gets a result of its own.
ACCEPTS_MORE_THAN_DOCUMENTED = {"POST /api/v1/conversations/mark/", "POST /api/v1/conversations/report/"}


@pytest.fixture
def alices_list(db, settings):
    """A few rows, and requests that leave the test's connection open."""
    for name, value in USERSIG_SETTINGS.items():
        setattr(settings, name, value)
    make_conversation(last_message='{"msgID":"m"}', is_pinned=True)
    make_conversation(conversation_id="group_team", group_type="Work", marks=3, group_at_info='[{"seq":"1","atType":1}]')
    make_conversations(5, unread_count=2)
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


# What streams is not Django's to answer; see test_events.
@api.exclude(operation_id="getEvents").parametrize()
# Under pytest 9.2 schemathesis 4.32 gives all operations' tests one ID unless there is a parameter of ours.
@pytest.mark.parametrize("owner_id", [ALICE])
@examples(16)
def test_every_answer_is_one_that_is_documented(case, owner_id, alices_list):
    # The document describes the Web SDK's form beside the answers, which keep one type each: see test_web_format.
    if case.query and case.query.get("format") == "web":
        del case.query["format"]
    # That a nextSeq is one of ours, or an ID well-formed, is more than the document can say.
    excluded = [positive_data_acceptance]
    if case.operation.label in ACCEPTS_MORE_THAN_DOCUMENTED:
        excluded.append(negative_data_rejection)
    case.call_and_validate(headers={"Authorization": f"Bearer {usersig(owner_id)}"}, excluded_checks=excluded)
