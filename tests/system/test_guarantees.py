"""Promises that only the running programs can show: what is counted, what memory a slow peer costs, who goes on while the broker is dead."""

import itertools
import os
import signal
import unittest
from pathlib import Path

import zmq

from bus import FIXTURE, MAIN, Bus, class_desc
from chaos.floods import resident_mib
from processes import Program, Served, System, eventually, freeze, kill, new_folder, run
from system_case import OwnSystem, SharedSystem, SystemCase


class Conservation(SharedSystem):
    actors = {"greeter": "HelloWorld"}

    def check(self):
        counts = self.king.ask(None, "stats").body
        came = counts["messages"] + counts["made"] + counts["let_go"] + counts["held_ended"]
        ended = sum(counts[way] for way in ("routed", "held", "for_head", "turned_away", "late_answers"))
        self.assertEqual(came, ended, counts)
        return counts

    def test_live(self):
        """what a running broker has accepted is the sum of the ends that its metrics show, whatever is going on"""
        second = self.king.create_process()
        self.king.create("counter", "Counter", second, FIXTURE).must_be("actor_is_created")
        self.start_senders([MAIN, second])
        before = self.check()
        for number in range(60):
            self.king.send("nobody", "lost", {"number": number})
            self.king.outcome("nobody", "tick")
            self.king.outcome("greeter", "no_such_command")
            self.king.outcome(None, "no_such_command")
            self.king.ask("greeter", "tick").must_be("hello_world")
            if number % 10 == 0:
                self.king.outcome(None, "recreate_actor", {"entity": "counter", "node": (MAIN, second)[number // 10 % 2]})
            self.check()
        self.check_nothing_lost(100)
        after = self.check()
        self.assertGreaterEqual(after["turned_away"] - before["turned_away"], 120)
        self.assertGreater(after["routed"], before["routed"])


class ConservationInWorkers(OwnSystem):
    def balance(self, node):
        sends = self.king.ask(node, "stats").body["sends"]
        came = sum(sends[way] for way in ("said", "from_broker", "moved_in", "came_back"))
        ended = sum(sends[way] for way in ("handled", "not_handled", "expired", "to_broker", "to_head", "dead_letters", "withdrawn"))
        return sends, came - ended

    def test_workers(self):
        """what running workers have taken in is the sum of the ends that their metrics show, and nothing of it waits when all is quiet"""
        second = self.king.create_process()
        nodes = (MAIN, second)
        self.king.create("counter", "Counter", second, FIXTURE).must_be("actor_is_created")
        self.start_senders(nodes)
        before = {node: self.balance(node)[0] for node in nodes}
        for number in range(40):
            self.king.send(self.senders[0], "no_such_command", {"number": number})
            self.king.send(second, "no_such_command")
            if number % 4 == 0:
                self.king.outcome(None, "recreate_actor", {"entity": "counter", "node": nodes[number // 4 % 2]})
            for node in nodes:
                sends, _ = self.balance(node)
                self.assertTrue(0 <= sends["waiting"] <= 100_000, sends)
        self.check_nothing_lost(100)
        for node in nodes:
            at_rest = eventually(lambda node=node: self.balance(node)[1] == 0 == self.balance(node)[0]["waiting"], 5.0)
            self.assertTrue(at_rest, self.balance(node))
        after = {node: self.balance(node)[0] for node in nodes}
        for node, way, least in ((MAIN, "not_handled", 40), (second, "not_handled", 40), (MAIN, "said", 20), (MAIN, "to_broker", 10),
                                 (second, "from_broker", 40), (MAIN, "handled", 20)):
            self.assertGreaterEqual(after[node][way] - before[node][way], least, (node, way, after[node]))
        passed = sum(after[node]["to_broker"] for node in nodes)
        self.assertGreater(passed, 0)
        self.assertEqual(self.king.ask(None, "stats").body["lost"], 0)


class Endings(OwnSystem):
    def monitor(self, *names):
        for name in names:
            self.king.ask(None, "monitor", {"actor": name}).must_be("monitored")

    def downs(self, count):
        """Of so many actors: the reasons by name; and their names are free."""
        reasons = {}
        for _ in range(count):
            body = self.king.wait_for(lambda envelope: envelope[3] == "down", 5.0)[8]
            self.assertNotIn(body["actor"], reasons)
            reasons[body["actor"]] = body["reason"]
        return reasons

    def test_reasons(self):
        """each way to end an actor has its reason, and its name is free by then"""
        node = self.king.create_process()
        group = {"name": "band", "strategy": "one_for_all"}
        for name, where in (("bomb", node), ("removed", node), ("last", MAIN)):
            self.king.create(name, "Trouble", where, FIXTURE).must_be("actor_is_created")
        for name, where in (("member", node), ("other", MAIN)):
            self.king.ask(where, "create_actor", {"class_desc": class_desc("Counter", FIXTURE), "name": name, "group": group}).must_be("actor_is_created")
        self.monitor("bomb", "removed", "member", "other", "nobody")
        self.assertEqual(self.downs(1), {"nobody": "no_such_actor"})
        self.king.ask(node, "remove_actor", {"name": "removed"}).must_be("actor_is_removed")
        self.assertEqual(self.downs(1), {"removed": "killed"})
        with self.fails("worker_lost"):
            self.king.ask("bomb", "segfault")
        self.assertEqual(self.downs(3), {"bomb": "error", "member": "worker_lost", "other": "killed"})
        for name in ("bomb", "member", "other"):
            self.assertTrue(eventually(lambda: self.king.outcome(name, "ping", timeout=1.0)[0] == "pong", 5.0), self.king.said())
        self.monitor("bomb", "last")
        self.king.ask(MAIN, "remove_process", {"node": node}, timeout=15.0).must_be("process_is_removed")
        self.assertEqual(self.downs(1), {"bomb": "normal"})
        kill(self.king.pid_of(MAIN))
        self.assertEqual(self.downs(1), {"last": "worker_lost"})


class Bounds(SystemCase):
    def limits(self, who):
        return self.king.ask(who, "stats").body["limits"]

    def test_small(self):
        """a system started with a small mailbox and few dead letters refuses and forgets at these bounds, and counts both"""
        self.own_system("--limit", "mailbox_length=5", "--limit", "dead_letters=3", "--limit", "mailbox_bytes=1M")
        second = self.king.create_process()
        refused = 0
        for node in (MAIN, second):
            name = self.trouble(node)
            self.king.ask(name, "subscribe", {"command": "nap"}).must_be("subscribed")
            self.king.send(name, "nap", {"seconds": 2})
            self.assertIsNotNone(self.king.notification(5.0), "it naps")
            for number in range(20):
                self.king.send(name, "echo", {"text": str(number)})
            with self.fails("mailbox_full"):
                self.king.ask(name, "echo", {"text": "one more"})
            limits = self.limits(node)
            self.assertEqual(limits["mailbox_length"]["limit"], 5)
            self.assertIn(limits["mailbox_length"]["reached"], (15, 16), "the first one in an idle box may not count yet")
            refused += limits["mailbox_length"]["reached"] - 1  # an ask has its answer
            self.assertEqual(limits["mailbox_bytes"], {"limit": 1 << 20, "reached": 0})
        self.assertTrue(eventually(lambda: self.limits(None)["dead_letters"]["reached"] == refused - 3, 5.0), self.limits(None))
        self.assertEqual(self.limits(None)["dead_letters"]["limit"], 3)
        letters = self.king.ask(None, "get_dead_letters").body
        self.assertEqual((letters["kept"], letters["forgotten"], letters["by_reason"]), (3, refused - 3, {"mailbox_full": refused}))

    def test_hello(self):
        """a client that says hello without end and reads nothing costs the broker its queue, and nobody else waits"""
        self.own_system("--limit", "peer_queue_frames=1000")
        with Bus(self.king.endpoint, hello=False) as silent:
            silent.socket.close(0)
            silent.socket = Bus.context.socket(zmq.DEALER)
            for option, value in ((zmq.LINGER, 0), (zmq.RCVHWM, 1), (zmq.SNDHWM, 0)):
                silent.socket.setsockopt(option, value)
            silent.socket.connect(self.king.endpoint)
            for _ in range(60):
                for _ in range(1000):
                    silent.start_ask(None, "hello", Bus.introduction("silent"))
                with self.within(1.0):
                    self.king.ask(None, "ping")
            self.assertTrue(eventually(lambda: self.limits(None)["peer_queue_frames"]["reached"] > 0, 20.0), self.king.said())
            self.assertLess(self.king.ask(None, "stats").body["mailbox_bytes"], 1000 * 1000)

    def test_places(self):
        """a limit is taken from the file, the environment or the flag, whichever wins, and a wrong one is refused by every program with the right name"""
        with new_folder() as folder:
            config = Path(folder) / "peacepie.toml"
            config.write_text("[limits]\nmailbox_length = 7\ndead_letters = 7\nsessions = 70\n")
            self.king = System("--config", config, "--limit", "sessions=80", env={"PEACEPIE_LIMITS": "dead_letters=8 sessions=60"})
            self.addCleanup(self.king.end)
        limits = self.limits(None)
        self.assertEqual((limits["dead_letters"]["limit"], limits["sessions"]["limit"]), (8, 80))
        self.assertEqual(self.limits(MAIN)["mailbox_length"]["limit"], 7)
        for program in (("peacepie", "up", "--state-dir", self.king.path("other")), ("peacepie-broker",), ("peacepie-worker",)):
            status, out, err = run(*program, "--limit", "mailbox_lenght=5")
            self.assertEqual(status, 2, err)
            self.assertIn("did you mean `mailbox_length`?", out + err)
            status, out, err = run(*program, "--limit", "mailbox_length=0")
            self.assertEqual(status, 2, err)
            self.assertIn("must be a number from 1 to 4000000", out + err)
            status, out, err = run(*program, "--help")
            self.assertIn("  mailbox_length=100000", out)


class SlowPeer(OwnSystem):
    def test_large(self):
        """large messages to a process that reads nothing cost the broker its queue and a window of bytes, and nobody else waits"""
        node = self.king.create_process()
        self.king.create("counter", "Counter", node, FIXTURE).must_be("actor_is_created")
        broker, slow = self.king.pid_of(None), self.king.pid_of(node)
        body = {"blob": bytes(8 << 20)}
        before = highest = resident_mib(broker)
        freeze(slow)
        try:
            for _ in range(40):
                self.king.send("counter", "blob", body)
                with self.within(1.0):
                    self.king.ask(None, "ping")  # so that none waits in ZeroMQ's own queue on the way here
                highest = max(highest, resident_mib(broker))
        finally:
            os.kill(slow, signal.SIGCONT)
        # 64 MiB wait, 4 and a message beyond them are under way, one comes in and one is copied.
        self.assertLess(highest - before, 64 + 4 + 3 * 8 + 16)


class BrokerDead(SystemCase):
    """A broker by itself that keeps its names on disk, workers that joined it by hand."""

    def setUp(self):
        folder = new_folder()
        names = Path(folder.name, "state")
        names.mkdir()
        self.options = ("--state-dir", names)
        self.king = Served(folder, "peacepie-broker", *self.options)
        self.addCleanup(self.king.end)

    def handled(self, name):
        """The numbers that the witness of that name has handled, in order."""
        file = self.king.path(name)
        return [int(line.split()[-1]) for line in file.read_text().splitlines()] if file.exists() else []

    def said(self):
        """How far the beacon to the one in the other process has come."""
        lines = [line for line in self.king.path("said").read_text().splitlines() if line.startswith("S ")]
        return int(lines[-1].split()[-1]) if lines else 0

    def test_goes_on(self):
        """while the broker is dead local actors keep talking, and mail to others waits in their worker and then comes in order"""
        for host, name in (("first", "far"), ("second", "near")):
            worker = self.king.join(host)
            node = f"{host}.main.admin"
            self.king.create(name, "Witness", node, FIXTURE, params={"file": str(self.king.path(name))}).must_be("actor_is_created")
        for name, to in (("to_near", "near"), ("to_far", "far")):
            said = self.king.path("said") if to == "far" else "/dev/null"
            self.king.create(name, "Beacon", node, FIXTURE, params={"file": str(said), "to": to}).must_be("actor_is_created")
        self.assertTrue(eventually(lambda: self.handled("near") and self.handled("far"), 5.0))
        kill(self.king.pid_of(None))
        self.king.wait(3.0)
        after_death = len(self.handled("near"))
        self.assertTrue(eventually(lambda: len(self.handled("near")) > after_death + 40, 5.0), "local actors fell silent with the broker")
        since = self.said()  # by now the worker has noticed; what it had given to the dead broker is lost with that
        self.assertTrue(eventually(lambda: self.said() > since + 40, 5.0))
        until = self.said()
        self.assertTrue(worker.is_running())
        again = Program("peacepie-broker", *self.options, "--bind", self.king.endpoint)
        self.addCleanup(again.end)
        self.assertTrue(eventually(lambda: self.handled("far")[-1] > until + 40, 10.0), again.said())
        for name in ("near", "far"):
            numbers = self.handled(name)
            self.assertTrue(all(one < other for one, other in itertools.pairwise(numbers)), numbers)
        self.assertEqual([number for number in self.handled("far") if since <= number < until], list(range(since, until)))
        numbers = self.handled("near")
        self.assertEqual(numbers, list(range(len(numbers))))


if __name__ == "__main__":
    unittest.main()
