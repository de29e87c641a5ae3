"""Faults 1 to 14: hangs and wedges."""

import json
import unittest

from bus import ASK, EXAMPLE, MAIN, SHORT
from fault_case import FaultCase
from processes import System, eventually, is_alive, kill, run


class Wedges(FaultCase):
    def test_fault_01(self):
        """fault 1: after a process was removed or killed, creating and removing actors is answered at once"""
        king = self.own_system()
        for how in ("removed", "killed"):
            node = king.create_process()
            pid = king.pid_of(node)
            if how == "removed":
                king.ask(MAIN, "remove_process", {"node": node}).must_be("process_is_removed")
            else:
                kill(pid)
            self.quickly(MAIN, "create_actor", {"class_desc": EXAMPLE, "name": how}).must_be("actor_is_created")
            self.quickly(MAIN, "remove_actor", {"name": how}).must_be("actor_is_removed")
            self.assertTrue(king.loses_process(node, pid))
            if how == "killed":
                continue  # its successor has its name
            members = king.ask(MAIN, "get_members", {"page_size": 50, "level": "PRIME"}).body["members"]
            self.assertNotIn(node, json.dumps(members))

    def test_fault_02(self):
        """fault 2: an ask to an unknown actor, node, reply slot, number or list is answered at once"""
        with self.within(2.0), self.king.another() as other:
            self.assertEqual(self.fault_of("nobody", "tick"), "no_such_actor")
            self.assertEqual(self.fault_of("first.nowhere.admin", "ping"), "no_such_node")
            self.assertEqual(self.fault_of("_17", "tick"), "no_such_actor")
            self.assertIn(self.fault_of(123456, "tick"), ("no_such_actor", "bad_request"))
            other.post(ASK, 5, "tick", ["a", "list"])
            self.assertEqual(other.receive()[3], "bad_request")

    def test_fault_03(self):
        """fault 3: a handler that throws, a body of the wrong type and a missing field are each answered"""
        name = self.trouble()
        with self.fails("handler_failed") as failure:
            self.king.ask(name, "raise", {"text": "of the author"})
        self.assertIn("of the author", failure.exception.body["text"])
        self.assertEqual(self.fault_of(name, "echo", {"text": 5}), "bad_argument")
        self.assertEqual(self.fault_of(name, "echo", {}), "bad_argument")
        self.assertEqual(self.fault_of(name, "echo", [1]), "bad_argument")
        self.assertEqual(self.king.ask(name, "echo", {"text": "alive"}).body, {"text": "alive"})

    def test_fault_04(self):
        """fault 4: create_actors with a name that is taken makes none of them, and quit still ends the process"""
        king = self.own_system()
        king.create("taken", "HelloWorld")
        name, body = king.ask(MAIN, "create_actors", {"class_desc": EXAMPLE, "names": ["fresh", "taken"]})
        self.assertEqual((name, body["reason"]), ("actors_are_not_created", "conflict"))
        king.ask(None, "seek_actor", {"entity": "fresh"}).must_be("actor_is_not_found")
        king.ask("taken", "tick").must_be("hello_world")
        king.ask(None, "quit")
        self.assertEqual(king.wait(8.0), 0, king.said())

    def test_fault_05(self):
        """fault 5: a name left out is refused and the list of actors stays readable"""
        for body in ({"class_desc": EXAMPLE}, {"class_desc": EXAMPLE, "name": None}):
            name, answer = self.king.outcome(MAIN, "create_actor", body)
            self.assertIn(name, ("actor_is_not_created", "bad_argument"))
            self.assertEqual(answer.get("reason", name), "bad_argument")
        self.king.ask(MAIN, "get_members", {"page_size": 50, "level": "PROCESS"}).must_be("members")

    def test_fault_06(self):
        """fault 6: a busy actor that is removed is really removed, and its name is free"""
        name = self.trouble()
        running = self.king.start_ask(name, "nap", {"seconds": 20}, timeout=30.0)
        queued = self.king.start_ask(name, "echo", {"text": "x"}, timeout=30.0)
        self.king.ask(MAIN, "remove_actor", {"name": name}).must_be("actor_is_removed")
        for mid in (running, queued):
            with self.fails("stopping", "no_such_actor"):
                self.king.answer_to(mid, 2.0)
        self.king.create(name, "HelloWorld").must_be("actor_is_created")

    def test_fault_07(self):
        """fault 7: a slow removal does not delay an unrelated creation"""
        name = self.trouble()
        self.king.send(name, "block", {"seconds": 3})
        mid = self.king.start_ask(MAIN, "remove_actor", {"name": name})
        self.quickly(MAIN, "create_actor", {"class_desc": EXAMPLE, "name": f"{name}_b"}).must_be("actor_is_created")
        self.assertIn(self.king.answer_to(mid).name, ("actor_is_removed", "actor_is_absent"))

    def test_fault_08(self):
        """fault 8: an answer that comes too late stalls nobody"""
        name = self.trouble()
        self.assertEqual(self.fault_of(name, "nap", {"seconds": 1.6}, timeout=0.2), "expired")
        self.assertTrue(eventually(lambda: self.king.ask(name, "runs").body["naps"] == 1))
        for _ in range(5):
            self.quickly(name, "echo", {"text": "x"}, within=0.3)

    def test_fault_09(self):
        """fault 9: an observer that is gone costs nothing and cuts off nobody"""
        name = self.trouble(self.child)
        with self.king.another("gone") as gone:
            gone.ask(name, "subscribe", {"command": "echo"})
        self.king.ask(name, "subscribe", {"command": "echo"})
        for number in range(5):
            self.quickly(name, "echo", {"text": str(number)}, within=0.3)
            notice = self.king.notification()
            self.assertEqual(notice["body"], {"text": str(number)})
        self.king.ask(name, "unsubscribe", {"command": "echo"})

    def test_fault_11(self):
        """fault 11: a package that cannot be loaded does not block the next load, nor removing through a child's admin"""
        for _ in range(3):
            self.quickly(MAIN, "load_package", {"requires_dist": "none"}).must_be("package_is_not_loaded")
        self.quickly(MAIN, "load_package", {"requires_dist": "peacepie_example"}).must_be("package_is_loaded")
        name = self.trouble(self.child)
        self.quickly(self.child, "remove_actor", {"name": name}).must_be("actor_is_removed")

    def test_fault_12(self):
        """fault 12: a ticker that has finished starts again, and logging switches can be taken back"""
        self.king.create("short", "IteratingHelloWorld")
        self.king.set_params("short", period=0.02, limit=2)
        for _ in range(2):
            self.king.ask("short", "tick_start").must_be("tick_started")
            self.assertTrue(eventually(lambda: self.king.ask("short", "tick_stop").name == "tick_already_stopped"))
        for switch in ("not_log_commands", "cumulative_commands"):
            self.king.ask("short", f"{switch}_set", {"commands": ["tick"]}).must_be("set")
            self.king.ask("short", f"{switch}_remove", {"commands": ["tick"]}).must_be("removed")

    def test_fault_13(self):
        """fault 13: a head killed with -9 leaves no orphan, and a new one starts with fresh names"""
        king = self.own_system()
        king.create_process()
        family = list(king.remember_family())
        kill(king.pid)
        self.assertTrue(eventually(lambda: not any(map(is_alive, family))))
        with System(endpoint=king.endpoint) as again:
            self.assertEqual(again.nodes(), [MAIN])
            self.assertEqual(again.create_process(), "first.process_0.admin")

    def test_fault_14(self):
        """fault 14: a busy port is an error within a second, not a silent hang"""
        with self.within(SHORT):
            status, _, err = run("peacepie-broker", "--bind", self.king.endpoint)
        self.assertNotIn(status, (0, None))
        self.assertIn(self.king.endpoint.rsplit(":", 1)[1], err)


if __name__ == "__main__":
    unittest.main()
