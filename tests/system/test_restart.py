"""The broker is killed: what its workers have comes back."""

import os
import signal
import time
import unittest

from bus import ASK, FIXTURE, MAIN, Bus, Silence, class_desc
from processes import Program, eventually, kill
from system_case import OwnSystem


class Restart(OwnSystem):
    def test_many_actors(self):
        """a worker with more actors than one hello carries has them all back after the broker was killed"""
        names = [f"one_of_many_{number}" for number in range(45_000)]
        for first in range(0, len(names), 5_000):
            self.king.ask(MAIN, "create_actors", {"class_desc": class_desc("Counter", FIXTURE), "names": names[first:first + 5_000]},
                          timeout=30.0).must_be("actors_are_created")
        kill(self.king.pid_of(None))
        self.assertTrue(eventually(lambda: self.is_back(names[0]) and self.is_back(names[-1]), 30.0))
        total = self.king.ask(None, "get_members", {"level": "PROCESS", "id": MAIN, "page_size": 1}).body["total"]
        self.assertEqual(total, len(names) + 1)

    def test_names_and_processes(self):
        """a broker killed three times has the same processes and actors back each time, and none is made twice"""
        nodes = [MAIN, self.king.create_process(), self.king.create_process()]
        for number in range(30):
            self.king.create(f"counter_{number}", "Counter", nodes[number % 3], FIXTURE).must_be("actor_is_created")
        pids = [self.king.pid_of(node) for node in nodes]
        for _ in range(3):
            kill(self.king.pid_of(None))
            for number in range(30):
                self.assertTrue(eventually(lambda: self.is_back(f"counter_{number}"), 10.0), number)
        self.assertEqual([self.king.pid_of(node) for node in nodes], pids)
        self.assertEqual([self.king.node_of(f"counter_{number}") for number in range(3)], nodes)
        stats = self.king.ask(None, "stats").body
        self.assertEqual((stats["healed"], stats["fallen"], stats["actors"]), (0, 0, 30), stats)

    def test_both_die(self):
        """actors of a worker that dies with the broker are made again, because their names are on disk"""
        node = self.king.create_process()
        self.king.create("counter", "Counter", node, FIXTURE, params={"nap_ms": 3}).must_be("actor_is_created")
        self.king.create("neighbour", "Counter", MAIN, FIXTURE).must_be("actor_is_created")
        worker, broker = self.king.pid_of(node), self.king.pid_of(None)
        kill(broker)
        kill(worker)
        for name in ("counter", "neighbour"):
            self.assertTrue(eventually(lambda: self.is_back(name), 15.0), self.king.said())
        self.assertEqual(self.king.ask("counter", "get_params").body["params"][0]["value"], 3)
        self.assertEqual(self.king.ask(None, "stats").body["healed"], 1)

    def strangers(self):
        """A client of this broker and one of the next; each the only one of its name, and both number their asks from one."""
        first = self.king.another("stranger")
        yield first
        kill(self.king.pid_of(None))
        self.king.hello_again(10.0)
        second = Bus(self.king.endpoint, "stranger", timeout=5.0)
        self.addCleanup(second.close)
        yield second

    def test_late_answer(self):
        """an answer to a client of an earlier broker never reaches a client of this one, whatever numbers they use"""
        slow, slower = self.trouble(), self.trouble()
        strangers = self.strangers()
        first = next(strangers)
        first.post(ASK, 4711, "nap", slow, {"seconds": 2.0}, 20_000)
        time.sleep(0.3)  # under way by then
        second = next(strangers)
        self.assertTrue(eventually(lambda: self.is_back(slower), 10.0), self.king.said())
        begun = time.monotonic()
        second.post(ASK, 4711, "nap", slower, {"seconds": 4.0}, 20_000)
        second.answer_to(4711, 10.0)
        self.assertGreater(time.monotonic() - begun, 3.9, "the answer of another's ask came")
        self.assertGreaterEqual(self.king.ask(None, "stats").body["dead_letters"], 1, "it did not come at all")

    def test_same_mid(self):
        """a reliable ask without an origin is another one than that of an earlier broker's client with the same mid"""
        self.king.create("counter", "Counter", MAIN, FIXTURE).must_be("actor_is_created")
        for number, stranger in enumerate(self.strangers()):
            self.assertTrue(eventually(lambda: self.is_back("counter"), 10.0), self.king.said())
            stranger.post(ASK, 4711, "count", "counter", {"from": stranger.welcome["address"], "number": 0}, 5_000, meta={"delivery": "reliable"})
            stranger.answer_to(4711).must_be("counted")
            self.assertEqual(self.king.ask("counter", "report").body["received"], number + 1)

    def test_new_system(self):
        """a system that is started where another was killed begins without its actors, and one of them at a time has the file"""
        state = self.king.path("state")
        self.assertTrue((state / "registry.db").exists())
        self.king.create("counter", "Counter", MAIN, FIXTURE).must_be("actor_is_created")
        for pid in (self.king.pid, *self.king.remember_family()):
            kill(pid)
        with Program("peacepie", "up", "--state-dir", str(state), "--bind", self.king.endpoint, "--no-console") as king:
            self.assertTrue(eventually(lambda: self.is_back(MAIN), 10.0), king.said())
            with self.fails("no_such_actor"):
                self.king.ask("counter", "ping")

    def test_ephemeral(self):
        """an ephemeral system writes no names, and works: its next broker never says of an actor that lives that there is none"""
        self.own_system("--ephemeral")
        self.king.create("counter", "Counter", MAIN, FIXTURE).must_be("actor_is_created")
        self.assertFalse(self.king.path("state", "registry.db").exists())
        self.assertEqual(self.king.outcome("countre", "ping")[0], "no_such_actor")
        worker = self.king.pid_of(MAIN)
        os.kill(worker, signal.SIGSTOP)  # it cannot say hello to the next broker yet
        try:
            kill(self.king.pid_of(None))
            told = next(filter(None, (self.told_of("counter") for _ in range(5))), "nothing")
            self.assertEqual(told, "unavailable")
        finally:
            os.kill(worker, signal.SIGCONT)
        self.assertTrue(eventually(lambda: self.is_back("counter"), 10.0))
        self.assertTrue(eventually(lambda: self.told_of("countre") == "no_such_actor", 10.0))

    def test_ephemeral_actors(self):
        """an actor of an ephemeral system comes back as it was declared, with its state, when broker and worker die one after the other"""
        self.own_system("--ephemeral")
        node = self.king.create_process()
        for name, more in (("counter", {"params": {"nap_ms": 3}, "durable": True}), ("neighbour", {}), ("mortal", {"restart": "temporary"})):
            self.king.ask(MAIN, "create_actor", {"class_desc": class_desc("Counter", FIXTURE), "name": name, **more}).must_be("actor_is_created")
        self.king.move("counter", node).must_be("actor_is_recreated")
        self.king.ask("counter", "count", {"from": "me", "number": 0}).must_be("counted")
        for _ in range(2):
            kill(self.king.pid_of(None))
            self.assertTrue(eventually(lambda: self.is_back("counter") and self.is_back("neighbour"), 10.0), self.king.said())
            self.assertTrue(eventually(lambda: self.king.ask(None, "stats").body["states_kept"] >= 1, 10.0), "its process says its state again")
            for one in (node, MAIN):
                kill(self.king.pid_of(one))
            for name in ("counter", "neighbour"):
                self.assertTrue(eventually(lambda: self.is_back(name), 15.0), self.king.said())
            self.assertEqual(self.king.ask("counter", "get_params").body["params"][0]["value"], 3)
            self.assertEqual(self.king.ask("counter", "report").body["received"], 1)
        self.assertTrue(eventually(lambda: self.told_of("mortal") == "no_such_actor", 10.0))

    def told_of(self, name):
        """What the broker says to whoever asks that actor; None when there is no broker."""
        try:
            self.king.hello_again()
            return self.king.outcome(name, "ping", timeout=2.0)[0]
        except Silence:
            return None


if __name__ == "__main__":
    unittest.main()
