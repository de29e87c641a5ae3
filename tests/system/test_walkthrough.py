"""The walk-through of the README, step by step, by a bare socket, by the command line and by peacepie.py."""

import json
import re
import signal
import sys
import time
import unittest

from bus import SLOWER, Bus, class_desc
from processes import SOURCE, Program, System, eventually, free_endpoint, is_alive, new_folder
from system_case import OwnSystem, SharedSystem

GREETING = re.compile(r'iterating_hello_world from "([a-z0-9_.]+)" says "Hello, World! \((\d+)\)"')
DANCER = re.compile(r'(dancer_\w+) from "([a-z0-9_.]+)"')


class Walkthrough:
    """What a person types; `ask(recipient, command, body)` is the client's."""

    def expect(self, recipient, command, body, reply, **fields):
        got, answer = self.ask(recipient, command, body)
        self.assertEqual(got, reply, f"{command} to {recipient}: {answer}")
        for key, value in fields.items():
            self.assertEqual(answer[key], value, f"{key} of {answer}")
        return answer

    def test_hello_world(self):
        """the hello-world steps answer and print what the README says"""
        self.expect("first.main.admin", "create_actor", {"class_desc": class_desc("HelloWorld"), "name": "hello_world"},
                    "actor_is_created", system="king", node="first.main.admin", entity="hello_world")
        self.expect("hello_world", "tick", None, "hello_world")
        self.assertEqual(self.king.line("Hello"), "Hello, World!")
        self.expect("first.main.admin", "remove_actor", {"name": "hello_world"}, "actor_is_removed", name="hello_world")

    def test_iterating_hello_world(self):
        """the iterating greeter moves to another process and goes on counting without a gap"""
        self.expect("first.main.admin", "create_actor",
                    {"class_desc": class_desc("IteratingHelloWorld"), "name": "iterating_hello_world"},
                    "actor_is_created")
        self.expect("iterating_hello_world", "set_params", {"params": [{"name": "period", "value": 0.1}]},
                    "params_are_set")
        self.expect("iterating_hello_world", "tick_start", None, "tick_started")
        self.expect("iterating_hello_world", "tick_start", None, "tick_already_started")
        self.assertTrue(self.king.line("(3)"), self.king.said())
        self.expect("first.main.admin", "create_process", None, "actor_is_created", system="king",
                    node="first.process_0.admin", entity=None)
        self.expect("first.main.admin", "recreate_actor",
                    {"node": "first.process_0.admin", "entity": "iterating_hello_world"}, "actor_is_recreated",
                    node="first.process_0.admin")
        self.assertTrue(self.king.line('from "first.process_0.admin"'), self.king.said())
        self.assertTrue(self.king.line('from "first.process_0.admin"'), self.king.said())
        self.expect("iterating_hello_world", "tick_stop", None, "tick_stopped")
        self.expect("iterating_hello_world", "tick_stop", None, "tick_already_stopped")
        self.expect("first.process_0.admin", "remove_actor", {"name": "iterating_hello_world"}, "actor_is_removed")
        greetings = [match.groups() for match in map(GREETING.fullmatch, self.king.out) if match]
        self.assertEqual([int(number) for _, number in greetings], list(range(len(greetings))))
        nodes = [node for node, _ in greetings]
        self.assertEqual(nodes, sorted(nodes, key=["first.main.admin", "first.process_0.admin"].index))

    def test_circle(self):
        """the circle turns through three processes, takes in a dancer of a fourth, and quit ends it all with status 0"""
        self.expect("first.main.admin", "create_actor",
                    {"class_desc": class_desc("CircleStarter"), "name": "circle_starter"}, "actor_is_created")
        self.expect("circle_starter", "set_params", {"params": [
            {"name": "process_count", "value": 3}, {"name": "dancers_per_process", "value": 2},
            {"name": "period", "value": 0.05}]}, "params_are_set")
        self.expect("circle_starter", "begin", None, "begun")
        self.assertTrue(self.king.line("dancer_05 from"), self.king.said())
        self.assertTrue(self.king.line("dancer_00 from"), self.king.said())
        steps = [match.groups() for match in map(DANCER.fullmatch, self.king.out) if match]
        round_ = [("dancer_00", "first.main.admin"), ("dancer_01", "first.main.admin"),
                  ("dancer_02", "first.process_0.admin"), ("dancer_03", "first.process_0.admin"),
                  ("dancer_04", "first.process_1.admin"), ("dancer_05", "first.process_1.admin")]
        self.assertEqual(steps[:6], round_)
        self.expect("first.main.admin", "create_process", None, "actor_is_created", node="first.process_2.admin")
        self.expect("first.process_2.admin", "create_actor",
                    {"class_desc": class_desc("CircleDancer"), "name": "dancer_x"}, "actor_is_created")
        self.expect("dancer_x", "set_params", {"params": [
            {"name": "consumer", "value": "dancer_00"}, {"name": "period", "value": 0.05}]}, "params_are_set")
        self.expect("dancer_05", "set_params", {"params": [
            {"name": "consumer", "value": {"system": None, "node": "first.process_2.admin", "entity": "dancer_x"}}]},
            "params_are_set")
        self.assertTrue(self.king.line('dancer_x from "first.process_2.admin"'), self.king.said())
        self.assertTrue(self.king.line("dancer_00 from"), self.king.said())
        self.king.remember_family()
        self.expect("first.main.admin", "quit", None, "is_quiting")
        self.assertEqual(self.king.wait(10.0), 0, self.king.said())


class BySocket(Walkthrough, OwnSystem):
    def ask(self, recipient, command, body):
        return self.king.ask(recipient, command, body)


class ByCommandLine(Walkthrough, OwnSystem):
    def ask(self, recipient, command, body):
        arguments = [] if body is None else [json.dumps(body)]
        status, out, err = self.king.cli("ask", recipient, command, *arguments, "--json")
        self.assertEqual(status, 0, f"{out}{err}")
        answer = json.loads(out)
        return answer["command"], answer["body"]


class ByPython(Walkthrough, OwnSystem):
    def setUp(self):
        super().setUp()
        sys.path.insert(0, str(SOURCE / "sdk" / "python"))
        self.addCleanup(sys.path.remove, str(SOURCE / "sdk" / "python"))
        import peacepie
        self.client = peacepie.Client(self.king.endpoint)
        self.addCleanup(self.client.close)

    def ask(self, recipient, command, body):
        answer = self.client.ask(recipient, command, body)
        return answer.command, answer.body


# The sentences say who walks.
for case, by in ((BySocket, "a bare socket"), (ByCommandLine, "the command line"), (ByPython, "peacepie.py")):
    for step in ("test_hello_world", "test_iterating_hello_world", "test_circle"):
        original = getattr(Walkthrough, step)

        def walked(self, original=original):
            original(self)

        walked.__name__, walked.__doc__ = step, f"by {by}: {original.__doc__}"
        setattr(case, step, walked)


class OldWords(SharedSystem):
    actors = {"hello_world": "HelloWorld", "iterating_hello_world": "IteratingHelloWorld"}

    def test_start(self):
        """the greeters answer start, which an author of the original system had to have"""
        for name in self.actors:
            self.king.ask(name, "start").must_be("started")


class Ending(unittest.TestCase):
    def test_interrupt(self):
        """an interrupt drains the system and ends it with status 0, and no process stays behind"""
        with System() as king:
            king.create_process()
            king.create("greeter", "IteratingHelloWorld")
            king.ask("greeter", "tick_start")
            family = list(king.remember_family())
            self.assertGreaterEqual(len(family), 3)
            king.signal(signal.SIGINT)
            self.assertEqual(king.wait(10.0), 0, king.said())
            self.assertTrue(eventually(lambda: not any(map(is_alive, family)), 2.0))

    def test_early_end(self):
        """a system told to end at any moment of its start ends with status 0, and no process stays behind"""
        listening, milliseconds = 0, 2
        while milliseconds < 62 or (listening <= 5 and milliseconds < 300):  # a slow machine listens later
            with new_folder() as state, Program("peacepie", "up", "--bind", free_endpoint(), "--state-dir", state) as king:
                time.sleep(milliseconds * SLOWER / 1000)
                king.remember_family()
                king.signal(signal.SIGTERM)
                status = king.wait(10.0)
                # The very first moments are before it listens to signals: then it ends as any program would.
                self.assertIn(status, (0, -signal.SIGTERM), f"after {milliseconds} ms\n{king.said()}")
                listening += status == 0
                self.assertTrue(eventually(lambda: not any(map(is_alive, king.family)), 2.0))
            milliseconds += 4
        self.assertGreater(listening, 5)

    def test_two_systems(self):
        """two systems on one machine do not meet"""
        with System() as one, System("--system", "queen") as other:
            one.create("same_name", "HelloWorld")
            self.assertEqual(other.create("same_name", "HelloWorld").body["system"], "queen")
            with Bus(other.endpoint) as bus:
                self.assertEqual(bus.welcome["system"], "queen")


if __name__ == "__main__":
    unittest.main()
