#!/usr/bin/env python3
"""Injects the faults of the table into real programs and prints what came of it, a row for each.

    tests/system/chaos/run.py [--long] [--seed N] [--build DIR] [--markdown FILE] [ROW...]

Rows are numbers (default: all).  --long injects as often as the table in RESULTS.md says (about two hours); without it
each row takes some seconds.  A seed repeats the schedule, not the machine's timing.  Status 1 when anything was violated.
"""

import argparse
import datetime
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))


class Run:
    """How often, and by which seed."""

    def __init__(self, seed=1, long=False):
        self.seed, self.long = seed, long

    def count(self, short, long):
        return long if self.long else short


def injected(number, run):
    """That row, injected; whatever breaks on the way is one of its violations."""
    from chaos import crashes, floods, freezes, moves, names, soak  # noqa: F401, they register their rows
    from chaos.figures import ROWS
    return ROWS[number](run)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--build")
    parser.add_argument("--markdown", help="write the table to this file as well")
    parser.add_argument("rows", nargs="*", type=int)
    options = parser.parse_args()
    if options.build:
        os.environ["PEACEPIE_BUILD"] = options.build
    from chaos import crashes, floods, freezes, moves, names, soak  # noqa: F401
    from chaos.figures import HEADER, ROWS
    unknown = [number for number in options.rows if number not in ROWS]
    if unknown:
        parser.error(f"no row {unknown[0]}; there are {', '.join(map(str, sorted(ROWS)))}")
    run, lines, broken = Run(options.seed, options.long), [HEADER], 0
    for number in options.rows or sorted(ROWS):
        begun = time.monotonic()
        row = ROWS[number](run)
        lines.append(row.line())
        print(row.line(), f"({time.monotonic() - begun:.0f} s)", flush=True)
        for violation in row.violations[:20]:
            print(f"    VIOLATED: {violation}", flush=True)
        broken += len(row.violations)
    if options.markdown:
        Path(options.markdown).write_text("\n".join(lines) + f"\n\n{datetime.date.today()}, seed {options.seed}\n")
    print(f"{broken} violations")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
