#!/usr/bin/python3
"""safety.py - measures builds without one safety each beside the whole one.

    safety.py FOLDER [--rounds N] [--scale X] [--only NAME,…] [--port N]

FOLDER has the builds that safety.sh made: `whole` and one for each patch in without/.  They are measured in turns, workload
by workload.  Prints `safety.PATCH.FIGURE ratio`: 1.04 means that the system would be 4 % faster without.  `nothing` is the whole
one once more: what its ratios differ from 1 is noise.  Started by safety.sh."""
import argparse
import pathlib
import statistics
import sys

from figures import LESS_IS_BETTER, machine
from system import System
from workloads import WORKLOADS

PATCHES = sorted(patch.stem for patch in (pathlib.Path(__file__).parent / "without").glob("*.patch"))


def in_turn(turn):
    """(what is left out, its build) in an order that changes, so that none is always the first."""
    order = [("whole", "whole"), ("nothing", "whole"), *((patch, patch) for patch in PATCHES)]
    return order[turn % len(order):] + order[:turn % len(order)]


def measured(options, folder, name):
    with System(options.folder / folder, options.port) as system:
        return {figure: value for figure, value, _ in WORKLOADS[name](system, options.scale)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--scale", type=float, default=0.25)
    parser.add_argument("--only", default="pingpong,threadring,fanin,big,stream.16,stream.100,pipe64.16,cpp.pipe64.16")
    parser.add_argument("--port", type=int, default=5990)
    options = parser.parse_args()
    ratios = {}
    print(f"# {machine()}, {options.rounds} rounds, scale {options.scale}, medians (least-most)", flush=True)
    for turn in range(options.rounds):
        for name in options.only.split(","):
            print(f"round {turn + 1} of {options.rounds}: {name}", file=sys.stderr, flush=True)
            values = {what: measured(options, folder, name) for what, folder in in_turn(turn)}
            for what in values.keys() - {"whole"}:
                for figure, value in values[what].items():
                    whole = values["whole"][figure]
                    gain = whole / value if figure.startswith(LESS_IS_BETTER) else value / whole
                    ratios.setdefault((what, figure), []).append(gain)
    for (what, figure), gains in sorted(ratios.items()):
        print(f"safety.{what}.{figure} {statistics.median(gains):.3f} ratio  ({min(gains):.3f}-{max(gains):.3f})")


if __name__ == "__main__":
    main()
