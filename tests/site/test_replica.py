"""Who answers a read where there is a replica, and what a client sees when the standby is behind."""

from tests.support.cast import bearer, usersig
from tests.support.replica import READS, ReplicaTestCase

BOB = bearer(usersig("bob"))["HTTP_AUTHORIZATION"]


class BehindTests(ReplicaTestCase):
    def test_the_replica_answers_each_of_the_reads(self):
        for path in READS:
            with self.subTest(path):
                self.assertTrue(self.is_from_replica(path))
        self.assertTrue(self.is_from_replica("conversations/c2c_nobody/?placeholder=true"))

    def test_what_is_no_hot_read_goes_on_as_without_a_replica(self):
        for path in ("changes/", "conversation-groups/"):
            before = self.reads()
            self.assertEqual(self.ask(path).status, 200)
            self.assertEqual(self.reads(), before)

    def test_a_client_sees_an_older_state_unless_it_names_the_version_of_its_write(self):
        old = {path: self.ask(path) for path in READS}
        self.pause()
        written = self.change()
        for path in READS:
            with self.subTest(path):
                self.assertEqual((self.ask(path).content, self.ask(path).version), (old[path].content, old[path].version))
                self.assertEqual(self.ask(path, Owner_Version=written).version, written)
                self.assertEqual(self.ask(path, Owner_Version=old[path].version).version, old[path].version)
                self.assertEqual(self.ask(path, Owner_Version="0").version, old[path].version)
        many = {"method": "POST", "body": {"conversationIDList": ["c2c_peer2"]}, "Content_Type": "application/json"}
        self.assertEqual(self.ask("conversations/lookup/", **many).version, old["unread/"].version)
        self.assertEqual(self.ask("conversations/lookup/", **many, Owner_Version=written).version, written)
        self.catch_up()
        for path in READS:
            self.assertEqual(self.ask(path).version, written)
            self.assertTrue(self.is_from_replica(path, Owner_Version=written))

    def test_what_is_not_there_yet_is_not_found_unless_the_version_is_named(self):
        self.pause()
        self.server.do("make_conversation(conversation_id='c2c_newcomer')")
        newest = self.ask("changes/").version

        self.assertEqual(self.ask("conversations/c2c_newcomer/").status, 404)
        self.assertEqual(self.ask("conversations/c2c_newcomer/", Owner_Version=newest).status, 200)
        self.assertEqual(self.ask("conversations/c2c_nobody/", Owner_Version=newest).status, 404)

    def test_a_poll_never_goes_back(self):
        self.pause()
        newest = self.change()
        for path in READS:
            with self.subTest(path):
                etag = self.ask(path, Owner_Version=newest).headers["ETag"]
                for given in (etag, f"W/{etag}", f'"x", {etag}'):
                    poll = self.ask(path, If_None_Match=given)
                    self.assertEqual((poll.status, poll.version), (304, newest))
                behind = self.ask(path)
                self.assertEqual(self.ask(path, If_None_Match=behind.headers["ETag"]).status, 304)
                update = self.ask(path, If_None_Match=behind.headers["ETag"], Owner_Version=newest)
                self.assertEqual((update.status, update.version), (200, newest))

    def test_a_page_is_not_older_than_the_one_before(self):
        old = self.ask("conversations/?count=1")
        self.pause()
        newest = self.change()
        for filters in ("", "&type=1"):
            first = self.ask(f"conversations/?count=1{filters}", Owner_Version=newest)
            second = self.ask(f"conversations/?count=1{filters}&nextSeq={first.content['nextSeq']}")
            self.assertEqual((first.version, second.version), (newest, newest))
        following = self.ask(f"conversations/?count=1&nextSeq={old.content['nextSeq']}")
        self.assertEqual(following.version, old.version)

    def test_totals_that_are_kept_belong_to_their_version(self):
        old = self.ask("unread/")
        self.pause()
        read = self.ask("conversations/c2c_peer1/read/", "POST")
        self.assertEqual(read.status, 200)
        for _time in range(2):
            new = self.ask("unread/", Owner_Version=read.version)
            self.assertEqual((new.version, new.content["total"]), (read.version, old.content["total"] - 2))
            again = self.ask("unread/")
            self.assertEqual((again.version, again.content), (old.version, old.content))
        self.catch_up()
        self.assertEqual(self.ask("unread/").content, new.content)

    def test_a_new_epoch_is_found_though_the_replica_does_not_know_it(self):
        self.pause()
        self.server.manage("reset_sync_tokens")
        newest = self.ask("changes/").version

        self.assertEqual(self.ask("unread/", Owner_Version=newest).version, newest)
        self.assertNotEqual(self.ask("unread/").version, newest)
        self.catch_up()
        of_old_epoch = self.ask("unread/", Owner_Version="1.5")
        self.assertEqual((of_old_epoch.status, of_old_epoch.version), (200, newest))
        self.assertFalse(self.ask(f"changes/?since={self.ask('unread/').version}").content["resetRequired"])

    def test_a_version_that_is_none_is_refused_by_its_name(self):
        for path in READS:
            refused = self.ask(path, Owner_Version="yesterday")
            self.assertEqual((refused.status, list(refused.content["errors"])), (400, ["Owner-Version"]))

    def test_credentials_are_refused_as_ever(self):
        self.pause()
        key = self.server.do("with_key('alice')")["HTTP_AUTHORIZATION"]
        self.assertEqual(self.ask("unread/", Authorization=key).status, 200)  # the replica does not know it
        self.server.do("ApiKey.objects.all().delete()[0]")
        self.wait_for(lambda: self.ask("unread/", Authorization=key).status == 401)  # it is remembered for a second
        for path in READS:
            more = "&" if "?" in path else "?"
            expired = bearer(usersig(expire_s=-1))["HTTP_AUTHORIZATION"]
            with self.subTest(path):
                self.assertEqual(self.ask(f"{path}{more}owner=alice", Authorization=BOB).status, 403)
                for credential in (expired, key, "Bearer x", ""):
                    self.assertEqual(self.ask(path, Authorization=credential).status, 401)
        of_bob = self.ask("conversations/", Authorization=BOB)
        self.assertEqual((of_bob.content["conversationList"], of_bob.version), ([], "0"))

    def test_nothing_is_written_there(self):
        self.change()
        for path in READS:
            self.ask(path)

        rows = "Owner.objects.using('replica').raw(\"SELECT 'x' AS owner_id, current_setting('{}') AS nick_name\")"
        self.assertEqual(self.server.do(rows.format("default_transaction_read_only") + "[0].nick_name"), "on")
        self.assertNotIn("cannot execute", (self.folder / "log").read_text())
