"""names.py - how the registry bears many names: the broker's own table by itself, and a broker that starts again.

Where the system does not come back within half a minute there is no figure `registry.N.restart` for that size.  Next: registry.cpp
looks names up."""
import os
import signal
import subprocess
import time

from system import MAIN, peacepie

SIZES = (10_000, 100_000, 1_000_000)
PATIENCE = 30.0  # seconds for a system to come back


def lookup(system, scale):
    """The broker's class Registry in a program of its own; the system beside it has nothing to do."""
    for count in SIZES:
        told = subprocess.run([system.build / "tests" / "bench" / "registry", str(count)], capture_output=True, text=True, check=True)
        nanoseconds, size = map(float, told.stdout.split())
        yield f"registry.{count}.lookup", nanoseconds, "ns"
        yield f"registry.{count}.bytes", size, "B/name"


def restart(system, scale, count):
    """From the death of the broker until actors answer again: it is started again, told all names, and asked."""
    if count > max(SIZES[0], SIZES[-1] * scale):  # a smaller scale leaves out the larger sizes
        return
    newborn = {"requires_dist": "peacepie_bench", "class": "Newborn"}
    for first in range(0, count, 10_000):
        system.ask(MAIN, "create_actors", {"class_desc": newborn, "names": [f"n{i}" for i in range(first, first + 10_000)]})
    began = time.monotonic()
    os.kill(system.ask("", "stats")["pid"], signal.SIGKILL)
    silent = [f"n{count - 1}", "n0"]
    while silent and time.monotonic() < began + PATIENCE:
        time.sleep(0.01)  # not at once: an ask that still enters the old connection is waited for in vain
        try:
            with peacepie.Client(system.endpoint, connect_timeout=0.2) as client:
                while silent:
                    client.ask(silent[-1], "ping", timeout=1.0)
                    silent.pop()
        except (peacepie.Fault, TimeoutError):
            pass
    if not silent:
        yield f"registry.{count}.restart", (time.monotonic() - began) * 1e3, "ms"
