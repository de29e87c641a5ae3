"""Durable actors come back with their state, and groups of actors are made again together."""

import unittest

from bus import FIXTURE, MAIN, Fault, Silence, class_desc
from processes import Program, eventually, kill, new_folder, package_folder
from system_case import OwnSystem


class Declared(OwnSystem):
    def declare(self, name, node=MAIN, class_name="Counter", **declared):
        body = {"class_desc": class_desc(class_name, FIXTURE), "name": name, **declared}
        return self.king.ask(node, "create_actor", body).must_be("actor_is_created")

    def lives_again(self, name, within=15.0):
        self.assertTrue(eventually(lambda: self.is_back(name), within), self.king.said())

    def report(self, name="counter"):
        return self.king.ask(name, "report").body

    def count(self, numbers, name="counter"):
        for number in numbers:
            self.king.ask(name, "count", {"from": "me", "number": number}).must_be("counted")


class Durable(Declared):
    def test_acknowledged(self):
        """whatever a durable actor answered is not forgotten, however often its process is killed in the middle of the work"""
        node = self.king.create_process()
        self.declare("counter", node, durable=True, params={"nap_ms": 1})
        due, acknowledged, interrupted = 0, 0, 0
        for crash in range(4):
            asked = [self.king.start_ask("counter", "count", {"from": "me", "number": due + i}) for i in range(200)]
            kill(self.king.pid_of(node))
            for number, mid in enumerate(asked, due):
                try:
                    self.king.answer_to(mid).must_be("counted")
                    self.assertEqual(number, acknowledged, "an answer came after an ask before it had failed")
                    acknowledged = number + 1
                except Fault as fault:
                    self.assertIn(fault.code, ("worker_lost", "unavailable"))
                    interrupted += 1
            self.lives_again("counter")
            report = self.report()
            due = report["next"].get("me", 0)
            self.assertGreaterEqual(due, acknowledged, f"crash {crash} lost what was acknowledged")
            self.assertEqual((report["received"], report["lost"], report["repeated"]), (due, 0, 0))
            acknowledged = due
            self.count(range(due, due + 20))
            due = acknowledged = due + 20
        self.assertGreater(interrupted, 0, "no kill came in the middle")

    def test_broker_too(self):
        """a durable actor whose process and broker are killed together comes back with its state, from the disk"""
        node = self.king.create_process()
        self.declare("counter", node, durable=True)
        self.count(range(30))
        worker = self.king.pid_of(node)
        kill(self.king.pid_of(None))
        kill(worker)
        self.lives_again("counter")
        self.assertEqual(self.report()["next"], {"me": 30})

    def test_broker_between(self):
        """what a durable actor did before its broker was killed is not forgotten when its process is killed after it"""
        node = self.king.create_process()
        self.declare("counter", node, durable=True)
        self.count(range(10))
        for _ in range(2):
            kill(self.king.pid_of(None))
            self.lives_again("counter")
        kill(self.king.pid_of(node))
        self.lives_again("counter")
        self.assertEqual(self.report()["next"], {"me": 10})

    def test_moved(self):
        """a durable actor that has moved is kept from its new home"""
        node, other = self.king.create_process(), self.king.create_process()
        self.declare("counter", node, durable=True)
        self.count(range(5))
        self.king.move("counter", other)
        self.count(range(5, 9))
        kill(self.king.pid_of(other))
        self.lives_again("counter")
        self.assertEqual(self.report()["next"], {"me": 9})
        self.assertEqual(self.king.node_of("counter"), other)

    def test_ticker(self):
        """the running ticker of a durable actor goes on after a crash"""
        node = self.king.create_process()
        body = {"class_desc": class_desc("IteratingHelloWorld"), "name": "hello", "durable": True, "params": {"period": 0.2}}
        self.king.ask(node, "create_actor", body).must_be("actor_is_created")
        self.king.ask("hello", "tick_start").must_be("tick_started")
        self.assertTrue(self.king.mentions("Hello, World! (1)"))
        kill(self.king.pid_of(node))
        self.lives_again("hello")
        self.assertTrue(self.king.mentions("Hello, World! (9)", 10.0), self.king.said())

    def test_ends(self):
        """the state is there again when the actor is, after an end of the whole system too, unless the actor was removed"""
        for name in ("counter", "removed"):
            self.declare(name, durable=True)
            self.count(range(3), name)
        self.king.ask(MAIN, "remove_actor", {"name": "removed"}).must_be("actor_is_removed")
        self.declare("removed", durable=True)
        self.assertEqual(self.report("removed")["received"], 0)
        state, folder = self.king.path("state"), new_folder()
        self.addCleanup(folder.cleanup)
        self.packages = package_folder(folder)
        self.king.ask(None, "quit").must_be("is_quiting")
        self.assertEqual(self.king.wait(15.0), 0)
        with Program("peacepie", "up", "--state-dir", str(state), "--bind", self.king.endpoint,
                     "--packages", self.packages, "--no-console") as again:
            self.assertTrue(eventually(lambda: self.is_back(MAIN), 10.0), again.said())
            self.declare("counter", durable=True)
            self.assertEqual(self.report()["next"], {"me": 3})

    def test_ephemeral(self):
        """a broker without a disk keeps states while it lives"""
        self.own_system("--ephemeral")
        node = self.king.create_process()
        self.declare("counter", node, durable=True)
        self.count(range(7))
        kill(self.king.pid_of(node))
        self.lives_again("counter")
        self.assertEqual(self.report()["next"], {"me": 7})

    def test_transient(self):
        """an actor that is not durable begins with its parameters"""
        node = self.king.create_process()
        self.declare("counter", node)
        self.count(range(7))
        kill(self.king.pid_of(node))
        self.lives_again("counter")
        self.assertEqual(self.report()["next"], {})


class Groups(Declared):
    def setUp(self):
        super().setUp()
        self.nodes = [MAIN, self.king.create_process(), self.king.create_process()]

    def group(self, strategy, **more):
        for number, node in enumerate(self.nodes):
            self.declare(f"member_{number}", node, group={"name": "band", "strategy": strategy, **more})
        self.declare("other")
        for name in ("member_0", "member_1", "member_2", "other"):
            self.count(range(3), name)

    def received(self, name):
        try:
            return self.king.ask(name, "report", timeout=1.0).body["received"]
        except (Fault, Silence):
            return None

    def becomes(self, **expected):
        def holds():
            return {name: self.received(name) for name in expected} == expected
        self.assertTrue(eventually(holds, 15.0), {name: self.received(name) for name in expected})

    def test_one_for_all(self):
        """when a member of a one_for_all group dies all its members begin anew, in whatever process, and nobody else"""
        self.group("one_for_all")
        kill(self.king.pid_of(self.nodes[1]))
        self.becomes(member_0=0, member_1=0, member_2=0, other=3)

    def test_rest_for_one(self):
        """when a member of a rest_for_one group dies those created after it begin anew, and those before it go on"""
        self.group("rest_for_one")
        kill(self.king.pid_of(self.nodes[1]))
        self.becomes(member_0=3, member_1=0, member_2=0, other=3)

    def test_one_for_one(self):
        """when a member of a one_for_one group dies it begins anew alone"""
        self.group("one_for_one")
        kill(self.king.pid_of(self.nodes[1]))
        self.becomes(member_0=3, member_1=0, member_2=3, other=3)

    def test_intensity(self):
        """a group whose members end more often than it says is given up as a whole, and can be created by hand"""
        self.group("one_for_one", intensity=1, period=60)
        kill(self.king.pid_of(self.nodes[1]))
        self.becomes(member_1=0)
        kill(self.king.pid_of(self.nodes[1]))
        self.becomes(member_0=None, member_1=None, member_2=None, other=3)
        self.assertTrue(self.king.mentions("the group band is given up"))
        self.declare("member_0", group={"name": "band", "strategy": "one_for_one", "intensity": 1, "period": 60})
        self.assertEqual(self.received("member_0"), 0)

    def test_wrong(self):
        """a group that cannot be is refused with the words that can"""
        for group, word in (({"name": "band", "strategy": "all"}, "one_for_all"), ({"strategy": "one_for_all"}, "name"),
                            ({"name": "band", "intensity": 0}, "intensity"), ({"name": "band", "period": -1}, "period"), (7, "group")):
            body = {"class_desc": class_desc("Counter", FIXTURE), "name": "odd", "group": group}
            refused = self.king.ask(MAIN, "create_actor", body).must_be("actor_is_not_created")
            self.assertEqual(refused["reason"], "bad_argument")
            self.assertIn(word, refused["text"])


if __name__ == "__main__":
    unittest.main()
