"""events/ of a real server: changes and totals as they happen, on SQLite and, where the suite runs on it, on PostgreSQL."""

import http.client
import json
import time
from contextlib import ExitStack
from pathlib import Path

import psycopg
from django.db import connection
from django.test import SimpleTestCase

from tests.support.cast import usersig
from tests.support.servers import Event, EventStream, RunningServer, scratch_postgresql, server_for_apps

ORIGIN = "https://app.example.org"
TOTALS = ["total", "muted", "conversations", "mentions", "markedUnread"]


def ids_of(events: list[Event]) -> list[str]:
    """The IDs of the conversations in these events, in their order."""
    changes = [change for event in events if event.name == "changes" for change in event.data["changes"]]
    return [change["conversation"]["conversationID"] for change in changes]


class EventChecks:
    """The same on both databases. Each test has an owner of its own, named after it."""

    server: RunningServer

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = server_for_apps(CORS_ALLOWED_ORIGINS=ORIGIN, **cls.environment())

    @classmethod
    def environment(cls) -> dict[str, str]:
        return {}

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()
        super().tearDownClass()

    def setUp(self):
        self.owner = self.id().rpartition(".")[2][-40:]

    def make(self, count: int = 1) -> None:
        self.server.do(f"make_conversations({count}, {self.owner!r}).clear()")

    def pin(self, conversation_id: str = "c2c_peer0", pinned: bool = True) -> None:
        self.server.do(f"set_pinned(owner_id={self.owner!r}, conversation_id={conversation_id!r}, pinned={pinned})")

    def headers(self, **more: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {usersig(self.owner)}"} | more

    def follow(self, query: str = "", headers: dict[str, str] | None = None) -> EventStream:
        stream = EventStream(self.server.port, self.headers() if headers is None else headers, query)
        self.addCleanup(stream.close)
        self.assertEqual(stream.response.status, 200)
        return stream

    def get(self, path: str, headers: dict[str, str], method: str = "GET"):
        """Status, headers and body of an answer that ends by itself."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=10)
        connection.request(method, f"/api/v1/{path}", headers=headers)
        response = connection.getresponse()
        self.addCleanup(connection.close)
        return response.status, response.headers, response.read()

    def assert_refused(self, status: int, code: int, query: str = "", headers: dict[str, str] | None = None) -> None:
        given = self.get(f"events/{query}", self.headers() if headers is None else headers)
        self.assertEqual((given[0], given[1]["Content-Type"]), (status, "application/problem+json"), given[2])
        self.assertEqual(json.loads(given[2])["code"], code)

    def assert_ends_with_problem(self, stream: EventStream, code: int) -> None:
        *_before, last = stream
        self.assertEqual((last.name, last.data["code"], last.id), ("problem", code, None))

    # ---- What is sent ------------------------------------------------------------------------

    def test_from_the_start_the_stream_is_the_list(self):
        self.make(250)
        listed = json.loads(self.get("conversations/?count=500", self.headers())[2])["conversationList"]

        stream = self.follow()
        first, *pages, last = stream.until("unread") + stream.until("unread")

        self.assertEqual(
            [first.name, last.name, [len(page.data["changes"]) for page in pages]], ["unread", "unread", [100, 100, 50]]
        )
        self.assertEqual((list(first.data), first.id), (TOTALS, None))
        changes = [change for page in pages for change in page.data["changes"]]
        self.assertEqual({change["kind"] for change in changes}, {"new"})
        by_id = {change["conversation"]["conversationID"]: change["conversation"] for change in changes}
        self.assertEqual(by_id, {conversation["conversationID"]: conversation for conversation in listed})
        self.assertEqual([page.id for page in pages], [page.data["version"] for page in pages])
        self.assertTrue(3000 <= stream.retry_ms <= 6000)

    def test_a_change_arrives_with_its_place_and_the_totals(self):
        self.make(2)
        stream = self.follow()
        *_before, newest, _unread = stream.until("unread") + stream.until("unread")

        self.pin()
        event, unread = stream.until("unread")

        answer = json.loads(self.get(f"changes/?since={newest.id}", self.headers())[2])
        self.assertEqual((event.name, event.data, event.id), ("changes", answer, answer["version"]))
        self.assertEqual((ids_of([event]), event.data["changes"][0]["kind"]), (["c2c_peer0"], "changed"))
        self.assertEqual(unread.data, json.loads(self.get("unread/", self.headers())[2]))

    def test_extra_is_sent_where_it_is_asked_for(self):
        self.make()

        [_unread, event] = self.follow("?extra=true").until("changes")

        self.assertEqual(list(event.data["changes"][0]["conversation"]["imsite"]), ["version", "membership"])

    def test_conversations_come_in_the_web_sdks_form_where_it_is_asked_for(self):
        self.make(2)
        image = '{"timestamp":1760000000,"sender":"peer0","elemType":3,"imageElem":{}}'
        self.server.do(f"Conversation.objects.filter(owner_id={self.owner!r}).update(last_message={image!r})")
        stream = self.follow("?format=web", self.headers(**{"Accept-Language": "zh-Hans"}))

        [_unread, event] = stream.until("changes")
        self.server.do(f"delete_one(owner_id={self.owner!r}, conversation_id='c2c_peer1')")
        deleted = stream.until("changes")[-1]

        self.assertEqual(ids_of([event]), ["C2Cpeer0", "C2Cpeer1"])
        self.assertEqual(event.data["changes"][0]["conversation"]["lastMessage"]["messageForShow"], "[图片]")
        self.assertEqual(deleted.data["changes"], [{"kind": "deleted", "conversationID": "C2Cpeer1"}])

    def test_an_owner_never_seen_may_be_waited_for(self):
        stream = self.follow()
        stream.until("unread")

        self.make()
        self.pin()  # make_conversations() itself tells nobody

        # The first may tell of the owner alone, who is made before the conversation.
        while not (ids := ids_of(stream.until("changes"))):
            pass
        self.assertEqual(ids, ["c2c_peer0"])

    def test_a_client_goes_on_after_the_last_event_it_had(self):
        self.make(250)
        stream = self.follow()
        events = stream.until("unread") + stream.until("unread")

        again = self.follow("?since=0", self.headers(**{"Last-Event-ID": events[1].id}))

        self.assertEqual(again.until("unread")[1:] + again.until("unread"), events[2:])

    def test_since_is_a_token_and_a_client_with_all_gets_only_what_comes(self):
        self.make(3)
        token = self.get("conversations/", self.headers())[1]["Owner-Version"]
        stream = self.follow(f"?since={token}")
        stream.until("unread")

        self.pin("c2c_peer2")

        self.assertEqual(ids_of(stream.until("unread")), ["c2c_peer2"])

    def test_a_token_of_another_epoch_starts_over(self):
        self.make()

        [unread, reset, changes] = self.follow("?since=1.1").until("changes")

        self.assertEqual((unread.name, reset), ("unread", Event("reset", {"version": "0"}, "0")))
        self.assertEqual(ids_of([changes]), ["c2c_peer0"])

    def test_every_stream_of_an_owner_is_told(self):
        self.make()
        streams = [self.follow("?since=0") for _n in range(5)]
        for stream in streams:
            stream.until("unread"), stream.until("unread")

        self.pin()

        for stream in streams:
            self.assertEqual(ids_of(stream.until("unread")), ["c2c_peer0"])

    def test_heartbeats_come_when_nothing_else_does(self):
        stream = self.follow()
        stream.until("")
        started = time.monotonic()
        stream.until("")

        self.assertGreater(time.monotonic() - started, 0.5)  # it is not beating all the time

    def test_the_head_of_the_answer(self):
        stream = EventStream(self.server.port, self.headers(Origin=ORIGIN))
        head = self.get("events", self.headers(), "HEAD")
        self.addCleanup(stream.close)

        headers = stream.response.headers
        self.assertEqual(headers["Content-Type"], "text/event-stream")
        self.assertEqual(headers["Cache-Control"], "private, no-cache, no-store")
        self.assertEqual((headers["X-Accel-Buffering"], headers["X-Content-Type-Options"]), ("no", "nosniff"))
        self.assertEqual(headers["Access-Control-Allow-Origin"], ORIGIN)
        self.assertEqual((head[0], head[1]["Content-Type"], head[2]), (200, "text/event-stream", b""))

    # ---- Who may listen ----------------------------------------------------------------------

    def test_bad_requests_are_refused_before_the_stream(self):
        self.assert_refused(400, 6017, "?since=garbage")
        self.assert_refused(400, 6017, headers=self.headers(**{"Last-Event-ID": "garbage"}))
        self.assert_refused(400, 6017, "?sinse=0")
        self.assert_refused(400, 6017, "?extra=maybe")
        self.assert_refused(400, 6017, "?format=json")
        self.assert_refused(400, 6017, "?owner=%FF")
        self.assertEqual(self.get("events/", self.headers(), "POST")[0], 405)

    def test_bad_credentials_are_refused_before_the_stream(self):
        ingester = self.server.do("with_key(None, ['ingest'])")["HTTP_AUTHORIZATION"]
        service = self.server.do("with_key(None)")["HTTP_AUTHORIZATION"]

        self.assert_refused(401, 6014, headers={})
        self.assert_refused(401, 70003, headers={"Authorization": "Bearer nonsense"})
        self.assert_refused(401, 6014, headers={"Authorization": "Basic nonsense"})
        self.assert_refused(403, 10007, "?owner=carol")
        self.assert_refused(403, 10007, headers={"Authorization": ingester})
        self.assert_refused(400, 6017, headers=self.headers() | {"Host": "evil.example"})
        self.assert_refused(400, 6017, headers={"Authorization": service})
        self.follow(f"?owner={self.owner}", {"Authorization": service})

    def test_refusals_speak_the_reader_s_language_and_may_be_read_by_named_origins(self):
        headers = {"Accept-Language": "zh-CN", "Origin": ORIGIN, "Host": "evil.example"}
        status, given, body = self.get("events/?since=x", self.headers(**headers))

        self.assertEqual((status, json.loads(body)["title"]), (400, "参数无效"))
        self.assertEqual(given["Access-Control-Allow-Origin"], ORIGIN)
        self.assert_refused(400, 6017, headers={"Host": "evil.example"})

    def test_a_revoked_key_ends_the_stream(self):
        key = self.server.do(f"with_key({self.owner!r})")["HTTP_AUTHORIZATION"]
        stream = self.follow(headers={"Authorization": key})
        stream.until("")

        self.server.do(f"api_keys.revoke({key.split('_')[1]!r})")

        self.assert_ends_with_problem(stream, 6014)

    def test_an_expired_usersig_ends_the_stream(self):
        stream = self.follow(headers={"Authorization": f"Bearer {usersig(self.owner, expire_s=1)}"})

        self.assert_ends_with_problem(stream, 70001)

    def test_a_staff_session_names_the_owner_and_lasts_as_long_as_the_right(self):
        cookie = {"Cookie": f"sessionid={self.server.do('session_of(support())')}"}
        self.make()
        self.assert_refused(400, 6017, headers=cookie)
        stream = self.follow(f"?owner={self.owner}", cookie)
        stream.until("unread"), stream.until("unread")

        self.pin()
        self.assertEqual(ids_of(stream.until("changes")), ["c2c_peer0"])
        self.server.do("User.objects.filter(username='sue').update(is_staff=False)")

        self.assert_ends_with_problem(stream, 10007)

    def test_a_session_without_the_right_is_refused(self):
        for who in ("colleague()", "User.objects.create_user('nobody')"):
            cookie = {"Cookie": f"sessionid={self.server.do(f'session_of({who})')}"}
            self.assert_refused(403, 10007, f"?owner={self.owner}", cookie)
        self.assert_refused(401, 6014, f"?owner={self.owner}", {"Cookie": "sessionid=nonsense"})

    # ---- What it costs -----------------------------------------------------------------------

    def test_open_streams_hold_no_threads_and_their_end_frees_them(self):
        service = {"Authorization": self.server.do("with_key(None)")["HTTP_AUTHORIZATION"]}  # a user's streams are limited
        tasks, files = (Path(f"/proc/{self.server.worker()}/{kind}") for kind in ("task", "fd"))

        def count(directory: Path) -> int:
            return sum(1 for _entry in directory.iterdir())

        with ExitStack() as streams:
            for _n in range(20):
                streams.enter_context(self.follow(f"?owner={self.owner}", service)).until("unread")
            threads_of_20, files_of_20 = count(tasks), count(files)
            for _n in range(180):
                streams.enter_context(self.follow(f"?owner={self.owner}", service)).until("unread")
            self.assertLess(count(tasks), threads_of_20 + 20)  # those that read for all come one by one
            self.assertGreaterEqual(count(files), files_of_20 + 170)
        deadline = time.monotonic() + 5
        while count(files) > files_of_20 and time.monotonic() < deadline:
            time.sleep(0.1)
        self.assertLessEqual(count(files), files_of_20)


class SQLiteEventTests(EventChecks, SimpleTestCase):
    pass


class PostgreSQLEventTests(EventChecks, SimpleTestCase):
    __test__ = connection.vendor == "postgresql"  # where the suite runs on it

    @classmethod
    def environment(cls) -> dict[str, str]:
        cls.database = cls.enterClassContext(scratch_postgresql())
        return {"DATABASE_URL": cls.database}

    def test_a_change_is_announced_not_found(self):
        self.make()
        stream = self.follow()
        stream.until("unread"), stream.until("unread")

        self.pin()
        started = time.monotonic()
        stream.until("changes")

        # Lists are looked at every 15 seconds, too.
        self.assertLess(time.monotonic() - started, 5)

    def test_listening_goes_on_after_its_connection_is_lost(self):
        self.make()
        stream = self.follow()
        stream.until("unread"), stream.until("unread")

        with psycopg.connect(self.database, autocommit=True) as server:
            ended = server.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'imsite events' "
                "AND datname = current_database()"
            )
            self.assertEqual(ended.fetchall(), [(True,)])
        self.pin()
        started = time.monotonic()

        self.assertEqual(ids_of(stream.until("changes")), ["c2c_peer0"])
        self.assertLess(time.monotonic() - started, 2)
