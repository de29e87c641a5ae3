"""Counts what ctest did: `count.py STAGE REPORT.xml TALLY` appends one line per test to TALLY and prints one line."""

import sys
import xml.etree.ElementTree as ElementTree


def outcome_of(case):
    """passed, failed or skipped, with the reason of the latter two."""
    skipped = case.find("skipped")
    if skipped is not None:
        why = skipped.get("message", "") or "skipped"
        # A program that was not built is no choice of anybody.
        return ("failed" if "executable" in why.lower() or "NOT_BUILT" in case.get("name", "") else "skipped"), why
    if case.find("failure") is not None or case.get("status") == "fail":
        failure = case.find("failure")
        return "failed", failure.get("message", "") if failure is not None else ""
    if case.get("status") == "disabled":
        return "skipped", "disabled"
    return "passed", ""


def main(stage, report, tally):
    try:
        cases = ElementTree.parse(report).getroot().findall("testcase")
    except (OSError, ElementTree.ParseError) as error:
        with open(tally, "a") as out:
            out.write(f"failed\t{stage}: ctest\tleft no report: {error}\n")
        return 1
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    with open(tally, "a") as out:
        for case in cases:
            outcome, why = outcome_of(case)
            counts[outcome] += 1
            why = " ".join(why.split())
            out.write(f"{outcome}\t{stage}: {case.get('name')}\t{why}\n")
        if not cases:
            out.write(f"skipped\t{stage}\tthere are no tests of this kind\n")
    print(f"{stage}: {counts['passed']} of {len(cases)} tests are fine")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4]))
