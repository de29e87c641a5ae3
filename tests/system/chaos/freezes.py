"""Rows of processes that live and do not answer: stopped, cut off, or with a clock that jumps."""

import os
import random
import signal
import time
from pathlib import Path

import apart
from bus import MAIN, SLOWER, Fault, Silence
from processes import Broker, Program, System, eventually, freeze, package_folder, state_of

from .crashes import seconds_to_error, trouble_in
from .figures import Series, row
from .load import Load, system_nodes
from .proxy import Proxy


def thaw(pid):
    os.kill(pid, signal.SIGCONT)


@row(3, "SIGSTOP of a worker, then SIGCONT")
def worker_frozen(row, run):
    row.injected = run.count(1, 12)
    seconds, detection, recovery = run.count(14, 30), Series(), Series()
    with System() as king:
        nodes = system_nodes(king)
        with Load(king, nodes) as load:
            for number in range(row.injected):
                victim = nodes[1 + number % 3]
                guard = trouble_in(king, victim, f"guard_{number}")
                pid = load.pid_of(victim)
                waiting = seconds_to_error(king, guard, {"seconds": 29})
                time.sleep(0.3)
                begun = time.monotonic()
                freeze(pid)
                load.costs_mail(time.monotonic_ns(), seconds + 5.0)
                ended, code = waiting()
                detection.add(ended - begun)
                row.expect(code == "worker_lost", f"an ask to a frozen worker ended with {code}")
                recovery.add(load.seconds_until_back([*load.witnesses, guard], begun, within=seconds))
                time.sleep(max(0.0, begun + seconds - time.monotonic()))
                thaw(pid)
                row.expect(king.has_node(victim), f"{victim} does not come back")
                row.expect(load.pid_of(victim) == pid, f"{victim} is another process")
                time.sleep(2.0)
        row.take(load)
    row.expect(detection.quantile(0.5) < 3.0 + 0.3 * SLOWER, f"a frozen worker was noticed after {detection.text('s', 1)}")
    row.detection, row.recovery = detection.text("s", 1), recovery.text("s", 1)
    row.figures.append(f"stopped for {seconds} s; actors elsewhere after 10 s without it, by design")


@row(4, "SIGSTOP of the broker, then SIGCONT")
def broker_frozen(row, run):
    row.injected = run.count(1, 8)
    seconds, recovery = run.count(6, 30), Series()
    with System() as king:
        nodes = system_nodes(king)
        with Load(king, nodes, per_tick=1) as load:
            pids = [load.pid_of(node) for node in nodes]
            before = load.outcome(None, "stats")[1]
            for _ in range(row.injected):
                pid = load.pid_of(None)
                freeze(pid)
                load.costs_mail(time.monotonic_ns(), seconds + 1.0)
                time.sleep(seconds)
                begun = time.monotonic()
                thaw(pid)
                recovery.add(load.seconds_until_back([*load.witnesses, *load.beacons], begun))
                time.sleep(2.0)
            after = load.outcome(None, "stats")[1]
            row.expect([load.pid_of(node) for node in nodes] == pids, "a worker is another process than before")
            row.expect(after["pid"] == before["pid"], "the broker is another process than before")
            row.expect(after["workers"] == before["workers"] and after["healed"] == 0, f"actors were made elsewhere: {after['healed']}")
            row.expect(all(len(instances) == 1 for instances in load.record.instances.values()), "an actor was made again")
        row.take(load)
    row.recovery = recovery.text("s", 2)
    row.figures.append(f"stopped for {seconds} s; actors made elsewhere: {after['healed']}; sessions begun anew: {after['workers_lost']}")


@row(5, "a worker cut off: both ways, one way, flapping")
def partition(row, run):
    rounds = run.count(1, 10)
    recovery = Series()
    with Broker() as king:
        proxy = Proxy(king.endpoint)
        try:
            king.join("first")
            far = Program("peacepie-worker", "--broker", proxy.endpoint, "--host", "second", "--packages", package_folder(king.folder))
            king.workers.append(far)
            assert king.has_node("second.main.admin"), far.said()
            with Load(king, [MAIN, "second.main.admin"], witnesses=2, beacons=2) as load:
                for _ in range(rounds):
                    for way in ("both", "to_broker", "to_worker", "flapping"):
                        row.injected += 1
                        begun = time.monotonic_ns()
                        load.costs_mail(begun, 20.0)
                        if way == "flapping":
                            for _ in range(8):
                                proxy.cut("both")
                                time.sleep(0.4)
                                proxy.heal()
                                time.sleep(0.4)
                        else:
                            proxy.cut(way)
                            time.sleep(5.0)
                            proxy.heal()
                        recovery.add(load.seconds_until_back(load.witnesses, time.monotonic()))
                        row.expect(king.has_node("second.main.admin"), f"the worker does not come back after {way}")
            row.take(load)
        finally:
            proxy.close()
    row.expect(recovery.quantile(0.99) <= 5.0, "the way back took longer than five seconds")
    row.recovery = recovery.text("s", 2)
    row.figures.append("those through a proxy are cut off for less than actors are waited for (10 s)")
    machine_cut_off(row, run.count(1, 6))


def lives_on(king, name, node):
    try:
        return king.node_of(name) == node
    except (Fault, Silence):
        return False


def machine_cut_off(row, rounds):
    """The same between machines, for longer than actors are waited for: never has a name two owners."""
    reason = apart.why_not()
    if reason is not None:  # a container may forbid it, which no package mends
        return row.figures.append(f"NOT injected between machines: {reason}")
    far_node, pauses = "second.main.admin", Series()
    ways = ("both", "to_here", "to_there") if rounds > 1 else ("to_there",)  # the others, shortly: test_apart.py
    with apart.Machine() as far, Broker(far) as king:
        king.join("first")
        king.join("second", on=far)
        with Load(king, [MAIN, far_node], witnesses=2, beacons=4) as load:
            for _ in range(rounds):
                for way in ways:
                    row.injected += 1
                    begun = time.monotonic_ns()
                    load.costs_mail(begun, 40.0)
                    far.cut(way)
                    row.expect(eventually(lambda: lives_on(king, "witness_1", MAIN), 20.0), f"the actor that was cut off ({way}) is not made here")
                    load.seconds_until_back(["witness_1"], time.monotonic())
                    time.sleep(3.0)
                    pauses.add(load.record.longest_gap_ns("witness_1", begun, time.monotonic_ns()) / 1e9)
                    far.heal()
                    row.expect(king.has_node(far_node), f"the worker does not come back after {way}")
                    time.sleep(2.0)
                    for name in ("witness_1", "beacon_0", "beacon_1", "beacon_2", "beacon_3"):
                        load.outcome(None, "recreate_actor", {"entity": name, "node": far_node})
                    row.expect(eventually(lambda: lives_on(king, "witness_1", far_node), 5.0), "the actor does not move back")
        row.take(load)
    # What it handled last was before it stood still, what it handled next is after it was made here.
    row.expect(pauses.quantile(0.0) > 2.0, f"an actor ran {pauses.quantile(0.0):.1f} s before it was made elsewhere")
    row.figures.append(f"between machines, until its actors were made elsewhere: {len(ways) * rounds}; nobody ran such an actor for {pauses.text('s', 1)} before that")


@row(21, "the wall clock jumps by hours and years, both ways")
def clock_jumps(row, run):
    library = next((str(path) for path in Path("/usr/lib").glob("**/libfaketime.so.1")), None)
    row.expect(library is not None, "not injected: the package faketime is not installed; tests/install-dependencies.sh --system does it")
    if library is None:
        return
    import tempfile
    with tempfile.NamedTemporaryFile("w") as clock:
        def jump(to):
            clock.seek(0)
            clock.truncate()
            clock.write(to)
            clock.flush()
        jump("+0")
        env = {"LD_PRELOAD": library, "FAKETIME_TIMESTAMP_FILE": clock.name, "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        with System(env=env) as king:
            nodes = system_nodes(king)
            with Load(king, nodes, per_tick=1) as load:
                pids = [load.pid_of(node) for node in nodes]
                for _ in range(run.count(1, 10)):
                    for to in ("+3600", "-3600", "+31536000", "-31536000", "+1", "+0"):
                        jump(to)
                        row.injected += 1
                        time.sleep(1.0)
                row.expect([load.pid_of(node) for node in nodes] == pids, "a worker is another process than before")
                stats = load.outcome(None, "stats")[1]
                row.expect(stats["workers_lost"] == 0, "a worker was lost")
            row.take(load)
            row.expect(set(load.outcomes()) <= {"answered"}, f"asks failed: {load.outcomes()}")
