"""Broker and workers started by hand, several host names, and what happens when one of them is killed."""

import os
import signal
import subprocess
import time
import unittest

from bus import Bus, Fault
from processes import (PROGRAMS, SLOWER, Program, System, children_of, eventually, free_endpoint, is_alive, package_folder,
                       wait_for_broker)
import tempfile

MAIN = "first.main.admin"


class ByHand(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="peacepie-hand-")
        self.addCleanup(self.folder.cleanup)
        self.packages = package_folder(self.folder.name)
        self.endpoint = free_endpoint()
        self.broker = self.start("peacepie-broker", "--bind", self.endpoint)
        self.bus = wait_for_broker(self.endpoint, self.broker)
        self.addCleanup(self.bus.close)

    def start(self, program, *options):
        started = Program(PROGRAMS / program, *options)
        self.addCleanup(started.end)
        return started

    def worker(self, host, process="main"):
        started = self.start("peacepie-worker", "--broker", self.endpoint, "--host", host, "--process", process,
                             "--packages", self.packages)
        node = f"{host}.{process}.admin"
        self.assertTrue(eventually(lambda: node in self.nodes(), 10.0), started.said())
        started.remember_family()
        return started

    def nodes(self):
        return self.bus.ask(None, "get_all_nodes").body

    def test_hosts(self):
        """workers of several host names join, and each host has a prime that makes processes"""
        self.worker("first")
        self.worker("second")
        third = self.worker("third", "somewhere")
        self.assertEqual(set(self.nodes()), {MAIN, "second.main.admin", "third.somewhere.admin"})
        self.assertEqual(self.bus.create_process("second.main.admin"), "second.process_0.admin")
        self.bus.create("greeter", "HelloWorld", "third.somewhere.admin")
        self.assertEqual(self.bus.ask("greeter", "tick").name, "hello_world")
        self.assertEqual(third.line("Hello"), "Hello, World!")
        self.assertEqual(self.bus.ask("second.main.admin", "get_local_nodes").body,
                         ["second.main.admin", "second.process_0.admin"])

    def test_same_node_twice(self):
        """a second worker for a node that is alive is refused with conflict"""
        self.worker("first")
        twin = self.start("peacepie-worker", "--broker", self.endpoint, "--host", "first", "--process", "main",
                          "--packages", self.packages)
        self.assertTrue(eventually(lambda: "conflict" in twin.said(), 5.0), twin.said())
        self.assertEqual(self.bus.ask(MAIN, "ping").name, "pong")

    def test_worker_leaves(self):
        """a worker that is told to end says bye, and its names are free at once"""
        self.worker("first")
        second = self.worker("second")
        self.bus.create("greeter", "HelloWorld", "second.main.admin")
        second.signal(signal.SIGTERM)
        self.assertEqual(second.wait(5.0), 0, second.said())
        self.assertTrue(eventually(lambda: "second.main.admin" not in self.nodes(), 1.0))
        self.assertEqual(self.bus.create("greeter", "HelloWorld", MAIN).name, "actor_is_created")

    def test_quit(self):
        """quit ends a broker and workers that were started by hand, each with status 0"""
        programs = [self.broker, self.worker("first"), self.worker("second")]
        self.bus.ask(None, "quit")
        for program in programs:
            self.assertEqual(program.wait(10.0), 0, program.said())


class Losses(unittest.TestCase):
    def setUp(self):
        self.king = System()
        self.addCleanup(self.king.end)

    def nodes(self):
        return self.king.ask(None, "get_all_nodes").body

    def test_killed_worker(self):
        """a worker killed with -9 is noticed, removed and reported within three seconds, and nobody else is stalled"""
        node = self.king.create_process()
        self.king.create("doomed", "Trouble", node, "system_fixture")
        self.king.create("greeter", "HelloWorld")
        mid = self.king.start_ask("doomed", "nap", {"seconds": 30}, timeout=60.0)
        self.king.ask("greeter", "ping")
        begun = time.monotonic()
        os.kill(self.king.pid_of(node), signal.SIGKILL)
        with self.assertRaises(Fault) as caught:
            self.king.answer_to(mid, 3.0 * SLOWER)
        self.assertEqual(caught.exception.code, "worker_lost")
        self.assertTrue(eventually(lambda: node not in self.nodes(), 3.0))
        self.assertLess(time.monotonic() - begun, 3.5 * SLOWER)
        with self.assertRaises(Fault) as caught:
            self.king.ask("doomed", "ping")
        self.assertEqual(caught.exception.code, "no_such_actor")
        self.assertTrue(eventually(lambda: node in self.king.said() or "process_0" in self.king.said()), self.king.said())
        self.assertEqual(self.king.create("doomed", "HelloWorld").name, "actor_is_created")
        self.assertEqual(self.king.ask("greeter", "tick").name, "hello_world")

    def test_frozen_worker(self):
        """a worker that is frozen is lost within heartbeats and nobody else waits for it"""
        node = self.king.create_process()
        self.king.create("frozen", "HelloWorld", node)
        pid = self.king.pid_of(node)
        os.kill(pid, signal.SIGSTOP)
        try:
            self.assertTrue(eventually(lambda: node not in self.nodes(), 6.0))
            begun = time.monotonic()
            self.assertEqual(self.king.create("another", "HelloWorld").name, "actor_is_created")
            self.assertLess(time.monotonic() - begun, 1.0 * SLOWER)
        finally:
            os.kill(pid, signal.SIGKILL)

    def test_crash(self):
        """a handler that aborts costs its own process; the asker is told and the rest goes on"""
        node = self.king.create_process()
        self.king.create("bomb", "Trouble", node, "system_fixture")
        self.king.create("greeter", "HelloWorld")
        with self.assertRaises(Fault) as caught:
            self.king.ask("bomb", "crash", timeout=10.0)
        self.assertEqual(caught.exception.code, "worker_lost")
        self.assertEqual(self.king.ask("greeter", "tick").name, "hello_world")
        self.assertEqual(self.king.ask(MAIN, "create_process", timeout=20.0).name, "actor_is_created")

    def test_remaining_children(self):
        """killing the parent of all with -9 leaves no child behind"""
        self.king.create_process()
        family = list(self.king.remember_family())
        self.assertGreaterEqual(len(family), 3)
        os.kill(self.king.pid, signal.SIGKILL)
        self.assertTrue(eventually(lambda: not any(map(is_alive, family)), 3.0), [p for p in family if is_alive(p)])

    def test_hanging_handler(self):
        """a handler that never returns is named within seconds, its admin stays responsive and its process can be removed"""
        node = self.king.create_process()
        self.king.create("hanging", "Trouble", node, "system_fixture")
        self.king.send("hanging", "block", {"seconds": 40})
        self.assertTrue(eventually(lambda: "hanging" in "\n".join(self.king.err), 4.0), self.king.said())
        begun = time.monotonic()
        self.assertEqual(self.king.ask(node, "ping", timeout=2.0).name, "pong")
        self.assertLess(time.monotonic() - begun, 1.0 * SLOWER)
        name, body = self.king.ask(MAIN, "remove_process", {"node": node}, timeout=15.0)
        self.assertEqual(name, "process_is_removed", body)


if __name__ == "__main__":
    unittest.main()
