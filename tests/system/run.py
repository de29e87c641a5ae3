#!/usr/bin/env python3
"""Runs the system tests: `run.py [--stage NAME] [--tally FILE] [--sanitized] [NAME...]`.

A NAME is a file (`test_moves`) or a part of a test's name or sentence.  Every test has a minute; one line per test;
the last line counts.  PEACEPIE_BUILD says where the programs are (default: build).  The sentence of a test is its
docstring.
"""

import argparse
import faulthandler
import os
import signal
import sys
import time
import unittest
from collections import Counter
from pathlib import Path

HERE = Path(__file__).resolve().parent
TEST_SECONDS = 60
MEASURES = "measures time and memory, which a sanitizer multiplies"
# What a sanitized build does not run, by file or by test, and why.  It runs everything else.
NOT_SANITIZED = {
    "test_command_line": "the walk-through runs the command line sanitized",
    "test_documents": "pages and scripts are the same for every build",
    "test_faults_all": "says what is not there yet, the same for every build",
    "test_faults_messages": MEASURES,
    "test_faults_trust": MEASURES,
    "test_faults_wedges": MEASURES,
    "test_chaos": MEASURES,
    "test_guarantees.SlowPeer": MEASURES,
    "test_hung": MEASURES,
    "test_strangers": "builds and fetches for minutes what is not sanitized",
    "test_healing.Healing.test_no_successor": "a slow program does not die often enough within the five seconds that count",
    "test_moves.Moves.test_flat_out": "floods on purpose: ten times slower programs fall silent for seconds",
}


class TooLong(Exception):
    pass


def sentence_of(test):
    """The first paragraph of the docstring, or the name."""
    text = (getattr(test, "_testMethodDoc", None) or "").strip()
    return " ".join(text.split("\n\n")[0].split()) or test.id()


class Result(unittest.TestResult):
    def __init__(self, tally, stage, seconds):
        super().__init__()
        self.tally, self.stage, self.seconds = tally, stage, seconds
        self.lines = {"passed": 0, "failed": 0, "skipped": 0}

    def startTest(self, test):
        super().startTest(test)
        self.begun, self.subtests_failed = time.monotonic(), False
        signal.signal(signal.SIGALRM, self._alarm)
        self.patience = max(self.seconds, getattr(test, "seconds", 0))  # a class that builds something says so
        signal.alarm(self.patience)

    def _alarm(self, *_):
        faulthandler.dump_traceback()
        raise TooLong(f"the test took longer than {self.patience} s")

    def stopTest(self, test):
        signal.alarm(0)
        super().stopTest(test)

    def note(self, outcome, test, why=""):
        signal.alarm(0)
        self.lines[outcome] += 1
        spent = time.monotonic() - getattr(self, "begun", time.monotonic())
        sentence = sentence_of(test)
        print(f"  {'ok  ' if outcome == 'passed' else outcome.upper()} {sentence}"
              + (f" ({spent:.1f} s)" if spent > 1 else "") + (f": {why}" if outcome == "skipped" else ""), flush=True)
        self.write(outcome, f"{test.id()}: {sentence}", why)

    def note_left_out(self, name, count, why):
        """One line for a file or a test that a sanitized build does not run."""
        self.lines["skipped"] += count
        what = name if count == 1 else f"{name}, {count} tests"
        print(f"  SKIPPED {what}: {why}", flush=True)
        self.write("skipped", what, why)

    def write(self, outcome, name, why):
        if self.tally:
            with open(self.tally, "a") as out:
                out.write(f"{outcome}\t{self.stage}: {name}\t{' '.join(why.split())}\n")

    def addSuccess(self, test):
        super().addSuccess(test)
        if not self.subtests_failed:
            self.note("passed", test)

    def _broken(self, test, error):
        text = self._exc_info_to_string(error, test)
        if not getattr(self, "subtests_failed", False):  # or it is counted already
            self.note("failed", test, f"{error[0].__name__}: {str(error[1])[:300]}")
        print("    " + text.replace("\n", "\n    "), flush=True)

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self._broken(test, error)

    def addError(self, test, error):
        super().addError(test, error)
        self._broken(test, error)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.note("skipped", test, reason)

    def addSubTest(self, test, subtest, error):
        super().addSubTest(test, subtest, error)
        if error is not None:
            if not self.subtests_failed:
                self.note("failed", test, f"{subtest._subDescription()} {error[0].__name__}: {str(error[1])[:300]}")
            self.subtests_failed = True
            text = self._exc_info_to_string(error, test)
            print(f"    {subtest._subDescription()}\n    " + text.replace("\n", "\n    "))


def all_tests(suite):
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from all_tests(item)
        else:
            yield item


def is_meant(test, names):
    words = f"{test.id()} {sentence_of(test)}"
    return not names or any(name in words for name in names)


def reason_to_leave_out(test):
    """The entry of NOT_SANITIZED that it falls under, or None."""
    return next((name for name in NOT_SANITIZED if f"{test.id()}.".startswith(f"{name}.")), None)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stage", default="system")
    parser.add_argument("--tally")
    parser.add_argument("--sanitized", action="store_true")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    if options.sanitized:
        os.environ["PEACEPIE_SLOWER"] = "5"
    sys.path.insert(0, str(HERE))
    try:
        import msgpack, zmq  # noqa: F401, E401
    except ImportError as error:
        print(f"run.py: {error}; tests/install-dependencies.sh --system installs it for /usr/bin/python3",
              file=sys.stderr)
        return 2
    found = unittest.defaultTestLoader.discover(str(HERE), pattern="test_*.py", top_level_dir=str(HERE))
    tests = [test for test in all_tests(found) if is_meant(test, options.names)]
    result = Result(options.tally, options.stage, TEST_SECONDS * (4 if options.sanitized else 1))
    if options.sanitized:
        for name, count in Counter(filter(None, map(reason_to_leave_out, tests))).items():
            result.note_left_out(name, count, NOT_SANITIZED[name])
        tests = [test for test in tests if not reason_to_leave_out(test)]
    unittest.TestSuite(tests).run(result)
    print(f"{options.stage}: {result.lines['passed']} of {sum(result.lines.values())} tests are fine")
    return 1 if result.lines["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
