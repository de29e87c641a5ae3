"""The bench can be run: what it takes out of the sources is still there."""

import os
import shutil
import subprocess
import unittest

from processes import PROGRAMS, SOURCE

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


class SystemCalls(unittest.TestCase):
    def test_process_number(self):
        """broker and worker answer ZeroMQ's question for the number of their process themselves"""
        for program in ("peacepie-broker", "peacepie-worker"):
            symbols = subprocess.run(["nm", "--dynamic", "--defined-only", PROGRAMS / program], capture_output=True, text=True, check=True).stdout
            self.assertIn(" T getpid\n", symbols, program)
