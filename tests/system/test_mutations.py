"""The planted bugs that the simulation has to find still fit the sources."""

import sys
import unittest

from processes import SOURCE

sys.path.insert(0, str(SOURCE / "tests" / "sim" / "mutations"))
import planted  # noqa: E402 - found only now


class Planted(unittest.TestCase):
    def test_fit(self):
        """each text that a planted bug replaces is in the sources once, and what replaces it is another"""
        self.assertGreaterEqual(len(planted.BUGS), 10)
        for bug in planted.BUGS:
            for file, old, new in bug.edits:
                with self.subTest(bug=bug.what, file=file):
                    self.assertEqual((SOURCE / file).read_text().count(old), 1)
                    self.assertNotEqual(old, new)


if __name__ == "__main__":
    unittest.main()
