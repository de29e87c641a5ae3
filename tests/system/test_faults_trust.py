"""Faults 24 to 34: security, and what is unhelpful."""

import json
import os
import re
import unittest

from bus import EXAMPLE, MAIN, SLOWER, class_desc
from fault_case import FaultCase
from processes import SOURCE


class Trust(FaultCase):
    def test_fault_24(self):
        """fault 24: nothing listens on other than loopback addresses by default"""
        pids = [self.king.pid, *self.king.remember_family()]
        inodes = set()
        for pid in pids:
            for descriptor in os.listdir(f"/proc/{pid}/fd"):
                try:
                    inodes.update(re.findall(r"socket:\[(\d+)\]", os.readlink(f"/proc/{pid}/fd/{descriptor}")))
                except OSError:
                    pass
        listening = []
        for table in ("/proc/net/tcp", "/proc/net/tcp6"):
            for line in open(table).read().splitlines()[1:]:
                fields = line.split()
                if fields[3] == "0A" and fields[9] in inodes:
                    listening.append(fields[1].split(":")[0])
        self.assertTrue(listening)
        self.assertEqual(set(listening), {"0100007F"})

    def test_fault_27(self):
        """fault 27: only packages of the package folder are loaded, whatever path or name the caller gives"""
        for wrong in ("../packages/peacepie_example", "/etc/passwd", "..", "peacepie_example/../x", "os", "libc.so.6",
                      "a" * 500, "peacepie_example\n", "peacepie_example; rm"):
            with self.subTest(requires_dist=wrong):
                name, body = self.king.create("x", "HelloWorld", package=wrong)
                self.assertEqual(name, "actor_is_not_created", body)

    def test_sender_is_stamped(self):
        """fault 28, as far as it can exist: who sent a message is stamped, not believed"""
        name = self.trouble()
        with self.king.another("watcher") as watcher, self.king.another("forger") as forger:
            watcher.ask(name, "subscribe", {"command": "echo"})
            forger.ask(name, "echo", {"text": "x"}, sender="first.main.admin")
            self.assertEqual(watcher.notification()["sender"], forger.welcome["address"])

    def test_fault_29(self):
        """fault 29: a name that would be script on a page or forge a log line is refused"""
        for name in ("<script>alert(1)</script>", "a\nINFO forged", "\x1b[31mred", "&lt;", "'--"):
            answer, body = self.king.create(name, "HelloWorld")
            self.assertEqual(answer, "actor_is_not_created", body)

    def test_fault_31(self):
        """fault 31: every way in which a creation or a removal fails has its own reason and words"""
        said = []
        self.king.create("there", "HelloWorld")
        for body in ({"class_desc": EXAMPLE, "name": "there"}, {"class_desc": EXAMPLE, "name": "a b"},
                     {"class_desc": class_desc("X", "none"), "name": "n1"},
                     {"class_desc": class_desc("X", "peacepie_example"), "name": "n2"},
                     {"class_desc": class_desc("HelloWorld", "peacepie_example>=9"), "name": "n3"}):
            name, answer = self.king.ask(MAIN, "create_actor", body)
            self.assertEqual(name, "actor_is_not_created")
            self.assertTrue(answer["reason"])
            said.append(answer["text"])
        self.assertEqual(len(set(said)), len(said), said)
        name, answer = self.king.ask(MAIN, "remove_process", {"node": "first.process_99.admin"})
        self.assertEqual(name, "process_is_not_removed")
        self.assertTrue(answer["reason"] and answer["text"])

    def test_fault_32(self):
        """fault 32: every JSON in the README and the walk-throughs can be pasted, and processes are named as printed there"""
        pages = [SOURCE / "README.md", SOURCE / "examples/README.md", SOURCE / "examples/README.ru.md"]
        found = 0
        for page in pages:
            for text in re.findall(r"'(\{.*?\})'", page.read_text()) + re.findall(r"`(\{\".*?\})`", page.read_text()):
                with self.subTest(page=page.name, text=text):
                    json.loads(text)
                    found += 1
        self.assertGreater(found, 10)
        self.assertRegex(self.child, r"^first\.process_\d+\.admin$")

    def test_fault_33(self):
        """fault 33: a thousand asks write next to nothing to the log"""
        name = self.trouble(self.child)
        before = sum(map(len, self.king.err))
        for _ in range(1000):
            self.king.ask(name, "echo", {"text": "quiet"})
        self.assertLess(sum(map(len, self.king.err)) - before, 20_000)

    def test_fault_34(self):
        """fault 34: answered asks leave nothing behind until their timeouts"""
        name = self.trouble(self.child)
        for round_ in range(2):
            for _ in range(100):
                mids = [self.king.start_ask(name, "echo", {"text": "x"}, timeout=600.0) for _ in range(50)]
                for mid in mids:
                    self.king.answer_to(mid)
            now = [self.king.ask(who, "stats").body["rss_bytes"] for who in (self.child, None)
                   if "rss_bytes" in self.king.ask(who, "stats").body]
            if round_ == 0:
                before = now
        for first, second in zip(before, now):
            self.assertLess(second - first, (4 << 20) * SLOWER)


if __name__ == "__main__":
    unittest.main()
