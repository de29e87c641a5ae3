"""Workers that do not die by themselves: handlers that never return, memory that only grows."""

import time
import unittest
from pathlib import Path

from bus import FIXTURE, MAIN, SLOWER, class_desc
from processes import eventually, is_alive
from system_case import SystemCase


def resident_mib(pid):
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


class Hung(SystemCase):
    timeout = 3

    def setUp(self):
        self.own_system("--handler-timeout", int(self.timeout * SLOWER))
        self.node = self.king.create_process()
        self.king.create("neighbour", "Counter", self.node, FIXTURE).must_be("actor_is_created")

    def lives_again(self, name, within=10.0):
        return eventually(lambda: self.king.outcome(name, "ping", timeout=1.0)[0] == "pong", within)

    def replaced_after(self, command, body, within):
        """Whose handler it was, once its process has been replaced."""
        hanging, before = self.trouble(self.node), self.king.pid_of(self.node)
        with self.within(within), self.fails("worker_lost"):
            self.king.ask(hanging, command, body, timeout=30.0)
        self.assertTrue(self.king.mentions(f"crashed in {command} of {hanging}: hung"), self.king.said())
        for name in (hanging, "neighbour"):
            self.assertTrue(self.lives_again(name), self.king.said())
            self.assertEqual(self.king.node_of(name), self.node)
        self.assertNotEqual(self.king.pid_of(self.node), before)
        return hanging

    def test_replaced(self):
        """a handler that never returns has its process replaced after the timeout, and the report names the function it is in"""
        main = self.king.pid_of(MAIN)
        self.replaced_after("block", {"seconds": 50}, self.timeout + 3.0)
        self.assertTrue(self.king.mentions("Trouble::block"), self.king.said())
        self.assertEqual(self.king.pid_of(MAIN), main)

    def test_deaf(self):
        """a handler that never returns and has blocked all signals has its process replaced all the same"""
        self.replaced_after("block_signals", {}, self.timeout + 5.0)

    def test_said(self):
        """what a handler says several times to one recipient is there while the handler still runs"""
        talking, begun = self.trouble(self.node), time.monotonic()
        self.king.send(talking, "tell_and_block", {"to": "neighbour", "count": 5, "seconds": 2.0 * SLOWER})
        heard = eventually(lambda: self.king.ask("neighbour", "report").body["received"] == 5, 1.5 * SLOWER)
        self.assertTrue(heard, self.king.ask("neighbour", "report").body)
        self.assertLess(time.monotonic() - begun, 2.0 * SLOWER)
        report = self.king.ask("neighbour", "report").body
        self.assertEqual((report["lost"], report["repeated"]), (0, 0), report)

    def test_suspended(self):
        """a handler that is suspended, or waits for blocking work, for longer than the timeout is not hung"""
        first, second, before = self.trouble(self.node), self.trouble(self.node), self.king.pid_of(self.node)
        seconds = self.timeout * SLOWER + 1.5
        mids = [self.king.start_ask(first, "nap", {"seconds": seconds}, timeout=30.0),
                self.king.start_ask(second, "nap_blocking", {"seconds": seconds}, timeout=30.0)]
        for mid in mids:
            self.king.answer_to(mid, 20.0).must_be("rested")
        self.assertEqual(self.king.pid_of(self.node), before)

    def test_many_in_a_row(self):
        """many calls in a row that each return in time are not hung, although together they take longer than the timeout"""
        busy, before = self.trouble(self.node), self.king.pid_of(self.node)
        each = 0.5 * SLOWER
        mids = [self.king.start_ask(busy, "block", {"seconds": each}, timeout=60.0) for _ in range(self.timeout * 2 + 4)]
        for mid in mids:
            self.king.answer_to(mid, 30.0).must_be("blocked")
        self.assertEqual(self.king.pid_of(self.node), before)


class Memory(SystemCase):
    def test_leak(self):
        """a process that leaks is warned of, ends itself at its limit, and comes back; the broker's memory and the others stay as they were"""
        self.own_system("--memory-limit", "300M")
        node = self.king.create_process()
        self.king.create("neighbour", "Counter", node, FIXTURE).must_be("actor_is_created")
        leaking, before, main = self.trouble(node), self.king.pid_of(node), self.king.pid_of(MAIN)
        broker = next(pid for pid in self.king.remember_family() if "peacepie-broker" in Path(f"/proc/{pid}/cmdline").read_text())
        broker_had = resident_mib(broker)
        self.king.ask(leaking, "leak", {"megabytes": 250}).must_be("leaked")
        self.assertTrue(self.king.mentions("of the 300 MiB that it may have"), self.king.said())
        self.assertEqual(self.king.pid_of(node), before)
        highest = 0.0
        with self.within(10.0):
            while is_alive(before):
                self.king.outcome(leaking, "leak", {"megabytes": 1}, timeout=1.0)
                time.sleep(0.01)
                highest = max(highest, resident_mib(before) if is_alive(before) else 0.0)
        self.assertLess(highest, 450)
        self.assertTrue(self.king.mentions(f"{node.removesuffix('.admin')}"), self.king.said())
        self.assertTrue(self.king.mentions("crashed, in no handler: memory limit"), self.king.said())
        for name in (leaking, "neighbour"):
            self.assertTrue(eventually(lambda: self.king.outcome(name, "ping", timeout=1.0)[0] == "pong", 10.0), self.king.said())
        self.assertEqual(self.king.pid_of(MAIN), main)
        self.assertLess(resident_mib(broker), broker_had + 20)

    def test_allocation_fails(self):
        """a handler whose allocation fails is answered as handler_failed, and its actor and process live on"""
        self.own_system()
        greedy, before = self.trouble(), self.king.pid_of(MAIN)
        for size in (1 << 46, 1 << 62, -1):
            with self.fails("handler_failed"):
                self.king.ask(greedy, "allocate", {"bytes": size})
        self.king.ask(greedy, "allocate", {"bytes": 100}).must_be("allocated")
        self.assertEqual(self.king.pid_of(MAIN), before)


class Reports(SystemCase):
    def test_names(self):
        """a crash's report names the function that crashed, with file and line where they are known"""
        self.own_system()
        for command, function in (("segfault", "Trouble::segfault"), ("overflow", "Trouble::deeper"), ("crash", "Trouble::crash"),
                                  ("exit", "Trouble::leave_process"), ("throw_twice", "Trouble::throw_twice")):
            node = self.king.create_process()
            bomb = self.trouble(node)
            with self.fails("worker_lost"):
                self.king.ask(bomb, command)
            self.assertTrue(self.king.mentions(f"crashed in {command} of {bomb}"), self.king.said())
            self.assertTrue(self.king.mentions(f"{function}("), self.king.said())
            self.assertTrue(eventually(lambda: any(function in line and "trouble.hpp:" in line for line in self.king.err)), self.king.said())


if __name__ == "__main__":
    unittest.main()
