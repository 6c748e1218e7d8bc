"""The demo's messages: what `create_demo_data` feeds after its import."""

from io import StringIO
from typing import Any

import orjson
import pytest
from django.core.management import call_command
from django.urls import reverse

from conversations.choices import ElemType, Membership
from conversations.demo import feeding, people, scripts
from conversations.formats import message_body
from conversations.models import Conversation
from conversations.times import from_epoch_s
from conversations.unread import explain
from tests.support.staff import boss

pytestmark = pytest.mark.django_db
OWNERS = 9  # the named ones
NOW_S = 1_780_000_000
PROJECT, DESIGN = "group_@TGS#2J4SZEAEL", "group_design team/2026"


def create_demo_data(**options: Any) -> None:
    call_command("create_demo_data", stdout=StringIO(), force=True, owners=OWNERS, **options)


def test_a_demo_of_more_people_has_the_messages_of_the_smaller_one():
    few = feeding.feed(people.make_people(2), NOW_S)

    many = feeding.feed(people.make_people(OWNERS), NOW_S)

    assert [message for message in many if message in few] == few
    assert {message.sender for message in many} > {message.sender for message in few}


@pytest.mark.slow
def test_every_number_follows_from_what_is_stored():
    create_demo_data()

    disagreeing = [
        str(row) for row in Conversation.objects.present() if not explain.explain(row.owner_id, row.conversation_id).agrees
    ]
    assert disagreeing == []


def test_there_is_a_message_of_each_kind_as_the_cloud_would_take_it():
    fed = feeding.feed(people.make_people(OWNERS), NOW_S)

    for message in fed:
        message_body.check_contents(message.elements)
    kinds = {message_body.to_classic(message.elements)["elemType"] for message in fed}
    # Notices of groups are no messages that anybody sends.
    assert kinds == set(ElemType.values) - {ElemType.NONE, ElemType.GROUP_TIPS, ElemType.GROUP_REPORT, ElemType.STREAM}


def test_whether_the_other_one_has_read_shows_both_ways():
    create_demo_data()

    rows = Conversation.objects.filter(conversation_id="c2c_carol", owner_id__in=["alice", "bob"])
    last = {row.owner_id: orjson.loads(row.last_message) for row in rows}
    assert {owner_id: (message["isSelf"], message["isPeerRead"]) for owner_id, message in last.items()} == {
        "alice": (True, True),
        "bob": (True, False),
    }


def test_who_left_a_group_keeps_it_as_it_was():
    create_demo_data(until=from_epoch_s(NOW_S))

    row = Conversation.objects.for_owner("bob").get(conversation_id=DESIGN)
    assert (row.membership, row.unread_count) == (Membership.LEFT, 0)
    assert orjson.loads(row.last_message)["timestamp"] < scripts.time_s("3 17:02", NOW_S)


def test_the_page_to_begin_at_shows_messages_and_members(client):
    create_demo_data()
    client.force_login(boss())

    page = client.get(reverse("conversation-detail"), {"owner": "alice", "id": PROJECT})
    members = client.get(reverse("conversation-detail"), {"owner": "alice", "id": PROJECT, "part": "members"})

    assert page.status_code == 200
    assert "3.2 is out 🎉" in page.content.decode()
    assert "Did Alice leave the group?" not in page.content.decode()
    assert "Carol Davies" in members.content.decode()
