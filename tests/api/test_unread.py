"""getTotalUnreadMessageCount: totals by the one definition (recvOpt 0 and 4 ring, 1, 2 and 3 are muted)."""

from django.utils import timezone

from conversations.models import Owner
from tests.support.api import ApiTestCase, url
from tests.support.cast import CAROL, make_conversation, make_conversations

ZERO = {"total": 0, "muted": 0, "conversations": 0, "mentions": 0, "markedUnread": 0}
MENTION = '[{"seq":"1","atType":1}]'


class UnreadTests(ApiTestCase):
    def test_each_receive_option_counts_where_it_belongs(self):
        for option in range(5):
            make_conversation(conversation_id=f"group_{option}", recv_opt=option, unread_count=10**option)

        self.assertEqual(self.get(url("unread/")).json(), ZERO | {"total": 10_001, "muted": 1110, "conversations": 5})

    def test_mentions_and_marks_count_rows_and_not_messages(self):
        make_conversation(conversation_id="group_a", group_at_info=MENTION)
        make_conversation(conversation_id="group_b", group_at_info='[{"seq":"1","atType":1},{"seq":"2","atType":2}]', marks=2)
        make_conversation(conversation_id="group_c", marks=1 << 40)

        self.assertEqual(self.get(url("unread/")).json(), ZERO | {"mentions": 2, "markedUnread": 1})

    def test_hidden_and_folded_ones_count(self):
        make_conversation(conversation_id="group_a", unread_count=2, marks=4)
        make_conversation(conversation_id="group_b", unread_count=3, marks=8)

        self.assertEqual(self.get(url("unread/")).json(), ZERO | {"total": 5, "conversations": 2})

    def test_deleted_ones_and_other_owners_do_not(self):
        make_conversation(conversation_id="group_a", deleted_at=timezone.now(), group_at_info=MENTION, marks=2)
        make_conversation(owner_id=CAROL, unread_count=7)

        self.assertEqual(self.get(url("unread/")).json(), ZERO)

    def test_an_owner_never_seen_has_nothing_unread(self):
        self.assertEqual(self.get(url("unread/")).json(), ZERO)
        self.assertEqual(self.get(url("unread/", type=1, search="x")).json(), ZERO)
        self.assertFalse(Owner.objects.exists())

    def test_filters_select_what_is_counted(self):
        make_conversation(unread_count=2, is_pinned=True)
        make_conversation(conversation_id="group_a", unread_count=30, recv_opt=2, conversation_groups=1)
        make_conversation(conversation_id="group_b", unread_count=400, group_at_info=MENTION)
        Owner.objects.update(group_names='["work"]')

        for parameters, expected in (
            ({"type": 1}, {"total": 2, "conversations": 1}),
            ({"type": 2}, {"total": 400, "muted": 30, "conversations": 2, "mentions": 1}),
            ({"isPinned": "true"}, {"total": 2, "conversations": 1}),
            ({"conversationGroup": "work"}, {"muted": 30, "conversations": 1}),
            ({"conversationGroup": "unknown"}, {}),
            ({"hasUnreadCount": "false"}, {}),
            ({"hasGroupAtInfo": "true", "search": "b"}, {"total": 400, "conversations": 1, "mentions": 1}),
        ):
            with self.subTest(**parameters):
                self.assertEqual(self.get(url("unread/", **parameters)).json(), ZERO | expected)

    def test_totals_may_pass_32_bits(self):
        make_conversations(3, unread_count=(1 << 31) - 1)

        self.assertEqual(self.get(url("unread/")).json()["total"], 3 * ((1 << 31) - 1))

    def test_it_costs_one_query_at_any_size(self):
        for more in (5, 500):
            make_conversations(more, start=more, unread_count=1)
            for address in (url("unread/"), url("unread"), url("unread/", type=1, isPinned="false")):
                with self.assertNumQueries(1):
                    self.get(address)

    def test_parameters_of_pages_and_bad_values_are_refused_by_name(self):
        for name, value in (("count", 5), ("nextSeq", ""), ("extra", "true"), ("type", 9), ("isPinned", "")):
            self.assert_problem(self.get(url("unread/", **{name: value})), 400, 6017, name)
