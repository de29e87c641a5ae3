"""Rows of the table of faults: what was injected, what was checked, what it came to."""

import traceback
from dataclasses import dataclass, field


class Series:
    """Measured values of one kind."""

    def __init__(self, values=()):
        self.values = list(values)

    def add(self, value):
        if value is not None:
            self.values.append(value)

    def quantile(self, share):
        ordered = sorted(self.values)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")

    def text(self, unit, digits=0):
        """p50 and p99; of few values p99 is the largest."""
        return f"{self.quantile(0.5):.{digits}f} / {self.quantile(0.99):.{digits}f} {unit}"


@dataclass
class Row:
    """One fault of the table."""

    number: int
    fault: str
    injected: int = 0
    checked: int = 0                                # asks and messages whose end was looked at
    violations: list = field(default_factory=list)
    detection: str = "–"                            # p50 / p99
    recovery: str = "–"
    figures: list = field(default_factory=list)     # what else was measured, as text

    def expect(self, holds, words):
        """What was promised and is not so is a violation."""
        if not holds:
            self.violations.append(words)

    def take(self, load):
        """What a load saw."""
        self.checked += load.asks() + load.record.handled
        self.violations += load.violations
        others = {name: count for name, count in sorted(load.outcomes().items()) if name != "answered"}
        said = ", ".join(f"{count} {name}" for name, count in others.items()) or "none"
        self.figures.append(f"asks that failed: {said}; messages missing: {load.excused}, told of as lost or as letters: {load.listener.told()}")

    def line(self):
        return (f"| {self.number} | {self.fault} | {self.injected} | {self.checked} | {len(self.violations)} | {self.detection} | "
                f"{self.recovery} | {'; '.join(self.figures)} |")


HEADER = ("| # | fault | injected | asks and messages checked | violations | detection p50 / p99 | recovery p50 / p99 | figures |\n"
          "|---|---|---|---|---|---|---|---|")
ROWS = {}


def row(number, fault):
    """Makes a function `f(row, run)` the way to inject that fault of the list."""
    def register(function):
        def injected(run):
            made = Row(number, fault)
            try:
                function(made, run)
            except Exception:  # whatever breaks on the way is a violation, and the other rows are still injected
                made.violations.append(traceback.format_exc())
            return made
        ROWS[number] = injected
        return injected
    return register
