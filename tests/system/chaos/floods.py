"""Rows of too much: messages, connections, descriptors."""

import os
import subprocess
import sys
import time
from pathlib import Path

from bus import FIXTURE, MAIN, SLOWER
from processes import PROGRAMS, Broker, Served, System, eventually, new_folder

from .crashes import trouble_in
from .figures import Series, row
from .load import Load, system_nodes

FLOOD = """
import sys, time
sys.path.insert(0, sys.argv[1])
from bus import Bus
with Bus(sys.argv[2], "flood") as bus:
    for number in range(int(sys.argv[4])):
        if sys.argv[5] == "count":
            bus.send(sys.argv[3], "count", {"from": "flood", "number": number})
        else:
            bus.send(sys.argv[3], "echo", {"text": "x" * 50})
    bus.socket.setsockopt(17, 20000)  # linger until all is sent
    bus.ask(None, "ping", timeout=60.0)
"""


def resident_mib(pid):
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def unread_in(king, node):
    """Sends that were taken in there and have not ended."""
    return king.ask(node, "stats").body["sends"]["waiting"]


def flood(king, name, count, command="echo"):
    """A process that sends so many messages as fast as it can; witnesses take a `count`, what they do not know costs them no time."""
    here = str(Path(__file__).resolve().parents[1])
    return subprocess.Popen([sys.executable, "-c", FLOOD, here, king.endpoint, name, str(count), command])


CEILING_MIB = 128  # of each worker, which would end itself beyond it; the broker keeps 64 MiB at most for a peer that does not take them


@row(7, "a slow consumer: one message a second, thousands come")
def slow_consumer(row, run):
    with System("--memory-limit", f"{CEILING_MIB * SLOWER:.0f}M") as king:
        nodes = system_nodes(king, 2)
        king.create("slow", "Witness", nodes[1], FIXTURE, params={"nap_ms": 1000, "file": "/dev/null"}).must_be("actor_is_created")
        with Load(king, nodes) as load:
            time.sleep(1.0)
            calm = load.latencies()
            pids = [king.pid_of(None), king.pid_of(nodes[1])]
            before, highest = [resident_mib(pid) for pid in pids], [0.0, 0.0]
            row.injected = run.count(150_000, 1_000_000)
            flooding = flood(king, "slow", row.injected, "count")
            while flooding.poll() is None:
                highest = [max(was, resident_mib(pid)) for was, pid in zip(highest, pids)]
                time.sleep(0.05)
            during = load.latencies()
            unread, refused = unread_in(king, nodes[1]), king.ask(nodes[1], "stats").body["dead_letters"]
        row.take(load)
    row.checked += row.injected
    row.expect(unread > 90_000 and refused >= row.injected - 101_000, f"{unread} wait, {refused} were refused")
    row.expect(max(highest) < CEILING_MIB * SLOWER, f"broker and worker grew to {highest} MiB")
    row.expect(set(load.outcomes()) <= {"answered"}, f"asks of others failed: {load.outcomes()}")
    row.expect(during.quantile(0.99) < 100 * SLOWER, f"asks of others took {during.text('ms', 1)}")
    row.figures.append(f"memory: broker {before[0]:.0f} to {highest[0]:.0f} MiB, worker {before[1]:.0f} to {highest[1]:.0f} of {CEILING_MIB * SLOWER:.0f} MiB; others' asks p99 "
                       f"{calm.quantile(0.99):.1f} ms before, {during.quantile(0.99):.1f} ms with it")


@row(8, "a flood of messages to one actor")
def mailbox_flood(row, run):
    row.injected = run.count(200_000, 1_000_000)
    stop, pings = Series(), Series()
    with System("--memory-limit", f"{CEILING_MIB * SLOWER:.0f}M") as king:
        node = king.create_process()
        name = trouble_in(king, node, "flooded")
        king.send(name, "nap", {"seconds": 600})
        pids, highest = [king.pid_of(None), king.pid_of(node)], [0.0, 0.0]
        flooding = flood(king, name, row.injected)
        while flooding.poll() is None:
            highest = [max(was, resident_mib(pid)) for was, pid in zip(highest, pids)]
            begun = time.monotonic()
            king.ask(node, "ping")
            pings.add((time.monotonic() - begun) * 1000)
            time.sleep(0.05)
        unread, refused = unread_in(king, node), king.ask(node, "stats").body["dead_letters"]
        # One that is at work, a millisecond at a time, with tens of thousands waiting.
        depths = Series()
        for number in range(run.count(2, 20)):
            victim, before = f"victim_{number}", unread_in(king, node)
            king.create(victim, "Witness", node, FIXTURE, params={"nap_ms": 1, "file": "/dev/null"}).must_be("actor_is_created")
            flooding = flood(king, victim, 60_000, "count")
            waiting = lambda: unread_in(king, node) - before
            row.expect(eventually(lambda: waiting() > 20_000, 20.0), f"only {waiting()} wait for the victim")
            depths.add(waiting())
            begun = time.monotonic()
            king.ask(node, "remove_actor", {"name": victim}).must_be("actor_is_removed")
            stop.add((time.monotonic() - begun) * 1000)
            flooding.wait()
    row.checked = row.injected
    row.expect(max(highest) < CEILING_MIB * SLOWER, f"memory: {highest}")
    row.expect(90_000 < unread <= 100_100, f"{unread} wait")
    row.figures.append(f"memory at most: broker {highest[0]:.0f} MiB, worker {highest[1]:.0f} of {CEILING_MIB * SLOWER:.0f} MiB; the process answers ping in {pings.text('ms', 1)}; "
                       f"stop of an actor for whom {depths.quantile(0.5):.0f} wait {stop.text('ms', 1)}; refused {refused} as mailbox_full")
    row.expect(stop.quantile(0.99) <= 100 * SLOWER, f"stop takes {stop.text('ms', 1)}")


@row(20, "no descriptors left: a limit of 256 and many more clients")
def no_descriptors(row, run):
    row.injected = run.count(400, 1_000)
    with Served(new_folder(), "/bin/sh", "-c", 'ulimit -n 256; exec "$0" "$@"', PROGRAMS / "peacepie-broker") as king:
        king.join("first")
        pid = king.pid_of(None)
        herd = Herd(king.endpoint, row.injected)
        try:
            calm = Series(asked(king) for _ in range(50))
            begun, used = time.monotonic(), cpu_seconds(pid)
            latencies = Series()
            while time.monotonic() - begun < 5.0:
                latencies.add(asked(king))
                time.sleep(0.02)
            share = 100 * (cpu_seconds(pid) - used) / (time.monotonic() - begun)
        finally:
            herd.close()
        row.checked = len(latencies.values)
        row.expect(eventually(lambda: king.outcome(None, "ping")[0] == "pong"), "the broker does not answer afterwards")
    # One core, all of it, when it accepts in vain; some 2 % else, and up to 25 by the kernel's clock while other machines take this one's time.
    row.expect(share < 50 * SLOWER, f"the broker uses {share:.0f} % of a core")
    row.figures.append(f"the broker used {share:.0f} % of a core; asks of those inside {latencies.text('ms', 1)} ({calm.text('ms', 1)} at first)")


def asked(king):
    begun = time.monotonic()
    king.ask(MAIN, "ping")
    return (time.monotonic() - begun) * 1000


def cpu_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Herd:
    """Connections that say hello in ZeroMQ's own bytes, so that ten thousand fit into one process; see zmtp.py."""

    def __init__(self, endpoint, count):
        script = Path(__file__).with_name("zmtp.py")
        self.process = subprocess.Popen([sys.executable, str(script), endpoint, str(count)], stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True)
        self.welcomed = int(self.process.stdout.readline())  # when all are in, or none came any more for a second
        self.seconds = float(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait()


@row(24, "a herd of clients connects at once")
def herd(row, run):
    row.injected = run.count(2_000, 10_000)
    with Broker() as king:
        king.join("first")
        pid = king.pid_of(None)
        before = resident_mib(pid)
        calm = Series(asked(king) for _ in range(100))
        herds = [Herd(king.endpoint, row.injected // 2) for _ in range(2)]
        try:
            welcomed, seconds = sum(herd.welcomed for herd in herds), sum(herd.seconds for herd in herds)
            with_them = Series(asked(king) for _ in range(100))
            each = (resident_mib(pid) - before) * 1024 / max(1, welcomed)
        finally:
            for one in herds:
                one.close()
        row.checked = welcomed
        row.expect(welcomed == row.injected, f"{welcomed} of {row.injected} were welcomed")
        row.expect(seconds <= 10.0, f"it took {seconds:.1f} s")
        sessions = lambda: king.outcome(None, "stats")[1].get("sessions", 0) < 10
        row.expect(eventually(sessions, 20.0), "sessions of clients that are gone stay")
    row.figures.append(f"all in after {seconds:.1f} s; {each:.1f} KiB each; asks {with_them.text('ms', 1)} with them, {calm.text('ms', 1)} before")
