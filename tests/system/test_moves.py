"""Moves under load: numbered messages, none lost, none doubled, none overtaken."""

import threading
import time
import unittest

from bus import Bus, Fault
from processes import SLOWER, System, eventually, state_of

MAIN = "first.main.admin"
FIXTURE = "system_fixture"


class Moves(unittest.TestCase):
    def setUp(self):
        self.king = System()
        self.addCleanup(self.king.end)
        self.child = self.king.create_process()
        self.other = self.king.create_process()
        self.king.create("counter", "Counter", package=FIXTURE)

    def start_senders(self, to="counter", nodes=None, **params):
        self.senders = []
        for number, node in enumerate(nodes or (MAIN, self.child, self.other)):
            name = f"sender_{number}"
            self.king.create(name, "Sender", node, FIXTURE)
            self.assertEqual(self.king.set_params(name, to=to, **params).name, "params_are_set")
            self.senders.append(name)
        for name in self.senders:
            self.assertEqual(self.king.ask(name, "begin").name, "begun")

    def check_nothing_lost(self, at_least=1):
        self.assertTrue(eventually(lambda: self.received() >= at_least, 10.0))
        sent = sum(self.king.ask(name, "end").body["sent"] for name in self.senders)
        report = eventually(lambda: (r := self.king.ask("counter", "report").body)["received"] >= sent and r, 10.0)
        report = report or self.king.ask("counter", "report").body
        self.assertEqual((report["received"], report["lost"], report["repeated"]), (sent, 0, 0), report)

    def received(self):
        return self.king.ask("counter", "report").body["received"]

    def test_round(self):
        """twelve moves round three processes under load lose, double and reorder nothing"""
        self.start_senders()
        for step in range(12):
            before = self.received()
            name, body = self.king.move("counter", (self.child, self.other, MAIN)[step % 3])
            self.assertEqual(name, "actor_is_recreated", body)
            self.assertLess(body["pause_us"], 500_000 * SLOWER)
            self.assertTrue(eventually(lambda: self.received() > before))
        self.check_nothing_lost(100)

    def test_flat_out(self):
        """three moves while senders send flat out lose, double and reorder nothing"""
        self.start_senders(per_tick=200)
        for node in (self.child, self.other, MAIN):
            moved = self.king.move("counter", node, timeout=20.0)
            self.assertEqual(moved.name, "actor_is_recreated", moved.body)
        self.check_nothing_lost(1000)

    def test_busy(self):
        """moves of an actor whose handler awaits lose, double and reorder nothing"""
        self.king.set_params("counter", nap_ms=2)
        self.start_senders(per_tick=1, period=0.02)
        for step in range(6):
            self.assertEqual(self.king.move("counter", (self.child, MAIN)[step % 2]).name, "actor_is_recreated")
        self.check_nothing_lost(10)

    def test_senders_move_too(self):
        """a sender that moves while its receiver moves keeps its order"""
        self.start_senders()
        places = (self.child, self.other, MAIN)
        for step in range(6):
            self.assertEqual(self.king.move("sender_0", places[(step + 1) % 3]).name, "actor_is_recreated")
            self.assertEqual(self.king.move("counter", places[step % 3]).name, "actor_is_recreated")
        self.check_nothing_lost(50)

    def test_asks_during_moves(self):
        """asks during moves are each answered once, in the order they were made"""
        answers, stop = [], threading.Event()

        def ask_on():
            with Bus(self.king.endpoint, "asker") as bus:
                number = 0
                while not stop.is_set():
                    answers.append((number, bus.ask("counter", "count", {"from": "client", "number": number}).body["number"]))
                    number += 1

        asker = threading.Thread(target=ask_on)
        asker.start()
        try:
            for step in range(9):
                before = len(answers)
                self.assertEqual(self.king.move("counter", (self.child, self.other, MAIN)[step % 3]).name, "actor_is_recreated")
                self.assertTrue(eventually(lambda: len(answers) > before))
        finally:
            stop.set()
            asker.join(12.0)
        self.assertGreaterEqual(len(answers), 9)
        self.assertTrue(all(asked == answered for asked, answered in answers))
        report = self.king.ask("counter", "report").body
        self.assertEqual((report["received"], report["lost"], report["repeated"]), (len(answers), 0, 0))

    def test_other_host(self):
        """an actor moves to another host and back"""
        from processes import PROGRAMS, Program, package_folder
        with Program(PROGRAMS / "peacepie-worker", "--broker", self.king.endpoint, "--host", "second", "--process", "main",
                     "--packages", package_folder(self.king.folder.name)):
            self.assertTrue(eventually(lambda: "second.main.admin" in self.king.ask(None, "get_all_nodes").body, 10.0))
            self.start_senders()
            for node in ("second.main.admin", MAIN, "second.main.admin", self.child):
                self.assertEqual(self.king.move("counter", node).name, "actor_is_recreated")
                self.assertEqual(self.king.node_of("counter"), node)
            self.check_nothing_lost(20)

    def test_failed_moves(self):
        """a move that cannot be made leaves the actor at work and says why"""
        self.start_senders()
        for body, reason in (({"entity": "counter", "node": "first.nowhere.admin"}, "no_such_node"),
                             ({"entity": "nobody", "node": self.child}, "no_such_actor")):
            name, answer = self.king.ask(None, "recreate_actor", body)
            self.assertEqual((name, answer["reason"]), ("actor_is_not_recreated", reason))
        name, answer = self.king.ask(None, "recreate_actor", {
            "entity": "counter", "node": self.child, "class_desc": {"requires_dist": FIXTURE, "class": "NoSuch"}})
        self.assertEqual(name, "actor_is_not_recreated", answer)
        self.check_nothing_lost()
        self.assertEqual(self.king.node_of("counter"), MAIN)

    def test_target_dies(self):
        """a target that dies in the middle of moves costs the moving actor nothing that is at home"""
        self.start_senders(nodes=(MAIN,))
        victim = self.king.create_process()
        pid = self.king.pid_of(victim)
        import os
        import signal
        os.kill(pid, signal.SIGSTOP)  # connected, but answers nothing: the move must give up by itself
        self.assertTrue(eventually(lambda: state_of(pid) == "T"))
        try:
            name, answer = self.king.move("counter", victim, timeout=25.0)
        finally:
            os.kill(pid, signal.SIGKILL)
        self.assertEqual(name, "actor_is_not_recreated", answer)
        self.assertEqual(self.king.node_of("counter"), MAIN)
        self.check_nothing_lost()


if __name__ == "__main__":
    unittest.main()
