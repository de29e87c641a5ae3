"""Moves under load: numbered messages, none lost, none doubled, none overtaken."""

import random
import threading
import unittest

from bus import FIXTURE, MAIN, SLOWER, Bus, Silence, class_desc
from processes import eventually, freeze, kill
from system_case import OwnSystem


class Outside(threading.Thread):
    """A client that says numbers to the counter as fast as it is answered, fifty at a time, the last of them as an ask."""

    def __init__(self, endpoint):
        super().__init__(daemon=True)
        self.endpoint, self.sent, self.asked, self.wrong = endpoint, 0, 0, []
        self.ending = threading.Event()

    def run(self):
        with Bus(self.endpoint, "outside") as bus:
            while not self.ending.is_set():
                for number in range(self.sent, self.sent + 49):
                    bus.send("counter", "count", {"from": "outside", "number": number})
                self.sent += 50
                try:
                    name, body = bus.outcome("counter", "count", {"from": "outside", "number": self.sent - 1}, timeout=20.0)
                except Silence:
                    name, body = "silence", {}
                self.asked += 1
                if body.get("number") != self.sent - 1:
                    self.wrong.append((self.sent - 1, name, body))

    def stop(self):
        self.ending.set()
        self.join(30.0 * SLOWER)


class Moves(OwnSystem):
    def setUp(self):
        super().setUp()
        self.child = self.king.create_process()
        self.other = self.king.create_process()
        self.everywhere = (MAIN, self.child, self.other)
        self.king.create("counter", "Counter", package=FIXTURE)

    def test_round(self):
        """twelve moves round three processes under load lose, double and reorder nothing"""
        self.start_senders(self.everywhere)
        for step in range(12):
            before = self.received()
            name, body = self.king.move("counter", (self.child, self.other, MAIN)[step % 3])
            self.assertEqual(name, "actor_is_recreated", body)
            self.assertLess(body["pause_us"], 500_000 * SLOWER)
            self.assertTrue(eventually(lambda: self.received() > before))
        self.check_nothing_lost(100)

    def test_flat_out(self):
        """three moves while senders send flat out lose, double and reorder nothing"""
        self.start_senders(self.everywhere, per_tick=200)
        for node in (self.child, self.other, MAIN):
            moved = self.king.move("counter", node, timeout=20.0)
            self.assertEqual(moved.name, "actor_is_recreated", moved.body)
        self.check_nothing_lost(1000)

    def test_hundreds(self):
        """hundreds of moves at random between three processes, under senders beside, elsewhere and outside: nothing lost, doubled, reordered or unanswered"""
        self.start_senders(self.everywhere, per_tick=max(1, int(10 / SLOWER)))  # below what a mailbox holds, as is the client
        outside = Outside(self.king.endpoint)
        outside.start()
        places, at = random.Random(26), MAIN
        try:
            for _ in range(int(300 / SLOWER)):
                at = places.choice([node for node in self.everywhere if node != at])
                moved = self.king.move("counter", at, timeout=20.0)
                self.assertEqual(moved.name, "actor_is_recreated", moved.body)
        finally:
            outside.stop()
        self.assertEqual(outside.wrong, [])
        self.assertFalse(outside.is_alive())
        sent = sum(self.king.ask(name, "end").body["sent"] for name in self.senders) + outside.sent
        eventually(lambda: self.received() >= sent, 20.0)
        report = self.king.ask("counter", "report").body
        self.assertEqual((report["received"], report["lost"], report["repeated"]), (sent, 0, 0), report)
        self.assertGreater(min(report["next"].values()), 500 / SLOWER, report)
        self.assertGreater(outside.asked, 20)

    def test_busy(self):
        """moves of an actor whose handler awaits lose, double and reorder nothing"""
        self.king.set_params("counter", nap_ms=2)
        self.start_senders(self.everywhere, per_tick=1, period=0.02)
        for step in range(6):
            self.king.move("counter", (self.child, MAIN)[step % 2]).must_be("actor_is_recreated")
        self.check_nothing_lost(10)

    def test_senders_move_too(self):
        """a sender that moves while its receiver moves keeps its order"""
        self.start_senders(self.everywhere)
        places = (self.child, self.other, MAIN)
        for step in range(6):
            self.king.move("sender_0", places[(step + 1) % 3]).must_be("actor_is_recreated")
            self.king.move("counter", places[step % 3]).must_be("actor_is_recreated")
        self.check_nothing_lost(50)

    def test_asks_during_moves(self):
        """asks during moves are each answered once, in the order they were made"""
        answers, stop = [], threading.Event()

        def ask_on():
            with Bus(self.king.endpoint, "asker") as bus:
                number = 0
                while not stop.is_set():
                    answer = bus.ask("counter", "count", {"from": "client", "number": number})
                    answers.append((number, answer.body["number"]))
                    number += 1

        asker = threading.Thread(target=ask_on)
        asker.start()
        try:
            for step in range(9):
                before = len(answers)
                self.king.move("counter", (self.child, self.other, MAIN)[step % 3]).must_be("actor_is_recreated")
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
        self.king.join("second")
        self.start_senders(self.everywhere)
        for node in ("second.main.admin", MAIN, "second.main.admin", self.child):
            self.king.move("counter", node).must_be("actor_is_recreated")
            self.assertEqual(self.king.node_of("counter"), node)
        self.check_nothing_lost(20)

    def test_failed_moves(self):
        """a move that cannot be made leaves the actor at work and says why"""
        self.start_senders(self.everywhere)
        for body, reason in (({"entity": "counter", "node": "first.nowhere.admin"}, "no_such_node"),
                             ({"entity": "nobody", "node": self.child}, "no_such_actor")):
            name, answer = self.king.ask(None, "recreate_actor", body)
            self.assertEqual((name, answer["reason"]), ("actor_is_not_recreated", reason))
        name, answer = self.king.ask(None, "recreate_actor", {
            "entity": "counter", "node": self.child, "class_desc": class_desc("NoSuch", FIXTURE)})
        self.assertEqual(name, "actor_is_not_recreated", answer)
        self.check_nothing_lost()
        self.assertEqual(self.king.node_of("counter"), MAIN)

    def test_target_dies(self):
        """a target that dies in the middle of moves costs the moving actor nothing that is at home"""
        self.start_senders([MAIN])
        victim = self.king.create_process()
        pid = self.king.pid_of(victim)
        freeze(pid)  # connected, but answers nothing: the move must give up by itself
        try:
            name, answer = self.king.move("counter", victim, timeout=25.0)
        finally:
            kill(pid)
        self.assertEqual(name, "actor_is_not_recreated", answer)
        self.assertEqual(self.king.node_of("counter"), MAIN)
        self.check_nothing_lost()


if __name__ == "__main__":
    unittest.main()
