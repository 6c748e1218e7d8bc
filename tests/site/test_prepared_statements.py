"""Statements that psycopg has prepared run without its cursors, and those without a result along with the next one."""

import unittest
from datetime import UTC, datetime
from unittest import mock

from django.db import DatabaseError, DataError, IntegrityError, OperationalError, ProgrammingError, connection, transaction
from django.test import TransactionTestCase

from conversations.feeding import messages
from conversations.models import Owner
from conversations.store import statements
from tests.support.cast import ALICE, BOB, CAROL
from tests.support.messages import NOON_S, c2c

INSERT = "INSERT INTO conversations_owner (owner_id, epoch, version) VALUES (%s, %s, %s) RETURNING owner_id, version"
VALUES = (
    "SELECT %s::text, %s::bigint, %s::boolean, %s::text, %s::timestamptz, %s::bytea, '{}'::text, 1.5::numeric, "
    "'[1]'::jsonb, ARRAY['a', NULL]"
)
PREPARED_AFTER = 3


@unittest.skipUnless(connection.vendor == "postgresql", "SQLite has no server to go to")
class PreparedStatementTests(TransactionTestCase):
    def setUp(self):
        for owner_id in [f"known{number}" for number in range(PREPARED_AFTER)]:
            statements.rows_of(INSERT, [owner_id, 1, 1])
        self.rounds = []
        self.enterContext(mock.patch.object(connection, "_send", side_effect=self.count(connection._send)))

    def count(self, send):
        def counted(*prepared, **options):
            self.rounds.append(len(connection._waiting) + len(prepared) + options.get("commit", False))
            return send(*prepared, **options)

        return counted

    def stored(self) -> set[str]:
        return set(Owner.objects.exclude(owner_id__startswith="known").values_list("owner_id", flat=True))

    def test_a_prepared_statement_needs_no_cursor(self):
        with mock.patch.object(connection, "cursor", side_effect=AssertionError):
            self.assertEqual(statements.rows_of(INSERT, [ALICE, 5, 7]), [(ALICE, 7)])

    def test_values_come_back_as_from_a_cursor(self):
        moment = datetime(2026, 11, 30, 12, 30, 1, 5, UTC)
        for parameters in (
            ["a'b\\\n张", 1 << 62, True, None, moment, b"\x00\xff"],
            ["", -1, False, "", moment, b""],
            [None, None, None, None, None, None],
        ):
            with connection.cursor() as cursor:
                cursor.execute(VALUES, parameters)
                expected = cursor.fetchall()
            for _time in range(PREPARED_AFTER + 1):
                self.assertEqual(statements.rows_of(VALUES, parameters), expected)

    def test_named_parameters(self):
        sql = "SELECT %(a)s::text, %(b)s::bigint, %(a)s::text || '!'"
        for number in range(PREPARED_AFTER + 1):
            with self.subTest(number):
                self.assertEqual(statements.rows_of(sql, {"a": "x", "b": 5, "unused": number}), [("x", 5, "x!")])
        self.assertEqual(self.rounds, [1])  # the last; those before had a cursor

        with self.assertRaisesMessage(ProgrammingError, "b"):
            statements.rows_of(sql, {"a": "x"})
        with self.assertRaises((ProgrammingError, TypeError)):
            statements.rows_of(sql, ["x", 5])
        with self.assertRaises((ProgrammingError, TypeError)):
            statements.rows_of(INSERT, {"a": "x"})

    def test_how_many_rows_were_written(self):
        sql = "UPDATE conversations_owner SET epoch = %s WHERE owner_id <> %s"
        for number in range(PREPARED_AFTER + 1):
            self.assertEqual(statements.count_of(sql, [number, "known0"]), PREPARED_AFTER - 1)
        self.assertEqual(self.rounds, [1])
        self.assertEqual(statements.count_of(sql, [1, "nobody"]), PREPARED_AFTER)

    def test_a_nul_is_refused_as_by_a_cursor(self):
        with self.assertRaises((DataError, ValueError)):
            statements.rows_of(INSERT, ["a\0b", 1, 1])
        self.assertEqual(statements.rows_of(INSERT, [ALICE, 1, 1]), [(ALICE, 1)])

    def test_an_error_is_djangos(self):
        statements.rows_of(INSERT, [ALICE, 1, 1])
        with self.assertRaises(IntegrityError) as raised:
            statements.rows_of(INSERT, [ALICE, 1, 1])
        self.assertEqual(raised.exception.__cause__.sqlstate, "23505")
        self.assertEqual(statements.rows_of(INSERT, [BOB, 1, 1]), [(BOB, 1)])

    def test_a_transaction_is_two_round_trips(self):
        then = []
        with transaction.atomic():
            self.assertEqual(statements.rows_of(INSERT, [ALICE, 1, 1]), [(ALICE, 1)])
            statements.run_later(INSERT, [BOB, 1, 2], then.append)
            statements.run_later(INSERT, [CAROL, 1, 3], then.append)
            self.assertEqual(then, [])

        self.assertEqual(then, [[(BOB, 2)], [(CAROL, 3)]])
        self.assertEqual(self.rounds, [1, 3])  # the first with BEGIN
        self.assertEqual(self.stored(), {ALICE, BOB, CAROL})

    def test_a_one_to_one_message_is_two_round_trips(self):
        for number in range(1, PREPARED_AFTER + 3):
            self.rounds.clear()
            messages.record([c2c("bob", "alice", number)], now_s=NOON_S)

        self.assertEqual(len(self.rounds), 2)

    def test_rows_that_are_asked_for_are_read_then(self):
        with transaction.atomic():
            first = statements.rows_later(INSERT, [ALICE, 1, 1])
            second = statements.rows_later(INSERT, [BOB, 1, 2])
            self.assertEqual((second(), first()), ([(BOB, 2)], [(ALICE, 1)]))
        self.assertEqual(self.rounds, [2])

    def test_a_cursor_finds_what_was_put_off(self):
        with transaction.atomic(), connection.cursor() as cursor:
            statements.run_later(INSERT, [ALICE, 1, 1])
            cursor.execute("SELECT count(*) FROM conversations_owner WHERE owner_id = %s", [ALICE])
            self.assertEqual(cursor.fetchone(), (1,))
            statements.run_later(INSERT, [BOB, 1, 1])
            self.assertEqual(self.stored(), {ALICE, BOB})

    def test_an_error_of_what_was_put_off_undoes_the_transaction(self):
        with self.assertRaises(IntegrityError), transaction.atomic():
            statements.run_later(INSERT, [ALICE, 1, 1])
            statements.run_later(INSERT, [ALICE, 1, 1])
            statements.run_later(INSERT, [BOB, 1, 1])

        self.assertEqual(self.stored(), set())
        with transaction.atomic():
            self.assertEqual(statements.rows_of(INSERT, [ALICE, 1, 1]), [(ALICE, 1)])
        self.assertEqual(self.stored(), {ALICE})

    def test_what_was_put_off_is_dropped_with_the_transaction_or_savepoint(self):
        with self.assertRaises(KeyError), transaction.atomic():
            statements.run_later(INSERT, [ALICE, 1, 1])
            raise KeyError
        with transaction.atomic():
            statements.run_later(INSERT, [BOB, 1, 1])
            with self.assertRaises(KeyError), transaction.atomic():
                statements.run_later(INSERT, [CAROL, 1, 1])
                raise KeyError

        self.assertEqual(self.stored(), {BOB})

    def test_rows_of_a_statement_that_was_dropped_are_not_to_be_had(self):
        with self.assertRaises(KeyError), transaction.atomic():
            rows = statements.rows_later(INSERT, [ALICE, 1, 1])
            raise KeyError

        with self.assertRaises(transaction.TransactionManagementError):
            rows()

    def test_an_interrupt_at_the_end_undoes_the_transaction_and_stays_one(self):
        statements.run_later(INSERT, [BOB, 1, 1])
        with self.assertRaises(KeyboardInterrupt), transaction.atomic():
            statements.rows_of(INSERT, [ALICE, 1, 1])
            statements.run_later(INSERT, [CAROL, 1, 1])
            connection.connection.wait = mock.Mock(side_effect=KeyboardInterrupt)

        self.assertEqual(self.stored(), {BOB})

    def test_names_of_parameters_are_left_to_a_cursor(self):
        named = INSERT.replace("(%s, %s, %s)", "(%(owner_id)s, %(epoch)s, 1)")
        for number in range(PREPARED_AFTER + 2):
            parameters = {"owner_id": f"named{number}", "epoch": number}
            self.assertEqual(statements.rows_of(named, parameters), [(f"named{number}", 1)])

    def test_a_broken_transaction_takes_no_more(self):
        with transaction.atomic():
            transaction.set_rollback(True)
            for put in (statements.rows_of, statements.run_later):
                with self.assertRaises(transaction.TransactionManagementError):
                    put(INSERT, [ALICE, 1, 1])
        self.assertEqual(self.stored(), set())

    def test_a_connection_that_is_lost_before_the_end_loses_all(self):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            (own,) = cursor.fetchone()
        killer = connection.copy()
        self.addCleanup(killer.close)
        with self.assertRaises(OperationalError), transaction.atomic():
            statements.rows_of(INSERT, [ALICE, 1, 1])
            statements.run_later(INSERT, [BOB, 1, 1])
            with killer.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(%s::int, 5000::bigint)", [own])

        connection.close_if_unusable_or_obsolete()
        self.assertEqual(self.stored(), set())
        self.assertEqual(statements.rows_of(INSERT, [ALICE, 1, 1]), [(ALICE, 1)])

    def test_a_rollback_gives_up_what_is_prepared(self):
        with self.assertRaises(DatabaseError), transaction.atomic():
            statements.rows_of("SELECT 1 / %s::int", [0])
        for owner_id in (ALICE, BOB, CAROL, "dave"):
            self.assertEqual(statements.rows_of(INSERT, [owner_id, 1, 1]), [(owner_id, 1)])
