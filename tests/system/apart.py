"""Another machine, as far as the network can tell: a namespace of its own with one cable to here, which can be cut without a word.

Needs root and the package iproute2.  The cable goes with the namespace.
"""

import os
import shutil
import subprocess

NOBODY = "02:00:00:00:00:01"  # a station that there is not: what is sent to it is gone


def why_not():
    """Why there can be none here, or None."""
    if shutil.which("ip") is None:
        return "the package iproute2 is not installed; tests/install-dependencies.sh --system does it"
    try:
        Machine().close()
    except subprocess.CalledProcessError as error:
        return f"no network namespace can be made: {error.stderr.strip()}"
    return None


class Machine:
    """`with Machine() as far:` programs started by `far.command(...)` reach us at `far.here` and are at `far.there`."""

    last = 0

    def __init__(self):
        Machine.last += 1
        number = (os.getpid() * 7 + Machine.last) % 16_384  # a net of four addresses
        self.name, self.near, self.far = (f"{what}{os.getpid()}-{Machine.last}" for what in ("peacepie-", "pa", "pb"))
        self.here, self.there = (f"10.213.{number // 64}.{number % 64 * 4 + last}" for last in (1, 2))
        self._ip("netns", "add", self.name)
        try:
            self._connect()
        except BaseException:
            self.close()
            raise

    def _connect(self):
        self._ip("link", "add", self.near, "type", "veth", "peer", "name", self.far, "netns", self.name)
        self._ip("address", "add", f"{self.here}/30", "dev", self.near)
        self._ip("link", "set", self.near, "up")
        self._ip("-n", self.name, "address", "add", f"{self.there}/30", "dev", self.far)
        self._ip("-n", self.name, "link", "set", self.far, "up")
        self._ip("-n", self.name, "link", "set", "lo", "up")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._ip("netns", "del", self.name)

    def command(self, program, *words):
        """The words that start a program over there."""
        return ["ip", "netns", "exec", self.name, str(program), *map(str, words)]

    def cut(self, way="both"):
        """From now on what is sent `to_there`, `to_here` or both ways is lost, and nobody is told."""
        if way in ("both", "to_there"):
            self._ip("neighbour", "replace", self.there, "lladdr", NOBODY, "nud", "permanent", "dev", self.near)
        if way in ("both", "to_here"):
            self._ip("-n", self.name, "neighbour", "replace", self.here, "lladdr", NOBODY, "nud", "permanent", "dev", self.far)

    def heal(self):
        for where, address, device in (((), self.there, self.near), (("-n", self.name), self.here, self.far)):
            subprocess.run(["ip", *where, "neighbour", "del", address, "dev", device], capture_output=True)  # it may not be cut this way

    @staticmethod
    def _ip(*words):
        subprocess.run(["ip", *words], check=True, capture_output=True, text=True)
