"""What a system does while things die: beacons that send to witnesses, and clients that ask them."""

import random
import sys
import threading
import time

from bus import FIXTURE, MAIN, SLOWER, Fault, Silence, class_desc
from processes import SOURCE, eventually, is_alive

from .figures import Series
from .record import Record

sys.path.insert(0, str(SOURCE / "sdk" / "python"))
import peacepie  # noqa: E402

ASK_SECONDS = 2.0
# Whatever dies.  Not among them is no_such_actor: all these actors come back.
EXPECTED = {"answered", "unavailable", "worker_lost", "expired"}
LATE = ASK_SECONDS + 1.0 + 0.3 * SLOWER  # a deadline, the second that is promised, and what a loaded machine costs


class Asker(threading.Thread):
    """Asks one witness after the other, one ask at a time, with the client that is shipped."""

    def __init__(self, number, endpoint, witnesses, record, pause):
        super().__init__(daemon=True)
        self.stream = f"asker_{number}"
        self.endpoint, self.witnesses, self.record, self.pause = endpoint, witnesses, record, pause
        self.outcomes, self.latencies, self.violations = {}, Series(), []
        self.answered = []  # (witness, ns) of each answer, to see how long one was away
        self.stopping = threading.Event()
        self.chosen = random.Random(number)

    def run(self):
        with peacepie.Client(self.endpoint, self.stream, connect_timeout=10.0) as client:
            client.connect_timeout = ASK_SECONDS
            following = dict.fromkeys(self.witnesses, 0)
            while not self.stopping.is_set():
                self._ask(client, self.chosen.choice(self.witnesses), following)
                time.sleep(self.pause)

    def _ask(self, client, witness, following):
        number = following[witness]
        following[witness] += 1
        begun = time.monotonic()
        try:
            answer = client.ask(witness, "count", {"from": self.stream, "number": number}, timeout=ASK_SECONDS)
            outcome = "answered"
            if answer.body["number"] != number:
                self.violations.append(f"an answer of another ask: {answer.body} to {number} of {self.stream}")
            self.answered.append((witness, time.monotonic_ns()))
        except peacepie.Fault as fault:
            outcome, text = fault.code, str(fault)
            self.record.ask_failed(self.stream, witness, number)
        spent = time.monotonic() - begun
        if spent > LATE:
            self.violations.append(f"an ask to {witness} ended after {spent:.2f} s with {outcome}")
        if outcome not in EXPECTED:
            self.violations.append(f"an ask to {witness} ended with {outcome}: {text}")
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1
        if outcome == "answered":
            self.latencies.add(spent * 1000)


class Listener(threading.Thread):
    """Asks the broker again and again what it counts as lost or keeps as a letter; its letters do not outlive it."""

    interval = 0.2

    def __init__(self, endpoint):
        super().__init__(daemon=True)
        self.endpoint, self.lost, self.letters = endpoint, 0, {}  # letters: by the broker's epoch
        self.stopping = threading.Event()

    def run(self):
        with peacepie.Client(self.endpoint, "listener", connect_timeout=10.0) as client:
            client.connect_timeout = ASK_SECONDS
            while not self.stopping.wait(self.interval):
                try:
                    stats = client.ask("", "stats", timeout=ASK_SECONDS).body
                except (peacepie.Fault, TimeoutError):
                    continue
                self.lost = stats["lost"]
                self.letters[stats["broker_epoch"]] = sum(stats["dead_letters_by_reason"].values())  # those of workers among them

    def told(self):
        return self.lost + sum(self.letters.values())


class Load:
    """`with Load(king, nodes) as load:` witnesses and beacons on these nodes, and askers; checked at the end."""

    def __init__(self, king, nodes, witnesses=4, beacons=4, askers=2, per_tick=2, pause=0.002, restart="permanent"):
        self.king, self.nodes, self.restart = king, list(nodes), restart
        self.record = Record(king.path("record.txt"))
        self.witnesses = [f"witness_{number}" for number in range(witnesses)]
        self.beacons = [f"beacon_{number}" for number in range(beacons)]
        for number, name in enumerate(self.witnesses):
            self.make(name, "Witness", number)
        for number, name in enumerate(self.beacons):
            # Beside each other and apart: every second one in the process of its witness.
            self.make(name, "Beacon", number // 2 * 2 + 1, to=self.witnesses[number % witnesses], per_tick=per_tick)
        self.askers = [Asker(number, king.endpoint, self.witnesses, self.record, pause) for number in range(askers)]
        self.listener = Listener(king.endpoint)
        self.unseen = int(40 * SLOWER)  # letters of a broker that dies before it is asked again; all of 6 and 10 deaths had none
        self.faults = []  # (begin, end) in ns of what may cost unread mail
        self.violations = []

    def make(self, name, class_name, number, **params):
        body = {"class_desc": class_desc(class_name, FIXTURE), "name": name, "restart": self.restart,
                "params": params | {"file": str(self.record.path)}}
        self.king.ask(self.nodes[number % len(self.nodes)], "create_actor", body).must_be("actor_is_created")

    def __enter__(self):
        for asker in self.askers:
            asker.start()
        self.listener.start()
        return self

    def __exit__(self, kind, *_):
        for asker in self.askers:
            asker.stopping.set()
        for asker in self.askers:
            asker.join(2 * LATE + 10.0)
        if kind is None:
            self._end()
        self.listener.stopping.set()
        self.listener.join(2 * LATE + 10.0)
        self.record.close()

    def _end(self):
        for name in self.beacons:
            self.outcome(name, "end")
        quiet = lambda: not self.record.losses([], ended=True)[1]
        eventually(quiet, 3.0)
        self.violations += self.record.violations
        self.excused, unexplained = self.record.losses(self.faults, ended=True)
        self.violations += unexplained
        # What a fault may have cost was told of all the same: as lost, or as a letter.
        is_told = lambda: self.excused <= self.listener.told() + self.unseen * max(0, len(self.listener.letters) - 1)
        if not eventually(is_told, 10.0):
            self.violations.append(f"{self.excused} messages are missing, and {self.listener.told()} were told of by {len(self.listener.letters)} brokers")
        for asker in self.askers:
            self.violations += asker.violations
            if asker.is_alive():
                self.violations.append(f"{asker.stream} waits for ever")

    def outcome(self, name, command, body=None, timeout=1.0):
        """(name, body) of the answer or (code, …); a broker that was started again has to be told hello."""
        for _ in range(2):
            mid = self.king.start_ask(name, command, body, timeout)
            try:
                answer = self.king.answer_to(mid, timeout)
            except Fault as fault:
                answer = (fault.code, fault.body)
            except Silence:
                answer = ("silence", {})
            if answer[0] not in ("no_session", "silence"):
                return answer
            try:
                self.king.hello(timeout=timeout)
            except (Silence, Fault):
                pass
        return answer

    def answers(self, name):
        return self.outcome(name, "ping", timeout=0.2)[0] == "pong"

    def seconds_until_back(self, names, since, within=20.0):
        """How long after `since` (monotonic) all of them answer; None when they do not in time."""
        for name in names:
            if not eventually(lambda: self.answers(name), within, every=0.005):
                self.violations.append(f"{name} did not come back within {within} s")
                return None
        return time.monotonic() - since

    def pid_of(self, node):
        answer = self.outcome(node, "stats")
        return answer[1].get("pid") if answer[0] == "stats" and is_alive(answer[1].get("pid")) else None

    def costs_mail(self, begin, seconds=1.0):
        """From `begin` (monotonic ns) on, for so long, unread mail may be lost."""
        self.faults.append((begin, begin + int(seconds * 1e9)))

    def asks(self):
        return sum(sum(asker.outcomes.values()) for asker in self.askers)

    def outcomes(self):
        together = {}
        for asker in self.askers:
            for outcome, count in asker.outcomes.items():
                together[outcome] = together.get(outcome, 0) + count
        return together

    def latencies(self):
        return Series(value for asker in self.askers for value in asker.latencies.values)


def system_nodes(king, children=3):
    """The first worker and so many more."""
    return [MAIN, *(king.create_process() for _ in range(children))]
