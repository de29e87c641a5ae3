"""Messages that reached nobody: they are kept, shown, sent again and forgotten; nothing ends in silence."""

import json
import time
import unittest

from bus import FIXTURE, MAIN
from processes import eventually
from system_case import OwnSystem


class DeadLetters(OwnSystem):
    def letters(self, **selection):
        return self.king.ask(None, "get_dead_letters", selection or None).body

    def wait_for_letters(self, count, **selection):
        """A worker tells of its own once a second."""
        def all_there():
            found = self.letters(**selection)["letters"]
            return found if len(found) >= count else None
        found = eventually(all_there, 10.0)
        self.assertEqual(len(found or []), count, self.letters())
        return found

    def fill(self, name):
        """Twenty messages that cannot be handled for some time."""
        self.king.ask(name, "subscribe", {"command": "nap"}).must_be("subscribed")
        self.king.send(name, "nap", {"seconds": 2})
        self.assertIsNotNone(self.king.notification(5.0), "it naps")
        for number in range(20):
            self.king.send(name, "echo", {"text": str(number)})

    def test_later_name(self):
        """messages to a name that is not there yet are kept and sent again in order when it is"""
        self.start_senders([MAIN, self.king.create_process()])
        self.assertTrue(eventually(lambda: len(self.letters()["letters"]) >= 200, 15.0))
        sent = sum(self.king.ask(name, "end").body["sent"] for name in self.senders)
        self.assertLess(sent, 10_000, "more than the store holds")
        self.assertTrue(eventually(lambda: self.letters()["total"] >= sent, 5.0))
        listed = self.letters(recipient="counter")
        self.assertEqual((listed["kept"], listed["forgotten"], listed["by_reason"]), (sent, 0, {"no_such_actor": sent}))
        first = listed["letters"][0]
        self.assertEqual((first["command"], first["recipient"], first["reason"]), ("count", "counter", "no_such_actor"))
        self.assertIn(first["sender"], self.senders)
        self.assertAlmostEqual(first["time"], time.time(), delta=60)
        self.king.create("counter", "Counter", MAIN, FIXTURE).must_be("actor_is_created")
        self.assertEqual(self.king.ask(None, "send_again", {"recipient": "counter"}).must_be("sent_again"), {"count": sent})
        self.assertTrue(eventually(lambda: self.received() >= sent, 10.0))
        report = self.king.ask("counter", "report").body
        self.assertEqual((report["received"], report["lost"], report["repeated"]), (sent, 0, 0), report)
        self.assertEqual(self.letters()["kept"], 0)

    def test_reasons(self):
        """what an actor does not handle, what its removal leaves unread and what its process leaves unread become letters"""
        names = {"nobody": self.trouble(), "removed": self.trouble(), "ended": self.trouble(self.king.create_process())}
        self.king.send(names["nobody"], "no_such_command", {"n": 1})
        letter = self.wait_for_letters(1, recipient=names["nobody"])[0]
        self.assertEqual((letter["reason"], letter["command"], letter["sender"]),
                         ("is_not_handled", "no_such_command", self.king.welcome["address"]))
        self.fill(names["removed"])
        self.king.ask(MAIN, "remove_actor", {"name": names["removed"]}).must_be("actor_is_removed")
        node = self.king.node_of(names["ended"])
        self.fill(names["ended"])
        self.king.ask(MAIN, "remove_process", {"node": node}).must_be("process_is_removed")
        for way, reason in (("removed", "no_such_actor"), ("ended", "stopping")):
            letters = self.wait_for_letters(20, recipient=names[way])
            self.assertEqual({letter["reason"] for letter in letters}, {reason}, way)

    def test_failing_again(self):
        """a letter that fails again is one letter again, whoever asks and however often"""
        for _ in range(3):
            self.king.send("ghost", "tick")
        for turn in range(3):
            self.assertEqual(self.king.ask(None, "send_again").body, {"count": 3})
            listed = self.wait_for_letters(3)
            self.assertEqual([letter["id"] for letter in listed], [3 * turn + 4, 3 * turn + 5, 3 * turn + 6])
        self.assertEqual(self.letters()["total"], 12)
        self.assertEqual(self.king.ask(None, "forget_dead_letters", {"ids": [10, 12]}).body, {"count": 2})
        self.assertEqual([letter["id"] for letter in self.letters()["letters"]], [11])

    def test_command_line(self):
        """peacepie dead shows letters, sends them again and forgets them"""
        for text in ("one", "two"):
            self.king.send("late", "echo", {"text": text})
        self.king.send("ghost", "tick")
        status, out, _ = self.king.cli("dead")
        self.assertEqual(status, 0)
        for word in ("REASON", "no_such_actor", "late", "ghost", "echo", "3 kept"):
            self.assertIn(word, out)
        status, out, _ = self.king.cli("dead", "--recipient", "late", "--json")
        self.assertEqual((status, [json.loads(line)["recipient"] for line in out.splitlines()]), (0, ["late", "late"]))
        self.king.create("late", "Trouble", MAIN, FIXTURE).must_be("actor_is_created")
        self.king.ask("late", "subscribe", {"command": "echo"}).must_be("subscribed")
        self.assertEqual(self.king.cli("dead", "--recipient", "late", "--again")[:2], (0, 'sent_again {"count": 2}\n'))
        self.assertEqual([self.king.notification(3.0)["body"]["text"] for _ in range(2)], ["one", "two"])
        for status, *words in ((2, "--again", "--forget"), (2, "x"), (1, "--reason", "bad_luck")):
            got, out, err = self.king.cli("dead", *words)
            self.assertEqual(got, status, out + err)
        self.assertEqual(self.king.cli("dead", "--forget")[:2], (0, 'dead_letters_are_forgotten {"count": 1}\n'))
        self.assertIn("0 kept", self.king.cli("dead")[1])


if __name__ == "__main__":
    unittest.main()
