"""Every fault has its test, or says what it waits for."""

import unittest

from fault_case import WAITING
from test_faults_messages import Messages as _Messages
from test_faults_trust import Trust as _Trust
from test_faults_wedges import Wedges as _Wedges

TESTED = {name for case in (_Messages, _Trust, _Wedges) for name in dir(case)}
del _Messages, _Trust, _Wedges  # or they would be run twice


class Faults(unittest.TestCase):
    def test_all_there(self):
        """each of the 34 faults has a test or says what it waits for"""
        for number in range(1, 35):
            self.assertNotEqual(f"test_fault_{number:02}" in TESTED, number in WAITING, f"fault {number}")


def add_waiting(number, why):
    def waits(self):
        self.skipTest(why)

    waits.__doc__ = f"fault {number}"
    setattr(Faults, f"test_fault_{number:02}", waits)


for waiting_number, waiting_why in WAITING.items():
    add_waiting(waiting_number, waiting_why)

if __name__ == "__main__":
    unittest.main()
