#!/usr/bin/python3
"""Plants protocol bugs one at a time in a copy of the tree and counts in how many seeds the simulation finds each.

    tests/sim/mutations/run.py [--seeds N] [--work DIR] [--only EXPRESSION] [--write]

Builds only the simulation, again for each bug (about half a minute each on two cores).  --write puts the table into ../MUTATIONS.md.
The status is 0 when the tree itself passes and each bug was found; an edit that no longer applies is an error before anything is
built.  Needs what the tests need, and no network.
"""
import argparse
import collections
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import planted

ROOT = pathlib.Path(__file__).resolve().parents[3]
PROGRAMS = ["sim_moves_test", "sim_accidents_test", "sim_crashes_test", "sim_creations_test", "sim_fences_test", "sim_returning_test", "sim_loss_test", "sim_cut_test", "sim_upgrade_test",
            "sim_chaos_test", "sim_stopped_test", "sim_deadlines_test", "sim_durable_test", "sim_reliable_test", "sim_monitors_test"]


def check_all_apply():
    wrong = []
    for bug in planted.BUGS:
        for file, old, new in bug.edits:
            count = (ROOT / file).read_text().count(old)
            if count != 1 or old == new:
                wrong.append(f"{bug.what}: the text to replace is {count} times in {file}: {old!r}")
    if wrong:
        sys.exit("\n".join(wrong))


def build(tree, folder):
    targets = [word for program in PROGRAMS for word in ("--target", program)]
    made = subprocess.run(["cmake", "--build", folder, "-j", str(os.cpu_count()), *targets], capture_output=True, text=True)
    if made.returncode != 0:
        raise SystemExit(f"the planted bug does not compile:\n{made.stdout[-3000:]}")


def why_failed(output):
    found = re.search(r"\bG[1-9](?=: )", output)
    if found:
        return "checker " + found[0]
    if "answers came for one ask" in output:
        return "checker G3"
    if "what was waited for has not happened" in output:
        return "an ask never ended"
    return "what a test expects of the actors"


def play(folder, seed):
    """The reasons by which this seed failed."""
    reasons = []
    for program in PROGRAMS:
        try:
            ran = subprocess.run([f"{folder}/tests/{program}", "-a"], capture_output=True, text=True, errors="replace", timeout=60,
                                 env={**os.environ, "PEACEPIE_SIM_SEED": str(seed)})
        except subprocess.TimeoutExpired:
            reasons.append("the world came to no end")
            continue
        if ran.returncode < 0:
            reasons.append("crash")
        elif ran.returncode != 0:
            reasons.append(why_failed(ran.stdout))
    return reasons


def seeds_that_find(folder, seeds):
    found, by = 0, collections.Counter()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as players:
        for reasons in players.map(lambda seed: play(folder, seed), range(1, seeds + 1)):
            found += bool(reasons)
            by.update(set(reasons))
    return found, by


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--seeds", type=int, default=50)
    arguments.add_argument("--work", help="where the copy and its build lie; kept, so that the next run is quicker")
    arguments.add_argument("--only", default="", help="a regular expression: those whose description it is in")
    arguments.add_argument("--write", action="store_true")
    given = arguments.parse_args()
    check_all_apply()
    work = pathlib.Path(given.work or tempfile.mkdtemp(prefix="peacepie-mutations-"))
    tree, folder = work / "tree", work / "build"
    shutil.rmtree(tree, ignore_errors=True)
    # Times are new: with those of ROOT a file that a bug was planted in and taken out of would seem older than its object.
    shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(".git", "build*"), copy_function=shutil.copy)
    launcher = ["-DCMAKE_CXX_COMPILER_LAUNCHER=ccache"] if shutil.which("ccache") else []
    subprocess.run(["cmake", "-G", "Ninja", "-S", tree, "-B", folder, "-DCMAKE_BUILD_TYPE=Release", "-DPEACEPIE_TESTS=ON", *launcher],
                   check=True, stdout=subprocess.DEVNULL)
    build(tree, folder)
    found, by = seeds_that_find(folder, given.seeds)
    print(f"the tree itself: {found} of {given.seeds} seeds fail {dict(by)}", flush=True)
    failed = found != 0
    rows = []
    for bug in planted.BUGS:
        if not re.search(given.only, bug.what):
            continue
        before = {file: (tree / file).read_text() for file, _, _ in bug.edits}
        for file, old, new in bug.edits:
            (tree / file).write_text((tree / file).read_text().replace(old, new))
        build(tree, folder)
        found, by = seeds_that_find(folder, given.seeds)
        for file, text in before.items():
            (tree / file).write_text(text)
        failed = failed or found == 0
        rows.append(f"| {bug.what} | {found} of {given.seeds} | {', '.join(f'{reason} ({count})' for reason, count in by.most_common()) or 'NOT FOUND'} |")
        print(rows[-1], flush=True)
    if given.write:
        head = (f"# Planted bugs\n\nWhat `tests/sim/mutations/run.py --seeds {given.seeds} --write` found: each bug was planted alone "
                "(mutations/planted.py says how), and nine\nprograms of this folder played each seed.  A seed may find it by more than one.\n\n"
                "| bug | seeds that find it | by (seeds) |\n|---|---|---|\n")
        (ROOT / "tests/sim/MUTATIONS.md").write_text(head + "\n".join(rows) + "\n")
    if not given.work:
        shutil.rmtree(work)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
