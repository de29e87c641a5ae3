"""What authors of plug-ins get wrong: exceptions where none may leave, files that are no plug-in."""

import os
import shutil
import struct
import unittest

from bus import FIXTURE, MAIN, class_desc
from processes import BUILD, System, eventually
from system_case import OwnSystem, SharedSystem

FILES = BUILD / "tests" / "fixtures"
KINDS = {"a runtime_error": 0, "a logic_error": 1, "an out_of_range": 2, "bad_alloc": 3, "No space left": 4, "an exception of its own": 5,
         "Own": 6, "int": 7, "char": 8, "string": 9, "void*": 10}  # of what is no std::exception the type is all there is to say


class Exceptions(SharedSystem):
    def test_kinds(self):
        """an exception of whatever type, thrown at once or after a co_await, is answered as handler_failed; no process ends for it"""
        thrower, before = self.trouble(), self.king.pid_of(MAIN)
        for text, kind in KINDS.items():
            for command in ("raise_kind", "nap_then_raise_kind"):
                with self.subTest(kind=kind, command=command):
                    with self.within(1.0), self.fails("handler_failed") as failure:
                        self.king.ask(thrower, command, {"kind": kind})
                    self.assertIn(text, failure.exception.body["text"])
        mids = [self.king.start_ask(thrower, "raise_kind", {"kind": number % 11}) for number in range(5000)]
        for mid in mids:
            with self.fails("handler_failed"):
                self.king.answer_to(mid)
        self.assertEqual(self.king.pid_of(MAIN), before)
        self.king.ask(thrower, "echo", {"text": "alive"}).must_be("echo")


class Ends(OwnSystem):
    def setUp(self):
        super().setUp()
        self.node = self.king.create_process()
        self.king.create("neighbour", "Counter", self.node, FIXTURE).must_be("actor_is_created")
        self.before, self.main = self.king.pid_of(self.node), self.king.pid_of(MAIN)

    def check_replaced(self):
        """Only that process has died, it is back, and so is who lived in it."""
        self.assertTrue(self.king.loses_process(self.node, self.before), self.king.said())
        self.assertTrue(eventually(lambda: self.king.outcome("neighbour", "ping", timeout=1.0)[0] == "pong", 10.0), self.king.said())
        self.assertEqual(self.king.node_of("neighbour"), self.node)
        self.assertNotEqual(self.king.pid_of(self.node), self.before)
        self.assertEqual(self.king.pid_of(MAIN), self.main)

    def test_destructor(self):
        """an actor whose destructor throws costs its process for a moment, whoever asked for its end is answered, and it stays away"""
        self.king.create("bad", "BadDestructor", self.node, FIXTURE).must_be("actor_is_created")
        with self.within(3.0):
            self.king.outcome(self.node, "remove_actor", {"name": "bad"})
        self.check_replaced()
        self.assertTrue(self.king.mentions("~BadDestructor()"), self.king.said())

    def test_thread(self):
        """an exception that leaves a thread of a plug-in costs its process for a moment, and is reported with its place"""
        thrower = self.trouble(self.node)
        self.king.outcome(thrower, "crash_in_thread")
        self.check_replaced()
        self.assertTrue(self.king.mentions("crashed, in no handler: ABRT"), self.king.said())
        self.assertTrue(self.king.mentions("Trouble::crash_in_thread"), self.king.said())

    def test_static_init(self):
        """a library that throws while it is loaded costs its process for a moment; whoever asked for it is answered with an error"""
        shutil.copy(FILES / "static_throw-1.0.0.so", self.king.path("packages"))
        with self.within(2.0), self.fails("worker_lost"):
            self.king.ask(self.node, "create_actor", {"class_desc": class_desc("Unborn", "static_throw"), "name": "unborn"})
        self.check_replaced()
        self.assertTrue(self.king.mentions("static_throw-1.0.0.so"), self.king.said())
        with self.fails("no_such_actor"):
            self.king.ask("unborn", "ping")

    def test_at_exit(self):
        """a library that throws when its process ends does not keep the system from ending, nor its process from being removed"""
        self.king.create("bad", "BadAtExit", self.node, FIXTURE).must_be("actor_is_created")
        self.king.ask(MAIN, "remove_process", {"node": self.node}, timeout=15.0).must_be("process_is_removed")
        self.assertFalse(self.king.has_node(self.node, 1.0))
        self.king.ask(None, "quit")
        self.assertIsNotNone(self.king.wait(10.0), self.king.said())


class BadFiles(unittest.TestCase):
    def test_refused(self):
        """eighteen files that are no plug-in for this worker are refused with a reason, none runs, and the next good one is loaded"""
        good = (FILES / "counter-1.0.0.so").read_bytes()

        def patched(offset, form, value):
            return good[:offset] + struct.pack(form, value) + good[offset + struct.calcsize(form):]

        bad = {"other_processor": patched(18, "<H", 243), "other_width": patched(4, "B", 1), "no_library": patched(16, "<H", 2),
               "segments_beyond": patched(32, "<Q", 1 << 40), "sections_beyond": patched(40, "<Q", 1 << 40),
               "header_only": good[:40], "half": good[:len(good) // 2], "last_byte": good[:-1]}
        copied = ("wrong_abi", "no_entry", "null_entry", "missing_symbol", "truncated", "text", "empty")
        reasons = {"other_processor": "another processor", "wrong_abi": "ABI", "missing_symbol": "function_that_nobody_has",
                   "no_entry": "does not export", "half": "cut off", "last_byte": "cut off", "truncated": "cut off"}
        with System(env={"FIXTURE_MUST_NOT_RUN": "abort"}) as king:
            packages = king.path("packages")
            for name, content in bad.items():
                (packages / f"{name}-1.0.0.so").write_bytes(content)
            for name in copied:
                shutil.copy(FILES / f"{name}-1.0.0.so", packages)
            os.mkfifo(packages / "pipe-1.0.0.so")
            (packages / "folder-1.0.0.so").mkdir()
            (packages / "nowhere-1.0.0.so").symlink_to(packages / "missing")
            before = king.pid_of(MAIN)
            for name in [*bad, *copied, "pipe", "folder", "nowhere"]:
                with self.subTest(name=name):
                    answer = king.ask(MAIN, "load_package", {"requires_dist": name}, timeout=5.0)
                    text = answer.must_be("package_is_not_loaded")["text"]
                    self.assertIn(reasons.get(name, name), text)
            shutil.copy(FILES / "counter-1.0.0.so", packages)
            king.ask(MAIN, "load_package", {"requires_dist": "counter"}).must_be("package_is_loaded")
            self.assertEqual(king.pid_of(MAIN), before)


if __name__ == "__main__":
    unittest.main()
