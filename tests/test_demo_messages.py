"""The demo's messages: what `create_demo_data` feeds after its import."""

from io import StringIO

import orjson
import pytest
from django.core.management import call_command
from django.urls import reverse

from conversations import actions, explain, message_elements
from conversations.choices import ElemType, Membership
from conversations.demo import feeding, people, scripts
from conversations.message_models import Message
from conversations.models import Conversation, Owner
from tests.staff import boss

pytestmark = pytest.mark.django_db
OWNERS = 9  # the named ones
PROJECT, DESIGN = "group_@TGS#2J4SZEAEL", "group_design team/2026"


def create_demo_data(owners: int = OWNERS) -> str:
    out = StringIO()
    call_command("create_demo_data", stdout=out, force=True, owners=owners)
    return out.getvalue()


def stored() -> list[dict]:
    return list(Message.objects.order_by("thread", "position").values())


def test_a_second_run_feeds_nothing():
    first = create_demo_data()
    messages = stored()

    second = create_demo_data()

    assert f"Messages: {len(messages)} fed, 0 known already." in first
    assert f"Messages: 0 fed, {len(messages)} known already." in second
    assert stored() == messages


def test_what_somebody_deleted_stays_deleted_when_it_runs_again():
    create_demo_data()
    for conversation_id in (PROJECT, "c2c_bob"):
        actions.delete_one(owner_id="alice", conversation_id=conversation_id)
    versions = dict(Owner.objects.values_list("owner_id", "version"))

    create_demo_data()

    assert not Conversation.objects.for_owner("alice").any_of([PROJECT, "c2c_bob"]).exists()
    assert dict(Owner.objects.values_list("owner_id", "version")) == versions


def test_more_people_join_in_and_what_was_said_stays():
    create_demo_data(owners=2)
    few = {(one["thread"], one["position"]): one["body"] for one in stored()}

    create_demo_data()

    many = {(one["thread"], one["position"]): one["body"] for one in stored()}
    assert few.items() < many.items()
    assert Message.objects.filter(sender="carol").exists()


def test_every_number_follows_from_what_is_stored():
    create_demo_data()

    disagreeing = [
        str(row) for row in Conversation.objects.present() if not explain.explain(row.owner_id, row.conversation_id).agrees
    ]
    assert disagreeing == []


def test_there_is_a_message_of_each_kind_as_the_cloud_would_take_it():
    fed = [outcome.message for outcome in feeding.feed(people.make_people(OWNERS))]

    for message in fed:
        message_elements.check_contents(message.elements)
    kinds = {message_elements.to_classic(message.elements)["elemType"] for message in fed}
    # Notices of groups are no messages that anybody sends.
    assert kinds == set(ElemType.values) - {ElemType.NONE, ElemType.GROUP_TIPS, ElemType.GROUP_REPORT, ElemType.STREAM}


def test_whether_the_other_one_has_read_shows_both_ways():
    create_demo_data()

    rows = Conversation.objects.filter(conversation_id="c2c_carol", owner_id__in=["alice", "bob"])
    last = {row.owner_id: orjson.loads(row.last_message) for row in rows}
    assert {owner_id: (one["isSelf"], one["isPeerRead"]) for owner_id, one in last.items()} == {
        "alice": (True, True),
        "bob": (True, False),
    }


def test_who_left_a_group_keeps_it_as_it_was():
    create_demo_data()

    row = Conversation.objects.for_owner("bob").get(conversation_id=DESIGN)
    assert (row.membership, row.unread_count) == (Membership.LEFT, 0)
    assert orjson.loads(row.last_message)["timestamp"] < scripts.time_s("3 17:02")


def test_the_page_to_begin_at_shows_messages_and_members(client):
    create_demo_data()
    client.force_login(boss())

    page = client.get(reverse("conversation-detail"), {"owner": "alice", "id": PROJECT})
    members = client.get(reverse("conversation-detail"), {"owner": "alice", "id": PROJECT, "part": "members"})

    assert page.status_code == 200
    assert "3.2 is out 🎉" in page.content.decode()
    assert "Did Alice leave the group?" not in page.content.decode()
    assert "Carol Davies" in members.content.decode()
