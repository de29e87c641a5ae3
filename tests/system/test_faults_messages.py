"""Faults 15 to 23: messages lost, doubled, misdirected."""

import re
import unittest

from bus import ERROR, EXAMPLE, FIXTURE, MAIN, SLOWER
from fault_case import FaultCase
from processes import eventually


class Messages(FaultCase):
    def test_fault_15(self):
        """fault 15: megabytes pass to another process and back"""
        name = self.trouble(self.child)
        text = "x" * 3_000_000
        self.assertEqual(self.king.ask(name, "echo", {"text": text}).body["text"], text)
        self.assertEqual(len(self.king.ask(name, "large", {"bytes": 5_000_000}).body["text"]), 5_000_000)
        self.assertEqual(self.fault_of(name, "large", {"bytes": 17 << 20}), "too_large")
        self.assertEqual(self.king.ask(name, "echo", {"text": "alive"}).body["text"], "alive")

    def test_fault_16(self):
        """fault 16: an actor that came home and is recreated in place gets every message of local senders"""
        king = self.own_system()
        node = king.create_process()
        king.create("counter", "Counter", node, FIXTURE)
        self.start_senders([MAIN, node])
        for target in (MAIN, MAIN, node, MAIN):
            king.move("counter", target).must_be("actor_is_recreated")
        king.ask(None, "recreate_actor", {"entity": "counter"}).must_be("actor_is_recreated")
        self.check_nothing_lost(11)

    def test_fault_17(self):
        """fault 17: the address that create_actor returned reaches the actor wherever it has moved"""
        king = self.own_system()
        node = king.create_process()
        made = king.create("counter", "Counter", package=FIXTURE).body
        self.start_senders([MAIN, node], to=made)
        for target in (node, MAIN, node):
            king.move("counter", target).must_be("actor_is_recreated")
            king.ask("first.main/counter", "ping").must_be("pong")
        self.check_nothing_lost(11)

    def test_fault_18(self):
        """fault 18: two moves of one actor at once lose nothing, and who comes second is told"""
        king = self.own_system()
        nodes = [king.create_process(), king.create_process()]
        king.create("counter", "Counter", package=FIXTURE)
        self.start_senders([MAIN, nodes[0]])
        outcomes = set()
        for _ in range(4):
            bodies = [{"entity": "counter", "node": node} for node in nodes + [MAIN]]
            mids = [king.start_ask(None, "recreate_actor", body) for body in bodies]
            for mid in mids:
                name, body = king.answer_to(mid)
                outcomes.add(name)
                if name == "actor_is_not_recreated":
                    self.assertEqual(body["reason"], "conflict")
        self.assertIn("actor_is_recreated", outcomes)
        self.check_nothing_lost(11)

    def test_fault_19(self):
        """fault 19: a move that cannot wait for a running handler is called off, and no message is run twice"""
        name = self.trouble()
        self.king.ask(name, "subscribe", {"command": "nap"})
        mid = self.king.start_ask(name, "nap", {"seconds": 2})
        self.assertEqual(self.king.notification(5.0)["command"], "nap")  # it has begun
        answer, body = self.king.ask(None, "recreate_actor", {"entity": name, "node": self.child}, timeout=0.5)
        self.assertEqual(answer, "actor_is_not_recreated", body)
        self.king.answer_to(mid).must_be("rested")
        self.assertEqual(self.king.ask(name, "runs").body["naps"], 1)

    def test_fault_20(self):
        """fault 20: a move keeps subscriptions, tickers, logging switches and declared state"""
        self.king.create("traveller", "IteratingHelloWorld")
        self.king.set_params("traveller", period=0.05)
        self.king.ask("traveller", "subscribe", {"command": "tick_stop"})
        self.king.ask("traveller", "not_log_commands_set", {"commands": ["tick"]})
        self.king.ask("traveller", "tick_start")
        self.assertTrue(self.king.line('traveller from "first.main.admin" says "Hello, World! (2)"'))
        self.king.move("traveller", self.child).must_be("actor_is_recreated")
        self.assertTrue(self.king.line(f'traveller from "{self.child}"'))
        greetings = [line for line in self.king.out if line.startswith("traveller")]
        self.assertEqual([int(re.search(r"\((\d+)\)", line)[1]) for line in greetings], list(range(len(greetings))))
        self.king.ask("traveller", "tick_stop").must_be("tick_stopped")
        self.assertEqual(self.king.notification()["command"], "tick_stop")
        self.king.ask("traveller", "not_log_commands_remove", {"commands": ["tick"]}).must_be("removed")

    def test_fault_21(self):
        """fault 21: one name lives in one process of the system only"""
        self.king.create("unique", "HelloWorld", self.child)
        name, body = self.king.create("unique", "HelloWorld", MAIN)
        self.assertEqual((name, body["reason"]), ("actor_is_not_created", "conflict"))
        answers = []
        names = [f"race_{number}" for number in range(20)]
        with self.king.another() as other:
            for entity in names:
                body = {"class_desc": EXAMPLE, "name": entity}
                mine = self.king.start_ask(MAIN, "create_actor", body)
                theirs = other.start_ask(self.child, "create_actor", body)
                answers.append(sorted((self.king.answer_to(mine).name, other.answer_to(theirs).name)))
        self.assertEqual(answers, [["actor_is_created", "actor_is_not_created"]] * len(names))

    def test_fault_22(self):
        """fault 22: a message to an unknown name on a real node is answered, and a send to nobody is counted and reported"""
        self.assertEqual(self.fault_of(f"{self.child.removesuffix('.admin')}/ghost", "tick"), "no_such_actor")
        before = self.king.ask(None, "stats").body["dead_letters"]
        self.king.send("ghost", "tick")
        self.assertEqual(self.king.ask(None, "stats").body["dead_letters"], before + 1)
        status, _, err = self.king.cli("send", "ghost", "tick")
        self.assertEqual(status, 3, err)
        self.assertIn("ghost", err)

    def test_fault_23(self):
        """fault 23: a flooded actor refuses with mailbox_full, its process stays responsive and its memory bounded"""
        king = self.own_system()
        node = king.create_process()
        name = self.trouble(node)
        king.send(name, "nap", {"seconds": 30})
        with king.another("flood") as flood:
            for number in range(130_000):
                flood.send(name, "echo", {"text": "x" * 100})

            def refusal():
                code, body = flood.outcome(name, "echo", {"text": "one more"}, timeout=0.2)
                return code == "mailbox_full" and body["text"]
            self.assertTrue(eventually(refusal, 20.0))
            self.quickly(node, "ping")
            self.quickly(MAIN, "create_actor", {"class_desc": EXAMPLE, "name": "calm"})
            stats = king.ask(node, "stats").body
            self.assertGreaterEqual(stats["dead_letters"], 20_000, stats)
            self.assertLess(stats["rss_bytes"], (400 << 20) * SLOWER)
            king.ask(node, "remove_actor", {"name": name}).must_be("actor_is_removed")

    def test_open_asks(self):
        """fault 23, seen from a client: beyond its share of open asks it is told to wait, and others are served"""
        name = self.trouble(self.child)
        self.king.send(name, "nap", {"seconds": 3})
        with self.king.another("greedy") as greedy:
            for number in range(11_000):
                greedy.start_ask(name, "echo", {"text": "x"}, timeout=2.0)
            refused = greedy.wait_for(lambda e: e[1] == ERROR, 5.0)
            self.assertEqual(refused[3], "unavailable")
            self.assertTrue(refused[8]["text"])
            self.quickly(MAIN, "ping")


if __name__ == "__main__":
    unittest.main()
