"""Processes are killed: they and what lived in them come back."""

import os
import signal
import time
import unittest

from bus import FIXTURE, MAIN, class_desc
from processes import eventually, kill
from system_case import OwnSystem

RESTART_WINDOW = 5.0  # restart_window in sdk/wire/limits.hpp


class Healing(OwnSystem):
    def declare(self, name, node, restart=None, params=None):
        body = {"class_desc": class_desc("Counter", FIXTURE), "name": name}
        if restart:
            body["restart"] = restart
        if params:
            body["params"] = params
        self.king.ask(node, "create_actor", body).must_be("actor_is_created")

    def lives_again(self, name, within=5.0):
        return eventually(lambda: self.king.outcome(name, "ping", timeout=1.0)[0] == "pong", within)

    def test_process(self):
        """a process that PRIME made and that was killed is started again under its name, with its actors and their parameters"""
        node = self.king.create_process()
        for number in range(20):
            self.declare(f"counter_{number}", node, params={"nap_ms": number})
        before = self.king.pid_of(node)
        with self.within(3.0):
            kill(before)
            self.assertTrue(self.king.has_node(node))
            for number in range(20):
                self.assertTrue(self.lives_again(f"counter_{number}"))
        self.assertNotEqual(self.king.pid_of(node), before)
        for number in range(20):
            self.assertEqual(self.king.node_of(f"counter_{number}"), node)
            params = self.king.ask(f"counter_{number}", "get_params").body["params"]
            self.assertEqual([param["value"] for param in params], [number])
        self.assertEqual(self.king.ask(None, "stats").body["healed"], 20)

    def test_first_worker(self):
        """the first worker comes back with its actors, and makes processes again"""
        self.declare("counter", MAIN)
        kill(self.king.pid_of(MAIN))
        self.assertTrue(self.lives_again("counter"))
        self.king.create_process()

    def test_policies(self):
        """a temporary actor does not come back, and one that was removed is not made again"""
        node = self.king.create_process()
        self.declare("passing", node, "temporary")
        self.declare("lasting", node, "permanent")
        self.declare("removed", node, "permanent")
        self.king.ask(node, "remove_actor", {"name": "removed"}).must_be("actor_is_removed")
        kill(self.king.pid_of(node))
        self.assertTrue(self.lives_again("lasting"))
        for name in ("passing", "removed"):
            with self.fails("no_such_actor"):
                self.king.ask(name, "ping")

    def test_unknown_policy(self):
        """a policy that does not exist is refused with the three that do"""
        outcome = self.king.ask(MAIN, "create_actor", {"class_desc": class_desc("Counter", FIXTURE), "name": "odd", "restart": "sometimes"})
        outcome.must_be("actor_is_not_created")
        self.assertEqual(outcome.body["reason"], "bad_argument")
        self.assertIn("transient", outcome.body["text"])

    def test_meanwhile(self):
        """an ask to an actor whose process is dead ends at once with an error that says so"""
        node = self.king.create_process()
        self.declare("counter", node)
        with self.within(2.0):
            kill(self.king.pid_of(node))
            seen = set()
            eventually(lambda: seen.add(self.king.outcome("counter", "ping", timeout=1.0)[0]) or ("pong" in seen and "unavailable" in seen), 1.5)
        self.assertLessEqual(seen, {"worker_lost", "unavailable", "pong", "no_such_actor"}, seen)
        self.assertTrue(self.lives_again("counter"))

    def test_by_hand_is_faster(self):
        """a name that waits for its process can be given by hand, and then lives once"""
        node = self.king.create_process()
        self.declare("counter", node)
        kill(self.king.pid_of(node))
        self.assertTrue(eventually(lambda: self.king.outcome("counter", "ping", timeout=1.0)[0] != "pong"))
        outcome = self.king.ask(MAIN, "create_actor", {"class_desc": class_desc("Counter", FIXTURE), "name": "counter"})
        self.assertTrue(self.lives_again("counter"))
        if outcome.name == "actor_is_created":
            self.assertEqual(self.king.node_of("counter"), MAIN)
        self.king.ask(MAIN, "remove_actor", {"name": "counter"}).must_be("actor_is_removed")
        self.assertTrue(self.king.has_node(node))
        with self.fails("no_such_actor"):
            self.king.ask("counter", "ping")

    def test_removed_process(self):
        """a process that was removed, or ended in order, is not started again and takes its actors along"""
        node = self.king.create_process()
        self.declare("counter", node, "permanent")
        self.king.ask(MAIN, "remove_process", {"node": node}, timeout=15.0).must_be("process_is_removed")
        self.assertFalse(self.king.has_node(node, 1.0))
        with self.fails("no_such_actor"):
            self.king.ask("counter", "ping")

    def test_ways_to_crash(self):
        """a handler that crashes in any way costs its process for a moment, is named with its command, and its neighbours come back"""
        node = self.king.create_process()
        bomb = self.trouble(node)
        self.declare("neighbour", node)
        for command in ("segfault", "overflow", "crash", "exit", "throw_twice"):
            before = self.king.pid_of(node)
            with self.within(1.0), self.fails("worker_lost"):
                self.king.ask(bomb, command)
            self.assertTrue(self.king.mentions(f"crashed in {command} of {bomb}"), self.king.said())
            for name in (bomb, "neighbour"):
                self.assertTrue(self.lives_again(name), self.king.said())
            self.assertNotEqual(self.king.pid_of(node), before)
            time.sleep(RESTART_WINDOW / 2)  # a rule of three in five seconds is not what this is about
        self.king.ask(MAIN, "ping").must_be("pong")

    def test_exit_status(self):
        """a plug-in that ends its process with any status, in a handler or in blocking, costs that process for a moment and nobody else"""
        child = self.king.create_process()
        nodes = (MAIN, child)
        bombs = {node: self.trouble(node) for node in nodes}
        neighbours = dict(zip(nodes, ("neighbour", "other_neighbour")))
        for node in nodes:
            self.declare(neighbours[node], node)
        for node in nodes:
            for command, status in (("exit_at_once", 2), ("exit_at_once", 0), ("exit_in_blocking", 7)):
                with self.subTest(node=node, command=command, status=status):
                    before = {one: self.king.pid_of(one) for one in nodes}
                    with self.within(1.0), self.fails("worker_lost"):
                        self.king.ask(bombs[node], command, {"status": status})
                    for name in (bombs[node], neighbours[node]):
                        self.assertTrue(self.lives_again(name), self.king.said())
                        self.assertEqual(self.king.node_of(name), node)
                    after = {one: self.king.pid_of(one) for one in nodes}
                    self.assertEqual([one for one in nodes if after[one] != before[one]], [node])
            self.assertTrue(self.king.mentions(f"{node} crashed, in no handler: exit"), self.king.said())
        self.king.ask(None, "quit")
        self.assertEqual(self.king.wait(10.0), 0, self.king.said())

    def test_fork(self):
        """a copy of the process that a plug-in makes in blocking ends with its own status and says nothing of the process that it is a copy of"""
        node = self.king.create_process()
        forker = self.trouble(node)
        outcome = self.king.ask(forker, "fork_in_blocking", {"status": 3})
        self.assertEqual(outcome.body["status"], 3)
        self.assertTrue(self.lives_again(forker))
        self.king.ask(MAIN, "remove_process", {"node": node}, timeout=15.0).must_be("process_is_removed")
        self.assertFalse(self.king.mentions("crashed", 0.2), self.king.said())

    def test_told_to_end(self):
        """a process that somebody tells to end with a signal leaves in order and is not started again"""
        node = self.king.create_process()
        self.declare("counter", node, "permanent")
        os.kill(self.king.pid_of(node), signal.SIGTERM)
        self.assertTrue(self.king.mentions("first.process_0.admin has ended"), self.king.said())
        self.assertFalse(self.king.mentions("is started again", 0.5), self.king.said())
        self.assertFalse(self.king.has_node(node, 0.5))
        with self.fails("no_such_actor"):
            self.king.ask("counter", "ping")

    def test_poison(self):
        """an actor that crashes its process again and again is given up, and its neighbours and the other processes live on"""
        node = self.king.create_process()
        bomb = self.trouble(node)
        self.declare("neighbour", node)
        main = self.king.pid_of(MAIN)
        deaths = 0

        def is_given_up():
            nonlocal deaths
            outcome = self.king.outcome(bomb, "segfault", timeout=2.0)[0]
            deaths += outcome == "worker_lost"
            return outcome == "no_such_actor" and self.king.ask(None, "stats").body["given_up"] == 1

        self.assertTrue(eventually(is_given_up, 15.0), self.king.said())
        self.assertEqual(deaths, 4)
        self.assertTrue(self.lives_again("neighbour"))
        self.assertEqual(self.king.node_of("neighbour"), node)
        self.assertEqual(self.king.pid_of(MAIN), main)
        self.king.create(bomb, "Trouble", node, FIXTURE).must_be("actor_is_created")  # by hand it is never refused

    def test_no_successor(self):
        """a process that keeps dying is given up, and its actors are made again in another one"""
        node = self.king.create_process()
        self.declare("counter", node)
        for _ in range(6):
            self.assertTrue(self.king.has_node(node))
            dead = self.king.pid_of(node)
            kill(dead)
            self.assertTrue(self.king.loses_process(node, dead))
        self.assertTrue(self.lives_again("counter", 20.0))
        self.assertEqual(self.king.node_of("counter"), MAIN)
        self.assertTrue(self.king.mentions("giving up"), self.king.said())


if __name__ == "__main__":
    unittest.main()
