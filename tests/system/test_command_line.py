"""The command line as a person or a script uses it."""

import json
import re
import signal
import unittest
from pathlib import Path

from bus import MAIN
from processes import PROGRAMS, SOURCE, Program, command_line_of, eventually, is_alive, kill, new_folder, run, wait_for_broker
from system_case import OwnSystem, SharedSystem, SystemCase


class CommandLine(SharedSystem):
    actors = {"greeter": "IteratingHelloWorld"}

    def good(self, *arguments, **options):
        status, out, err = self.king.cli(*arguments, **options)
        self.assertEqual(status, 0, f"{arguments}: {out}{err}")
        return out

    def test_short_forms(self):
        """create, proc new, move, rm and proc rm do what their long forms do"""
        created = self.good("create", "walker", "--class", "peacepie_example/IteratingHelloWorld", "--param", "limit=3")
        self.assertTrue(created.startswith("actor_is_created"), created)
        node = json.loads(self.good("proc", "new", "--json"))["body"]["node"]
        self.good("move", "walker", "--to", node.removesuffix(".admin"))
        self.assertEqual(self.king.node_of("walker"), node)
        self.good("rm", "walker")
        self.king.ask(None, "seek_actor", {"entity": "walker"}).must_be("actor_is_not_found")
        self.good("proc", "rm", node)
        self.assertNotIn(node, self.king.nodes())

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
        path = self.king.path("body.json")
        path.write_text(body)
        self.good("ask", "greeter", "set_params", f"@{path}")
        self.good("ask", "greeter", "set_params", "-", input=body)

    def test_statuses(self):
        """the status tells failures apart, the words go to standard error, and a typo gets a suggestion"""
        for status, *arguments in ((3, "ask", "greter", "ping"), (1, "ask", "greeter", "no_such_command"),
                                   (2, "ask", "greeter", "set_params", "{not json"), (2, "aks", "greeter", "ping"),
                                   (2, "ask"), (7, "create", "greeter", "--class", "peacepie_example/HelloWorld"),
                                   (3, "rm", "nobody"), (1, "create", "x", "--class", "none/X")):
            with self.subTest(arguments=arguments):
                got, out, err = self.king.cli(*arguments)
                self.assertEqual(got, status, out + err)
                self.assertTrue((out + err).strip())
        self.assertIn("greeter", self.king.cli("ask", "greter", "ping")[2])
        self.assertIn("ask", self.king.cli("aks", "greeter", "ping")[2])

    def test_watch(self):
        """watch prints what happens at an actor"""
        with Program("peacepie", "watch", "greeter", "tick_stop", "--count", "1",
                     env={"PEACEPIE_BROKER": self.king.endpoint}) as watch:
            def seen():
                self.king.ask("greeter", "tick_stop")
                return watch.wait(0.1) is not None
            self.assertTrue(eventually(seen, 5.0), watch.said())
            self.assertIn("tick_stop", "\n".join(watch.out))

    def watching(self, *words):
        return Program("peacepie", "watch", *words, env={"PEACEPIE_BROKER": self.king.endpoint})

    def test_watch_ends(self):
        """watch refuses a command that the actor does not have, and ends when the actor or its process is gone"""
        status, _, err = self.king.cli("watch", "greeter", "tick_strat")
        self.assertEqual(status, 1, err)
        self.assertIn("did you mean `tick_start`", err)
        self.king.create("fleeting", "HelloWorld").must_be("actor_is_created")
        node = self.king.create_process()
        self.king.create("doomed", "HelloWorld", node).must_be("actor_is_created")
        with self.watching("fleeting", "tick") as fleeting, self.watching("doomed", "ping") as doomed:
            for watch in (fleeting, doomed):
                self.assertTrue(watch.mentions("watching", 5.0), watch.said())
            self.good("rm", "fleeting")
            kill(self.king.pid_of(node))
            for watch in (fleeting, doomed):
                self.assertEqual(watch.wait(10.0), 3, watch.said())
                self.assertTrue(watch.mentions("is gone"), watch.said())

    def test_not_to_be_written(self):
        """output that cannot be written is no success"""
        for words in ("tree", "ps", "describe greeter", "ask greeter ping"):
            with self.subTest(words):
                status, _, err = run("sh", "-c", f"{PROGRAMS}/peacepie {words} --broker {self.king.endpoint} >/dev/full")
                self.assertEqual(status, 1, err)

    def test_not_gone_yet(self):
        """rm of an actor whose handler does not return says so instead of denying the actor"""
        hanging = self.trouble(self.king.create_process())
        self.king.send(hanging, "block", {"seconds": 8})
        status, out, err = self.king.cli("rm", hanging, within=20.0)
        self.assertNotIn("no_such_actor", out + err)
        self.assertNotIn(status, (0, 3), out + err)

    def test_help(self):
        """every subcommand has help with an example"""
        for verb in ("up", "ask", "send", "tree", "ps", "describe", "create", "rm", "move", "proc", "watch", "dead", "quit"):
            status, out, err = run("peacepie", verb, "--help")
            self.assertEqual(status, 0, err)
            self.assertIn("peacepie " + verb, out)
        for program in ("peacepie", "peacepie-broker", "peacepie-worker"):
            self.assertEqual(run(program, "--version")[0], 0, program)


class Up(OwnSystem):
    def up(self, *options):
        """The words that start another system, on a free port and with files of its own."""
        return ("peacepie", "up", "--bind", "tcp://127.0.0.1:0", "--state-dir", self.king.path("other"), *options)

    def test_first_run(self):
        """the first run of up writes its settings with comments and says where"""
        file = self.king.path("state", "peacepie.toml")
        self.assertTrue(file.exists())
        self.assertIn("#", file.read_text())
        self.assertIn(str(file), self.king.said())
        status, _, err = run("peacepie", "up", "--config", file, "--bind", self.king.endpoint)
        self.assertNotEqual(status, 0, "the settings that were written can be read; only the port is taken")
        self.assertNotIn("peacepie.toml:", err)

    def test_from_anywhere(self):
        """up finds its programs and the example package from any directory"""
        with Program(*self.up("--no-console"), cwd="/") as other:
            listening = eventually(lambda: re.search(r"listening on (tcp://127\.0\.0\.1:[0-9]+)", other.said()), 10.0)
            self.assertTrue(listening, other.said())
            with wait_for_broker(listening[1], other) as bus:
                self.assertTrue(eventually(lambda: MAIN in bus.nodes(), 10.0), other.said())
                bus.ask(MAIN, "load_package", {"requires_dist": "peacepie_example"}).must_be("package_is_loaded")
            other.signal(signal.SIGTERM)
            self.assertEqual(other.wait(10.0), 0, other.said())

    def test_wrong_app(self):
        """up refuses a wrong app file with the line"""
        wrong = self.king.path("wrong.toml")
        wrong.write_text('[[actor]]\nname = "a b"\npackage = "peacepie_example"\nclass = "HelloWorld"\n')
        status, _, err = run(*self.up("--app", wrong))
        self.assertEqual(status, 78, err)
        self.assertIn("wrong.toml:2", err)

    def test_app_of_unknown_words(self):
        """up refuses an app file whose package, class, params or commands do not exist, and creates nothing of it"""
        wrong = self.king.path("unknown.toml")
        wrong.write_text('''
[[actor]]
name = "good"
package = "peacepie_example"
class = "HelloWorld"
commands = ["tick"]
[[actor]]
name = "wrong"
package = "peacepie_example"
class = "IteratingHelloWorld"
params = { perod = 1 }
commands = ["tick_strat"]
[[actor]]
name = "nobody"
package = "peacepie_exampel"
class = "HelloWorld"
''')
        status, out, err = run(*self.up("--app", wrong))
        self.assertEqual(status, 78, err)
        for words in ("unknown.toml:11", "did you mean `period`", "unknown.toml:12", "did you mean `tick_start`",
                      "unknown.toml:15", "peacepie_exampel"):
            self.assertIn(words, err)
        self.assertNotIn("Hello", out, "nothing was created")
        self.assertNotIn("good lives in", err)

    def test_worker_options(self):
        """--loops and --log-messages reach every worker, also those of a host started by hand"""
        with Program(*self.up("--loops", "3", "--log-messages", "--no-console")) as other:
            listening = eventually(lambda: re.search(r"listening on (tcp://127\.0\.0\.1:[0-9]+)", other.said()), 10.0)
            with wait_for_broker(listening[1], other) as bus, Program(
                    "peacepie-worker", "--broker", listening[1], "--host", "second", "--loops", "5", "--log-messages") as second:
                for node, loops in ((MAIN, 3), ("second.main.admin", 5)):
                    self.assertTrue(eventually(lambda: node in bus.nodes(), 10.0), other.said() + second.said())
                    words = command_line_of(bus.ask(node, "stats").body["pid"])
                    self.assertIn(f"--loops {loops}", words)
                    self.assertIn("--log-messages", words)

    def test_shared_directory(self):
        """up warns when another system keeps its state in the same directory"""
        status, _, err = run("peacepie", "up", "--bind", self.king.endpoint, "--state-dir", self.king.path("state"))
        self.assertEqual(status, 1, err)
        self.assertIn("--state-dir", err)
        self.assertIn(self.king.endpoint, err)

    def test_impossible_ports(self):
        """a port that is none is refused, wherever it is said"""
        for port in ("99999", "-1", "x"):
            endpoint = f"tcp://127.0.0.1:{port}"
            for words in (("up", "--state-dir", self.king.path("other"), "--bind", endpoint), ("tree", "--broker", endpoint)):
                with self.subTest(words):
                    status, _, err = run("peacepie", *words)
                    self.assertEqual(status, 2, err)
                    self.assertIn(f"`{port}`", err)
            with self.subTest("peacepie.py", port=port):
                status, _, err = run("/usr/bin/python3", "-c", f"import peacepie; peacepie.Client({endpoint!r})",
                                     env={"PYTHONPATH": str(SOURCE / "sdk" / "python")})
                self.assertIn("peacepie.Fault: bad_argument", err)

    def test_prints(self):
        """what actors print passes through unchanged"""
        self.king.create("greeter", "HelloWorld").must_be("actor_is_created")
        self.king.ask("greeter", "tick").must_be("hello_world")
        self.assertEqual(self.king.line("Hello"), "Hello, World!")

    def test_broker_dies(self):
        """a broker killed with -9 is started again by its parent, and clients find a system"""
        broker = self.king.pid_of(None)
        kill(broker)
        self.assertTrue(eventually(lambda: not is_alive(broker)))
        with wait_for_broker(self.king.endpoint, self.king) as bus:
            self.assertTrue(eventually(lambda: MAIN in bus.nodes(), 10.0), self.king.said())


class App(SystemCase):
    def test_app(self):
        """up starts the actors of an app file"""
        self.own_system("--app", SOURCE / "examples" / "circle.toml")
        self.assertTrue(self.king.line("dancer_01 from", 15.0), self.king.said())

    def test_page(self):
        """the app file that examples/README.md shows is carried out as it says"""
        with new_folder() as folder:
            file = Path(folder, "app.toml")
            file.write_text(re.search(r"```toml\n(.*?)```", (SOURCE / "examples" / "README.md").read_text(), re.S)[1])
            self.own_system("--app", file)
            self.assertEqual(self.king.line("greeter from", 15.0), 'greeter from "first.process_0.admin" says "Hello, World! (0)"')
            self.assertTrue(self.king.mentions("all of"), self.king.said())


if __name__ == "__main__":
    unittest.main()
