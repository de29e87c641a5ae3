#!/usr/bin/python3
"""figures.py - measures peacepie, a raw ZeroMQ forwarder and, where asked, the peers' programs, side by side.

    figures.py --build DIR [--peers DIR] [--quick] [--rounds N] [--scale X] [--only NAME,…] [--loops N] [--json FILE]

In each round every workload is run by all who have it, one after the other, so that a ratio compares neighbours in time.
Prints `peacepie.NAME value unit` with the median and (least-most), then the ratios.  Everything of ours goes through the real
parts: plug-in actors, the real broker and workers, with registry, bounds, stamping and heartbeats.  Started by run.sh."""
import argparse
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import time

from forwarder import forwarder
from system import System
from workloads import QUICK, QUICK_SCALES, SYSTEMS, WORKLOADS

#: Figures of which less is better.
LESS_IS_BETTER = ("rtt", "idle", "skynet", "create_", "move", "beside", "worker", "fanout100.p50", "python.rtt", "cpp.rtt", "clients", "registry")


class Peers:
    """The programs in a folder with one sub-folder each, which holds a script `run` with `list`, `build` and figure names."""

    def __init__(self, folder):
        self.scripts, self.figures = {}, {}
        for script in sorted(folder.glob("*/run")):
            name = script.parent.name
            if subprocess.run(["bash", script, "build"], capture_output=True).returncode != 0:
                print(f"# {name}: cannot be built here, left out", file=sys.stderr)
                continue
            self.scripts[name] = script
            listed = subprocess.run(["bash", script, "list"], capture_output=True, text=True).stdout.split()
            self.figures[name] = set(listed)

    def measure(self, workload):
        """(peer, figure, value, unit) of everybody who has that workload, or its figure through a forwarder."""
        also = {"rtt": "rttfwd", "rtt1c": "rttfwd1c", "pipe64": "pipefwd64", "pipe1024": "pipefwd1024"}
        kind, _, size = workload.partition(".")
        for peer, script in self.scripts.items():
            for wanted in (workload, f"{also.get(kind, kind)}.{size}" if kind in also else None, "idle" if workload == "create" else None):
                if wanted is None or wanted not in self.figures[peer]:
                    continue
                done = subprocess.run(["timeout", "90", "bash", script, wanted], capture_output=True, text=True,
                                      env={**os.environ, "BENCH_LOCKED": "1"})
                if done.returncode != 0:
                    print(f"# {peer} {wanted}: ended with {done.returncode}", file=sys.stderr, flush=True)
                for line in done.stdout.splitlines():
                    words = line.split()
                    if len(words) == 3:
                        yield peer, words[0].partition(".")[2], float(words[1]), words[2]


class Table:
    """Values by who and figure."""

    def __init__(self):
        self.values, self.units = {}, {}

    def add(self, who, figure, value, unit):
        self.values.setdefault((who, figure), []).append(value)
        self.units[figure] = unit

    def median(self, who, figure):
        return statistics.median(self.values[who, figure])

    def show(self):
        for (who, figure), values in self.values.items():
            print(f"{who}.{figure} {statistics.median(values):.6g} {self.units[figure]}  ({min(values):.4g}-{max(values):.4g})")
        for (who, figure) in self.values:
            if who == "peacepie":
                continue
            ours = figure.replace("rttfwd", "rtt").replace("pipefwd", "pipe")
            if ("peacepie", ours) in self.values and self.median(who, figure):
                ratio = self.median("peacepie", ours) / self.median(who, figure)
                note = "less is better" if ours.startswith(LESS_IS_BETTER) else "more is better"
                print(f"ratio.{figure} {ratio:.3f} peacepie/{who}  ({note})")


def machine():
    commit = subprocess.run(["git", "-C", pathlib.Path(__file__).parent, "describe", "--always", "--dirty"], capture_output=True, text=True)
    model = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo", encoding="utf-8") if line.startswith("model name")), "?")
    return f"{time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores of {model}, {platform.system()} {platform.release()}, commit {commit.stdout.strip() or '?'}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--peers", type=pathlib.Path, help="folder with the peers' programs")
    parser.add_argument("--quick", action="store_true", help="what the peers have too: three rounds, a quarter of the counts")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--scale", type=float, help="of the counts: smaller is quicker and noisier")
    parser.add_argument("--only", help="names of workloads, with commas")
    parser.add_argument("--loops", type=int, default=0, help="loops of each worker (default: as installed)")
    parser.add_argument("--port", type=int, default=5990)
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    rounds = options.rounds or (3 if options.quick else 5)
    scale = options.scale or (0.25 if options.quick else 1.0)
    names = options.only.split(",") if options.only else QUICK if options.quick else list(WORKLOADS)
    unknown = [name for name in names if name not in WORKLOADS]
    if unknown:
        parser.error(f"no workload {', '.join(unknown)}; there are {', '.join(WORKLOADS)}")
    peers = Peers(options.peers) if options.peers else None
    table, failed = Table(), []
    print(f"# {machine()}, {rounds} rounds, scale {scale}, medians (least-most)", flush=True)
    for turn in range(rounds):
        for name in names:
            print(f"round {turn + 1} of {rounds}: {name}", file=sys.stderr, flush=True)
            its_scale = QUICK_SCALES.get(name, scale) if options.quick and not options.scale else scale
            try:
                with System(options.build, options.port, **{"loops": options.loops, **SYSTEMS.get(name, {})}) as system:
                    for figure, value, unit in WORKLOADS[name](system, its_scale):
                        table.add("peacepie", figure, value, unit)
                for figure, value, unit in forwarder(options.build, options.port + 1, name, scale):
                    table.add("forwarder", figure, value, unit)
            except (Exception, SystemExit) as error:  # the others are worth having all the same
                print(f"{name}: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
                failed.append(name)
            for peer, figure, value, unit in peers.measure(name) if peers else ():
                table.add(peer, figure, value, unit)
    table.show()
    if options.json:
        rows = [{"who": who, "figure": figure, "unit": table.units[figure], "values": values}
                for (who, figure), values in table.values.items()]
        options.json.write_text(json.dumps({"machine": machine(), "rounds": rounds, "scale": scale, "figures": rows}, indent=1))
    if failed:
        print(f"figures.py: failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
