"""A worker whose loops have more to do than they can: what else is asked of it is done meanwhile."""

import time
import unittest

from bus import FIXTURE, MAIN, SLOWER
from chaos.freezes import thaw
from chaos.load import Load
from processes import freeze
from system_case import SystemCase


class Crowds(SystemCase):
    size = 60

    def setUp(self):
        self.own_system("--loops", 2)
        self.node = self.king.create_process()
        self.crowd = [f"gossip_{number}" for number in range(self.size)]
        for name in self.crowd:
            self.king.create(name, "Gossip", self.node, FIXTURE).must_be("actor_is_created")
        for name in self.crowd:
            self.king.ask(name, "meet", {"names": self.crowd}).must_be("done")
        for name in ("beside", "bystander"):
            self.king.create(name, "Counter", self.node, FIXTURE).must_be("actor_is_created")

    def seconds_of(self, recipient, command="ping"):
        begun = time.monotonic()
        self.king.ask(recipient, command, timeout=5.0 * SLOWER)
        return time.monotonic() - begun

    def heard(self):
        return sum(self.king.ask(name, "hush").body for name in self.crowd)

    def test_others_are_served(self):
        """actors that talk to each other all the time hold up neither an actor beside them, nor the admin, nor one that is created or moved"""
        for name in self.crowd:
            self.king.bus.send(name, "hear")
        spans, until = [], time.monotonic() + 3.0
        while time.monotonic() < until:
            spans += [self.seconds_of(recipient) for recipient in ("beside", self.node, self.crowd[0])]
        for number in range(10):
            with self.within(1.0):
                self.king.create(f"late_{number}", "Counter", self.node, FIXTURE).must_be("actor_is_created")
            with self.within(1.0):
                self.king.ask("", "recreate_actor", {"entity": "bystander", "node": MAIN if number % 2 == 0 else self.node}).must_be("actor_is_recreated")
        spans.sort()
        self.assertGreater(len(spans), 30)
        self.assertLess(spans[len(spans) * 99 // 100], 0.1 * SLOWER, "one in a hundred waits longer than a tenth of a second")
        self.assertGreater(self.heard(), 10_000, "it was no crowd")
        time.sleep(0.2)
        with self.within(0.5):
            self.assertEqual(self.heard(), self.heard(), "what was said is not handled")

    def test_stopped_while_busy(self):
        """a worker that is stopped in the middle of its work for so long that its actors are made elsewhere runs none of them when it goes on"""
        if SLOWER > 1:
            self.skipTest("sixteen turns may pass before a busy loop looks; sanitized, they last long enough to be seen")
        with Load(self.king, [MAIN, self.node], per_tick=4) as load:
            for name in self.crowd:
                self.king.bus.send(name, "hear")
            time.sleep(1.0)
            pid, begun = self.king.pid_of(self.node), time.monotonic()
            freeze(pid)
            load.costs_mail(time.monotonic_ns(), 20.0)
            self.assertIsNotNone(load.seconds_until_back(load.witnesses, begun))
            thaw(pid)
            self.assertTrue(self.king.has_node(self.node))
            self.assertEqual(load.pid_of(self.node), pid)
            time.sleep(2.0)
        self.assertEqual(load.violations, [])


if __name__ == "__main__":
    unittest.main()
