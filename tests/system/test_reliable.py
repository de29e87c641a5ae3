"""Reliable messages are handled once and in order, whoever dies."""

import random
import time
import unittest

from bus import FIXTURE, MAIN, SLOWER, Fault, Silence, class_desc
from processes import eventually, kill
from system_case import OwnSystem, SharedSystem


class Couriers(OwnSystem):
    """A courier in one process sends to a counter in another."""

    def begin(self, durable):
        self.nodes = [self.king.create_process() for _ in range(3)]
        for name, node in (("Courier", self.nodes[0]), ("Counter", self.nodes[1])):
            body = {"class_desc": class_desc(name, FIXTURE), "name": name.lower(), "durable": durable}
            self.king.ask(node, "create_actor", body).must_be("actor_is_created")

    def deliver(self, count):
        """Asked again until the courier has taken them: an answer may be lost in a crash, the state of a durable one is not."""
        def taken():
            try:
                self.king.hello_again()
                return self.king.ask("courier", "deliver", {"to": "counter", "count": count}, timeout=2.0).must_be("taken")["next"]
            except (Fault, Silence):
                return None
        self.assertTrue(eventually(lambda: taken() is not None, 20.0), self.king.said())

    def sent(self):
        return self.king.ask("courier", "deliver", {"to": "counter", "count": 0}).must_be("taken")["next"]

    def all_have_come(self, within=30.0):
        self.assertTrue(eventually(lambda: self.is_back("counter") and self.is_back("courier"), within), self.king.said())
        sent = self.sent()
        eventually(lambda: self.king.ask("counter", "report").body["received"] >= sent, within, every=0.2)
        report = self.king.ask("counter", "report").body
        self.assertEqual((report["received"], report["lost"], report["repeated"]), (sent, 0, 0), report)
        return sent

    def move(self, name):
        try:
            self.king.ask(None, "recreate_actor", {"entity": name, "node": random.choice(self.nodes)}, timeout=2.0)
        except (Fault, Silence):
            pass

    def test_crashes(self):
        """reliable messages between durable actors are neither lost nor handled twice, whether their processes or the broker die or they move"""
        self.begin(durable=True)
        chosen = random.Random(4)
        for _ in range(6):
            self.deliver(300)
            time.sleep(chosen.random() * 0.05)  # into the middle of it
            which = chosen.choice(["courier", "counter", "broker", "move"])
            if which == "move":
                self.move(chosen.choice(["courier", "counter"]))
            else:
                try:
                    kill(self.king.pid_of(None) if which == "broker" else self.king.pid_of(self.king.node_of(which)))
                except (Fault, Silence):
                    pass  # it is still away from the last time
        self.assertGreaterEqual(self.all_have_come(), 6 * 300)

    def test_moves_and_broker(self):
        """reliable messages of actors that are not durable survive moves of both and deaths of the broker"""
        self.begin(durable=False)
        for _ in range(3):
            self.deliver(300)
            self.move("counter")
            self.deliver(100)
            self.move("courier")
        kill(self.king.pid_of(None))
        self.assertTrue(eventually(lambda: self.is_back("courier"), 10.0), self.king.said())
        self.deliver(100)
        self.assertGreaterEqual(self.all_have_come(), 1300)

    def test_absent(self):
        """reliable messages to an actor that is not there yet come when it is, in order"""
        self.begin(durable=False)
        self.king.ask(MAIN, "remove_actor", {"name": "counter"}).must_be("actor_is_removed")
        self.deliver(50)
        self.king.create("counter", "Counter", MAIN, FIXTURE).must_be("actor_is_created")
        self.assertEqual(self.all_have_come(), 50)

    def test_removed(self):
        """reliable messages of a durable sender that is removed before anybody acknowledged them are dead letters"""
        self.begin(durable=True)
        self.king.ask(MAIN, "remove_actor", {"name": "counter"}).must_be("actor_is_removed")
        self.deliver(50)
        self.king.ask(MAIN, "remove_actor", {"name": "courier"}).must_be("actor_is_removed")
        def letters():
            return self.king.ask(None, "get_dead_letters", {"reason": "stopping", "recipient": "counter"}).body["letters"]
        self.assertTrue(eventually(lambda: len(letters()) == 50, 10.0), len(letters()))
        self.assertEqual({letter["sender"] for letter in letters()}, {"courier"})

    def test_bound(self):
        """a sender with too many unacknowledged messages is told so and goes on"""
        self.begin(durable=False)
        self.king.ask(MAIN, "remove_actor", {"name": "counter"}).must_be("actor_is_removed")
        full = self.king.ask("courier", "flood", {"to": "counter", "count": 20_000}).must_be("full")
        self.assertEqual((full["code"], full["next"]), ("no_space", 10_000))
        self.assertEqual(self.king.ask("courier", "ping").name, "pong")


class Poison(OwnSystem):
    def test_set_aside(self):
        """a reliable message that crashes its handler twice is set aside with its backtrace, and the rest goes on"""
        node = self.king.create_process()
        self.king.create("trouble", "Trouble", node, FIXTURE).must_be("actor_is_created")

        def segfault(number):
            mid = next(self.king.mids)
            self.king.post(1, mid, "segfault", "trouble", None, meta={"delivery": "reliable", "origin": "poisoner", "number": number})
            return self.king.answer_to(mid)

        for _ in range(2):
            with self.fails("worker_lost"):
                segfault(7)
            self.assertTrue(eventually(lambda: self.is_back("trouble"), 10.0), self.king.said())
        pid = self.king.pid_of(node)
        with self.fails("handler_failed") as refused:
            segfault(7)
        self.assertIn("set aside", refused.exception.text if hasattr(refused.exception, "text") else refused.exception.body["text"])
        with self.fails("handler_failed"):
            segfault(7)
        self.assertEqual(self.king.ask("trouble", "ping").name, "pong")
        self.assertEqual(self.king.pid_of(node), pid)
        self.assertEqual(self.king.ask(None, "stats").body["set_aside"], 1)
        aside = lambda: [one for one in self.king.ask(None, "get_dead_letters", {"recipient": "trouble"}).body["letters"] if one["reason"] == "handler_failed"]
        self.assertTrue(eventually(lambda: len(aside()) == 1, 5.0), "it is kept, to be looked at and sent again")
        self.assertEqual(aside()[0]["command"], "segfault")
        self.assertTrue(self.king.mentions("a reliable message to trouble is set aside"))
        named = lambda: sum("Trouble::segfault" in line for line in self.king.err) >= 2
        self.assertTrue(SLOWER > 1 or eventually(named, 5.0), "the log has its backtraces, with names of functions")  # looked up within a second, or not


class Clients(SharedSystem):
    actors = {}

    def setUp(self):
        self.name = f"counter_{next(self.numbers)}"
        self.king.create(self.name, "Counter", MAIN, FIXTURE).must_be("actor_is_created")

    def count(self, value, **meta):
        """The answer to a reliable ask: its name and body."""
        mid = next(self.king.mids)
        self.king.post(1, mid, "count", self.name, {"from": "me", "number": value}, meta={"delivery": "reliable", **meta})
        return self.king.answer_to(mid)

    def received(self):
        return self.king.ask(self.name, "report").body["received"]

    def test_repeated(self):
        """a reliable ask that a client sends again is handled once and answered the same, over another connection too"""
        first = self.count(0, origin="me", number=1)
        self.assertEqual(first.must_be("counted"), {"number": 0})
        self.assertEqual(self.count(0, origin="me", number=1), first)
        with self.king.another() as other:
            mid = next(other.mids)
            other.post(1, mid, "count", self.name, {"from": "me", "number": 0}, meta={"delivery": "reliable", "origin": "me", "number": 1})
            self.assertEqual(other.answer_to(mid), first)
        self.assertEqual(self.received(), 1)
        self.count(1, origin="me", number=2).must_be("counted")
        self.assertEqual(self.received(), 2)

    def test_mid(self):
        """without a number of its own a reliable ask is known by its sender and its mid"""
        mid = next(self.king.mids)
        for _ in range(3):
            self.king.post(1, mid, "count", self.name, {"from": "me", "number": 0}, meta={"delivery": "reliable"})
            self.king.answer_to(mid).must_be("counted")
        self.assertEqual(self.received(), 1)

    def test_too_old(self):
        """a repeated ask that is so old that nobody knows it any more is answered with a conflict and not handled"""
        for number in range(300):
            self.count(number, origin="me", number=number + 1).must_be("counted")
        with self.fails("conflict"):
            self.count(0, origin="me", number=1)
        self.assertEqual(self.received(), 300)

    def test_sequence(self):
        """in a sequence a message that comes before its time is refused, and one that was handled is acknowledged again"""
        self.count(0, origin="me", number=1, acked=0).must_be("counted")
        with self.fails("conflict"):
            self.count(2, origin="me", number=3, acked=0)
        self.assertEqual(self.count(0, origin="me", number=1, acked=0).must_be("processed"), {"number": 1})
        self.count(1, origin="me", number=2, acked=1).must_be("counted")
        self.assertEqual(self.received(), 2)

    def test_wrong(self):
        """a reliable message whose numbers cannot be is a bad request"""
        for meta in ({"number": -1}, {"number": 0}, {"number": "one"}, {"number": 2, "acked": 2}, {"origin": "x" * 600}):
            with self.fails("bad_request"):
                self.count(0, **{"origin": "me", "number": 1, **meta})
        self.assertEqual(self.received(), 0)

    def test_failure(self):
        """a reliable ask whose handler fails has been handled: its error is the answer to the copy as well"""
        for _ in range(2):
            mid = next(self.king.mids)
            self.king.post(1, mid, "count", self.name, {"from": "me"}, meta={"delivery": "reliable", "origin": "me", "number": 9})
            with self.fails("bad_argument"):
                self.king.answer_to(mid)
        self.assertEqual(self.king.ask(MAIN, "stats").body["repeated"] >= 1, True)


if __name__ == "__main__":
    unittest.main()
