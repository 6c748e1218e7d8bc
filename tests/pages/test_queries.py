"""No page of staff's asks the database more often when there is more to show."""

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.utils import quote
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.urls import reverse

from conversations.feeding import members, messages
from conversations.models import (
    AccessLogEntry,
    ApiKey,
    ConversationRow,
    Group,
    Owner,
    SavedView,
    WebhookEvent,
    WebhookOutcome,
    composite_keys,
)
from tests.support.cast import make_conversations
from tests.support.messages import NOON_S, c2c, group
from tests.support.pages import DETAIL, LIST, SEARCH, UPDATES, AsSupport
from tests.support.staff import boss, message

ACT, COUNTS, SAVED, TOTAL = (
    reverse(name) for name in ("conversation-correct", "saved-view-counts", "saved-views", "unread-total")
)
TEAM, BOB = {"owner": "alice", "id": "group_team"}, {"owner": "alice", "id": "c2c_bob"}
PARTS = ("messages", "fields", "members", "json", "history")
FILTERS = (
    {}, {"hasUnreadCount": "true"}, {"hasGroupAtInfo": "false"}, {"conversationGroup": "work"}, {"conversationGroup": ""},
    {"search": "peer"}, {"markType": "1"}, {"activeSince": "7d"}, {"isPinned": "false", "hasDraft": "false", "type": "1"},
)  # fmt: skip
# A table, what is searched there, and the key of one of its rows.
TABLES = (
    ("owner", "user", "alice"), ("conversationrow", "alice", "alice/group_team"), ("group", "g", "team"),
    ("groupmemberrow", "team", "team/bob"), ("messagerow", "team", f"team/{1:020d}"), ("webhookevent", "1", None),
    ("apikey", "app", "imk_0"), ("accesslogentry", "boss", None), ("loginlogentry", "boss", None),
    ("savedview", "view", None),
)  # fmt: skip
ADMIN_FILTERS = (
    ("conversationrow", {"q": "alice", "unread": "1", "type": "1"}), ("conversationrow", {"q": "ali", "o": "-6"}),
    ("conversationrow", {"mention": "0", "last": "never", "deleted": "0"}), ("groupmemberrow", {"q": "tea"}),
    ("webhookevent", {"outcome": "failed"}),
    ("accesslogentry", {"viewed": "day"}),
    ("webhookevent", {"received": "hour"}), ("webhookevent", {"command": "Group.CallbackAfterSendMsg"}),
    ("savedview", {"is_shared__exact": "1"}),
)  # fmt: skip


def fill(numbers: range, user: User) -> None:
    """Of everything that a page may show, as many as there are numbers."""
    ids = [f"user{n}" for n in numbers]
    row = {"last_message": message(), "marks": 1, "unread_count": 1, "imported_unread": 1, "conversation_groups": 1}
    make_conversations(len(ids), start=numbers.start, activity_key=numbers.start, **row)
    Owner.objects.bulk_create(Owner(owner_id=owner_id, nick_name=f"Nick {owner_id}") for owner_id in ids)
    members.join("team", ["alice", "bob", *ids], at_ms=1000)
    messages.record([group(f"user{n}", n + 1) for n in numbers] + [c2c("bob", "alice", n) for n in numbers], now_s=NOON_S)
    Group.objects.bulk_create(Group(group_id=f"g{n}", name="A group") for n in numbers)
    WebhookEvent.objects.bulk_create(
        WebhookEvent(command="Group.CallbackAfterSendMsg", body="{}", outcome=outcome)
        for outcome in WebhookOutcome
        for _n in numbers
    )
    ApiKey.objects.bulk_create(ApiKey(prefix=f"imk_{n}", digest=bytes([n]), name=f"app {n}") for n in numbers)
    AccessLogEntry.objects.bulk_create(AccessLogEntry(username=user.username, owner_id=owner_id) for owner_id in ids)
    SavedView.objects.bulk_create(SavedView(user=user, name=f"view {n}", filters="is:unread", is_shared=n % 2) for n in numbers)
    kind = ContentType.objects.get_for_model(ConversationRow)
    about = {"content_type": kind, "object_id": composite_keys.to_text("alice", "group_team"), "action_flag": CHANGE}
    LogEntry.objects.bulk_create(LogEntry(user=user, object_repr=str(n), **about) for n in numbers)


def pages() -> list[tuple[str, dict[str, str], str]]:
    """Each page's address, its parameters, and the pane that htmx asks for."""
    lists = [(LIST, {"owner": "alice"} | conditions, pane) for conditions in FILTERS for pane in ("", "browse", "rows")]
    parts = [
        (DETAIL, conversation | {"part": part}, pane)
        for conversation in (TEAM, BOB)
        for part in PARTS
        for pane in ("", "panel")
    ]
    previews = [
        (ACT, conversation | {"action": action}, "correction")
        for conversation in (TEAM, BOB)
        for action in ("read", "recount", "pin", "star", "mute")
    ]
    return [
        (SEARCH, {}, ""),
        *((SEARCH, {"q": text}, "owners") for text in ("user1", "nick", "nobody")),
        *lists,
        (UPDATES, {"owner": "alice", "since": f"{Owner.objects.get(pk='alice').epoch}.1"}, ""),
        (COUNTS, {"owner": "alice"}, "saved"),
        (SAVED, {"owner": "alice"}, ""),
        *((TOTAL, {"owner": "alice"}, pane) for pane in ("", "panel")),
        *(page for page in parts if page[1] != BOB | {"part": "members"}),
        (DETAIL, TEAM | {"before": f"{2:020d}"}, "older-messages"),
        (DETAIL, TEAM | {"from": f"{2:020d}"}, "newer-messages"),
        (DETAIL, TEAM | {"at": f"{2:020d}"}, "panel"),
        (DETAIL, TEAM | {"go": "2026-10-01"}, "panel"),
        (DETAIL, TEAM | {"text": "g"}, "panel"),
        (DETAIL, TEAM | {"part": "members", "after": "b"}, "panel"),
        *previews,
    ]


def admin_pages() -> list[tuple[str, dict[str, str], str]]:
    models = {"webhookevent": WebhookEvent, "accesslogentry": AccessLogEntry}
    keys = {table: model.objects.order_by("id")[0].pk for table, model in models.items()}
    found = [(reverse("admin:index"), {}, ""), (reverse("admin:usersig"), {}, "")]
    for table, text, key in TABLES:
        url = reverse(f"admin:conversations_{table}_changelist")
        found += [(url, {}, ""), (url, {"q": text}, "")]
        if key := key or keys.get(table):
            found.append((reverse(f"admin:conversations_{table}_change", args=[quote(str(key))]), {}, ""))
    return found + [(reverse(f"admin:conversations_{table}_changelist"), query, "") for table, query in ADMIN_FILTERS]


@pytest.mark.slow
class QueryTests(AsSupport):
    """What explains an unread number has a test of its own: it looks at some of what does not count."""

    @classmethod
    def make_user(cls) -> User:
        return boss()

    def test_more_rows_cost_no_page_more_queries(self):
        fill(range(3), self.user)
        asked = [*pages(), *admin_pages()]
        few = [self.count_queries(url, pane=pane, **query) for url, query, pane in asked]
        fill(range(3, 80), self.user)

        for (url, query, pane), before in zip(asked, few):
            with self.subTest(url, pane=pane, **query):
                self.assertLessEqual(self.count_queries(url, pane=pane, **query), before)
                self.assertLess(before, 40)
