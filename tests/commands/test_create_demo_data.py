"""create_demo_data: what it makes, that it can be repeated, and that what it prints can be pasted."""

import json
import shlex
from datetime import UTC, datetime
from io import StringIO
from unittest.mock import Mock
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command

from conversations import demo
from conversations.actions import deletions
from conversations.choices import ElemType, GroupType, Mark, NotCountedReason
from conversations.formats import conversation as formats_conversation
from conversations.maintenance import verify
from conversations.models import ApiKey, Conversation, Message, Owner
from conversations.times import from_epoch_s, now_s
from conversations.unread import explain

pytestmark = pytest.mark.django_db
OWNERS = 40
NOW_S = 1_780_000_000


@pytest.fixture(autouse=True)
def development(settings):
    settings.DEBUG = True


def create_demo_data(**options):
    out = StringIO()
    call_command("create_demo_data", stdout=out, **({"owners": OWNERS} | options))
    return out.getvalue()


def demo_conversations(owner_count=OWNERS):
    return {
        (record["owner"], record["conversation"]["conversationID"]): record["conversation"]
        for record in demo.records(owner_count, NOW_S)
    }


def stored():
    return [list(model.objects.order_by("pk").values()) for model in (Owner, Conversation, Message)]


@pytest.mark.parametrize("year", [1999, 2199])
def test_it_ends_at_a_moment_that_has_been(year):
    with pytest.raises(CommandError, match="between the year 2000 and now"):
        create_demo_data(until=datetime(year, 1, 1, tzinfo=UTC))
    assert not Owner.objects.exists()


def test_a_second_run_changes_nothing_and_says_so():
    first = create_demo_data(until=from_epoch_s(NOW_S))
    before = stored()

    second = create_demo_data(owners=OWNERS + 5)

    counts = f"{OWNERS} users, {Conversation.objects.count()} conversations, {Message.objects.count()} messages."
    assert f"Demo data: {counts}" in first
    assert "Nothing was changed: users exist already (+8613800138000, alice, bob, " in second
    assert stored() == before


def test_a_second_run_keeps_what_was_changed_meanwhile():
    create_demo_data()
    Owner.objects.named("bob").update(nick_name="Robert")
    deletions.delete_one(owner_id="alice", conversation_id="c2c_bob")
    get_user_model().objects.get(username="support").groups.clear()
    before = stored()

    create_demo_data()

    assert stored() == before
    assert not get_user_model().objects.get(username="support").groups.exists()


def test_people_of_the_same_names_keep_their_lists():
    Owner.objects.create(owner_id="alice")

    out = create_demo_data()

    assert "Nothing was changed: users exist already (alice)." in out
    assert not Conversation.objects.exists()


def test_half_a_run_leaves_nothing(monkeypatch):
    monkeypatch.setattr("conversations.demo.feeding.feed", Mock(side_effect=KeyboardInterrupt))

    with pytest.raises(KeyboardInterrupt):
        create_demo_data()

    assert not Owner.objects.exists()


def test_an_unread_number_is_explained_by_messages_and_by_what_does_not_count():
    create_demo_data()

    explanation = explain.explain("alice", "group_@TGS#2J4SZEAEL")

    assert explanation.agrees
    assert explanation.counted == 7
    assert {omission.reason for omission in explanation.not_counted} >= {
        NotCountedReason.READ, NotCountedReason.RECALLED, NotCountedReason.OWN, NotCountedReason.NO_UNREAD,
        NotCountedReason.TARGETED, NotCountedReason.AFTER_LEAVING,
    }  # fmt: skip


def test_what_was_fed_and_what_was_imported_fit_together():
    create_demo_data()

    assert list(verify.findings()) == []


def test_each_owner_is_known_by_name_and_one_has_no_conversation():
    create_demo_data()

    assert Owner.objects.count() == OWNERS
    assert not Owner.objects.filter(nick_name="").exists()
    with_conversations = set(Conversation.objects.values_list("owner_id", flat=True))
    assert set(Owner.objects.values_list("owner_id", flat=True)) - with_conversations == {"newcomer"}


def test_the_smallest_demo_has_alice_and_bob():
    create_demo_data(owners=2)

    assert set(Owner.objects.values_list("owner_id", flat=True)) == {"alice", "bob"}
    assert Conversation.objects.for_owner("alice").any_of(["c2c_bob"]).exists()


def test_the_demo_of_a_moment_is_the_same_each_time():
    assert demo_conversations() == demo_conversations()

    create_demo_data(until=from_epoch_s(NOW_S))

    newest = Message.objects.order_by("-time_s").first()
    assert (newest.time_s, newest.sender) == (NOW_S - 24 * 60 - 40, "bob")


def test_the_demo_ends_a_little_before_now():
    began_s = now_s()

    create_demo_data()

    newest = Message.objects.order_by("-time_s").first()
    assert 0 < began_s - newest.time_s < 30 * 60
    assert Conversation.objects.latest("order_key").order_key // 1_000_000 <= now_s()
    for days in (1, 7):
        last = Conversation.objects.for_owner("alice").filter(order_key__gte=(began_s - days * 86_400) * 1_000_000)
        assert 5 < last.count() < Conversation.objects.for_owner("alice").count()


def test_the_usual_demo_has_long_lists():
    owners = [owner for owner, _id in demo_conversations(300)]

    assert 350 <= owners.count("alice") <= 500
    assert owners.count("bob") >= 200


def test_both_sides_show_the_same_message():
    conversations = demo_conversations()

    checked = 0
    for (owner, conversation_id), conversation in conversations.items():
        mirrored = conversations.get((conversation_id.removeprefix("c2c_"), f"c2c_{owner}"))
        if conversation["type"] == 1 and mirrored:
            checked += 1
            ours, theirs = conversation["lastMessage"], mirrored["lastMessage"]
            own_view = {"isSelf", "isRead", "isPeerRead", "userID"}
            assert {key: ours[key] for key in ours.keys() - own_view} == {key: theirs[key] for key in theirs.keys() - own_view}
            assert ours["isSelf"] != theirs["isSelf"]
            assert ours["userID"] == conversation["userID"]
            assert not (conversation["unreadCount"] and mirrored["unreadCount"])
    assert checked > OWNERS


def test_members_of_a_group_show_the_same_message():
    of_group = {}
    for (_owner, conversation_id), conversation in demo_conversations().items():
        if conversation["type"] == 2:
            message = conversation["lastMessage"]
            of_group.setdefault(conversation_id, set()).add(message["msgID"])
            assert conversation["groupReadSequence"] + conversation["unreadCount"] == int(message["seq"])
            for mention in conversation["groupAtInfoList"]:
                assert conversation["groupReadSequence"] < int(mention["seq"]) <= int(message["seq"])

    assert len(of_group) > 15
    assert all(len(messages) == 1 for messages in of_group.values())


def test_there_is_something_of_everything():
    conversations = demo_conversations(300).values()

    elements = {conversation["lastMessage"]["elemType"] for conversation in conversations}
    assert elements >= set(ElemType.values) - {ElemType.NONE, ElemType.GROUP_REPORT, ElemType.STREAM}
    marks = {mark for conversation in conversations for mark in conversation["markList"]}
    assert marks == {*map(int, Mark), demo.CUSTOM_MARK}
    assert {conversation["recvOpt"] for conversation in conversations} == {0, 1, 2, 3, 4}
    types = {conversation["groupType"] for conversation in conversations}
    assert types == {None, GroupType.WORK, GroupType.PUBLIC, GroupType.MEETING, GroupType.COMMUNITY}
    for key in ("draftText", "isPinned", "customData", "conversationGroupList", "groupAtInfoList", "unreadCount"):
        assert any(conversation[key] for conversation in conversations), key
    assert any(conversation["lastMessage"]["status"] == 6 for conversation in conversations)


def test_every_record_is_in_wire_form_already():
    for conversation in demo_conversations().values():
        assert set(conversation) == set(formats_conversation.KEYS)
        assert formats_conversation.from_wire(conversation).order_key == conversation["orderkey"]


def test_the_login_may_enter_and_a_second_run_keeps_its_password():
    create_demo_data()
    password = get_user_model().objects.get(username="demo").password
    create_demo_data()

    user = get_user_model().objects.get(username="demo")
    assert user.check_password("demo")
    assert (user.is_superuser, user.is_staff) == (True, True)
    assert user.password == password


def test_support_gets_a_login_if_there_is_such_a_role():
    Group.objects.get_or_create(name="Support")

    out = create_demo_data()

    user = get_user_model().objects.get(username="support")
    assert user.check_password("support")
    assert (user.is_superuser, user.is_staff) == (False, True)
    assert user.groups.filter(name="Support").exists()
    assert "support / support" in out


def test_without_the_support_role_there_is_one_login():
    Group.objects.filter(name="Support").delete()

    create_demo_data()

    assert list(get_user_model().objects.values_list("username", flat=True)) == ["demo"]


def test_a_new_run_makes_a_new_key_and_stops_the_old_one():
    create_demo_data()
    create_demo_data()

    assert ApiKey.objects.filter(name="demo").count() == 2
    key = ApiKey.objects.get(name="demo", revoked_at=None)
    assert (key.owner_id, key.can_read, key.can_write, key.can_ingest) == (None, True, True, True)


def test_the_curl_lines_ask_for_what_is_there():
    out = create_demo_data(port=9123)

    commands = [shlex.split(line) for line in out.splitlines() if line.startswith("curl")]
    urls = [urlsplit(words[-1]) for words in commands]
    assert [url.path for url in urls] == [
        "/api/v1/conversations/c2c_bob/",
        "/api/v1/conversations/lookup/",
        "/api/v1/conversations/",
    ]
    assert {url.netloc for url in urls} == {"127.0.0.1:9123"}
    assert all(parse_qs(url.query)["owner"] == ["alice"] and not url.fragment for url in urls)
    ids = parse_qs(urls[1].query)["id"]
    assert Conversation.objects.for_owner("alice").any_of(ids).count() == len(ids) - 1
    key = ApiKey.objects.get(name="demo", revoked_at=None)
    assert all(f"imk_{key.prefix}_" in words[2] for words in commands)


def test_the_port_may_come_from_the_environment(monkeypatch):
    monkeypatch.setenv("PORT", "8123")

    assert "http://127.0.0.1:8123/admin/" in create_demo_data()


def test_production_refuses(settings):
    settings.DEBUG = False

    with pytest.raises(CommandError, match="--force"):
        create_demo_data()

    assert not Conversation.objects.exists()


def test_production_with_force_gets_data_only(settings):
    settings.DEBUG = False

    out = create_demo_data(force=True)

    assert Conversation.objects.exists()
    assert not get_user_model().objects.exists()
    assert not ApiKey.objects.exists()
    assert "curl" not in out


def test_a_list_of_one_owner_is_refused():
    with pytest.raises(CommandError):
        create_demo_data(owners=1)


def test_messages_are_what_an_sdk_would_send():
    for conversation in demo_conversations().values():
        message = conversation["lastMessage"]
        elements = [key for key in message if key.endswith("Elem")]
        assert len(elements) == 1
        assert json.loads(json.dumps(message)) == message
