"""The broker is killed: what its workers have comes back."""

import unittest

from bus import FIXTURE, MAIN, class_desc
from processes import eventually, kill
from system_case import OwnSystem


class Restart(OwnSystem):
    def test_many_actors(self):
        """a worker with more actors than one hello carries has them all back after the broker was killed"""
        names = [f"one_of_many_{number}" for number in range(45_000)]
        for first in range(0, len(names), 5_000):
            self.king.ask(MAIN, "create_actors", {"class_desc": class_desc("Counter", FIXTURE), "names": names[first:first + 5_000]},
                          timeout=30.0).must_be("actors_are_created")
        kill(self.king.pid_of(None))
        self.assertTrue(eventually(lambda: self.is_back(names[0]) and self.is_back(names[-1]), 30.0))
        total = self.king.ask(None, "get_members", {"level": "PROCESS", "id": MAIN, "page_size": 1}).body["total"]
        self.assertEqual(total, len(names) + 1)


if __name__ == "__main__":
    unittest.main()
