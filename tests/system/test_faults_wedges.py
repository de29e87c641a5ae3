"""Faults 1 to 14: hangs and wedges."""

import json
import os
import signal
import time
import unittest

from bus import SHORT, Fault
from fault_case import EXAMPLE, FaultCase, MAIN
from processes import PROGRAMS, SLOWER, System, eventually, is_alive, run


class Wedges(FaultCase):
    def test_fault_01(self):
        """fault 1: after a process was removed or killed, creating and removing actors is answered at once"""
        king = self.own_system()
        for how in ("removed", "killed"):
            node = king.create_process()
            if how == "removed":
                self.assertEqual(king.ask(MAIN, "remove_process", {"node": node}).name, "process_is_removed")
            else:
                os.kill(king.pid_of(node), signal.SIGKILL)
            self.assertEqual(self.quickly(MAIN, "create_actor", {"class_desc": EXAMPLE, "name": how}, king=king).name,
                             "actor_is_created")
            self.assertEqual(self.quickly(MAIN, "remove_actor", {"name": how}, king=king).name, "actor_is_removed")
            self.assertTrue(eventually(lambda: king.ask(None, "get_all_nodes").body == [MAIN]))
            members = king.ask(MAIN, "get_members", {"page_size": 50, "level": "PRIME"}).body["members"]
            self.assertNotIn(node, json.dumps(members))

    def test_fault_02(self):
        """fault 2: an ask to an unknown actor, node, reply slot, number or list is answered at once"""
        begun = time.monotonic()
        self.assertEqual(self.fault_of("nobody", "tick"), "no_such_actor")
        self.assertEqual(self.fault_of("first.nowhere.admin", "ping"), "no_such_node")
        self.assertEqual(self.fault_of("_17", "tick"), "no_such_actor")
        self.assertIn(self.fault_of(123456, "tick"), ("no_such_actor", "bad_request"))
        with self.king.another() as other:
            other.post(1, 5, "tick", ["a", "list"])
            self.assertEqual(other.receive(SHORT * SLOWER)[3], "bad_request")
        self.assertLess(time.monotonic() - begun, 2.0 * SLOWER)

    def test_fault_03(self):
        """fault 3: a handler that throws, a body of the wrong type and a missing field are each answered"""
        name = self.trouble()
        self.assertEqual(self.fault_of(name, "raise", {"text": "of the author"}), "handler_failed")
        with self.assertRaises(Fault) as caught:
            self.king.ask(name, "raise", {"text": "of the author"})
        self.assertIn("of the author", caught.exception.body["text"])
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
        self.assertEqual(king.ask(None, "seek_actor", {"entity": "fresh"}).name, "actor_is_not_found")
        self.assertEqual(king.ask("taken", "tick").name, "hello_world")
        king.ask(None, "quit")
        self.assertEqual(king.wait(8.0), 0, king.said())

    def test_fault_05(self):
        """fault 5: a name left out is refused and the list of actors stays readable"""
        for body in ({"class_desc": EXAMPLE}, {"class_desc": EXAMPLE, "name": None}):
            try:
                name, answer = self.king.ask(MAIN, "create_actor", body)
                self.assertEqual((name, answer["reason"]), ("actor_is_not_created", "bad_argument"))
            except Fault as fault:
                self.assertEqual(fault.code, "bad_argument")
        self.assertEqual(self.king.ask(MAIN, "get_members", {"page_size": 50, "level": "PROCESS"}).name, "members")

    def test_fault_06(self):
        """fault 6: a busy actor that is removed is really removed, and its name is free"""
        name = self.trouble()
        running = self.king.start_ask(name, "nap", {"seconds": 20}, timeout=30.0)
        queued = self.king.start_ask(name, "echo", {"text": "x"}, timeout=30.0)
        self.assertEqual(self.king.ask(MAIN, "remove_actor", {"name": name}).name, "actor_is_removed")
        for mid in (running, queued):
            with self.assertRaises(Fault) as caught:
                self.king.answer_to(mid, 2.0)
            self.assertIn(caught.exception.code, ("stopping", "no_such_actor"), caught.exception.body)
        self.assertEqual(self.king.create(name, "HelloWorld").name, "actor_is_created")

    def test_fault_07(self):
        """fault 7: a slow removal does not delay an unrelated creation"""
        name = self.trouble()
        self.king.send(name, "block", {"seconds": 3})
        mid = self.king.start_ask(MAIN, "remove_actor", {"name": name})
        self.assertEqual(self.quickly(MAIN, "create_actor", {"class_desc": EXAMPLE, "name": f"{name}_b"}).name,
                         "actor_is_created")
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
            self.assertEqual(self.quickly(MAIN, "load_package", {"requires_dist": "none"}).name, "package_is_not_loaded")
        self.assertEqual(self.quickly(MAIN, "load_package", {"requires_dist": "peacepie_example"}).name, "package_is_loaded")
        name = self.trouble(self.child)
        self.assertEqual(self.quickly(self.child, "remove_actor", {"name": name}).name, "actor_is_removed")

    def test_fault_12(self):
        """fault 12: a ticker that has finished starts again, and logging switches can be taken back"""
        self.king.create("short", "IteratingHelloWorld")
        self.king.set_params("short", period=0.02, limit=2)
        for _ in range(2):
            self.assertEqual(self.king.ask("short", "tick_start").name, "tick_started")
            self.assertTrue(eventually(lambda: self.king.ask("short", "tick_stop").name == "tick_already_stopped"))
        for switch in ("not_log_commands", "cumulative_commands"):
            self.assertEqual(self.king.ask("short", f"{switch}_set", {"commands": ["tick"]}).name, "set")
            self.assertEqual(self.king.ask("short", f"{switch}_remove", {"commands": ["tick"]}).name, "removed")

    def test_fault_13(self):
        """fault 13: a head killed with -9 leaves no orphan, and a new one starts with fresh names"""
        king = self.own_system()
        king.create_process()
        family = list(king.remember_family())
        os.kill(king.pid, signal.SIGKILL)
        self.assertTrue(eventually(lambda: not any(map(is_alive, family))))
        with System(endpoint=king.endpoint) as again:
            self.assertEqual(again.ask(None, "get_all_nodes").body, [MAIN])
            self.assertEqual(again.create_process(), "first.process_0.admin")

    def test_fault_14(self):
        """fault 14: a busy port is an error within a second, not a silent hang"""
        begun = time.monotonic()
        status, _, err = run(PROGRAMS / "peacepie-broker", "--bind", self.king.endpoint)
        self.assertNotIn(status, (0, None))
        self.assertIn(self.king.endpoint.rsplit(":", 1)[1], err)
        self.assertLess(time.monotonic() - begun, SHORT * SLOWER)


if __name__ == "__main__":
    unittest.main()
