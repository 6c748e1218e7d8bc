"""recentcontact: conversation groups and marks."""

from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from conversations.models import Conversation, Owner
from tests.support.acting import make_scene, version
from tests.support.cast import ALICE, make_conversations
from tests.support.vendor_rest import BODIES, VendorRestTestCase

BOB_ITEM = {"Type": 1, "To_Account": "bob"}
TEAM_ITEM = {"Type": 2, "ToGroupId": "team"}
NOBODY_ITEM = {"Type": 1, "To_Account": "nobody"}
CREATE, UPDATE, DELETE, MARK, GET, SEARCH = (
    f"recentcontact/{name}"
    for name in (
        "create_contact_group", "update_contact_group", "del_contact_group", "mark_contact", "get_contact_group",
        "search_contact_group",
    )
)  # fmt: skip


def created(*items: dict[str, Any], name: Any = "new") -> dict[str, Any]:
    return {"From_Account": ALICE, "GroupContactItem": [{"GroupName": name, "ContactItem": list(items)}]}


def updated(*changes: tuple[int, dict[str, Any]], name: str = "work", **update: Any) -> dict[str, Any]:
    items = [{"ContactOptType": change, "ContactItem": item} for change, item in changes]
    content = {"UpdateGroupType": 2, "OldGroupName": name, "ContactUpdateItem": items} | update
    return {"From_Account": ALICE, "UpdateType": 1, "UpdateGroup": content}


def marked(*items: dict[str, Any]) -> dict[str, Any]:
    return {"From_Account": ALICE, "MarkItem": [{"OptType": 3, "ContactItem": BOB_ITEM} | item for item in items]}


def result(item: dict[str, Any], code: int = 0, info: str = "", **before: Any) -> dict[str, Any]:
    return {**before, "ContactItem": item, "ResultCode": code, "ResultInfo": info}


NOT_FOUND = (50002, "Conversation c2c_nobody not found.")


class ContactTestCase(VendorRestTestCase):
    def setUp(self):
        make_scene()

    def row(self, conversation_id: str = "c2c_bob") -> Conversation:
        return Conversation.objects.get(owner_id=ALICE, conversation_id=conversation_id)

    def members(self, name: str) -> set[str]:
        rows = Conversation.objects.for_owner(ALICE).in_group_named(ALICE, name)
        return set(rows.values_list("conversation_id", flat=True))

    def names(self) -> str:
        return Owner.objects.get(owner_id=ALICE).group_names


class GroupTests(ContactTestCase):
    def test_a_group_is_created_as_in_the_sample(self):
        self.assertEqual(
            self.call(CREATE),
            {
                "GroupResultItem": [{"GroupItem": {"GroupName": "new", "GroupId": 3}, "ResultItem": [result(BOB_ITEM)]}],
                "ErrorDisplay": "",
            },
        )
        self.assertEqual(self.members("new"), {"c2c_bob"})

    def test_each_conversation_has_a_result_in_the_order_of_the_request(self):
        answer = self.call(CREATE, created(TEAM_ITEM, NOBODY_ITEM, BOB_ITEM, TEAM_ITEM, name="会话"))

        (group,) = answer["GroupResultItem"]
        results = [result(TEAM_ITEM), result(NOBODY_ITEM, *NOT_FOUND), result(BOB_ITEM), result(TEAM_ITEM)]
        self.assertEqual(group, {"GroupItem": {"GroupName": "会话", "GroupId": 3}, "ResultItem": results})
        self.assertEqual(self.members("会话"), {"c2c_bob", "group_team"})

    def test_groups_beyond_the_limits_of_the_cloud(self):
        self.assert_refused(51011, CREATE, created(BOB_ITEM, name="a" * 33))
        for number in range(18):
            self.call(CREATE, created(BOB_ITEM, name=f"g{number}"))
        self.assert_refused(51010, CREATE, created(BOB_ITEM, name="one too many"))

    def test_a_call_names_one_group_and_1_to_100_conversations(self):
        group = created(BOB_ITEM)["GroupContactItem"][0]
        for groups in ([], [group, group], [7], None, "x"):
            with self.subTest(groups):
                self.assert_refused(50002, CREATE, field="GroupContactItem", GroupContactItem=groups)
        self.assert_refused(51006, CREATE, created(), field="ContactItem")
        self.assert_refused(51006, CREATE, created(*[BOB_ITEM] * 101), field="ContactItem")
        for name in (None, 7, "", "a\0"):
            self.assert_refused(50002, CREATE, created(BOB_ITEM, name=name), field="roupName")
        for item in ({}, {"Type": 1}, {"Type": 3, "To_Account": "bob"}, {"Type": 1, "To_Account": 7}):
            self.assert_refused(50002, CREATE, created(item))
        self.assertEqual(self.names(), '["work","empty"]')

    def test_conversations_are_added_and_removed_as_in_the_sample(self):
        answer = self.call(UPDATE, updated((2, BOB_ITEM), (1, TEAM_ITEM), (1, NOBODY_ITEM)))

        results = [
            result(BOB_ITEM, ContactOptType=2),
            result(TEAM_ITEM, ContactOptType=1),
            result(NOBODY_ITEM, *NOT_FOUND, ContactOptType=1),
        ]
        expected = {
            "UpdateGroupType": 2,
            "GroupName": "work",
            "GroupId": 1,
            "OldGroupName": "work",
            "ContactResultItem": results,
        }
        self.assertEqual(answer, {"UpdateType": 1, "UpdateGroupResult": expected, "ErrorDisplay": ""})
        self.assertEqual(self.members("work"), {"group_team"})

    def test_of_several_entries_of_one_conversation_the_last_one_holds(self):
        for changes, is_member in (([2, 1], True), ([1, 2], False), ([2, 1, 2], False), ([1, 1], True)):
            with self.subTest(changes):
                answer = self.call(UPDATE, updated(*((change, BOB_ITEM) for change in changes)))

                results = answer["UpdateGroupResult"]["ContactResultItem"]
                self.assertEqual(results, [result(BOB_ITEM, ContactOptType=change) for change in changes])
                self.assertEqual("c2c_bob" in self.members("work"), is_member)

    def test_a_group_is_renamed(self):
        answer = self.call(UPDATE, updated(UpdateGroupType=1, NewGroupName="job"))

        self.assertEqual(
            answer["UpdateGroupResult"],
            {"UpdateGroupType": 1, "GroupName": "job", "GroupId": 1, "OldGroupName": "work", "ContactResultItem": []},
        )
        self.assertEqual(self.names(), '["job","empty"]')

    def test_updates_that_are_refused(self):
        self.assert_refused(51009, UPDATE, updated((1, BOB_ITEM), name="none"))
        self.assert_refused(51009, UPDATE, updated(name="none", UpdateGroupType=1, NewGroupName="job"))
        self.assert_refused(51011, UPDATE, updated(UpdateGroupType=1, NewGroupName="a" * 33))
        self.assert_refused(50002, UPDATE, updated(UpdateGroupType=1, NewGroupName="empty"))
        self.assert_refused(50002, UPDATE, updated(UpdateGroupType=1), field="NewGroupName")
        self.assert_refused(50002, UPDATE, updated((1, BOB_ITEM), UpdateGroupType=3), field="UpdateGroupType")
        self.assert_refused(50002, UPDATE, updated((3, BOB_ITEM)), field="ContactOptType")
        self.assert_refused(50002, UPDATE, updated((1, None)), field="ContactItem")
        self.assert_refused(51006, UPDATE, updated(), field="ContactUpdateItem")
        self.assert_refused(51006, UPDATE, updated(*[(1, BOB_ITEM)] * 101), field="ContactUpdateItem")
        self.assert_refused(50002, UPDATE, updated((1, BOB_ITEM)) | {"UpdateType": 2}, field="UpdateType")
        self.assert_refused(50002, UPDATE, updated((1, BOB_ITEM)) | {"UpdateGroup": 7}, field="UpdateGroup")
        self.assert_refused(50002, UPDATE, updated((1, BOB_ITEM)) | {"UpdateGroup": {}}, field="OldGroupName")
        self.assertEqual((self.names(), self.members("empty")), ('["work","empty"]', set()))

    def test_a_group_is_deleted(self):
        answer = self.call(DELETE)

        self.assertEqual(answer, {"GroupItem": [{"GroupName": "work", "GroupId": 1}], "ErrorDisplay": ""})
        self.assertEqual(self.names(), '[null,"empty"]')

    def test_deletions_that_are_refused(self):
        self.assert_refused(51009, DELETE, GroupName=["none"])
        for names in ([], ["work", "empty"], [7], "work", None):
            with self.subTest(names):
                self.assert_refused(50002, DELETE, field="GroupName", GroupName=names)
        self.assert_refused(51009, DELETE, From_Account="nobody")
        self.assertEqual(self.names(), '["work","empty"]')


class MarkTests(ContactTestCase):
    def test_marks_are_set_as_in_the_sample(self):
        self.assertEqual(self.call(MARK), {"ResultItem": [result(BOB_ITEM, OptType=3)], "ErrorDisplay": ""})

        self.assertEqual((self.row().marks, self.row().custom_data), (0b111, "abcd"))

    def test_the_first_and_last_bits_are_those_of_the_sdk(self):
        self.call(MARK, marked({"SetMark": [1, 4, 33, 64]}))

        self.assertEqual(self.row().marks & (1 << 64) - 1, 1 | 8 | 1 << 32 | 1 << 63)

        self.call(MARK, marked({"SetMark": [2], "ClearMark": [1, 64]}))

        self.assertEqual(self.row().marks, 2 | 8 | 1 << 32)

    def test_the_type_says_what_is_set(self):
        content = {"SetMark": [1], "CustomMark": "abcd"}
        for opt_type, expected in ((1, (1, "")), (2, (0, "abcd")), (3, (1, "abcd"))):
            make_scene()
            with self.subTest(opt_type):
                self.call(MARK, marked({"OptType": opt_type} | content))
                self.assertEqual((self.row().marks, self.row().custom_data), expected)

    def test_an_empty_custom_mark_removes_it_and_an_absent_one_leaves_it(self):
        self.call(MARK)

        self.call(MARK, marked({"SetMark": [4]}))
        self.assertEqual(self.row().custom_data, "abcd")
        self.call(MARK, marked({"CustomMark": ""}))

        self.assertEqual((self.row().marks, self.row().custom_data), (0b1111, ""))

    def test_each_entry_has_a_result_and_one_of_a_conversation_that_is_not_there_does_not_affect_others(self):
        item = {"OptType": 1, "SetMark": [1]}

        answer = self.call(MARK, marked({"ContactItem": NOBODY_ITEM} | item, {"ContactItem": TEAM_ITEM} | item, item))

        expected = [result(NOBODY_ITEM, *NOT_FOUND, OptType=1), result(TEAM_ITEM, OptType=1), result(BOB_ITEM, OptType=1)]
        self.assertEqual(answer["ResultItem"], expected)
        self.assertEqual((self.row().marks, self.row("group_team").marks), (1, 1))

    def test_entries_of_one_conversation_hold_in_their_order(self):
        self.call(
            MARK,
            marked({"SetMark": [1, 2], "CustomMark": "a"}, {"ClearMark": [1]}, {"SetMark": [3], "CustomMark": "b"}),
        )

        self.assertEqual((self.row().marks, self.row().custom_data), (0b110, "b"))

    def test_a_call_is_one_change_of_a_conversation_and_repeating_it_is_none(self):
        before = version()
        self.call(MARK)
        self.call(MARK)

        self.assertEqual(version() - before, 1)

    def test_marks_that_are_refused(self):
        self.assert_refused(51006, MARK, marked(), field="MarkItem")
        self.assert_refused(51006, MARK, marked(*[{"SetMark": [1]}] * 101), field="MarkItem")
        for bits in ([0], [5], [32], [65], [-1], ["1"], [True], 1, "1"):
            with self.subTest(bits):
                self.assert_refused(50002, MARK, marked({"SetMark": bits}), field="SetMark")
                self.assert_refused(50002, MARK, marked({}, {"ClearMark": bits}), field="ClearMark")
        for custom in (7, "é" * 129, "a\0"):
            self.assert_refused(50002, MARK, marked({"CustomMark": custom}), field="CustomMark")
        for opt_type in (None, 0, 4, "x"):
            self.assert_refused(50002, MARK, marked({"OptType": opt_type}), field="OptType")
        self.assert_refused(50002, MARK, marked({"ContactItem": None}), field="ContactItem")
        self.assertEqual(self.row().marks, 0)

    def test_the_number_of_queries_does_not_grow(self):
        make_conversations(100)
        items = [
            {"ContactItem": {"Type": 1, "To_Account": f"peer{number}"}, "SetMark": [number % 4 + 1], "CustomMark": f"{number}"}
            for number in range(100)
        ]
        counts = []
        for count in (2, 98):
            batch, items = items[:count], items[count:]
            with CaptureQueriesContext(connection) as captured:
                self.call(MARK, marked(*batch))
            counts.append(len(captured))

        self.assertEqual(counts[0], counts[1])


class LabelTests(ContactTestCase):
    GROUPS = ({"GroupName": "work", "GroupId": 1}, {"GroupName": "empty", "GroupId": 2})

    def test_labelled_conversations_are_as_in_the_sample(self):
        make_conversations(3)
        self.call(MARK, marked({"SetMark": [1, 3, 64], "CustomMark": "abcd"}))

        answer = self.call(GET)

        bob = {
            **BOB_ITEM, "StandardMark": "101" + "0" * 60 + "1", "CustomMark": "abcd", "ContactGroupId": [1],
            "Timestamp": int(self.row().changed_at.timestamp()),
        }  # fmt: skip
        self.assertEqual(answer["ContactItem"], [{**TEAM_ITEM, "ContactGroupId": [1], "Timestamp": 0}, bob])
        self.assertEqual(answer["GroupItem"], list(self.GROUPS))
        self.assertEqual((answer["CompleteFlag"], answer["NextStartIndex"]), (1, version()))

    def test_pages_have_each_conversation_even_if_it_changes_meanwhile(self):
        make_conversations(250, marks=1)
        wanted = set(Conversation.objects.for_owner(ALICE).labelled().values_list("conversation_id", flat=True))

        names, start, is_last = set(), 0, False
        while not is_last:
            page = self.call(GET, StartIndex=start)
            names |= {item.get("To_Account") or item["ToGroupId"] for item in page["ContactItem"]}
            start, is_last = page["NextStartIndex"], page["CompleteFlag"]
            self.call(MARK, marked({"ContactItem": {"Type": 1, "To_Account": "peer240"}, "SetMark": [2]}))

        self.assertEqual(names, {name.removeprefix("c2c_").removeprefix("group_") for name in wanted})

    def test_a_client_that_reads_until_a_page_is_empty_ends(self):
        start = self.call(GET)["NextStartIndex"]

        answer = self.call(GET, StartIndex=start)

        self.assertEqual((answer["ContactItem"], answer["CompleteFlag"], answer["NextStartIndex"]), ([], 1, start))

    def test_a_page_costs_the_same_in_a_long_list(self):
        counts = []
        for number in (0, 500):
            make_conversations(number, marks=1)
            with CaptureQueriesContext(connection) as captured:
                self.call(GET)
            counts.append(len(captured))

        self.assertEqual(counts, [2, 2])

    def test_named_conversations_come_in_their_order_labelled_or_not(self):
        make_conversations(1)
        peer = {"Type": 1, "To_Account": "peer0"}

        answer = self.call(SEARCH, ContactItem=[peer, NOBODY_ITEM, BOB_ITEM, peer])

        self.assertEqual(
            answer["ContactResultItem"],
            [{**peer, "Timestamp": 0}, {**BOB_ITEM, "ContactGroupId": [1], "Timestamp": 0}],
        )
        self.assertEqual(answer["GroupItem"], list(self.GROUPS))

    def test_more_conversations_than_the_cloud_takes(self):
        make_conversations(1000)
        items = [{"Type": 1, "To_Account": f"peer{number}"} for number in range(1001)]

        with self.assertNumQueries(2):
            answer = self.call(SEARCH, ContactItem=items[:1000])

        self.assertEqual(len(answer["ContactResultItem"]), 1000)
        self.assert_refused(51006, SEARCH, ContactItem=items, field="ContactItem")
        self.assert_refused(51006, SEARCH, ContactItem=[], field="ContactItem")

    def test_bad_input(self):
        for start in (-1, "x", 1.5, 1 << 63):
            self.assert_refused(50002, GET, StartIndex=start, field="StartIndex")
        for items in ({}, "x", [7], [{"Type": 1}]):
            self.assert_refused(50002, SEARCH, ContactItem=items)

    def test_another_users_labels_are_not_there(self):
        for path in (GET, SEARCH):
            answer = self.call(path, From_Account="nobody")
            self.assertEqual([value for value in answer.values() if isinstance(value, list) and value], [])

    def test_bodies_are_those_of_the_table(self):
        self.assertLessEqual({CREATE, UPDATE, DELETE, MARK, GET, SEARCH}, set(BODIES))
