"""Import and export: what replaces what, what is kept, and that nothing is half done."""

import threading
from typing import Any

import orjson
import pytest
from django.db import connection
from django.test import TestCase, TransactionTestCase
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from conversations import positions
from conversations.feeding import messages
from conversations.formats.messages import C2CRecall, MessageEdit
from conversations.models import Conversation, Owner
from conversations.transfer import conversations as transfer_conversations
from conversations.transfer.exports import export_lines
from tests.support.cast import ALICE, BOB, make_conversation
from tests.support.messages import c2c, group, text

NOON_S = 1_760_000_000


def record(owner: str = ALICE, conversation_id: str = "c2c_bob", *, sent_s: int = NOON_S, **values: Any) -> dict[str, Any]:
    message = {"timestamp": sent_s, "seq": "7", "random": 3, "elemType": 1, "textElem": {"text": "hi"}}
    return {"owner": owner, "conversation": {"conversationID": conversation_id, "lastMessage": message} | values}


def run_import(*records: Any, **options: Any) -> tuple[transfer_conversations.Summary, list[str]]:
    bad: list[str] = []
    summary = transfer_conversations.import_records(
        enumerate(records, 1), on_bad=lambda bad_record: bad.append(bad_record.reason), **options
    )
    return summary, bad


def exported(owner: str | None = None) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in lines(owner)]


def lines(owner: str | None = None) -> list[bytes]:
    conversations = Conversation.objects.present() if owner is None else Conversation.objects.for_owner(owner)
    return list(export_lines(conversations))


class ImportTests(TestCase):
    def test_rows_and_owner_get_versions_from_the_first_write_on(self):
        summary, bad = run_import(record(), record(conversation_id="group_g"), record(owner=BOB))

        self.assertEqual((summary, bad), (transfer_conversations.Summary(created=3), []))
        self.assertEqual(dict(Owner.objects.values_list("owner_id", "version")), {ALICE: 2, BOB: 1})
        self.assertEqual(
            sorted(Conversation.objects.for_owner(ALICE).values_list("version", "created_version")), [(1, 1), (2, 2)]
        )

    def test_repeating_an_import_changes_nothing(self):
        run_import(record())
        summary, _ = run_import(record(showName="another name, same order key"))

        self.assertEqual(summary, transfer_conversations.Summary(unchanged=1))
        self.assertEqual(Owner.objects.get(owner_id=ALICE).version, 1)
        self.assertEqual(Conversation.objects.get().show_name, "")

    def test_only_a_greater_order_key_replaces(self):
        run_import(record(sent_s=NOON_S, showName="old", isPinned=True, conversationGroupList=["work"]))
        before = Conversation.objects.get()

        older, _ = run_import(record(sent_s=NOON_S - 1, showName="older"))
        newer, _ = run_import(record(sent_s=NOON_S + 1, showName="newer"))

        after = Conversation.objects.get()
        self.assertEqual((older.unchanged, newer.replaced), (1, 1))
        self.assertEqual((after.show_name, after.is_pinned, after.conversation_groups), ("newer", False, 0))
        self.assertEqual((after.version, after.created_version, after.created_at), (3, 2, before.created_at))

    def test_of_several_lines_for_one_conversation_the_newest_wins_whatever_their_order(self):
        records = [record(sent_s=NOON_S + n, showName=str(n)) for n in (1, 3, 2)]

        summary, _ = run_import(*records)

        self.assertEqual(summary, transfer_conversations.Summary(created=1, unchanged=2))
        self.assertEqual(Conversation.objects.get().show_name, "3")

    def test_a_later_deletion_stands_and_a_newer_message_brings_the_row_back(self):
        make_conversation(
            deleted_at=timezone.now(), deleted_position=positions.of_c2c(NOON_S, 7, 3), activity_key=NOON_S * 10**6, marks=1
        )

        same, _ = run_import(record(orderkey=NOON_S * 10**6 + 5))
        self.assertEqual(same, transfer_conversations.Summary(unchanged=1))
        newer, _ = run_import(record(sent_s=NOON_S + 1))

        row = Conversation.objects.for_owner(ALICE).get()
        self.assertEqual(newer.replaced, 1)
        self.assertEqual((row.deleted_position, row.created_version), (positions.of_c2c(NOON_S, 7, 3), row.version))

    def test_read_positions_only_advance_and_what_they_cover_is_not_unread(self):
        run_import(record(c2cReadTimestamp=NOON_S + 50), record(conversation_id="group_g", groupReadSequence=6))

        run_import(
            record(sent_s=NOON_S + 10, unreadCount=4, c2cReadTimestamp=NOON_S),
            record(conversation_id="group_g", sent_s=NOON_S + 10, unreadCount=4, groupReadSequence=2),
        )

        c2c, group = Conversation.objects.for_owner(ALICE).order_by("conversation_id")
        self.assertEqual((c2c.c2c_read_timestamp, c2c.unread_count, c2c.imported_unread), (NOON_S + 50, 0, 0))
        self.assertEqual((group.group_read_sequence, group.unread_count, group.imported_unread), (6, 1, 1))

    def test_one_batch_gives_what_one_by_one_gives(self):
        older = record(conversation_id="group_g", groupReadSequence=5, unreadCount=4)
        newer = record(conversation_id="group_g", sent_s=NOON_S + 1, groupReadSequence=2, unreadCount=5)

        run_import(older, newer, record(BOB, "group_g", groupReadSequence=5, unreadCount=4))
        run_import(newer | {"owner": BOB})

        together, apart = (Conversation.objects.for_owner(owner).get() for owner in (ALICE, BOB))
        self.assertEqual((together.unread_count, together.group_read_sequence), (2, 5))
        self.assertEqual((apart.unread_count, apart.group_read_sequence), (2, 5))

    def test_a_message_that_its_owner_deleted_does_not_come_back_with_a_later_draft(self):
        make_conversation(cleared_position=positions.of_c2c(NOON_S, 7, 3), activity_key=NOON_S * 10**6)

        run_import(record(draftTimestamp=NOON_S + 5, draftText="a draft", unreadCount=3))

        row = Conversation.objects.get()
        self.assertEqual((row.last_message, row.unread_count, row.draft_text), (None, 0, "a draft"))

    def test_a_get_list_answer_adds_what_is_missing_and_wipes_nothing(self):
        run_import(record(showName="Bob", unreadCount=2))
        items = [{"Type": 1, "To_Account": name, "MsgTime": NOON_S + 100, "TopFlag": 1} for name in ("bob", "new")]

        summary, bad = run_import({"From_Account": ALICE, "SessionItem": items})

        self.assertEqual((summary, bad), (transfer_conversations.Summary(created=1, unchanged=1), []))
        self.assertEqual(Conversation.objects.get(conversation_id="c2c_bob").show_name, "Bob")

    def test_imported_unread_is_carried_over_as_a_base_up_to_the_last_message(self):
        run_import(record(unreadCount=12))

        row = Conversation.objects.get()
        self.assertEqual((row.imported_unread, row.imported_unread_position), (12, positions.of_c2c(NOON_S, 7, 3)))

    def test_conversation_groups_share_the_owners_bits_and_the_21st_is_refused(self):
        names = [f"group {n:02}" for n in range(20)]
        run_import(record(conversationGroupList=names[:15]), record(conversation_id="c2c_x", conversationGroupList=names[10:]))

        summary, bad = run_import(
            record(conversation_id="c2c_y", conversationGroupList=["one more"]), record(conversation_id="c2c_z")
        )

        self.assertEqual(summary, transfer_conversations.Summary(created=1, bad=1))
        self.assertEqual(bad, ["Too many conversation groups"])
        self.assertEqual(orjson.loads(Owner.objects.get().group_names), names)
        groups = {line["conversation"]["conversationID"]: line["conversation"]["conversationGroupList"] for line in exported()}
        self.assertEqual(groups, {"c2c_bob": names[:15], "c2c_x": names[10:], "c2c_z": []})

    def test_one_bad_conversation_of_an_answer_leaves_the_others(self):
        answer = {"owner": ALICE, "conversationList": [{"conversationID": name} for name in ("c2c_a", "C2Cb", "c2c_c")]}

        summary, bad = run_import(
            answer, "no object", {"conversationID": "c2c_d"}, {"conversationID": "c2c_d"}, default_owner=None
        )

        self.assertEqual((summary.created, summary.bad), (2, 4))
        self.assertIn("c2c_b", bad[0])

    def test_a_value_that_cannot_be_used_is_reported_and_the_line_is_taken(self):
        summary, bad = run_import(record(recvOpt=9, faceUrl=7, showName="Bob"), record(conversation_id="c2c_x"))

        self.assertEqual(summary, transfer_conversations.Summary(created=2, partial=1))
        self.assertIn("recvOpt", bad[0])
        self.assertIn("faceUrl", bad[0])
        self.assertEqual(Conversation.objects.get(conversation_id="c2c_bob").show_name, "Bob")

    def test_a_line_with_a_value_that_cannot_be_used_replaces_no_stored_conversation(self):
        run_import(record(recvOpt=2))

        summary, _ = run_import(record(sent_s=NOON_S + 9, recvOpt=9))

        self.assertEqual(summary, transfer_conversations.Summary(unchanged=1, partial=1))
        self.assertEqual(Conversation.objects.get().recv_opt, 2)

    def test_a_wrong_claim_refuses_its_line_because_it_would_make_a_member(self):
        summary, _ = run_import(record(conversation_id="group_g", claimed="yes"))

        self.assertEqual((summary.bad, Conversation.objects.count()), (1, 0))

    def test_the_text_of_a_recalled_or_edited_message_does_not_come_back(self):
        messages.record([c2c("bob", "alice", 3), group("bob", 2), group("alice", 1)], now_s=NOON_S)
        before = {line["conversation"]["conversationID"]: line for line in exported(ALICE)}
        messages.recall(C2CRecall("bob", "alice", NOON_S + 1, 3, 3))
        messages.edit([MessageEdit(group_id="team", seq=2, elements=text("edited"), event_time_ms=1)])

        for line in before.values():
            line["conversation"]["orderkey"] += 1
        summary, _ = run_import(*before.values())

        after = {line["conversation"]["conversationID"]: line["conversation"]["lastMessage"] for line in exported(ALICE)}
        self.assertEqual(summary.replaced, 2)
        self.assertEqual((after["c2c_bob"]["status"], after["c2c_bob"].get("textElem")), (6, None))
        self.assertEqual(after["group_team"]["textElem"], {"text": "edited"})

    def test_a_dry_run_counts_and_changes_nothing(self):
        make_conversation(activity_key=1)

        summary, _ = run_import(record(), record(conversation_id="c2c_new"), record(owner="nobody yet"), dry_run=True)

        self.assertEqual(summary, transfer_conversations.Summary(created=2, replaced=1))
        self.assertEqual(Conversation.objects.get().order_key, 1)
        self.assertEqual(Owner.objects.count(), 1)

    def test_what_was_imported_is_exported_byte_for_byte(self):
        run_import(
            record(
                isPinned=True,
                markList=[1 << 63, 1],
                customData='{"a":"\\"}',
                conversationGroupList=["工作"],
                draftText="草\n稿",
            ),
            record(
                conversation_id="group_a/b c", groupType="Private", groupAtInfoList=[{"seq": 5, "atType": 2}], orderkey=1 << 62
            ),
            record(owner=BOB, lastMessage=None),
        )
        first = lines()
        Conversation.objects.all().delete()
        Owner.objects.all().delete()

        run_import(*map(orjson.loads, first))

        self.assertEqual(lines(), first)
        self.assertEqual(exported(BOB)[0]["conversation"]["lastMessage"], None)

    def test_an_export_does_not_tell_in_which_order_conversation_groups_were_made(self):
        run_import(record(conversation_id="c2c_z", conversationGroupList=["work", "VIP"]), record(conversationGroupList=["a"]))
        first = lines()
        Conversation.objects.all().delete()
        Owner.objects.all().delete()

        run_import(*map(orjson.loads, first))

        self.assertEqual(lines(), first)

    def test_an_export_is_of_one_owner_or_all_without_deleted_rows(self):
        make_conversation(conversation_id="c2c_gone", deleted_at=timezone.now())
        make_conversation()
        make_conversation(BOB, "c2c_alice")

        self.assertEqual([line["owner"] for line in exported()], [ALICE, BOB])
        self.assertEqual([line["conversation"]["conversationID"] for line in exported(BOB)], ["c2c_alice"])


class BatchTests(TransactionTestCase):
    def test_a_batch_that_fails_is_absent_and_those_before_it_are_whole(self):
        def records():
            for n in range(transfer_conversations.BATCH_CONVERSATIONS + 10):
                yield n + 1, record(conversation_id=f"c2c_{n}")
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            transfer_conversations.import_records(records())
        self.assertEqual(Conversation.objects.count(), transfer_conversations.BATCH_CONVERSATIONS)
        self.assertEqual(Owner.objects.get().version, transfer_conversations.BATCH_CONVERSATIONS)

        summary, _ = run_import(
            *(record(conversation_id=f"c2c_{n}") for n in range(transfer_conversations.BATCH_CONVERSATIONS + 10))
        )

        self.assertEqual(
            summary, transfer_conversations.Summary(created=10, unchanged=transfer_conversations.BATCH_CONVERSATIONS)
        )

    def test_a_batch_ends_by_its_conversations_not_its_records(self):
        answers = (
            {"owner": ALICE, "conversationList": [{"conversationID": f"c2c_{n}_{m}"} for m in range(3000)]} for n in range(4)
        )
        batches = []

        transfer_conversations.import_records(enumerate(answers, 1), on_batch=batches.append)

        self.assertEqual(batches, [2, 4])
        self.assertEqual(Conversation.objects.count(), 12_000)

    def test_two_imports_of_the_same_records_at_once_make_each_row_once(self):
        records = [record(f"owner{n % 7}", f"c2c_{n}") for n in range(700)]
        summaries = []

        def import_them(order):
            try:
                summaries.append(run_import(*order)[0])
            finally:
                connection.close()

        threads = [threading.Thread(target=import_them, args=(order,)) for order in (records, records[::-1])]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        self.assertEqual(sum(summary.created for summary in summaries), 700)
        self.assertEqual(sum(summary.unchanged for summary in summaries), 700)
        for owner in Owner.objects.all():
            versions = Conversation.objects.for_owner(owner.owner_id).values_list("version", flat=True)
            self.assertEqual(sorted(versions), list(range(1, owner.version + 1)))

    def test_a_batch_costs_the_same_statements_whatever_its_size(self):
        def statements(count: int) -> int:
            records = [record(f"owner{n} of {count}") for n in range(count)]
            with CaptureQueriesContext(connection) as captured:
                run_import(*records)
            return len(captured)

        self.assertEqual(statements(10), statements(600))
