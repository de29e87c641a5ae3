"""Actors that actors spawn: their names lead to them from everywhere, they move like any, and they end."""

import unittest

from bus import FIXTURE, MAIN
from processes import eventually, kill
from system_case import OwnSystem


class Spawned(OwnSystem):
    def setUp(self):
        super().setUp()
        self.child = self.king.create_process()
        self.king.create("parent", "Counter", self.child, FIXTURE).must_be("actor_is_created")

    def spawn(self, count=1):
        return self.king.ask("parent", "spawn", {"count": count}).body

    def count(self, name, number):
        return self.king.ask(name, "count", {"from": "client", "number": number}).body["number"]

    def seek(self, name):
        return self.king.ask(None, "seek_actor", {"entity": name})

    def test_reached(self):
        """a spawned actor is found, described and asked by its name from everywhere"""
        first, second = self.spawn(2)
        self.assertNotEqual(first, second)
        self.assertEqual(self.count(first, 0), 0)
        self.assertEqual(self.count(f"first.process_0/{second}", 0), 0)
        self.assertEqual(self.seek(first).must_be("actor_is_found")["node"], self.child)
        self.assertEqual(self.king.ask(self.child, "find_actor", {"entity": first}).name, "actor_is_found")
        self.king.ask(first, "describe").must_be("description")
        self.start_senders([MAIN, self.child], to=first)
        self.assertTrue(eventually(lambda: self.king.ask(first, "report").body["received"] > 20))
        self.assertEqual(self.king.ask(first, "report").body["lost"], 0)

    def test_moves(self):
        """a spawned actor moves under load like any other, and is at home wherever it is"""
        name, = self.spawn()
        self.start_senders([MAIN, self.child], to=name)
        for node in (MAIN, self.child, MAIN, self.child):
            self.king.move(name, node).must_be("actor_is_recreated")
            self.assertEqual(self.seek(name).must_be("actor_is_found")["node"], node)
        sent = sum(self.king.ask(sender, "end").body["sent"] for sender in self.senders)
        self.assertTrue(eventually(lambda: self.king.ask(name, "report").body["received"] >= sent, 10.0))
        report = self.king.ask(name, "report").body
        self.assertEqual((report["received"], report["lost"], report["repeated"]), (sent, 0, 0))

    def test_ends(self):
        """a spawned actor that is removed or retires is gone for everybody"""
        removed, retired, moved = self.spawn(3)
        self.king.move(moved, MAIN).must_be("actor_is_recreated")
        self.king.ask(None, "remove_actor", {"name": removed}).must_be("actor_is_removed")
        for name in (retired, moved):
            self.king.send(name, "leave")
        for name in (removed, retired, moved):
            self.assertTrue(eventually(lambda: self.seek(name).name == "actor_is_not_found"))
            with self.fails("no_such_actor"):
                self.count(name, 0)
        self.king.ask("parent", "ping").must_be("pong")

    def test_dies_with_its_process(self):
        """a spawned actor dies with its process: asks to it end typed, and its name never means another"""
        name, = self.spawn()
        kill(self.king.pid_of(self.child))
        self.assertTrue(eventually(lambda: self.king.outcome(name, "report", timeout=1.0)[0] in ("no_such_actor", "worker_lost")))
        other = self.king.create_process()
        self.king.create("parent_2", "Counter", other, FIXTURE).must_be("actor_is_created")
        self.assertNotIn(name, self.king.ask("parent_2", "spawn", {"count": 20}).body)
        with self.fails("no_such_actor"):
            self.king.ask(name, "report")

    def test_failed_move(self):
        """a spawned actor that could not be moved leaves nothing at the broker when it ends"""
        name, = self.spawn()
        self.king.move(name, "first.nowhere.admin").must_be("actor_is_not_recreated")
        self.assertEqual(self.count(name, 0), 0)
        self.king.send(name, "leave")
        self.assertTrue(eventually(lambda: self.seek(name).name == "actor_is_not_found"))

    def test_stillborn(self):
        """a spawned actor that was to be moved while it started, and then cannot start, leaves nothing at the broker"""
        parent = self.trouble(self.child)
        before = self.king.ask(None, "stats").body["actors"]
        name = self.king.ask(parent, "spawn_stillborn").body
        self.king.move(name, MAIN)
        self.assertEqual(self.king.ask(None, "stats").body["actors"], before + 1)
        self.assertTrue(eventually(lambda: self.seek(name).name == "actor_is_not_found", 5.0))
        self.assertEqual(self.king.ask(None, "stats").body["actors"], before)

    def test_made_up(self):
        """a made-up name of a nursery reaches nobody, whatever lives in that process"""
        name, = self.spawn()
        nursery = name.rsplit("~", 1)[0]
        for number in "0123":
            made_up = f"{nursery}~{number}"
            if made_up != name:
                with self.fails("no_such_actor"):
                    self.king.ask(made_up, "report")
                self.king.ask(None, "remove_actor", {"name": made_up}).must_be("actor_is_absent")
        self.king.ask("parent", "ping").must_be("pong")

    def test_broker_dies(self):
        """a spawned actor is found again after the broker was killed"""
        name, = self.spawn()
        self.assertEqual(self.count(name, 0), 0)
        kill(self.king.pid_of(None))
        self.assertTrue(eventually(lambda: self.is_back(name), 15.0))


if __name__ == "__main__":
    unittest.main()
