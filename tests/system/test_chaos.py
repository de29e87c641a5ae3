"""The faults of the table, each injected a few times into real programs under load; chaos/run.py --long does it hundreds of times."""

import unittest

from chaos.run import Run, injected


class Chaos(unittest.TestCase):
    seconds = 120  # of a row that waits until a process counts as lost

    def row(self, number):
        row = injected(number, Run(seed=1))
        print(f"    {row.line()}")
        self.assertEqual(row.violations, [])

    def test_moves(self):
        """actors moved at random between four processes under load lose, double and reorder nothing, and the pause that is said is the one that is seen"""
        self.row(0)

    def test_worker_killed(self):
        """workers killed under load are noticed within a second and come back, every ask ends, and nothing is lost in silence or handled out of order"""
        self.row(1)

    def test_broker_killed(self):
        """a broker killed under load has the same processes and actors back each time, every ask ends, and order is kept"""
        self.row(2)

    def test_worker_frozen(self):
        """a worker stopped for so long that its actors were made elsewhere runs none of them when it goes on"""
        self.row(3)

    def test_broker_frozen(self):
        """a broker that was stopped and goes on drops no worker, and no actor is made twice"""
        self.row(4)

    def test_partition(self):
        """a worker that is cut off, both ways, one way or again and again, is back within five seconds and no name has two owners"""
        self.row(5)

    def test_slow_consumer(self):
        """a slow consumer that is flooded costs nobody else an ask, and memory stays bounded"""
        self.row(7)

    def test_flood(self):
        """a flooded actor is stopped within a tenth of a second, its process answers meanwhile, and memory stays bounded"""
        self.row(8)

    def test_hijack(self):
        """nobody gets another's answers by taking its routing id, session or name"""
        self.row(11)

    def test_duplicate_names(self):
        """of many that claim the same names at once one gets each, and the others are told of the conflict"""
        self.row(12)

    def test_handler_crashes(self):
        """a handler that crashes in any of six ways under load costs its own process, and all actors are back"""
        self.row(13)

    def test_handler_hangs(self):
        """a handler that never returns under load is named within two seconds and its process is replaced"""
        self.row(14)

    def test_leak(self):
        """a process that leaks under load ends at its limit and the broker's memory stays as it was"""
        self.row(15)

    def test_throws(self):
        """twenty thousand exceptions of eleven kinds end no process and each is told to who asked"""
        self.row(16)

    def test_descriptors(self):
        """a broker without descriptors left serves those inside as before"""
        self.row(20)

    def test_clock(self):
        """a wall clock that jumps by hours and years ends no ask, no session and no process"""
        self.row(21)

    def test_killed_in_a_move(self):
        """a source, a target, a broker or two of them killed within a move leave every actor alive once, and nothing is lost in silence"""
        self.row(22)

    def test_many_names(self):
        """a killed broker with ten thousand actors has them all back within five seconds"""
        self.row(23)

    def test_herd(self):
        """thousands of clients that connect at once are all served within ten seconds, and leave nothing behind"""
        self.row(24)

    def test_replayed(self):
        """reliable messages that are sent three times are handled once and answered the same each time"""
        self.row(26)

    def test_soak(self):
        """with moves, kills and freezes at random nothing is lost in silence, doubled or out of order, and memory and descriptors do not grow"""
        self.row(37)


if __name__ == "__main__":
    unittest.main()
