"""A production start refuses what is unsafe, by name; a fresh checkout needs nothing."""

import os
import subprocess
import sys
from unittest import mock

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.test import TestCase

from imsite.postgresql import base
from imsite.safety import refuse_unsafe

SAFE = {
    "SECRET_KEY": "NqVwYS81VP7Hb1DX8pPd5khxE3pyIgKpaUnArl63XykWZeiNNC",  # 50 characters
    "ALLOWED_HOSTS": ["im.example.org"],
    "IS_DATABASE_NAMED": True,
    "IM_SDK_APP_ID": 0,
    "IM_SECRET_KEY": "",
    "CSRF_TRUSTED_ORIGINS": ["https://im.example.org"],
    "CORS_ALLOWED_ORIGINS": [],
    "MAX_PINNED": 50,
    "MAX_BODY_BYTES": 1000,
    "TOMBSTONE_DAYS": 30,
    "CALLBACK_WINDOW_S": 60,
    "CALLBACK_DAYS": 7,
    "EVENTS_HEARTBEAT_S": 15,
    "LOGIN_FAILURES": 10,
    "LOGIN_LOCK_S": 900,
    "SESSION_COOKIE_AGE": 1,
    "PORT": 8000,
    "EVENTS_PORT": 8001,
    "WEB_WORKERS": 1,
    "WEB_THREADS": 1,
    "EVENTS_WORKERS": 1,
}


def test_safe_settings_pass():
    refuse_unsafe(SAFE)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", ""),
        ("SECRET_KEY", "too short"),
        ("SECRET_KEY", "NqVwYS81VP7Hb1DX8pPd5khxE3pyIgKpaUnArl63XykWZeiNN"),
        ("SECRET_KEY", "a" * 60),
        ("SECRET_KEY", "django-insecure-" + "k3yW1th50randomcharacters" * 2),
        ("ALLOWED_HOSTS", []),
        ("ALLOWED_HOSTS", ["*"]),
        ("DATABASE_URL", None),
        ("IM_SDK_APP_ID", 1400000001),
        ("IM_SECRET_KEY", "without an app"),
        ("CSRF_TRUSTED_ORIGINS", ["http://im.example.org"]),
        ("CORS_ALLOWED_ORIGINS", ["http://app.example.org"]),
        ("MAX_PINNED", 0),
        ("MAX_BODY_BYTES", 0),
        ("TOMBSTONE_DAYS", 0),
        ("CALLBACK_WINDOW_S", 0),
        ("CALLBACK_DAYS", 0),
        ("EVENTS_HEARTBEAT_S", 0),
        ("LOGIN_FAILURES", 0),
        ("LOGIN_LOCK_S", 0),
        ("SESSION_COOKIE_AGE", 0),
        ("EVENTS_PORT", 8000),
        ("WEB_WORKERS", 0),
        ("WEB_THREADS", 0),
        ("EVENTS_WORKERS", 0),
    ],
)
def test_each_unsafe_setting_is_named(name, value):
    setting = "IS_DATABASE_NAMED" if name == "DATABASE_URL" else name
    with pytest.raises(ImproperlyConfigured, match=name):
        refuse_unsafe(SAFE | {setting: value})


def test_all_problems_are_told_at_once():
    with pytest.raises(ImproperlyConfigured, match=r"SECRET_KEY.*ALLOWED_HOSTS"):
        refuse_unsafe(SAFE | {"SECRET_KEY": "", "ALLOWED_HOSTS": []})


def start(**environment: str) -> subprocess.CompletedProcess:
    """What a process of its own says when it loads the WSGI application."""
    return subprocess.run(
        [sys.executable, "-c", "import imsite.wsgi"], env=inherited() | environment, capture_output=True, text=True, check=False
    )


def inherited() -> dict[str, str]:
    """What a process gets that has no settings but a database."""
    return {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ} | {"DATABASE_URL": "sqlite:///:memory:"}


def test_the_token_of_the_demo_is_none_in_production():
    code = "from imsite import settings; print([settings.IM_SDK_APP_ID, settings.IM_CALLBACK_TOKEN])"

    def settings_with(**environment: str) -> str:
        command = [sys.executable, "-c", code]
        return subprocess.run(command, env=inherited() | environment, capture_output=True, text=True, check=True).stdout.strip()

    assert settings_with(DEBUG="true") == "[1400000000, 'demo-only-callback-token']"
    assert settings_with(SECRET_KEY=SAFE["SECRET_KEY"], ALLOWED_HOSTS="im.example.org") == "[0, '']"


@pytest.mark.parametrize(("lock_timeout", "seconds"), [("7", "7"), ("0", "2147483")])
def test_sqlite_waits_as_long_as_the_setting_says(lock_timeout, seconds):
    code = "import imsite.wsgi; from django.db import connection; print(connection.settings_dict['OPTIONS']['timeout'])"
    environment = os.environ | {"DATABASE_URL": "sqlite:///none.sqlite3", "LOCK_TIMEOUT_S": lock_timeout}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == seconds


FAILURES = """
import imsite.wsgi
from django.core.handlers.exception import response_for_exception
from django.core.exceptions import DisallowedHost
from django.db import transaction
from django.test import RequestFactory

def broken():
    raise RuntimeError("broken on purpose")

with transaction.atomic():
    transaction.on_commit(broken, robust=True)
response_for_exception(RequestFactory().get("/api/v1/"), DisallowedHost("Unknown host"))
"""


def test_production_logs_failures_after_a_commit_and_refused_hosts_once():
    safe = {"SECRET_KEY": SAFE["SECRET_KEY"], "ALLOWED_HOSTS": "im.example.org"}

    done = subprocess.run([sys.executable, "-c", FAILURES], env=inherited() | safe, capture_output=True, text=True, check=True)

    assert "Error calling broken in on_commit()" in done.stderr
    assert "builtins.RuntimeError" in done.stderr
    assert "broken on purpose" not in done.stderr  # a message may quote what people wrote
    assert done.stderr.count("Unknown host") == 1


def test_the_wsgi_door_is_production_and_refuses_to_open_unset():
    done = start()

    assert done.returncode != 0
    assert "SECRET_KEY is missing. ALLOWED_HOSTS is missing" in done.stderr


def test_the_wsgi_door_opens_with_safe_settings():
    assert start(SECRET_KEY=SAFE["SECRET_KEY"], ALLOWED_HOSTS="im.example.org").returncode == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MAX_PINNED", "many"),
        ("IM_SDK_APP_ID", "-1"),
        ("LOCK_TIMEOUT_S", "9" * 30),
        ("STATEMENT_TIMEOUT_S", "2147484"),
        ("WEBHOOK_DAYS", "36501"),
        ("PORT", "65536"),
        ("CALLBACK_DAYS", "1000000"),
        ("DATABASE_URL", "mysql://root@127.0.0.1/x"),
        ("DATABASE_URL", "foo"),
        ("DATABASE_REPLICA_URL", "postgres://postgres@127.0.0.1:5432/x"),  # of SQLite
        ("DATABASE_REPLICA_URL", "foo"),
        ("DATABASE_REPLICA_LAG_S", "soon"),
        ("VIEW_REASON_REQUIRED", "maybe"),
        ("DATABASE_PREPARE", "2"),
        ("RATE_LIMIT_USER", "1.5"),
        ("MAX_STREAMS_KEY", "-1"),
        ("REDIS_URL", "localhost:6379"),
        ("REDIS_URL", "redis://localhost:port/0"),
        ("REDIS_URL", "redis://localhost/0?sokcet_timeout=1"),
    ],
)
def test_a_malformed_setting_is_named(name, value):
    done = start(SECRET_KEY=SAFE["SECRET_KEY"], ALLOWED_HOSTS="im.example.org", **{name: value})

    assert done.returncode != 0
    assert f"ImproperlyConfigured: {name}" in done.stderr


def test_a_malformed_database_url_recalls_how_passwords_are_written():
    done = start(DEBUG="true", DATABASE_URL="postgres://imsite:a/b@127.0.0.1:5432/imsite")

    assert "@ is %40" in done.stderr
    assert "a/b" not in done.stderr.splitlines()[-1]


@pytest.mark.parametrize("url", ["", None])
def test_production_does_not_fall_back_to_sqlite(url):
    given = {"SECRET_KEY": SAFE["SECRET_KEY"], "ALLOWED_HOSTS": "im.example.org", "PATH": os.environ["PATH"]}
    code = "from imsite import settings; print(settings.DATABASES['default']['NAME'])"

    def load(**environment: str) -> subprocess.CompletedProcess:
        environment |= {} if url is None else {"DATABASE_URL": url}
        return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)

    refused, demo = load(**given), load(DEBUG="true", PATH=os.environ["PATH"])

    assert "Unsafe settings: DATABASE_URL is missing" in refused.stderr
    assert demo.stdout.strip().endswith("/imsite.sqlite3")


def test_an_empty_setting_counts_as_not_given():
    assert start(SECRET_KEY=SAFE["SECRET_KEY"], ALLOWED_HOSTS="im.example.org", IM_SDK_APP_ID="").returncode == 0


def manage(*arguments: str, **environment: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, env=inherited() | environment, capture_output=True, text=True, check=False)


def test_whoever_has_a_secret_key_is_in_production_and_gets_no_demo_login():
    done = manage("create_demo_data", SECRET_KEY=SAFE["SECRET_KEY"], ALLOWED_HOSTS="im.example.org")

    assert done.returncode == 1
    assert "production" in done.stderr


def test_a_command_says_what_is_unsafe_in_one_line():
    done = manage("check", SECRET_KEY="too short", ALLOWED_HOSTS="im.example.org")

    assert done.returncode == 1
    assert done.stderr.strip().startswith("Unsafe settings: SECRET_KEY is too weak")


def test_a_command_in_a_database_without_tables_says_so_in_one_sentence(tmp_path):
    done = manage("export_user", "alice", DEBUG="true", DATABASE_URL=f"sqlite:///{tmp_path}/new.sqlite3")

    assert done.returncode == 1
    assert done.stderr == "The database has no tables, or not those of this version. Run make release.\n"


def test_what_is_safe_here_gives_no_warning_of_djangos():
    done = manage("check", "--deploy", "--fail-level", "WARNING", SECRET_KEY=SAFE["SECRET_KEY"], ALLOWED_HOSTS="im.example.org")

    assert (done.returncode, done.stderr) == (0, "")


def test_a_setting_may_come_from_a_file(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text(SAFE["SECRET_KEY"])

    assert start(SECRET_KEY_FILE=str(secret), ALLOWED_HOSTS="im.example.org").returncode == 0


class DatabaseTests(TestCase):
    def test_postgresql_compiles_no_query_whatever_else_is_set(self):
        if connection.vendor != "postgresql":
            return
        for given in ({}, {"options": "-c jit=on -c work_mem=5MB"}, {"pool": True}):
            with self.subTest(given=given):
                other = connection.copy(alias=f"with {' '.join(given)}")
                other.settings_dict["OPTIONS"] |= given
                other.settings_dict["CONN_MAX_AGE"] = 0  # a pool's are not kept otherwise
                try:
                    with other.cursor() as cursor:
                        cursor.execute("SELECT current_setting('jit'), current_setting('work_mem')")
                        jit, memory = cursor.fetchone()
                finally:
                    other.close()
                    other.close_pool()
                self.assertEqual((jit, memory == "5MB"), ("off", "options" in given))

    def test_a_connection_that_the_server_closed_is_found_out_without_asking(self):
        if connection.vendor != "postgresql":
            self.assertNotIsInstance(connection, base.DatabaseWrapper)
            return
        other = connection.copy()
        other.connect()
        try:
            with mock.patch.object(base.base.DatabaseWrapper, "is_usable", side_effect=AssertionError("asked")):
                self.assertTrue(other.is_usable())
            pid = other.connection.info.backend_pid
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
            self.assertFalse(other.is_usable())
        finally:
            other.close()
