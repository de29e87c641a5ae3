"""The bench can be run: what it takes out of the sources is still there."""

import os
import shutil
import subprocess
import unittest

from processes import SOURCE

PATCHES = sorted((SOURCE / "tests" / "bench" / "without").glob("*.patch"))


class Patches(unittest.TestCase):
    @unittest.skipUnless(shutil.which("git"), "git, which applies patches, is not installed")
    def test_apply(self):
        """each patch that takes a safety out for tests/bench/safety.sh fits the sources"""
        self.assertGreaterEqual({patch.stem for patch in PATCHES}, {"bounds", "stamping", "metrics", "tap"})
        environment = {**os.environ, "GIT_CEILING_DIRECTORIES": str(SOURCE.parent)}  # else a checkout above is meant
        for patch in PATCHES:
            with self.subTest(patch=patch.name):
                done = subprocess.run(["git", "apply", "--check", patch], cwd=SOURCE, env=environment, capture_output=True, text=True)
                self.assertEqual(done.returncode, 0, done.stderr)
