"""What a process had not handled when it died: counted to the message, with its name and the numbers of what it was sent."""

import json
import os
import signal
import unittest

from bus import FIXTURE, MAIN
from processes import children_of, eventually, kill
from system_case import OwnSystem

UNREAD = 500


class Losses(OwnSystem):
    def lost(self):
        return self.king.ask(None, "stats").body["lost"]

    def losses(self):
        return self.king.ask(None, "get_dead_letters").body.get("losses", [])

    def fill(self, node):
        """A busy actor with a thousand sends unread: one half from outside, the other from an actor of its own process."""
        busy, teller = self.trouble(node), self.trouble(node)
        self.king.start_ask(busy, "nap", {"seconds": 60})
        for number in range(UNREAD):
            self.king.send(busy, "echo", {"text": str(number)})
        self.king.ask(teller, "tell", {"to": busy, "count": UNREAD}).must_be("told")
        self.assertTrue(eventually(lambda: self.sends(node)["waiting"] == 2 * UNREAD, 5.0), self.sends(node))
        return busy

    def sends(self, node):
        return self.king.ask(node, "stats").body["sends"]

    def test_killed(self):
        """a thousand sends that a killed process had not read are counted as lost to the message, and the list names node, pid and numbers"""
        node = self.king.create_process()
        self.fill(node)
        self.assertEqual(self.lost(), 0)
        pid = self.king.pid_of(node)
        kill(pid)
        known = eventually(lambda: self.lost() == 2 * UNREAD and not self.losses()[0]["at_most"], 5.0)
        self.assertTrue(known, (self.lost(), self.losses()))
        (loss,) = self.losses()
        self.assertEqual((loss["node"], loss["pid"], loss["inside"], loss["to"], loss["from"]), (node, pid, 2 * UNREAD, 0, 0))
        self.assertGreaterEqual(loss["last"] - loss["first"] + 1, UNREAD)
        status, out, _ = self.king.cli("dead")
        self.assertEqual(status, 0)
        for words in (f"{2 * UNREAD} messages were lost with {node} (pid {pid})", f"among numbers {loss['first']} to {loss['last']}", "killed by signal 9"):
            self.assertIn(words, out)
        self.assertEqual(json.loads(self.king.cli("dead", "--json")[1])["loss"]["count"], 2 * UNREAD)

    def test_crashed_handler(self):
        """a handler that crashes its process costs that process's unread sends and the one in work, and they are counted"""
        node = self.king.create_process()
        busy, teller = self.trouble(node), self.trouble(node)
        self.king.start_ask(busy, "nap", {"seconds": 1})
        self.king.send(busy, "segfault")
        self.king.ask(teller, "tell", {"to": busy, "count": UNREAD}).must_be("told")
        self.assertTrue(eventually(lambda: self.lost() == UNREAD + 1, 10.0), (self.lost(), self.losses()))

    def test_letters(self):
        """messages that a process refused just before it was killed are dead letters or counted as lost, to the message"""
        node = self.king.create_process()
        nobody, pid = self.trouble(node), self.king.pid_of(node)
        for _ in range(2):  # the first report goes out at once, what is refused after it waits a second
            for number in range(UNREAD):
                self.king.send(nobody, "no_such_command", {"number": number})
            self.king.ask(nobody, "ping")
        kill(pid)
        def refused():
            return self.king.ask(None, "get_dead_letters").body["by_reason"].get("is_not_handled", 0)
        self.assertTrue(eventually(lambda: refused() + self.lost() == 2 * UNREAD, 10.0), (refused(), self.lost(), self.losses()))

    def test_broker_killed(self):
        """what was under way in a broker that was killed has arrived or is counted as lost, to the message"""
        sent = 20_000
        self.king.create("counter", "Counter", MAIN, FIXTURE).must_be("actor_is_created")
        worker, broker = self.king.pid_of(MAIN), self.king.pid_of(None)
        os.kill(worker, signal.SIGSTOP)  # what is said to it now waits on its way
        try:
            for number in range(sent):
                self.king.send("counter", "count", {"from": "client" + 200 * "x", "number": number})
            self.assertEqual(self.lost(), 0)  # asked last: the broker has taken them all
            kill(broker)
        finally:
            os.kill(worker, signal.SIGCONT)
        self.assertTrue(eventually(lambda: self.is_back("counter"), 10.0), self.king.said())
        def received():
            return self.king.ask("counter", "report").body["received"]
        self.assertTrue(eventually(lambda: received() + self.lost() == sent, 5.0), (received(), self.lost(), self.losses()))
        (loss,) = self.losses()
        self.assertEqual((loss["node"], loss["pid"], loss["at_most"], loss["inside"], loss["reason"]), (MAIN, worker, False, 0, "the broker ended"))
        self.assertGreater(loss["to"], 0)
        self.assertEqual(loss["last"], sent)

    def test_both_killed(self):
        """what was lost with a process and a broker that are killed in one moment is known exactly a little later"""
        node = self.king.create_process()
        busy = self.fill(node)
        for pid in (self.king.pid_of(None), self.king.pid_of(node)):
            os.kill(pid, signal.SIGKILL)
        self.assertTrue(eventually(lambda: self.is_back(busy), 15.0), self.king.said())
        def known():
            losses = self.losses()
            return losses and not any(loss["at_most"] for loss in losses)
        self.assertTrue(eventually(known, 5.0), self.losses())
        self.assertEqual(sum(loss["inside"] for loss in self.losses()), 2 * UNREAD, self.losses())

    def test_in_order(self):
        """a process that ends in order has lost nothing: what it had not read is dead letters"""
        node = self.king.create_process()
        self.fill(node)
        self.king.ask(MAIN, "remove_process", {"node": node}, timeout=15.0).must_be("process_is_removed")
        def letters():
            return self.king.ask(None, "get_dead_letters").body["by_reason"].get("stopping", 0)
        self.assertTrue(eventually(lambda: letters() == 2 * UNREAD, 5.0), letters())
        self.assertEqual((self.lost(), self.losses()), (0, []))

    def test_host_died(self):
        """when the whole host is gone nobody can read the page, and the broker counts what it has not been told the end of"""
        launcher = self.king.join("second")
        node = "second.main.admin"
        self.fill(node)
        worker = self.king.pid_of(node)
        self.assertIn(worker, children_of(launcher.pid))
        kill(launcher.pid)  # the worker dies with it
        self.assertTrue(eventually(lambda: self.losses(), 10.0))
        (loss,) = self.losses()
        self.assertTrue(loss["at_most"])
        self.assertGreaterEqual(loss["count"], UNREAD)
        self.assertEqual((loss["node"], loss["pid"]), (node, worker))
        self.assertIn(f"at most {loss['count']} messages were lost with {node}", self.king.cli("dead")[1])


if __name__ == "__main__":
    unittest.main()
