"""Those who come from outside: a client in another language, an author with an installed SDK."""

import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from processes import BUILD, SLOWER, SOURCE, System

NODE_PACKAGES = ("zeromq@6", "@msgpack/msgpack")


def node_version():
    """The major version of the Node on this machine; 0 without one."""
    try:
        said = subprocess.run(["node", "--version"], capture_output=True, text=True, timeout=20).stdout
        return int(said.lstrip("v").split(".")[0])
    except (OSError, ValueError):
        return 0


class Strangers(unittest.TestCase):
    seconds = 240  # builds a plug-in, fetches packages

    def setUp(self):
        made = tempfile.TemporaryDirectory(prefix="peacepie-stranger-")
        self.addCleanup(made.cleanup)
        self.folder = Path(made.name)

    def run_in(self, *words, within=120, **options):
        done = subprocess.run([str(word) for word in words], cwd=self.folder, capture_output=True, text=True,
                              timeout=within * SLOWER, **options)
        self.assertEqual(done.returncode, 0, f"{words}\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def test_node(self):
        """a client of a few lines in Node speaks by the protocol page alone"""
        if node_version() < 20 or not shutil.which("npm"):
            self.skipTest("Node 20 or later with npm is not on this machine")
        try:
            subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--prefix", self.folder, *NODE_PACKAGES],
                           check=True, capture_output=True, timeout=180)
        except (subprocess.SubprocessError, OSError):
            self.skipTest("npm could not fetch " + " and ".join(NODE_PACKAGES))
        shutil.copy(SOURCE / "examples" / "ask.mjs", self.folder)
        king = System()
        self.addCleanup(king.end)
        said = self.run_in("node", "ask.mjs", king.endpoint)
        for reply in ("actor_is_created", "hello_world", "actor_is_removed"):
            self.assertIn(reply, said)
        self.assertEqual(king.line("Hello"), "Hello, World!")

    def test_configure_again(self):
        """configuring a build folder again changes no compiler command, so nothing is built again"""
        commands = []
        for _ in range(2):
            self.run_in("cmake", "-G", "Ninja", "-S", SOURCE, "-B", "twice", "-DCMAKE_BUILD_TYPE=Release")
            commands.append((self.folder / "twice" / "compile_commands.json").read_text())
        self.assertGreater(len(commands[0]), 1000)
        self.assertEqual(*commands)

    def test_own_plugin(self):
        """a plug-in built out of tree against an installed SDK runs in the installed programs"""
        prefix = self.folder / "prefix"
        self.run_in("cmake", "--install", BUILD, "--prefix", prefix)
        self.run_in("cmake", "-G", "Ninja", "-S", SOURCE / "examples" / "own_plugin", "-B", "built",
                    f"-DCMAKE_PREFIX_PATH={prefix}", "-DCMAKE_BUILD_TYPE=Release", f"-DCMAKE_INSTALL_PREFIX={prefix}")
        self.run_in("cmake", "--build", "built", within=400)
        self.run_in("cmake", "--install", "built")
        king = System(programs=prefix / "bin", packages=prefix / "lib" / "peacepie" / "packages")
        self.addCleanup(king.end)
        described = king.bus.ask("first.main.admin", "load_package", {"requires_dist": "counter"})
        described.must_be("package_is_loaded")
        king.bus.create("mine", described.body["classes"][0], package="counter")
        king.bus.ask("mine", "ping").must_be("pong")
        greeter = king.bus.create("greeter", "HelloWorld")
        greeter.must_be("actor_is_created")


if __name__ == "__main__":
    unittest.main()
