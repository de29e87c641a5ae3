"""The words in which system tests say what they expect, and the systems they say it of."""

import itertools
import time
import unittest
from contextlib import contextmanager

from bus import FIXTURE, MAIN, SLOWER, Fault, Silence
from processes import System, eventually


class SystemCase(unittest.TestCase):
    """`self.king` is the system; who derives from this says where it comes from."""

    numbers = itertools.count()

    @contextmanager
    def within(self, seconds):
        """What stands in the block takes less than that (longer when the programs are slow)."""
        begun = time.monotonic()
        yield
        self.assertLess(time.monotonic() - begun, seconds * SLOWER, "it took too long")

    @contextmanager
    def fails(self, *codes):
        """What stands in the block ends in an error of one of these codes: `failure.exception`."""
        with self.assertRaises(Fault) as failure:
            yield failure
        self.assertIn(failure.exception.code, codes, failure.exception.body)

    def is_back(self, name):
        """Whether that actor answers, to be asked again and again after the broker was killed."""
        try:
            self.king.hello_again()
            return self.king.outcome(name, "ping", timeout=1.0)[0] == "pong"
        except (Fault, Silence):
            return False

    def own_system(self, *options):
        """From now on `self.king` is a system of this test alone, to break."""
        self.king = System(*options)
        self.addCleanup(self.king.end)
        return self.king

    def trouble(self, node=MAIN):
        """The name of a new actor that misbehaves on command."""
        name = f"trouble_{next(self.numbers)}"
        self.king.create(name, "Trouble", node, FIXTURE).must_be("actor_is_created")
        return name

    def start_senders(self, nodes, to="counter", **params):
        """On each of these nodes an actor begins to send numbered messages to the actor `counter`."""
        self.senders = [f"sender_{number}" for number in range(len(nodes))]
        for name, node in zip(self.senders, nodes):
            self.king.create(name, "Sender", node, FIXTURE).must_be("actor_is_created")
            self.king.set_params(name, to=to, **params).must_be("params_are_set")
        for name in self.senders:
            self.king.ask(name, "begin").must_be("begun")

    def received(self):
        return self.king.ask("counter", "report").body["received"]

    def check_nothing_lost(self, at_least=1):
        """The senders end, and all they sent has come, once and in order."""
        self.assertTrue(eventually(lambda: self.received() >= at_least, 10.0))
        sent = sum(self.king.ask(name, "end").body["sent"] for name in self.senders)
        eventually(lambda: self.received() >= sent, 10.0)
        report = self.king.ask("counter", "report").body
        self.assertEqual((report["received"], report["lost"], report["repeated"]), (sent, 0, 0), report)


class SharedSystem(SystemCase):
    """One system for all tests of the class, with these actors: name to class."""

    actors = {}

    @classmethod
    def setUpClass(cls):
        cls.king = System()
        cls.addClassCleanup(cls.king.end)
        for name, class_name in cls.actors.items():
            cls.king.create(name, class_name).must_be("actor_is_created")


class OwnSystem(SystemCase):
    """A new system for every test."""

    def setUp(self):
        self.own_system()
