"""The row in which everything happens at once, for as long as one likes, and memory and descriptors are watched."""

import os
import random
import time

from processes import System, eventually, freeze, is_alive, kill

from .figures import Series, row
from .floods import resident_mib
from .freezes import thaw
from .load import Load, system_nodes

WEIGHTS = {"move": 12, "kill a worker": 3, "kill the broker": 2, "freeze a worker": 2, "freeze the broker": 1, "calm": 4}
GENTLE = {fault: weight for fault, weight in WEIGHTS.items() if not fault.startswith("kill")}  # for the second half: who is killed does not grow


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


@row(37, "soak: mixed load and random faults")
def soak(row, run):
    seconds, chosen, seen = run.count(20, 1_800), random.Random(run.seed), {}
    recovery = Series()
    with System() as king:
        nodes = system_nodes(king)
        with Load(king, nodes) as load:
            end = time.monotonic() + seconds
            first = {}
            while time.monotonic() < end:
                left = end - time.monotonic()
                weights = WEIGHTS if left > 0.5 * seconds else GENTLE
                fault = chosen.choices(list(weights), weights.values())[0]
                seen[fault] = seen.get(fault, 0) + 1
                begun = time.monotonic()
                if fault == "move":
                    load.outcome(None, "recreate_actor", {"entity": chosen.choice(load.witnesses + load.beacons), "node": chosen.choice(nodes)}, timeout=5.0)
                elif fault == "calm":
                    time.sleep(1.0)
                else:
                    node = None if "broker" in fault else chosen.choice(nodes)
                    pid = load.pid_of(node)
                    if pid is None:
                        continue
                    load.costs_mail(time.monotonic_ns(), 3.0)
                    if fault.startswith("kill"):
                        kill(pid)
                    else:
                        freeze(pid)
                        time.sleep(chosen.random() * 1.5)  # shorter than what counts as lost
                        thaw(pid)
                    recovery.add(load.seconds_until_back([*load.witnesses, *load.beacons], begun))
                    eventually(lambda: load.pid_of(node), 10.0)
                    time.sleep(2.0)
                if not first and left < 0.45 * seconds:
                    first = {node: load.pid_of(node) for node in (None, *nodes)}
                    first = {node: (pid, resident_mib(pid), descriptors(pid), time.monotonic()) for node, pid in first.items() if pid}
            row.expect(len(first) == 1 + len(nodes), f"memory was looked at in {len(first)} processes")
            for node, (pid, mib, files, since) in first.items():
                if not is_alive(pid):
                    row.expect(False, f"{node or 'broker'} died though nobody killed it")
                    continue
                spent = time.monotonic() - since
                growth = resident_mib(pid) - mib
                rate = f" ({growth * 3600 / spent:+.1f} MiB/h)" if spent > 600 else ""  # of seconds it would say nothing
                row.figures.append(f"{node or 'broker'}: {growth:+.1f} MiB{rate}, {descriptors(pid) - files:+d} descriptors in {spent:.0f} s")
                row.expect(growth < 16, f"{node or 'broker'} grew by {growth:.0f} MiB")
                row.expect(descriptors(pid) - files < 10, f"{node or 'broker'} has {descriptors(pid) - files} descriptors more")
        row.take(load)
    row.injected = sum(count for fault, count in seen.items() if fault != "calm")
    row.recovery = recovery.text("s", 2)
    row.figures.append(", ".join(f"{count} x {fault}" for fault, count in sorted(seen.items())))
