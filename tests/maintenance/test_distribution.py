"""The tables of a distributed database: each has its place, and what concerns one user asks one place only."""

from io import StringIO
from unittest import mock

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import TestCase

from conversations.maintenance import distribution
from tests.support import citus


class PlacesTests(TestCase):
    def test_each_table_of_ours_is_distributed_or_has_a_reason_not_to_be(self):
        placed = [placement.model for family in distribution.FAMILIES for placement in family]
        ours = {model for model in apps.get_app_config("conversations").get_models() if model._meta.managed}
        self.assertEqual({*placed, *distribution.LOCAL}, ours)
        self.assertEqual(len(placed) + len(distribution.LOCAL), len(ours))

    def test_each_key_holds_the_column_that_decides_the_place(self):
        for family in distribution.FAMILIES:
            for model, column in family:
                with self.subTest(model=model):
                    self.assertIn(column, [field.name for field in model._meta.pk_fields])
                    self.assertFalse([unique for unique in model._meta.total_unique_constraints if column not in unique.fields])


class RefusedTests(TestCase):
    def refusal(self, *arguments: str) -> str:
        with self.assertRaises(CommandError) as caught:
            call_command(*arguments, stdout=StringIO())
        return str(caught.exception)

    @pytest.mark.skipif(citus.is_wanted(), reason="here is one")
    def test_without_a_distributed_database_both_commands_say_so_and_change_nothing(self):
        reason = "The extension citus is not" if connection.vendor == "postgresql" else "Only PostgreSQL"
        for command in ("distribute_tables", "verify_distribution"):
            self.assertIn(reason, self.refusal(command))

    def test_a_number_of_shards_that_can_not_be(self):
        for number in ("0", "-1", "5000"):
            self.assertEqual(self.refusal("distribute_tables", f"--shards={number}"), "--shards must be between 1 and 1024.")


@pytest.mark.skipif(not citus.is_wanted(), reason="CITUS_URL names no cluster")
class DistributedTests(TestCase):
    def run_command(self, *arguments: str) -> str:
        output = StringIO()
        call_command(*arguments, stdout=output)
        return output.getvalue()

    def test_again_it_finds_everything_done(self):
        text = self.run_command("distribute_tables")
        self.assertEqual(text.count("(done before)"), sum(map(len, distribution.FAMILIES)))
        self.assertIn("conversations_apikey: stays on the coordinator", text)

    def test_what_concerns_one_user_asks_one_place(self):
        text = self.run_command("verify_distribution")
        self.assertIn("lookup by IDs: 1 by owner, 0 by thread", text)
        self.assertIn("one-to-one message: 2 by owner, 1 by thread", text)

    def test_a_read_that_asks_everywhere_fails(self):
        with (
            mock.patch("conversations.lists.json_reads.sync_token", side_effect=self.everywhere),
            self.assertRaisesMessage(CommandError, "1 failed."),
        ):
            self.run_command("verify_distribution")

    def everywhere(self, owner_id: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM conversations_owner")

    def test_a_table_spread_otherwise_is_refused(self):
        owner, *others = distribution.FAMILIES[0]
        otherwise = (owner._replace(column="nick_name"), *others)
        with (
            mock.patch.object(distribution, "FAMILIES", (otherwise, *distribution.FAMILIES[1:])),
            self.assertRaisesMessage(CommandError, "is distributed by owner_id, not by nick_name"),
        ):
            self.run_command("distribute_tables")
