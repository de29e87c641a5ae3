"""What the witnesses wrote down, checked while it grows.

A witness (plugins/witness.hpp) appends a line for each message that it handles, a beacon one for what it has sent; the file
outlives every process.  From it follow order, doubles, losses and owners, whatever was killed.
"""

import threading
import time
from bisect import bisect_right
from collections import defaultdict, namedtuple

Gap = namedtuple("Gap", "stream to first last since until")  # numbers that were never handled; times in ns
SLACK_NS = 6_000_000_000  # mail waits in queues that long, until a lost process is noticed and its mail with it


class Record:
    def __init__(self, path):
        self.path = path
        path.touch()
        self.handled, self.failed = 0, defaultdict(set)
        self.last = {}                       # (stream, to): (number, ns)
        self.sent = {}                       # stream: (to, next)
        self.instances = defaultdict(list)   # witness: instances in the order in which they came
        self.times = defaultdict(list)       # witness: when it handled something
        self.gaps, self.violations = [], []
        self.lock = threading.Lock()
        self.ended = threading.Event()
        self.reader = threading.Thread(target=self._follow, daemon=True)
        self.reader.start()

    def close(self):
        self.ended.set()
        self.reader.join()

    def ask_failed(self, stream, to, number):
        """Who asked knows that this one may not have been handled."""
        with self.lock:
            self.failed[stream, to].add(number)

    def first_after(self, name, ns):
        """When that witness first handled something after this moment, or None."""
        with self.lock:
            times = self.times[name]
            index = bisect_right(times, ns)
            return times[index] if index < len(times) else None

    def longest_gap_ns(self, name, since, until):
        """Between two messages of that witness in a row."""
        with self.lock:
            times = [ns for ns in self.times[name] if since <= ns <= until]
        return max((after - before for before, after in zip(times, times[1:])), default=0)

    def _follow(self):
        with open(self.path) as file:
            left = ""
            while True:
                ending = self.ended.is_set()
                *lines, left = (left + file.read()).split("\n")
                with self.lock:
                    for line in lines:
                        self._take(line.split(" "))
                if ending:
                    return
                time.sleep(0.05)

    def _take(self, words):
        if words[0] == "S":
            _, _, _, stream, to, number = words
            self.sent[stream] = (to, int(number))
            return
        _, ns, pid, name, instance, stream, number = words
        ns, number = int(ns), int(number)
        self.handled += 1
        self.times[name].append(ns)
        instances = self.instances[name]
        if not instances or instances[-1] != instance:
            if instance in instances:
                self.violations.append(f"two owners: {name} of {instance} handled {stream} {number} in {pid} after {instances[-1]} had begun")
            else:
                instances.append(instance)
        before, since = self.last.get((stream, name), (-1, ns))
        if number <= before:
            self.violations.append(f"order: {name} handled {number} of {stream} after {before}")
            return
        if number > before + 1:
            self.gaps.append(Gap(stream, name, before + 1, number - 1, since, ns))
        self.last[stream, name] = (number, ns)

    def losses(self, faults, ended):
        """(excused, violations) among what was never handled; `faults` are the (begin, end) ns of what may cost mail.

        With `ended` what was sent last counts as well: nothing is on its way any more.
        """
        with self.lock:
            gaps = list(self.gaps)
            if ended:
                now = time.monotonic_ns()
                for stream, (to, following) in self.sent.items():
                    number, since = self.last.get((stream, to), (-1, 0))
                    if number < following - 1:
                        gaps.append(Gap(stream, to, number + 1, following - 1, since or now, now))
            excused, unexplained = 0, []
            for gap in gaps:
                missing = set(range(gap.first, gap.last + 1)) - self.failed[gap.stream, gap.to]
                if any(begin <= gap.until and end >= gap.since - SLACK_NS for begin, end in faults):
                    excused += len(missing)
                elif missing:
                    unexplained.append(f"lost in silence: {len(missing)} of {gap.stream} to {gap.to}, from {min(missing)}")
        return excused, unexplained
