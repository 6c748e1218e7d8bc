"""The commands for conversations and keys, as an operator runs them."""

import io
import os
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from unittest import mock

import orjson
import pytest
from django.core.management import CommandError, call_command, execute_from_command_line
from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from conversations import sync_tokens
from conversations.access import api_keys
from conversations.exceptions import NotAuthenticated
from conversations.lists import change_feed
from conversations.models import ApiKey, Conversation, Owner
from conversations.store import owners
from conversations.times import YEAR_2100_S
from tests.support.cast import ALICE, FORGED_NAME, make_conversation, unsafe_characters_in
from tests.support.servers import migrated_sqlite

LINE = b'{"owner":"alice","conversation":{"conversationID":"c2c_bob"}}\n'


MESSAGE = orjson.dumps(
    {
        "From_Account": "bob",
        "To_Account": ALICE,
        "MsgSeq": 1,
        "MsgRandom": 1,
        "MsgTimeStamp": 1_700_000_000,
        "MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Text": "Hi"}}],
    }
)


def run(*arguments: str) -> tuple[str, str, int]:
    """Standard output, standard error, exit status."""
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command(*arguments, stdout=out, stderr=err)
    except SystemExit as stop:
        return out.getvalue(), err.getvalue(), int(stop.code or 0)
    return out.getvalue(), err.getvalue(), 0


class ImportTests(TestCase):
    @pytest.fixture(autouse=True)
    def _files(self, tmp_path: Path):
        self.folder = tmp_path

    def file(self, content: bytes) -> str:
        path = self.folder / "dump.jsonl"
        path.write_bytes(content)
        return str(path)

    def test_good_lines_go_in_and_bad_ones_are_reported_with_number_and_reason(self):
        name = self.file(LINE + b'{"owner":"alice","conversation":{"conversationID":"bob"}}\nnot json\n')

        out, err, status = run("import_conversations", name)

        self.assertEqual((out.strip(), status), ("1 created, 0 replaced, 0 unchanged, 2 invalid.", 1))
        first, second = err.strip().splitlines()
        self.assertTrue(first.startswith(f"{name}, line 2: Invalid conversationID"))
        self.assertTrue(second.startswith(f"{name}, line 3: Not JSON"))

    def test_a_reason_that_quotes_a_file_is_one_line_and_steers_no_terminal(self):
        key = orjson.dumps(FORGED_NAME)

        _, err, _ = run("import_conversations", self.file(b"{%b:1,%b:2}\n" % (key, key)))

        self.assertIn("Duplicate key.", err)
        self.assertEqual((unsafe_characters_in(err), len(err.splitlines())), ("", 1))

    def test_ignored_keys_are_reported_and_the_rest_goes_in(self):
        web = {"conversationID": "C2Cuser7", "type": "C2C", "unreadCount": 2, "future": 1}

        out, err, status = run("import_conversations", self.file(orjson.dumps(web)), "--owner", ALICE)

        self.assertEqual(
            (out.strip(), status),
            ("1 created, 0 replaced, 0 unchanged, 0 invalid. 1 conversation has ignored keys.", 0),
        )
        self.assertIn("line 1: future: Unknown key, ignored.", err)
        row = Conversation.objects.get()
        self.assertEqual((row.owner_id, row.conversation_id, row.unread_count), (ALICE, "c2c_user7", 2))

    def test_several_files_are_summed_up(self):
        out, _, status = run("import_conversations", self.file(LINE), self.file(LINE))

        self.assertEqual((out.strip(), status), ("1 created, 0 replaced, 1 unchanged, 0 invalid.", 0))

    def test_the_database_counts_the_new_rows_at_once_where_plans_need_it(self):
        for command, line in (("import_conversations", LINE), ("import_messages", MESSAGE)):
            for options, analyzes in (["--dry-run"], 0), ([], int(connection.vendor == "postgresql")):
                with self.subTest(command, options=options), CaptureQueriesContext(connection) as queries:
                    run(command, *options, self.file(line))

                self.assertEqual(sum(query["sql"].startswith("ANALYZE") for query in queries), analyzes)

    def test_a_dry_run_says_so(self):
        out, _, _ = run("import_conversations", "--dry-run", self.file(LINE))

        self.assertEqual(
            out.splitlines(),
            ["Would create 1, replace 0; 0 unchanged, 0 invalid.", "Dry run: nothing was changed."],
        )
        self.assertFalse(Conversation.objects.exists())

    def test_records_without_an_owner_are_of_the_one_named(self):
        run("import_conversations", "--owner", "carol", self.file(b'{"conversationID":"c2c_bob"}'))

        self.assertEqual(Conversation.objects.get().owner_id, "carol")

    def test_a_missing_file_or_bad_owner_is_refused_before_anything_is_read(self):
        for arguments in (["--owner", "böb", self.file(LINE)], [self.file(LINE), "nowhere.jsonl"]):
            with pytest.raises(CommandError):
                run("import_conversations", *arguments)
        self.assertFalse(Conversation.objects.exists())

    def test_an_array_is_taken_as_well(self):
        out, _, _ = run("import_conversations", self.file(b"[" + LINE + b"," + LINE.replace(b"bob", b"carol") + b"]"))

        self.assertTrue(out.startswith("2 created"))


class ExportTests(TestCase):
    @pytest.fixture(autouse=True)
    def _files(self, tmp_path: Path, capfdbinary):
        self.folder, self.captured = tmp_path, capfdbinary

    def test_standard_output_holds_the_lines_and_nothing_else(self):
        make_conversation()

        run("export_conversations", "--owner", ALICE)

        line = orjson.loads(self.captured.readouterr().out)
        self.assertEqual((line["owner"], line["conversation"]["conversationID"]), (ALICE, "c2c_bob"))

    def test_a_file_holds_the_same_bytes(self):
        make_conversation()
        make_conversation(conversation_id="group_g")
        target = self.folder / "out.jsonl"

        out, _, _ = run("export_conversations", "--output", str(target))
        run("export_conversations")

        self.assertEqual(target.read_bytes(), self.captured.readouterr().out)
        self.assertEqual(out.strip(), f"Exported 2 conversations to {target}.")
        self.assertEqual(list(self.folder.iterdir()), [target])

    def test_a_reader_that_goes_away_is_an_error_without_a_traceback(self):
        done = subprocess.run(
            f"{sys.executable} manage.py import_conversations - <<< '{LINE.decode()}' >/dev/null; "
            f"{sys.executable} manage.py export_conversations >/dev/full",
            shell=True,
            executable="/bin/bash",
            capture_output=True,
            text=True,
            check=False,
            env=self.environment(),
        )

        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr.strip(), "CommandError: Could not write to standard output: No space left on device.")

    def environment(self) -> dict[str, str]:
        """A database of its own, for other processes."""
        shutil.copy(migrated_sqlite(), self.folder / "own.sqlite3")
        return os.environ | {"DATABASE_URL": f"sqlite:///{self.folder / 'own.sqlite3'}"}

    def test_a_file_that_cannot_be_written_is_an_error(self):
        with pytest.raises(CommandError):
            run("export_conversations", "--output", str(self.folder / "no such folder" / "out.jsonl"))


class GetConversationTests(TestCase):
    def test_found_ones_come_in_the_order_asked_and_each_other_with_its_reason(self):
        make_conversation(show_name="Bob")
        make_conversation(conversation_id="group_g")

        out, err, status = run("get_conversation", ALICE, "group_g", "c2c_none", "C2Cbob", "c2c_bob", "group_g", "--json")

        self.assertEqual([orjson.loads(line)["conversationID"] for line in out.splitlines()], ["group_g", "c2c_bob"])
        self.assertEqual(len(err.strip().splitlines()), 2)
        self.assertIn("c2c_bob", err)
        self.assertEqual(status, 1)

    def test_people_read_the_last_message_in_words(self):
        make_conversation(show_name="Bob", last_message='{"elemType":1,"textElem":{"text":"see you"},"timestamp":1}')

        out, _, status = run("get_conversation", ALICE, "c2c_bob")

        self.assertIn("see you", out)
        self.assertNotIn("{", out)
        self.assertEqual(status, 0)

    def test_names_and_texts_from_outside_forge_no_line_and_steer_no_terminal(self):
        text = orjson.dumps({"elemType": 1, "textElem": {"text": FORGED_NAME}, "timestamp": 1}).decode()
        make_conversation(show_name=FORGED_NAME, draft_text=FORGED_NAME, custom_data=FORGED_NAME, last_message=text)

        out, _, _ = run("get_conversation", ALICE, "c2c_bob")
        as_json, _, _ = run("get_conversation", ALICE, "c2c_bob", "--json")
        _, err, _ = run("get_conversation", ALICE, f"c2c_{FORGED_NAME}")

        self.assertEqual((unsafe_characters_in(out), unsafe_characters_in(err)), ("", ""))
        self.assertEqual(len(err.splitlines()), 1)
        self.assertTrue(all(line.startswith(("c2c_bob", "  ")) for line in out.splitlines()))
        self.assertEqual(orjson.loads(as_json)["showName"], FORGED_NAME)

    def test_a_malformed_owner_is_refused(self):
        with pytest.raises(CommandError):
            run("get_conversation", "böb", "c2c_bob")


class CreateApiKeyTests(TestCase):
    def test_the_key_is_alone_on_standard_output_and_works(self):
        out, err, _ = run("create_api_key", "phone", "--owner", ALICE, "--scopes", "read,write", "--expires-days", "3")

        access = api_keys.find(out.removesuffix("\n"))
        self.assertEqual((access.owner_id, access.scopes, err), (ALICE, {"read", "write"}, ""))
        self.assertAlmostEqual(ApiKey.objects.get().expires_at, timezone.now() + timedelta(days=3), delta=timedelta(minutes=1))

    def test_a_service_key_has_no_owner_and_reads_unless_told_otherwise(self):
        out, _, _ = run("create_api_key", "back end", "--service")

        self.assertEqual(api_keys.find(out.strip())[:2], (None, {"read"}))

    def test_what_makes_no_sense_is_refused(self):
        for arguments in (
            ["x"],
            ["x", "--owner", ALICE, "--service"],
            ["x", "--owner", "böb"],
            ["x", "--owner", ALICE, "--scopes", "ingest"],
            ["x", "--service", "--scopes", "everything"],
            ["x", "--service", "--scopes", ""],
            ["x", "--service", "--expires-days", "0"],
            ["", "--service"],
            ["x\0", "--service"],
        ):
            with self.subTest(arguments=arguments), pytest.raises(CommandError):
                run("create_api_key", *arguments)
        self.assertFalse(ApiKey.objects.exists())

    def test_a_revoked_key_opens_nothing(self):
        out, _, _ = run("create_api_key", "x", "--service")

        api_keys.revoke(ApiKey.objects.get().prefix)

        with pytest.raises(NotAuthenticated):
            api_keys.find(out.strip())


@pytest.mark.parametrize(
    "command", ["import_conversations", "export_conversations", "get_conversation", "create_api_key", "create_demo_data"]
)
def test_help_of_each_command_needs_no_database(command: str, capsys: pytest.CaptureFixture):
    # pytest-django lets no test near the database that doesn't ask for it.
    with pytest.raises(SystemExit, match="0"):
        execute_from_command_line(["manage.py", command, "--help"])

    assert command in capsys.readouterr().out


class NewFeedEpochTests(TestCase):
    def test_every_list_starts_over_once(self):
        make_conversation()
        make_conversation(owner_id="bob", conversation_id="c2c_alice")
        before = change_feed.read(ALICE, None, 10)

        out, _, status = run("reset_sync_tokens")

        self.assertEqual((out.strip(), status), ("Reset the sync tokens of 2 lists.", 0))
        self.assertTrue(change_feed.read(ALICE, sync_tokens.parse(before.since), 10).reset_required)
        again = change_feed.read(ALICE, None, 10)
        self.assertEqual(again.changes, before.changes)
        self.assertFalse(change_feed.read(ALICE, sync_tokens.parse(again.since), 10).reset_required)

    def test_a_clock_that_was_set_back_still_gives_another_epoch(self):
        make_conversation()
        Owner.objects.update(epoch=YEAR_2100_S)

        run("reset_sync_tokens")

        self.assertEqual(Owner.objects.get().epoch, YEAR_2100_S + 1)

    def test_a_dry_run_only_counts(self):
        make_conversation()
        before = Owner.objects.get().epoch

        out, _, _ = run("reset_sync_tokens", "--dry-run")

        self.assertEqual((out.strip(), Owner.objects.get().epoch), ("Would reset the sync token of 1 list.", before))

    def test_more_owners_than_one_batch(self):
        Owner.objects.bulk_create(Owner(owner_id=f"u{n}", epoch=1) for n in range(5))

        with mock.patch.object(owners, "OWNERS_PER_STATEMENT", 2):
            run("reset_sync_tokens")

        self.assertFalse(Owner.objects.filter(epoch=1).exists())
