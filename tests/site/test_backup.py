"""docs/backup.md as pasted: a dump and its restore, and the return to a point in time on a PostgreSQL of its own."""

import os
import shutil
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import skipUnless
from urllib.parse import urlsplit

import psycopg
from django.db import connection
from django.test import SimpleTestCase

from tests.support import clusters, documents
from tests.support.servers import drop_postgresql, migrated_sqlite, postgresql_parameters, scratch_postgresql

PAGE = "docs/backup.md"


def own_variables() -> dict[str, str]:
    """The variables by which PostgreSQL's tools find the suite's server."""
    return {f"PG{name.upper()}": str(value) for name, value in postgresql_parameters().items()}


@skipUnless(connection.vendor == "postgresql", "PostgreSQL's tools")
class DumpTests(SimpleTestCase):
    def test_a_restored_dump_is_whole_and_its_clients_start_over(self):
        script = "\n".join(block for block in documents.blocks(PAGE) if "sqlite3" not in block)
        with scratch_postgresql() as database, tempfile.TemporaryDirectory() as folder:
            name = urlsplit(database).path.strip("/")
            self.addCleanup(drop_postgresql, f"{name}_restored")
            script = script.replace("postgres://imsite:password@127.0.0.1:5432/imsite_restored", f"{database}_restored")
            script = script.replace("--owner imsite ", "").replace("imsite_restored", f"{name}_restored")
            environment = os.environ | own_variables() | {"DATABASE_URL": database, "DEBUG": "true", "HOME": folder}
            documents.linked_checkout(Path(folder))
            demo = [".venv/bin/python", "manage.py", "create_demo_data", "--owners", "8"]
            subprocess.run(demo, cwd=folder, env=environment, check=True, capture_output=True)

            documents.paste(script, folder=Path(folder), environment=environment)

            before, after = (self.lists_of(url) for url in (database, f"{database}_restored"))
        self.assertEqual(len(before), 8)
        self.assertEqual([row[:2] for row in before], [row[:2] for row in after])
        self.assertTrue(all(old[2] < new[2] for old, new in zip(before, after)), "some clients would not start over")

    def lists_of(self, database: str) -> list[tuple[str, int, int]]:
        with psycopg.connect(database) as session:
            return session.execute(
                "SELECT owner_id, (SELECT count(*) FROM conversations_conversation c WHERE c.owner_id = o.owner_id), epoch"
                " FROM conversations_owner o ORDER BY 1"
            ).fetchall()


class CopyTests(SimpleTestCase):
    def test_a_copy_of_a_sqlite_file_has_its_tables(self):
        (script,) = (block for block in documents.blocks(PAGE) if "sqlite3" in block)
        with tempfile.TemporaryDirectory() as folder:
            documents.linked_checkout(Path(folder))
            shutil.copy(migrated_sqlite(), f"{folder}/imsite.sqlite3")
            documents.paste(script, folder=Path(folder), environment=os.environ)

            copy = sqlite3.connect(f"{folder}/imsite-backup.sqlite3")
            self.addCleanup(copy.close)
            self.assertTrue(copy.execute("SELECT count(*) FROM django_migrations").fetchone()[0])


@skipUnless(connection.vendor == "postgresql", "PostgreSQL's tools")
@skipUnless(clusters.BINARIES.name, "missing: apt-get install postgresql")
class PointInTimeTests(SimpleTestCase):
    def setUp(self):
        self.folder = self.enterContext(clusters.cluster_folder())
        archive, self.recovery = (self.as_tried(block) for block in documents.blocks(PAGE, "ini"))
        self.base_backup = self.as_tried(documents.blocks(PAGE, "bash")[0])
        (self.folder / "wal").mkdir()
        if os.geteuid() == 0:
            shutil.chown(self.folder / "wal", "postgres", "postgres")
        self.cluster = clusters.Cluster.make("data", self.folder, archive)

    def as_tried(self, text: str) -> str:
        return text.replace("/backup", str(self.folder))

    @contextmanager
    def serving(self) -> Iterator[psycopg.Connection]:
        self.cluster.start()
        try:
            with self.cluster.connect() as session:
                yield session
        finally:
            self.cluster.stop()

    def test_the_database_returns_to_the_moment_before_a_mistake(self):
        with self.serving() as session:
            session.execute("CREATE TABLE kept (number int)")
            self.cluster.run_tool("sh", "-c", self.base_backup)
            session.execute("INSERT INTO kept VALUES (1)")
            (moment,) = session.execute("SELECT now()::text").fetchone()
            time.sleep(0.01)
            session.execute("DELETE FROM kept")
        data = self.cluster.data
        data.rename(self.folder / "lost")
        (self.folder / "base").rename(data)
        self.cluster.configure(self.recovery.replace("2026-11-29 12:00:00+00", moment))
        self.cluster.run_tool("touch", str(data / "recovery.signal"))

        with self.serving() as session:
            while session.execute("SELECT pg_is_in_recovery()").fetchone() == (True,):
                time.sleep(0.05)
            self.assertEqual(session.execute("SELECT number FROM kept").fetchall(), [(1,)])
        self.assertIn("recovery stopping before commit", (self.folder / "log").read_text())
