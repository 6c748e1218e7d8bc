"""New names on their way to everybody's rows."""

import math
from functools import partial
from io import StringIO
from unittest import mock

from django.core.management import CommandError, call_command
from django.db import connection
from django.test import TestCase, TransactionTestCase, override_settings
from django.test.utils import CaptureQueriesContext

from conversations.feeding import profiles
from conversations.formats.rest_groups import GroupInfo, Profile
from conversations.management.commands import replay_callbacks
from conversations.models import Conversation, Owner, ProfileUpdate, WebhookEvent
from conversations.store import notifications
from conversations.store.threads import lock_threads
from tests.support.cast import ALICE, BOB, make_conversation
from tests.support.members import NOON_MS, joined, row_of, tell
from tests.support.threads import start_thread


def nick(name: str | None, at_ms: int = NOON_MS, face_url: str | None = None) -> Profile:
    return Profile(user_id=BOB, nick_name=name, face_url=face_url, at_ms=at_ms)


def info(name: str | None, at_ms: int = NOON_MS, face_url: str | None = None, group_id: str = "team") -> GroupInfo:
    return GroupInfo(group_id=group_id, name=name, face_url=face_url, at_ms=at_ms)


def peers(count: int, **fields) -> None:
    for n in range(count):
        make_conversation(f"peer{n:03}", "c2c_bob", **{"show_name": BOB} | fields)


def shown() -> list[str]:
    rows = Conversation.objects.filter(conversation_id="c2c_bob").order_by("owner_id")
    return list(rows.values_list("show_name", flat=True))


@mock.patch.object(profiles, "BATCH", 4)
class PendingTests(TestCase):
    def test_what_does_not_fit_in_the_time_stays_and_is_finished(self):
        peers(10)
        with mock.patch.object(profiles.time, "monotonic", side_effect=[0, 0, 0.9, 1.0]):
            self.assertEqual(profiles.set_profiles([nick("Bob")]), {"c2c_bob"})

        self.assertEqual(shown(), ["Bob"] * 8 + [BOB] * 2)
        out = StringIO()
        call_command("replay_callbacks", "--pending", stdout=out)

        self.assertEqual(out.getvalue(), "Finished 1 pending update.\n")
        self.assertEqual(shown(), ["Bob"] * 10)
        self.assertFalse(ProfileUpdate.objects.exists())

    def test_each_row_takes_one_number(self):
        peers(10)

        profiles.set_profiles([nick("Bob")])

        self.assertEqual(set(Owner.objects.exclude(owner_id=BOB).values_list("version", flat=True)), {2})
        self.assertEqual(set(Conversation.objects.values_list("version", "changed_by")), {(2, "name")})

    def test_a_newer_name_starts_over(self):
        peers(10)
        with mock.patch.object(profiles, "PATIENCE_S", 0):
            profiles.set_profiles([nick("Bob")])
            pending = ProfileUpdate.objects.get()
            profiles._update_batch(pending, [f"peer{n:03}" for n in range(4)], profiles._profile_of("c2c_bob"))

            profiles.set_profiles([nick("Robert", NOON_MS + 1)])
        profiles.propagate_all()

        self.assertEqual(shown(), ["Robert"] * 10)

    def test_who_was_overtaken_does_nothing(self):
        peers(6)
        with mock.patch.object(profiles, "PATIENCE_S", 0):
            profiles.set_profiles([nick("Bob")])
        seen, profile = ProfileUpdate.objects.get(), profiles._profile_of("c2c_bob")
        profiles.propagate_all()

        self.assertFalse(profiles._update_batch(seen, [f"peer{n:03}" for n in range(4)], profile))

        self.assertEqual(set(Owner.objects.exclude(owner_id=BOB).values_list("version", flat=True)), {2})

    def test_who_was_overtaken_leaves_the_next_name_alone(self):
        peers(6)
        with mock.patch.object(profiles, "PATIENCE_S", 0):
            profiles.set_profiles([nick("Bob")])
            seen, profile = ProfileUpdate.objects.get(), profiles._profile_of("c2c_bob")
            profiles.propagate_all()
            profiles.set_profiles([nick("Robert", NOON_MS + 1)])

        self.assertFalse(profiles._update_batch(seen, [], profile))  # what it reads after "Bob" is everywhere: nothing to do

        profiles.propagate_all()
        self.assertEqual(shown(), ["Robert"] * 6)

    def test_a_repeat_changes_nothing_but_goes_on(self):
        peers(6)
        with mock.patch.object(profiles, "PATIENCE_S", 0):
            profiles.set_profiles([nick("Bob")])

        self.assertEqual(profiles.set_profiles([nick("Bob")]), set())

        self.assertEqual(shown(), ["Bob"] * 6)

    def test_one_that_fails_holds_up_no_other(self):
        peers(1)
        ProfileUpdate.objects.create(conversation_id="c2c_a nobody")
        ProfileUpdate.objects.create(conversation_id="c2c_bob")
        Owner.objects.create(owner_id=BOB, nick_name="Bob", nick_name_at_ms=1)

        out = StringIO()
        with self.assertLogs("conversations.feeding"), self.assertRaisesMessage(CommandError, "1 failed."):
            call_command("replay_callbacks", "--pending", stdout=out)

        self.assertEqual(shown(), ["Bob"])
        self.assertEqual(out.getvalue(), "Finished 1 pending update.\n")

    def test_nobody_else_is_woken(self):
        peers(10)

        with mock.patch.object(notifications, "notify") as notify, self.captureOnCommitCallbacks(execute=True):
            profiles.set_profiles([nick("Bob")])

        notified = [owner_id for call in notify.call_args_list for owner_id in call.args[0]]
        self.assertEqual(sorted(notified), [f"peer{n:03}" for n in range(10)])
        self.assertTrue(all(len(call.args[0]) <= notifications.MAX_NAMED for call in notify.call_args_list))


class LookTests(TestCase):
    def test_a_remark_stays(self):
        make_conversation(ALICE, "c2c_bob", show_name="my Bob", face_url="old")

        profiles.set_profiles([nick("Bob", face_url="new")])

        self.assertEqual((row_of(ALICE, "c2c_bob").show_name, row_of(ALICE, "c2c_bob").face_url), ("my Bob", "new"))

    def test_an_avatar_that_is_taken_away_goes(self):
        make_conversation(ALICE, "c2c_bob", face_url="old")

        profiles.set_profiles([nick(None, face_url="")])

        self.assertEqual(row_of(ALICE, "c2c_bob").face_url, "")

    def test_an_avatar_alone_leaves_a_groups_name(self):
        make_conversation(ALICE, "group_team", show_name="imported")

        profiles.set_group_info(info(None, face_url="new"))

        self.assertEqual((row_of().show_name, row_of().face_url), ("imported", "new"))

    def test_a_topic_shows_its_groups_name_unless_it_has_its_own(self):
        topics = [f"@TGS#_club@TOPIC#_{word}" for word in ("own", "none")]
        for topic in topics:
            make_conversation(ALICE, f"group_{topic}", show_name="?")
            lock_threads([topic])
        profiles.set_group_info(info("Own", group_id=topics[0]))

        profiles.set_group_info(info("Club", group_id="@TGS#_club"))

        self.assertEqual([row_of(ALICE, f"group_{topic}").show_name for topic in topics], ["Own", "Club"])

    @override_settings(SKIP_OWNERS=frozenset({BOB}))
    def test_an_account_without_a_list_has_a_name_all_the_same(self):
        make_conversation(ALICE, "c2c_bob", show_name=BOB)

        profiles.set_profiles([nick("The bot")])

        self.assertEqual(row_of(ALICE, "c2c_bob").show_name, "The bot")
        self.assertFalse(Conversation.objects.filter(owner_id=BOB).exists())

    def test_any_number_of_peers_costs_the_same_up_to_a_batch(self):
        counts = set()
        for number, size in enumerate((2, 40)):
            Conversation.objects.all().delete()
            peers(size)
            with CaptureQueriesContext(connection) as captured:
                profiles.set_profiles([nick(f"Bob {number}", NOON_MS + number)])
            counts.add(len(captured))

            self.assertEqual(shown(), [f"Bob {number}"] * size)
        self.assertEqual(len(counts), 1, counts)


class CommandTests(TestCase):
    def test_a_dry_run_lists_what_is_on_its_way(self):
        tell(joined(ALICE))
        ProfileUpdate.objects.create(conversation_id="c2c_bob")
        listed = StringIO()

        call_command("replay_callbacks", "--pending", "--dry-run", stdout=listed)

        self.assertIn("c2c_bob", listed.getvalue())
        self.assertTrue(ProfileUpdate.objects.exists())

    def test_again_and_again_is_for_all_that_is_pending(self):
        for arguments in (("--every", "5"), ("--pending", "--every", "5", "7"), ("--pending", "--every", "5", "--dry-run")):
            with self.assertRaises(CommandError):
                call_command("replay_callbacks", *arguments)

    def test_it_goes_on_after_a_failure_and_takes_what_was_left(self):
        body = '{"GroupId":"team","NewMemberList":[{"Member_Account":"alice"}]}'
        WebhookEvent.objects.create(command="Group.CallbackAfterNewMemberJoin", body=body)
        WebhookEvent.objects.update(received_at="2001-01-01T00:00:00Z")

        with (
            mock.patch.object(profiles, "propagate_all", side_effect=[RuntimeError("broken"), KeyboardInterrupt]),
            mock.patch.multiple(replay_callbacks, close_old_connections=mock.DEFAULT, time=mock.DEFAULT),
            self.assertLogs("conversations.management"),
            self.assertRaises(KeyboardInterrupt),
        ):
            call_command("replay_callbacks", "--pending", "--every", "1")

        self.assertIsNotNone(row_of())


class TogetherTests(TransactionTestCase):
    """Several at the same names at once, with newer names coming in between."""

    def test_the_newest_name_is_everywhere_and_no_number_is_given_twice(self):
        peers(60)
        make_conversation(BOB, "c2c_bob", show_name=BOB)  # notes to himself
        failures: list[Exception] = []

        def run(n: int) -> None:
            if n % 2:
                for step in range(6):
                    profiles.set_profiles([nick(f"Bob {n} {step}", NOON_MS + step * 10 + n)])
            else:
                for _step in range(12):
                    profiles.propagate_all()

        with mock.patch.object(profiles, "BATCH", 7), mock.patch.object(profiles, "PATIENCE_S", 0.01):
            for thread in [start_thread(partial(run, n), failures) for n in range(4)]:
                thread.join()
            profiles.propagate(profiles.pending_conversations(), until=math.inf)

        self.assertEqual(failures, [])
        self.assertEqual(set(shown()), {"Bob 3 5"})
        for row in Conversation.objects.all():
            self.assertEqual(row.version, Owner.objects.get(owner_id=row.owner_id).version)
