"""The search box's text and the list's filters say the same."""

from datetime import timedelta

from django.test import SimpleTestCase
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from conversations.choices import ALLOWED_MARKS
from conversations.exceptions import InvalidParameter
from conversations.models import Owner
from conversations.staff import search_syntax
from tests.support.cast import make_conversation
from tests.support.pages import LIST, AsSupport

FLAG = st.sampled_from(["true", "false"])
MARKS = st.integers(0, (1 << 64) - 1).map(lambda bits: str(bits & ALLOWED_MARKS))
MOMENT = st.one_of(
    st.integers(0, 4_102_444_799).map(str),
    st.builds("{}{}".format, st.integers(1, 9999), st.sampled_from("hdw")),
)
WORDS = st.text(min_size=1, max_size=40)
FILTERS = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("hasUnreadCount", "hasGroupAtInfo", "isPinned", "hasDraft", "isMuted"), FLAG),
        "type": st.sampled_from(["1", "2"]),
        "markType": MARKS,
        "conversationGroup": st.text(max_size=32),
        "recvOpt": st.sampled_from(["0", "1", "2", "3", "4"]),
        "activeSince": MOMENT,
        "activeBefore": MOMENT,
        "search": WORDS,
    },
)


class RoundTripTests(SimpleTestCase):
    @given(FILTERS)
    def test_filters_come_back_from_their_text(self, filters):
        self.assertEqual(search_syntax.filters_of(search_syntax.text_of(filters)), filters)

    @given(
        st.text(max_size=60)
        | st.lists(st.sampled_from(["is:", "-", "mark:", '"', "a", " ", "\\", "type:c2c", "7d", ">"])).map("".join)
    )
    def test_any_text_is_refused_or_has_one_form(self, text):
        try:
            filters = search_syntax.filters_of(text)
        except InvalidParameter as error:
            self.assertEqual(list(error.errors), ["find"])
        else:
            again = search_syntax.text_of(filters)
            self.assertEqual(search_syntax.filters_of(again), filters)
            self.assertEqual(search_syntax.text_of(search_syntax.filters_of(again)), again)


class TokenTests(SimpleTestCase):
    def test_each_token_is_a_filter(self):
        for text, expected in (
            ("", {}),
            ("is:unread", {"hasUnreadCount": "true"}),
            ("-is:unread", {"hasUnreadCount": "false"}),
            ("is:read", {"hasUnreadCount": "false"}),
            ("-is:read", {"hasUnreadCount": "true"}),
            ("is:mentioned is:unpinned -is:draft is:muted", {
                "hasGroupAtInfo": "true", "isPinned": "false", "hasDraft": "false", "isMuted": "true",
            }),
            ("7days:", {"search": "7days:"}),  # a word, as nothing before the colon is a name
            ("type:group", {"type": "2"}),
            ("-type:group", {"type": "1"}),
            ("mark:star", {"markType": "1"}),
            ("mark:star,fold,63", {"markType": str(5 | 1 << 63)}),
            ("mark:none", {"markType": "0"}),
            ("-mark:none", {"markType": str(ALLOWED_MARKS)}),
            ("mark:any", {"markType": str(ALLOWED_MARKS)}),
            ("group:work", {"conversationGroup": "work"}),
            ('group:"my work"', {"conversationGroup": "my work"}),
            ("group:none", {"conversationGroup": ""}),
            ('group:"none"', {"conversationGroup": "none"}),
            ("recv:4", {"recvOpt": "4"}),
            ("updated:>7d", {"activeSince": "7d"}),
            ("newer:7d", {"activeSince": "7d"}),
            ("older:7d", {"activeBefore": "7d"}),
            ("older:2026-01-31 newer:4w", {"activeSince": "4w", "activeBefore": "1769817600"}),
            ("updated:<24h updated:>2w", {"activeSince": "2w", "activeBefore": "24h"}),
            ("updated:>2026-01-31", {"activeSince": "1769817600"}),
            ("updated:<2026-01-31T18:30", {"activeBefore": "1769884200"}),
            ("bob is:unread  stone", {"hasUnreadCount": "true", "search": "bob stone"}),
            ('"is:unread  "', {"search": "is:unread  "}),
            (r'"say \"hi\" \\ o\k"', {"search": r'say "hi" \ ok'}),
            ("O'Brien 爱丽丝 #c2c_a:1", {"search": "O'Brien 爱丽丝 #c2c_a:1"}),
        ):  # fmt: skip
            with self.subTest(text=text):
                self.assertEqual(search_syntax.filters_of(text), expected)

    def test_a_text_is_written_in_one_way(self):
        for text, expected in (
            ("words  type:group is:read", "is:read type:group words"),
            ("-is:pinned", "is:unpinned"),
            ("mark:33,fold,star", "mark:star,fold,33"),
            ('"two words"', "two words"),
            ('"two  words"', '"two  words"'),
            ('group:"a" "-x"', 'group:a "-x"'),
            ("older:7d newer:2026-01-31", "updated:>2026-01-31 updated:<7d"),
            ("updated:>2026-01-31T00:00:00 updated:<7d", "updated:>2026-01-31 updated:<7d"),
        ):
            with self.subTest(text=text):
                self.assertEqual(search_syntax.text_of(search_syntax.filters_of(text)), expected)

    def test_a_refusal_names_the_token_and_what_can_be(self):
        for text, *said in (
            ("is:unraed", "is:unraed", "is:unread", "is:muted"),
            ("is:", "is:", "is:unread"),
            ("is:Unread", "is:Unread"),
            ("colour:red", 'Unknown filter "colour:"', "type:", "updated:"),
            ("is:unread is:unread", 'Repeated filter "is:unread"'),
            ("is:unread -is:read", 'Repeated filter "-is:read"'),
            ("type:c2c type:group", "type:group"),
            ("type:3", "type:c2c", "type:group"),
            ("mark:16", "mark:star", "mark:32 to mark:63"),
            ("mark:star,", "mark:star,"),
            ("mark:٣٣", "mark:32"),
            ("-mark:star", "-mark:star can't be negated"),
            ("-group:work", "can't be negated"),
            ("group:", "group:none"),
            ('group:""', "group:none"),
            ("recv:5", "recv:0", "recv:4"),
            ("updated:7d", "updated:>7d"),
            ("updated:>", "updated:>7d"),
            ("updated:>0d", "24h, 7d, 4w"),
            ("updated:>7y", "24h, 7d, 4w"),
            ("updated:>2026-13-01", "2026-01-31"),
            ("updated:>1969-01-01", "2026-01-31"),
            ("updated:>2200-01-01", "2026-01-31"),
            ("-updated:>7d", "swap < and >"),
            ("older:", "older:", "24h, 7d, 4w"),
            ("newer:<7d", "newer:<7d", "24h, 7d, 4w"),
            ("-older:7d", "-older:7d: use newer: or older:"),
            ("older:7d updated:<4w", 'Repeated filter "updated:<4w"'),
            ("-bob", "-bob", "excluded"),
            ('"open', '"open: put quotation marks'),
            ('"a"b', "quotation marks"),
            ('"a""b"', "quotation marks"),
            ('""', "empty"),
            ("x" * 501, "500"),
        ):  # fmt: skip
            with self.subTest(text=text):
                with self.assertRaises(InvalidParameter) as caught:
                    search_syntax.filters_of(text)
                for part in said:
                    self.assertIn(part, str(caught.exception.detail))

    def test_a_window_moves_with_the_clock(self):
        for filters, expected in (
            ({"activeSince": "7d", "search": "7d"}, {"activeSince": "1760000000", "search": "7d"}),
            ({"activeBefore": "1760000000"}, {"activeBefore": "1760000000"}),
            ({"activeSince": "9999w"}, {"activeSince": "0"}),
        ):
            with self.subTest(filters=filters):
                self.assertEqual(search_syntax.at(filters, 1_760_604_800), expected)


class SearchBoxTests(AsSupport):
    def find(self, text, status=302):
        return self.get(LIST, status, owner="alice", find=text)

    def test_it_leads_to_the_address_of_its_filters(self):
        make_conversation(unread_count=1)

        answer = self.find("is:unread updated:>7d bob")

        self.assertRedirects(answer, f"{LIST}?owner=alice&hasUnreadCount=true&activeSince=7d&search=bob")

    def test_it_shows_the_text_of_whatever_was_chosen(self):
        make_conversation()

        page = self.get(LIST, owner="alice", hasUnreadCount="true", markType="1", activeSince="7d", search="a  b")

        self.assertContains(page, 'value="is:unread mark:star updated:&gt;7d &quot;a  b&quot;"')

    def test_what_means_nothing_can_be_mended(self):
        page = self.find("is:unraed", 400)

        self.assertContains(page, "Unknown value &quot;is:unraed&quot;.", status_code=400)
        self.assertContains(page, 'value="is:unraed"', status_code=400)
        self.assertContains(self.find("x" * 101, 400), f'value="{"x" * 101}"', status_code=400)

    def test_it_stands_alone(self):
        self.assertContains(self.get(LIST, 400, owner="alice", find="", type="1"), "<code>type</code>", status_code=400)

    def test_a_window_counts_from_now(self):
        now = timezone.now()
        make_conversation(conversation_id="c2c_new", last_message_at=now - timedelta(days=6))
        make_conversation(conversation_id="c2c_old", last_message_at=now - timedelta(days=8))

        for filters, expected in (({"activeSince": "7d"}, ["c2c_new"]), ({"activeBefore": "7d"}, ["c2c_old"])):
            page = self.get(LIST, owner="alice", **filters)
            self.assertEqual([entry.conversation.conversation_id for entry in page.context["entries"]], expected)

    def test_the_form_takes_dates_and_shows_them_again(self):
        make_conversation()

        answer = self.get(LIST, 302, owner="alice", activeSince="7d", activeBefore=" 2026-01-31 ", type="", hasDraft="true")

        self.assertEqual(answer.url, f"{LIST}?owner=alice&activeBefore=1769817600&activeSince=7d&hasDraft=true")
        page = self.get(answer.url)
        self.assertContains(page, 'name="activeBefore" value="2026-01-31"')
        self.assertContains(page, 'name="activeSince" value="7d"')
        chips = [chip.label for chip in page.context["chips"]]
        self.assertEqual(chips[:2], ["last activity before: 2026-01-31 UTC", "last activity after: 7d ago"])

    def test_what_is_no_date_is_refused_by_name(self):
        for value in ("yesterday", "31.01.2026", "2026-02-30", "0d", "7y", "2200-01-01"):
            with self.subTest(value):
                page = self.get(LIST, 400, owner="alice", activeBefore=value)
                self.assertContains(page, "<code>activeBefore</code>", status_code=400)
                self.assertContains(page, f"{value}: use hours, days or weeks (24h, 7d, 4w), or a date", status_code=400)

    def test_a_window_is_none_of_the_apis(self):
        response = self.client.get("/api/v1/conversations/", {"owner": "alice", "activeSince": "7d"})

        self.assertEqual((response.status_code, list(response.json()["errors"])), (400, ["activeSince"]))

    def test_what_is_no_number_is_refused_on_every_page(self):
        make_conversation()
        pages = {"conversation-list": {}, "conversation-updates": {"since": "0"}, "conversation-detail": {"id": "c2c_bob"}}
        for name, beside in (pages | {"saved-view-counts": {}, "conversation-export": {}, "saved-views": {}}).items():
            for filters in ({"activeSince": "1.0"}, {"activeBefore": "1."}, {"markType": " "}, {"markType": "\x1f"}):
                with self.subTest(name, **filters):
                    ask = self.client.post if name in ("conversation-export", "saved-views") else self.client.get
                    page = ask(reverse(name, query={"owner": "alice"} | beside | filters))
                    self.assertContains(page, f"<code>{next(iter(filters))}</code>", status_code=400)

    def test_all_tokens_are_offered(self):
        make_conversation()
        Owner.objects.update(group_names='["my work"]')

        page = self.get(LIST, owner="alice")

        for token in page.context["completions"]:
            with self.subTest(token=token):
                self.assertTrue(search_syntax.filters_of(token))
        self.assertContains(page, 'value="group:&quot;my work&quot;"')
