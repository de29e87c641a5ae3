"""Broker and workers started by hand, several host names, and what happens when one of them is killed."""

import os
import signal
import time
import unittest

from bus import MAIN
from processes import Broker, eventually, freeze, is_alive, kill
from system_case import OwnSystem, SystemCase

SECOND = "second.main.admin"


class ByHand(SystemCase):
    def setUp(self):
        self.king = Broker()
        self.addCleanup(self.king.end)

    def test_hosts(self):
        """workers of several host names join, and each host has a prime that makes processes"""
        self.king.join("first")
        self.king.join("second")
        third = self.king.join("third", "somewhere")
        self.assertEqual(set(self.king.nodes()), {MAIN, SECOND, "third.somewhere.admin"})
        self.assertEqual(self.king.create_process(SECOND), "second.process_0.admin")
        self.king.create("greeter", "HelloWorld", "third.somewhere.admin").must_be("actor_is_created")
        self.king.ask("greeter", "tick").must_be("hello_world")
        self.assertEqual(third.line("Hello"), "Hello, World!")
        self.assertEqual(self.king.ask(SECOND, "get_local_nodes").body, [SECOND, "second.process_0.admin"])

    def test_same_node_twice(self):
        """a second worker for a node that is alive is refused with conflict"""
        self.king.join("first")
        twin = self.king.start_worker("first")
        self.assertTrue(twin.mentions("conflict", 5.0), twin.said())
        self.assertEqual(twin.wait(10.0), 7, twin.said())
        self.assertFalse(twin.mentions("has joined", 0.1), twin.said())
        self.king.ask(MAIN, "ping").must_be("pong")

    def test_worker_leaves(self):
        """a worker that is told to end says bye, and its names are free at once"""
        self.king.join("first")
        second = self.king.join("second")
        self.king.create("greeter", "HelloWorld", SECOND).must_be("actor_is_created")
        second.signal(signal.SIGTERM)
        self.assertEqual(second.wait(5.0), 0, second.said())
        self.assertTrue(self.king.loses_node(SECOND, 1.0))
        self.king.create("greeter", "HelloWorld").must_be("actor_is_created")

    def test_told_to_end_while_stopped(self):
        """a worker that is told to end while it stands still leaves in order as soon as it goes on, actors and all"""
        self.king.join("first")
        second = self.king.join("second")
        self.king.create("greeter", "HelloWorld", SECOND).must_be("actor_is_created")
        worker = self.king.pid_of(SECOND)
        freeze(worker)
        time.sleep(3.5)  # longer than the patience for heartbeats, shorter than that after which its actors are made elsewhere
        second.signal(signal.SIGTERM)  # its launcher passes it on
        self.assertTrue(second.mentions("ending in order"), second.said())
        os.kill(worker, signal.SIGCONT)
        self.assertEqual(second.wait(3.0), 0, second.said())  # before actors that do not stop would be given up
        self.assertTrue(second.mentions("stood still", 0.1), second.said())
        self.assertTrue(self.king.loses_node(SECOND, 1.0))
        self.king.create("greeter", "HelloWorld").must_be("actor_is_created")

    def test_quit(self):
        """quit ends a broker and workers that were started by hand, each with status 0"""
        programs = [self.king, self.king.join("first"), self.king.join("second")]
        self.king.ask(None, "quit")
        for program in programs:
            self.assertEqual(program.wait(10.0), 0, program.said())


class Losses(OwnSystem):
    def test_killed_worker(self):
        """a worker killed with -9 is noticed, removed and reported within three seconds, and nobody else is stalled"""
        node = self.king.create_process()
        doomed = self.trouble(node)
        self.king.create("greeter", "HelloWorld").must_be("actor_is_created")
        mid = self.king.start_ask(doomed, "nap", {"seconds": 30}, timeout=60.0)
        self.king.ask("greeter", "ping").must_be("pong")
        with self.within(3.5):
            dead = self.king.pid_of(node)
            kill(dead)
            with self.fails("worker_lost"):
                self.king.answer_to(mid, 3.0)
            self.assertTrue(self.king.loses_process(node, dead))
        self.assertTrue(self.king.mentions("process_0"), self.king.said())
        self.assertTrue(eventually(lambda: self.king.outcome(doomed, "ping", timeout=1.0)[0] == "pong", 5.0))
        self.king.ask("greeter", "tick").must_be("hello_world")

    def test_frozen_worker(self):
        """a worker that is frozen is lost within heartbeats and nobody else waits for it"""
        node = self.king.create_process()
        self.king.create("frozen", "HelloWorld", node).must_be("actor_is_created")
        pid = self.king.pid_of(node)
        freeze(pid)
        try:
            self.assertTrue(self.king.loses_node(node, 6.0))
            with self.within(1.0):
                self.king.create("another", "HelloWorld").must_be("actor_is_created")
        finally:
            kill(pid)

    def test_crash(self):
        """a handler that aborts costs its own process; the asker is told and the rest goes on"""
        bomb = self.trouble(self.king.create_process())
        self.king.create("greeter", "HelloWorld").must_be("actor_is_created")
        with self.fails("worker_lost"):
            self.king.ask(bomb, "crash")
        self.king.ask("greeter", "tick").must_be("hello_world")
        self.king.create_process()

    def test_remaining_children(self):
        """killing the parent of all with -9 leaves no child behind"""
        self.king.create_process()
        family = list(self.king.remember_family())
        self.assertGreaterEqual(len(family), 3)
        kill(self.king.pid)
        self.assertTrue(eventually(lambda: not any(map(is_alive, family))), [p for p in family if is_alive(p)])

    def test_hanging_handler(self):
        """a handler that never returns is named within seconds, its admin stays responsive and its process can be removed"""
        node = self.king.create_process()
        hanging = self.trouble(node)
        self.king.send(hanging, "block", {"seconds": 40})
        self.assertTrue(self.king.mentions(hanging, 4.0), self.king.said())
        with self.within(1.0):
            self.king.ask(node, "ping", timeout=2.0).must_be("pong")
        self.king.ask(MAIN, "remove_process", {"node": node}, timeout=15.0).must_be("process_is_removed")


if __name__ == "__main__":
    unittest.main()
