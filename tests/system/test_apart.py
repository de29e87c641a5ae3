"""A worker on another machine, and the network between: what its actors do while it is cut."""

import time
import unittest

import apart
from bus import FIXTURE, MAIN, SLOWER, Fault, Silence, class_desc
from chaos.record import Record
from processes import Broker, eventually, kill
from system_case import SystemCase

FAR = "second.main.admin"
STOPPED_BY = 8.0    # seconds: six, and one look more
GIVEN_AWAY = 12.8   # seconds: what a silent process is borne, and what its actors are waited for


@unittest.skipIf(apart.why_not(), f"not run: {apart.why_not()}")
class Apart(SystemCase):
    def setUp(self):
        self.far = apart.Machine()
        self.addCleanup(self.far.close)
        self.king = Broker(self.far)
        self.addCleanup(self.king.end)
        self.king.join("first")
        self.worker = self.king.join("second", on=self.far)
        self.record = Record(self.king.path("record.txt"))
        self.addCleanup(self.record.close)
        self.make("witness", "Witness")
        self.make("beacon", "Beacon", to="witness")  # beside it: what they say to each other needs no broker
        self.assertTrue(self.goes_on(), self.worker.said())

    def make(self, name, class_name, node=FAR, restart="permanent", **params):
        body = {"class_desc": class_desc(class_name, FIXTURE), "name": name, "restart": restart, "params": params | {"file": str(self.record.path)}}
        return self.king.ask(node, "create_actor", body)

    def goes_on(self, within=2.0):
        """Whether the witness handles what is said to it from now on."""
        now = time.monotonic_ns()
        return eventually(lambda: self.record.first_after("witness", now) is not None, within)

    def lives_on(self, name, node):
        try:
            return self.king.node_of(name) == node
        except (Fault, Silence):
            return False

    def test_back_in_time(self):
        """a process that is cut off goes on for six seconds, then its actors stand still, and they go on where they stood when it is back in time"""
        self.far.cut()
        time.sleep(3.0)
        self.assertTrue(self.goes_on(1.0), self.worker.said())
        self.assertTrue(self.worker.mentions("all actors stand still", STOPPED_BY - 3.0), self.worker.said())
        now = time.monotonic_ns()
        time.sleep(0.5)
        self.assertIsNone(self.record.first_after("witness", now))
        self.far.heal()
        self.assertTrue(self.goes_on(5.0), self.worker.said())
        self.assertEqual(self.king.ask(None, "stats").body["healed"], 0)
        self.assertEqual(self.record.violations, [])
        self.assertEqual(len(self.record.instances["witness"]), 1)
        self.assertEqual(self.record.gaps, [])
        time.sleep(1.0)
        lost = self.king.ask(None, "stats").body["workers_lost"]
        time.sleep(6.0)  # what was under way by the connection that was given up comes now, if ever
        self.assertEqual(self.king.ask(None, "stats").body["workers_lost"], lost, self.king.said())

    def test_made_elsewhere(self):
        """actors of a process that is cut off for longer are made elsewhere after it has stopped them, and it never runs them again"""
        self.make("spare", "Witness", restart="temporary").must_be("actor_is_created")
        self.far.cut("to_here")
        self.assertTrue(self.king.loses_node(FAR, 5.0))
        self.assertEqual(self.make("spare", "Witness", MAIN, restart="temporary").body["reason"], "unavailable")
        self.assertTrue(self.worker.mentions("all actors stand still", STOPPED_BY), self.worker.said())
        time.sleep(0.5)  # the record is read twenty times a second
        last = max(self.record.times["witness"])
        self.assertTrue(eventually(lambda: self.lives_on("witness", MAIN), GIVEN_AWAY + 3.0), self.king.said())
        self.assertTrue(self.goes_on(3.0), self.king.said())
        self.assertGreater(self.record.first_after("witness", last) - last, 1.5e9)  # nobody ran it in between
        self.assertTrue(eventually(lambda: self.make("spare", "Witness", MAIN, restart="temporary").name == "actor_is_created", 3.0))
        self.far.heal()
        self.assertTrue(self.king.has_node(FAR), self.worker.said())
        self.assertTrue(self.goes_on(3.0), self.king.said())
        self.assertEqual(self.king.node_of("witness"), MAIN)
        self.assertEqual(self.record.violations, [])
        self.assertEqual(len(self.record.instances["witness"]), 2)

    def test_killed(self):
        """whoever waits for an actor of a process on another machine that is killed is told within a second, and the process comes back"""
        self.king.create("sleeper", "Trouble", FAR, FIXTURE).must_be("actor_is_created")
        asked = self.king.start_ask("sleeper", "nap", {"seconds": 30}, timeout=30.0)
        self.assertEqual(self.king.ask(FAR, "ping").name, "pong")  # by the same way: the question is there
        begun = time.monotonic()
        kill(self.king.pid_of(FAR))
        with self.assertRaises(Fault) as told:
            self.king.answer_to(asked, 30.0)
        self.assertLess(time.monotonic() - begun, SLOWER)
        self.assertEqual(told.exception.code, "worker_lost")
        self.assertTrue(eventually(lambda: self.lives_on("witness", FAR), 15.0), self.worker.said())

    def test_broker_killed(self):
        """while the broker is dead and its machine answers, actors on another machine keep talking among themselves for as long as it takes"""
        kill(self.king.pid)
        time.sleep(STOPPED_BY + 3.0)
        self.assertTrue(self.goes_on(), self.worker.said())
        self.assertEqual(self.record.violations, [])
