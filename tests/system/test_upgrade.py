"""Hot upgrades: tried without changing anything, watched on probation, and taken back with everything that came meanwhile."""

import threading
import unittest

from bus import MAIN, class_desc
from processes import eventually, kill
from system_case import OwnSystem

PACKAGE = "upgrade_fixture"


def version(number):
    return class_desc("Ward", f"{PACKAGE}=={number}.0.0")


class Upgrade(OwnSystem):
    def setUp(self):
        super().setUp()
        self.king.ask(MAIN, "create_actor", {"class_desc": version(1), "name": "ward"}).must_be("actor_is_created")
        self.due = 0

    def upgrade(self, timeout=15.0, **more):
        return self.king.ask(None, "recreate_actor", {"entity": "ward", "class_desc": version(2), **more}, timeout=timeout)

    def count(self, times=10):
        for _ in range(times):
            self.king.ask("ward", "count", {"number": self.due}).must_be("counted")
            self.due += 1

    def is_right(self, number):
        """The actor has counted all, in order, and is of that version."""
        report = self.king.ask("ward", "report").body
        self.assertEqual(report, {"next": self.due, "wrong": 0, "version": number})

    def upgrading(self, **more):
        """An upgrade under way: what comes out of it is `self.outcome` after join()."""
        def ask():
            with self.king.another("upgrader") as bus:
                self.outcome = bus.ask(None, "recreate_actor", {"entity": "ward", "class_desc": version(2), **more}, timeout=20.0)
        thread = threading.Thread(target=ask)
        thread.start()
        self.assertTrue(eventually(lambda: self.king.ask("ward", "report").body["version"] == 2, 10.0))
        return thread

    def test_dry_run(self):
        """a dry run says that it can be done, or why not, and changes nothing"""
        self.count()
        self.upgrade(dry_run=True).must_be("actor_can_be_recreated")
        self.is_right(1)
        self.king.ask("ward", "spoil")
        refused = self.upgrade(dry_run=True).must_be("actor_is_not_recreated")
        self.assertEqual((refused["reason"], refused["text"]), ("broken_state", "this state is spoiled"))
        self.is_right(1)

    def test_self_check(self):
        """a version that does not like the state it has converted does not take over, and says why"""
        self.count()
        self.king.ask("ward", "spoil")
        refused = self.upgrade().must_be("actor_is_not_recreated")
        self.assertEqual(refused["reason"], "broken_state")
        self.count()
        self.is_right(1)

    def test_passed(self):
        """a version that does well on probation stays, with the state and without losing anything"""
        self.count()
        thread = self.upgrading(probation={"errors": 1, "milliseconds": 1_500})
        self.count(100)
        thread.join()
        self.assertGreaterEqual(self.outcome.must_be("actor_is_recreated")["probation_ms"], 1_500)
        self.count()
        self.is_right(2)

    def test_way_back(self):
        """a version that fails on probation goes, and the earlier one is back with its state and with all mail since, in order"""
        node = self.king.create_process()
        for place in (node, MAIN):
            before = self.due
            thread = self.upgrading(node=place, probation={"errors": 2, "milliseconds": 15_000}, replay=True)
            with self.fails("handler_failed"):
                self.king.ask("ward", "fail")
            for _ in range(50):
                self.king.send("ward", "count", {"number": self.due})
                self.due += 1
            self.king.send("ward", "fail")
            for _ in range(50):
                self.king.send("ward", "count", {"number": self.due})
                self.due += 1
            thread.join()
            refused = self.outcome.must_be("actor_is_not_recreated")
            self.assertEqual(refused["reason"], "handler_failed")
            self.assertGreaterEqual(refused["replayed"], 51)
            self.assertEqual(self.due - before, 100)
            self.is_right(1)
            self.assertEqual(self.king.node_of("ward"), MAIN)
        self.count()
        self.is_right(1)

    def test_no_replay(self):
        """without replay the mail of a version that failed is lost with it, counted, and asks end typed"""
        self.count()
        thread = self.upgrading(probation={"errors": 1, "milliseconds": 15_000})
        lost_before = self.king.ask(None, "stats").body["dead_letters"]
        for number in range(20):
            self.king.send("ward", "count", {"number": self.due + number})
        self.king.send("ward", "fail")
        thread.join()
        self.assertEqual(self.outcome.must_be("actor_is_not_recreated")["replayed"], 0)
        self.assertEqual(self.king.ask(None, "stats").body["dead_letters"] - lost_before, 21)
        self.is_right(1)

    def test_crash(self):
        """a process that crashes on probation costs the earlier version neither its state nor the mail"""
        node = self.king.create_process()
        self.count()
        thread = self.upgrading(node=node, probation={"errors": 1, "milliseconds": 15_000}, replay=True)
        self.king.send("ward", "count", {"number": self.due})
        self.due += 1
        self.king.send("ward", "crash")
        thread.join()
        self.assertEqual(self.outcome.must_be("actor_is_not_recreated")["reason"], "worker_lost")
        self.count()
        self.is_right(1)
        self.assertEqual(self.king.node_of("ward"), MAIN)

    def test_crash_in_place(self):
        """a crash on probation in place takes both versions, and a durable actor is made again as it was before"""
        node = self.king.create_process()
        self.king.ask(MAIN, "remove_actor", {"name": "ward"}).must_be("actor_is_removed")
        self.king.ask(node, "create_actor", {"class_desc": version(1), "name": "ward", "durable": True}).must_be("actor_is_created")
        self.count()
        thread = self.upgrading(node=node, probation={"errors": 1, "milliseconds": 15_000})
        self.king.ask("ward", "count", {"number": self.due}).must_be("counted")
        self.king.send("ward", "crash")
        thread.join()
        self.assertEqual(self.outcome.must_be("actor_is_not_recreated")["reason"], "worker_lost")
        self.assertTrue(eventually(lambda: self.is_back("ward"), 15.0), self.king.said())
        self.is_right(1)

    def test_durable(self):
        """a durable actor that went back is kept from its earlier version again"""
        node = self.king.create_process()
        self.king.ask(MAIN, "remove_actor", {"name": "ward"}).must_be("actor_is_removed")
        self.king.ask(node, "create_actor", {"class_desc": version(1), "name": "ward", "durable": True}).must_be("actor_is_created")
        self.count()
        thread = self.upgrading(node=MAIN, probation={"errors": 1, "milliseconds": 15_000}, replay=True)
        self.king.send("ward", "count", {"number": self.due})
        self.due += 1
        self.king.send("ward", "fail")
        thread.join()
        self.outcome.must_be("actor_is_not_recreated")
        self.is_right(1)
        kill(self.king.pid_of(node))
        self.assertTrue(eventually(lambda: self.is_back("ward"), 15.0), self.king.said())
        self.is_right(1)

    def test_broker_dies(self):
        """a broker that dies during a probation leaves one actor, the new version, with all that it has counted"""
        node = self.king.create_process()
        self.count()
        self.king.start_ask(None, "recreate_actor", {"entity": "ward", "node": node, "class_desc": version(2),
                                                     "probation": {"milliseconds": 12_000}}, timeout=20.0)
        self.assertTrue(eventually(lambda: self.king.ask("ward", "report").body["version"] == 2, 10.0))
        self.count()
        kill(self.king.pid_of(None))
        self.assertTrue(eventually(lambda: self.is_back("ward"), 15.0), self.king.said())
        self.is_right(2)
        self.count()
        self.assertEqual(self.king.node_of("ward"), node)
        self.king.move("ward", MAIN).must_be("actor_is_recreated")
        self.is_right(2)

    def test_command_line(self):
        """`peacepie move` tries, watches and takes back"""
        words = ("move", "ward", "--class", f"{PACKAGE}==2.0.0/Ward")
        status, said, complaint = self.king.cli(*words, "--dry-run")
        self.assertEqual((status, "actor_can_be_recreated" in said), (0, True), complaint)
        self.is_right(1)
        for wrong in (("--dry-run", "--probation", "1"), ("--replay",), ("--errors", "2")):
            self.assertEqual(self.king.cli(*words, *wrong)[0], 2, wrong)
        status, said, complaint = self.king.cli(*words, "--probation", "0.5", "--errors", "3", "--replay")
        self.assertEqual((status, "actor_is_recreated" in said), (0, True), complaint)
        self.is_right(2)


if __name__ == "__main__":
    unittest.main()
