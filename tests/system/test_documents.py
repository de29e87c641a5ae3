"""What the documents tell a person to do works: the quick start, the examples, the promises."""

import os
import re
import shutil
import signal
import time
import unittest

from fault_case import WAITING
from processes import BUILD, PROGRAMS, SOURCE, Program, free_endpoint, run
from system_case import SharedSystem
from test_protocol_table import rows_of_page


class QuickStart(unittest.TestCase):
    def setUp(self):
        if BUILD != SOURCE / "build":
            self.skipTest("examples/quickstart.sh builds and uses build/, and this run tests another folder")
        self.endpoint = free_endpoint()
        self.state = f"/tmp/peacepie-quickstart-{os.getpid()}"
        self.addCleanup(shutil.rmtree, self.state, True)
        self.environment = {"PEACEPIE_BROKER": self.endpoint}

    def command(self, *options):
        return [SOURCE / "examples" / "quickstart.sh", *options, "--", "--state-dir", self.state, "--no-console"]

    def test_steps(self):
        """the quick start plays the hello-world steps, each command with its answer, and ends with status 0"""
        status, out, err = run(*self.command("--exit-after"), env=self.environment, within=50.0)
        self.assertEqual(status, 0, out + err)
        for words in ("$ peacepie ask first.main.admin create_actor '{", "actor_is_created", "$ peacepie ask hello_world tick",
                      "hello_world", "actor_is_removed"):
            self.assertIn(words, out)
        self.assertIn("Hello, World!", out.splitlines())

    def test_interrupt(self):
        """the quick start leaves the system running, and an interrupt ends it with status 0"""
        with Program(*self.command(), env=self.environment) as quickstart:
            self.assertTrue(quickstart.line("Read next", 45.0), quickstart.said())
            self.assertTrue(quickstart.is_running())
            begun = time.monotonic()
            quickstart.remember_family()
            quickstart.signal(signal.SIGINT)
            self.assertEqual(quickstart.wait(10.0), 0, quickstart.said())
            self.assertLess(time.monotonic() - begun, 8.0)


class Examples(SharedSystem):
    def test_python(self):
        """examples/ask.py says hello"""
        status, out, err = run("/usr/bin/python3", SOURCE / "examples" / "ask.py", self.king.endpoint)
        self.assertEqual((status, out.strip()), (0, "hello_world"), err)
        self.assertTrue(self.king.line("Hello, World!"))

    def test_transcript(self):
        """every command of the walk-through's page, pasted in order, is answered as the page says"""
        page = (SOURCE / "examples" / "README.md").read_text()
        commands = [line for block in re.findall(r"```sh\n(.*?)```", page, re.S) for line in block.splitlines()
                    if line.startswith("peacepie ")]
        self.assertGreater(len(commands), 15)
        environment = {"PEACEPIE_BROKER": self.king.endpoint, "PATH": f"{PROGRAMS}:{os.environ['PATH']}"}
        for command in commands:
            with self.subTest(command=command):
                status, out, err = run("bash", "-c", command, env=environment)
                self.assertEqual(status, 0, out + err)

    def test_russian(self):
        """the Russian walk-through has the same commands"""
        pages = [(SOURCE / "examples" / name).read_text() for name in ("README.md", "README.ru.md")]
        commands = [re.findall(r"^peacepie .*$", page, re.M) for page in pages]
        self.assertEqual(commands[0], commands[1])


class Promises(unittest.TestCase):
    def test_sentences(self):
        """every promise of the README stands beside a test that exists under that sentence"""
        page = (SOURCE / "README.md").read_text().split("## What is promised")[1].split("\n## ")[0]
        rows = [line for line in page.splitlines() if line.startswith("| ") and not line.startswith("| promise")]
        self.assertGreater(len(rows), 10)
        for row in rows:
            with self.subTest(row=row):
                files = [SOURCE / name for name in re.findall(r"`(tests/[a-z_/.]+)`", row)]
                self.assertTrue(files)
                for file in files:
                    self.assertTrue(file.exists(), file)
                for sentence in re.findall("“(.+?)”", row):
                    self.assertTrue(any(sentence in file.read_text() for file in files), sentence)


class Coverage(unittest.TestCase):
    """COVERAGE.md: rows of cells, and in them tests as `file: name`."""

    @classmethod
    def setUpClass(cls):
        page = (SOURCE / "tests" / "COVERAGE.md").read_text()
        cls.named = [name.split() for name in re.findall(r"`([a-z_/]+(?:\.cpp)?:\s[^`]+)`", page)]
        cls.commands, cls.faults = (
            [[cell.strip() for cell in line.strip("|").split(" | ")] for line in re.findall(r"^\| .*$", part, re.M)[1:]]
            for part in page.split("## Commands")[1].split("## Faults"))

    def test_tests(self):
        """every test that COVERAGE.md names exists"""
        self.assertGreater(len(self.named), 80)
        for file, *words in self.named:
            name = " ".join(words)
            with self.subTest(file=file, name=name):
                self.assertIn(name, tests_in(file.rstrip(":")))

    def test_commands(self):
        """every command in COVERAGE.md has a test, and every row of PROTOCOL.md stands there beside its driver"""
        for cells in self.commands:
            self.assertRegex(cells[-1], "^`.+: .+`$", cells)
        tests = {command: cells[-1] for cells in self.commands for command in re.findall(r"`([a-z_]+)`", cells[0])}
        for row in rows_of_page():
            for command in row.commands:
                with self.subTest(command=command):
                    self.assertIn(f"`test_protocol_table: test_row_{row.commands[0]}`", tests.get(command, ""))

    def test_faults(self):
        """each of the 34 faults stands in COVERAGE.md beside its test, or waits"""
        self.assertEqual([int(cells[0]) for cells in self.faults], list(range(1, 35)))
        for number, (_, _, here) in enumerate(self.faults, 1):
            with self.subTest(fault=number):
                self.assertEqual(here.startswith("waits "), number in WAITING)
                if number not in WAITING:
                    self.assertRegex(here, rf"`test_faults_[a-z]+: test_fault_{number:02}`")


class Guarantees(unittest.TestCase):
    def test_sentences(self):
        """every sentence that GUARANTEES.md promises stands beside tests, and each of those exists"""
        page = (SOURCE / "tests" / "GUARANTEES.md").read_text()
        self.assertEqual(re.findall(r"^## G(\d+)\.", page, re.M), [str(number) for number in range(1, 12)])
        rows = [line.strip("|").rsplit(" | ", 1) for line in page.splitlines() if line.startswith("| ") and not line.startswith("| sentence")]
        self.assertGreater(len(rows), 60)
        for sentence, tests in rows:
            named = re.findall(r"`([a-z_/]+(?:\.cpp)?): ([^`]+)`", tests)
            with self.subTest(sentence=sentence):
                self.assertTrue(named)
                for file, name in named:
                    self.assertIn(name, tests_in(file))


def tests_in(file):
    """The sentences of a C++ file in tests, or the functions of a Python module in tests/system."""
    if file.endswith(".cpp"):
        return re.findall(r'TEST_CASE\("([^"]+)"', (SOURCE / "tests" / file).read_text())
    suites = unittest.defaultTestLoader.loadTestsFromName(file)
    return {test.id().rsplit(".", 1)[1] for suite in suites for test in suite}


if __name__ == "__main__":
    unittest.main()
