"""The admin as an administrator opens it."""

from django.contrib.admin.utils import quote
from django.test import TestCase
from django.urls import reverse

from conversations.models import WebhookEvent, composite_keys
from tests.support.messages import NOON_S, received
from tests.support.staff import boss

LIST = "admin:conversations_conversationrow_changelist"


def object_url(owner_id: str, conversation_id: str, view: str = "change") -> str:
    return reverse(
        f"admin:conversations_conversationrow_{view}", args=[quote(composite_keys.to_text(owner_id, conversation_id))]
    )


class AsBoss(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.boss = boss()

    def setUp(self):
        self.client.force_login(self.boss)

    def ask(self, action, *texts, query="", **more):
        """What ticking rows and choosing an action answers first."""
        return self.client.post(reverse(LIST) + query, {"action": action, "_selected_action": texts, "index": 0} | more)

    def run_action(self, action, *texts, query="", **more):
        """Choose an action, and say yes to what the page then tells, if it asks."""
        asked = self.ask(action, *texts, query=query, **more)
        if asked.status_code != 200:
            return asked
        keys, versions = zip(*asked.context["selected"])
        return self.ask(action, *keys, query=query, seen=versions)

    def listed(self, **query):
        changelist = self.client.get(reverse(LIST), query).context["cl"]
        return [(row.owner_id, row.conversation_id) for row in changelist.result_list]


def listing(table: str) -> str:
    return reverse(f"admin:conversations_{table}_changelist")


def page(table: str, *key: str) -> str:
    text = key[0] if len(key) == 1 else composite_keys.to_text(*key)
    return reverse(f"admin:conversations_{table}_change", args=[quote(text)])


def webhook(sender: str = "bob", peer: str = "alice", text: str = "hi", seq: int = 1) -> WebhookEvent:
    body = {
        "From_Account": sender, "To_Account": peer, "MsgSeq": seq, "MsgRandom": seq, "MsgTime": NOON_S,
        "MsgKey": f"{seq}_{seq}_{NOON_S}", "SendMsgResult": 0,
        "MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Text": text}}],
    }  # fmt: skip
    return received("C2C.CallbackAfterSendMsg", body)
