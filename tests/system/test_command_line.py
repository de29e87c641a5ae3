"""The command line as a person or a script uses it."""

import json
import os
import signal
import unittest
from pathlib import Path

from processes import PROGRAMS, SLOWER, SOURCE, Program, System, eventually, run

MAIN = "first.main.admin"


class CommandLine(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.king = System()
        cls.king.create("greeter", "IteratingHelloWorld")

    @classmethod
    def tearDownClass(cls):
        cls.king.end()

    def good(self, *arguments, **options):
        status, out, err = self.king.cli(*arguments, **options)
        self.assertEqual(status, 0, f"{arguments}: {out}{err}")
        return out

    def test_short_forms(self):
        """create, proc new, move, rm and proc rm do what their long forms do"""
        self.assertTrue(self.good("create", "walker", "--class", "peacepie_example/IteratingHelloWorld", "--param", "limit=3")
                        .startswith("actor_is_created"))
        node = json.loads(self.good("proc", "new", "--json"))["body"]["node"]
        self.good("move", "walker", "--to", node.removesuffix(".admin"))
        self.assertEqual(self.king.node_of("walker"), node)
        self.good("rm", "walker")
        self.assertEqual(self.king.ask(None, "seek_actor", {"entity": "walker"}).name, "actor_is_not_found")
        self.good("proc", "rm", node)
        self.assertNotIn(node, self.king.ask(None, "get_all_nodes").body)

    def test_looking(self):
        """tree, ps and describe show what is there, and --json is JSON"""
        tree = self.good("tree")
        for word in ("first", "main", "greeter"):
            self.assertIn(word, tree)
        self.assertNotIn("\x1b", tree, "colour is for terminals")
        self.assertIn("first.main", self.good("ps"))
        described = self.good("describe", "greeter")
        for word in ("tick_start", "period", "limit"):
            self.assertIn(word, described)
        for command in (("tree",), ("ps",), ("describe", "greeter")):
            for line in self.good(*command, "--json").splitlines():
                json.loads(line)

    def test_bodies(self):
        """a body comes from the line, from a file or from standard input"""
        body = '{"params": [{"name": "period", "value": 0.25}]}'
        self.assertEqual(self.good("ask", "greeter", "set_params", body).strip(), "params_are_set")
        path = Path(self.king.folder.name) / "body.json"
        path.write_text(body)
        self.good("ask", "greeter", "set_params", f"@{path}")
        self.good("ask", "greeter", "set_params", "-", input=body)

    def test_statuses(self):
        """the status tells failures apart, the words go to standard error, and a typo gets a suggestion"""
        for status, *arguments in ((3, "ask", "greter", "ping"), (1, "ask", "greeter", "no_such_command"),
                                   (2, "ask", "greeter", "set_params", "{not json"), (2, "aks", "greeter", "ping"), (2, "ask"),
                                   (7, "create", "greeter", "--class", "peacepie_example/HelloWorld"),
                                   (3, "rm", "nobody"), (1, "create", "x", "--class", "none/X")):
            with self.subTest(arguments=arguments):
                got, out, err = self.king.cli(*arguments)
                self.assertEqual(got, status, out + err)
                self.assertTrue((out + err).strip())
        self.assertIn("greeter", self.king.cli("ask", "greter", "ping")[2])
        self.assertIn("ask", self.king.cli("aks", "greeter", "ping")[2])

    def test_watch(self):
        """watch prints what happens at an actor"""
        with Program(PROGRAMS / "peacepie", "watch", "greeter", "tick_stop", "--count", "1",
                     env={"PEACEPIE_BROKER": self.king.endpoint}) as watch:
            def seen():
                self.king.ask("greeter", "tick_stop")
                return watch.wait(0.1) is not None
            self.assertTrue(eventually(seen, 5.0), watch.said())
            self.assertIn("tick_stop", "\n".join(watch.out))

    def test_help(self):
        """every subcommand has help with an example"""
        for verb in ("up", "ask", "send", "tree", "ps", "describe", "create", "rm", "move", "proc", "watch", "quit"):
            status, out, err = run(PROGRAMS / "peacepie", verb, "--help")
            self.assertEqual(status, 0, err)
            self.assertIn("peacepie " + verb, out)
        for program in ("peacepie", "peacepie-broker", "peacepie-worker"):
            self.assertEqual(run(PROGRAMS / program, "--version")[0], 0, program)


class Up(unittest.TestCase):
    def test_first_run(self):
        """the first run of up writes its settings with comments and says where"""
        with System() as king:
            file = Path(king.folder.name) / "state" / "peacepie.toml"
            self.assertTrue(file.exists())
            self.assertIn("#", file.read_text())
            self.assertIn(str(file), king.said())
            status, _, err = run(PROGRAMS / "peacepie", "up", "--config", file, "--bind", king.endpoint)
            self.assertNotEqual(status, 0, "the settings that were written can be read; only the port is taken")
            self.assertNotIn("peacepie.toml:", err)

    def test_from_anywhere(self):
        """up finds its programs and the example package from any directory"""
        with System() as king, Program(PROGRAMS / "peacepie", "up", "--bind", "tcp://127.0.0.1:0", "--no-console",
                                       "--state-dir", f"{king.folder.name}/other", cwd="/") as other:
            self.assertTrue(eventually(lambda: "tcp://127.0.0.1:" in other.said().replace("tcp://127.0.0.1:0", ""), 10.0),
                            other.said())
            other.signal(signal.SIGTERM)
            self.assertEqual(other.wait(10.0), 0, other.said())

    def test_app(self):
        """up starts the actors of an app file, and a wrong one is refused with the line"""
        with System("--app", SOURCE / "examples" / "circle.toml") as king:
            self.assertTrue(king.line("dancer_01 from", 15.0), king.said())
        with System() as king:
            wrong = Path(king.folder.name) / "wrong.toml"
            wrong.write_text('[[actor]]\nname = "a b"\npackage = "peacepie_example"\nclass = "HelloWorld"\n')
            status, _, err = run(PROGRAMS / "peacepie", "up", "--app", wrong, "--bind", "tcp://127.0.0.1:0", "--state-dir",
                                 f"{king.folder.name}/other")
            self.assertEqual(status, 78, err)
            self.assertIn("wrong.toml:2", err)

    def test_prints(self):
        """what actors print passes through unchanged, and control characters do not"""
        with System() as king:
            king.create("greeter", "HelloWorld")
            king.ask("greeter", "tick")
            self.assertEqual(king.line("Hello"), "Hello, World!")


class NoOrphans(unittest.TestCase):
    def test_broker_dies(self):
        """a broker killed with -9 is started again by its parent, and clients find a system"""
        with System() as king:
            os.kill(king.broker_pid(), signal.SIGKILL)

            def back():
                with king.another() as bus:
                    return MAIN in bus.ask(None, "get_all_nodes", timeout=1.0).body
            from bus import Fault, Silence

            def tried():
                try:
                    return back()
                except (Fault, Silence):
                    return False
            self.assertTrue(eventually(tried, 10.0), king.said())


if __name__ == "__main__":
    unittest.main()
