"""Rows of processes that die: workers, brokers, by themselves and by the hand of a handler."""

import random
import threading
import time

from bus import FIXTURE, MAIN, SLOWER, Fault, Silence, class_desc
from processes import System, eventually, freeze, is_alive, kill

from .figures import Series, row
from .load import Load, system_nodes


def seconds_to_error(king, name, body, command="nap"):
    """Begins an ask on a connection of its own; the function returned gives (monotonic time of its end, code)."""
    bus = king.another("waiter")
    mid = bus.start_ask(name, command, body, timeout=30.0)
    ended = {}

    def wait():
        try:
            answer = bus.answer_to(mid, 31.0)
            ended["code"] = answer.name if command == "recreate_actor" else "answered"
        except (Fault, Silence) as fault:
            ended["code"] = getattr(fault, "code", "silence")
        ended["at"] = time.monotonic()
        bus.close()

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()

    def end():
        thread.join(32.0)
        return ended["at"], ended["code"]
    return end


def trouble_in(king, node, name):
    king.ask(node, "create_actor", {"class_desc": class_desc("Trouble", FIXTURE), "name": name, "restart": "permanent"}).must_be("actor_is_created")
    return name


@row(1, "kill -9 of a worker under load")
def worker_killed(row, run):
    row.injected = run.count(6, 200)
    chosen, detection, recovery = random.Random(run.seed), Series(), Series()
    with System() as king:
        nodes = system_nodes(king)
        guards = [trouble_in(king, node, f"guard_{number}") for number, node in enumerate(nodes)]
        with Load(king, nodes) as load:
            time.sleep(1.0)
            calm = load.latencies()
            # The first worker heals the others' processes, so it dies less often than they do.
            for number in range(row.injected):
                victim = 0 if number % 10 == 9 else chosen.randrange(1, len(nodes))
                pid = load.pid_of(nodes[victim])
                if pid is None:
                    row.violations.append(f"{nodes[victim]} is not there before the kill")
                    continue
                waiting = seconds_to_error(king, guards[victim], {"seconds": 25})
                time.sleep(0.2 + chosen.random() * 0.2)
                begun = time.monotonic()
                load.costs_mail(time.monotonic_ns())
                kill(pid)
                ended, code = waiting()
                detection.add((ended - begun) * 1000)
                row.expect(code == "worker_lost", f"an ask to a killed worker ended with {code}")
                recovery.add(load.seconds_until_back([*load.witnesses, *guards], begun))
                time.sleep(1.6)  # a process that dies four times in five seconds is given up, and its actors live elsewhere
            stormy = load.latencies()
        row.take(load)
    row.expect(detection.quantile(0.5) < 100 * SLOWER and detection.quantile(0.99) < 1000, f"an ask to a dead worker failed after {detection.text('ms')}")
    row.detection, row.recovery = detection.text("ms"), recovery.text("s", 2)
    row.figures.append(f"answered asks p50 {calm.quantile(0.5):.2f} ms before, {stormy.quantile(0.5):.2f} ms with the kills")


@row(2, "kill -9 of the broker under load")
def broker_killed(row, run):
    row.injected = run.count(6, 100)
    chosen, first, all_names = random.Random(run.seed), Series(), Series()
    with System() as king:
        nodes = system_nodes(king)
        with Load(king, nodes) as load:
            pids = [load.pid_of(node) for node in nodes]
            for _ in range(row.injected):
                time.sleep(2.0 + chosen.random() * 0.5)  # more than three in five seconds are given up
                pid = load.pid_of(None)
                begun = time.monotonic()
                load.costs_mail(time.monotonic_ns())
                kill(pid)
                first.add(load.seconds_until_back(load.witnesses[:1], begun))
                all_names.add(load.seconds_until_back([*load.witnesses, *load.beacons], begun))
            row.expect([load.pid_of(node) for node in nodes] == pids, "a worker is another process than before")
            row.expect(all(len(instances) == 1 for instances in load.record.instances.values()), "an actor was made again")
        row.take(load)
    row.recovery = all_names.text("s", 2)
    row.figures.append(f"first answer {first.text('s', 2)}; worker pids unchanged")


CRASHES = ("segfault", "crash", "overflow", "exit", "throw_twice", "crash_in_thread")


@row(13, "segfault, abort, stack overflow, exit, throw twice, throw in a thread, in a handler under load")
def handler_crashes(row, run):
    rounds = run.count(1, 20)
    detection, recovery = Series(), Series()
    with System() as king:
        nodes = system_nodes(king)
        bomb = trouble_in(king, nodes[1], "bomb")
        with Load(king, nodes) as load:
            others = [load.pid_of(node) for node in (nodes[0], *nodes[2:])]
            for number in range(rounds * len(CRASHES)):
                command = CRASHES[number % len(CRASHES)]
                pid = load.pid_of(nodes[1])
                begun = time.monotonic()
                load.costs_mail(time.monotonic_ns())
                name, _ = load.outcome(bomb, command, timeout=5.0)
                if command == "crash_in_thread":  # its handler may have answered before
                    eventually(lambda: not is_alive(pid))
                else:
                    row.expect(name == "worker_lost", f"{command} ended with {name}")
                    detection.add((time.monotonic() - begun) * 1000)
                row.expect(king.mentions(f"crashed in {command} of {bomb}") or command == "crash_in_thread", f"no report of {command}")
                recovery.add(load.seconds_until_back([*load.witnesses, bomb], begun))
                row.injected += 1
                # Three in five seconds are given up: at the third the actor would not come back.
                time.sleep(2.6)
            row.expect([load.pid_of(node) for node in (nodes[0], *nodes[2:])] == others, "another process died as well")
        row.take(load)
    row.expect(detection.quantile(0.5) < 100 * SLOWER and detection.quantile(0.99) < 1000, f"who waited for a crashed handler was told after {detection.text('ms')}")
    row.detection, row.recovery = detection.text("ms"), recovery.text("s", 2)


@row(14, "a handler that never returns (handler_timeout 3 s)")
def handler_hangs(row, run):
    row.injected = run.count(1, 10)
    named, replaced, recovery = Series(), Series(), Series()
    with System("--handler-timeout", "3") as king:
        nodes = system_nodes(king, 2)
        with Load(king, nodes) as load:
            for number in range(row.injected):
                spinner = trouble_in(king, nodes[1], f"spinner_{number}")
                begun = time.monotonic()
                waiting = seconds_to_error(king, spinner, {"seconds": 25}, "block")
                word = eventually(lambda: any(spinner in line and "has not returned" in line for line in king.err), 5.0)
                named.add(time.monotonic() - begun)
                row.expect(word, f"the handler of {spinner} was not named: {king.said()[-800:]}")
                load.costs_mail(time.monotonic_ns(), 4.0)
                ended, code = waiting()
                replaced.add(ended - begun)
                row.expect(code == "worker_lost", f"who waited was told {code}")
                recovery.add(load.seconds_until_back([*load.witnesses, spinner], ended))
        row.take(load)
    row.expect(named.quantile(0.5) < 2.0 + 0.3 * SLOWER, f"a hanging handler was named after {named.text('s', 1)}")
    row.detection, row.recovery = named.text("s", 1), recovery.text("s", 2)
    row.figures.append(f"process ended after {replaced.text('s', 1)}")


@row(15, "a leak to the limit (memory_limit 300 MiB)")
def leak(row, run):
    row.injected = run.count(1, 5)
    recovery = Series()
    with System("--memory-limit", "300M") as king:
        nodes = system_nodes(king, 2)
        with Load(king, nodes) as load:
            before = king.ask(None, "stats").body["rss_bytes"]
            for number in range(row.injected):
                leaking = trouble_in(king, nodes[1], f"leaking_{number}")
                pid = load.pid_of(nodes[1])
                load.costs_mail(time.monotonic_ns(), 12.0)
                end = time.monotonic() + 10.0
                while is_alive(pid) and time.monotonic() < end:
                    load.outcome(leaking, "leak", {"megabytes": 4})
                row.expect(not is_alive(pid), "a process beyond its limit lives")
                recovery.add(load.seconds_until_back([*load.witnesses, leaking], time.monotonic()))
                time.sleep(2.0)
            growth = (load.outcome(None, "stats")[1]["rss_bytes"] - before) / (1 << 20)
            row.expect(growth < 30, f"the broker grew by {growth:.0f} MiB")
        row.take(load)
    row.recovery = recovery.text("s", 2)
    row.figures.append(f"broker's memory {growth:+.1f} MiB")


@row(16, "a handler throws, in eleven kinds, at once and after an await")
def handler_throws(row, run):
    row.injected = run.count(20_000, 1_000_000)
    with System() as king:
        trouble_in(king, MAIN, "thrower")
        pid, codes = king.pid_of(MAIN), {}
        window = 512
        for first in range(0, row.injected, window):
            mids = [king.start_ask("thrower", "raise_kind" if number % 8 else "nap_then_raise_kind", {"kind": number % 11})
                    for number in range(first, min(first + window, row.injected))]
            for mid in mids:
                try:
                    code = king.answer_to(mid).name
                except Fault as fault:
                    code = fault.code
                codes[code] = codes.get(code, 0) + 1
        row.checked = sum(codes.values())
        row.expect(codes == {"handler_failed": row.injected}, f"answers: {codes}")
        row.expect(king.pid_of(MAIN) == pid, "the process is another one")
        row.expect(king.ask("thrower", "ping").name == "pong", "the actor is gone")
    row.figures.append("processes that ended: 0")


WHO = ("source", "target", "broker", "source and target", "broker and source")


@row(22, "kill -9 of source, target, broker or two of them at any moment of a move")
def killed_in_a_move(row, run):
    row.injected = run.count(10, 400)
    chosen, recovery, endings = random.Random(run.seed), Series(), {}
    with System() as king:
        nodes = system_nodes(king)
        with Load(king, nodes, witnesses=3, beacons=3, per_tick=4) as load:
            heavy = "witness_heavy"  # with a state of 4 MiB, so that the steps take their time
            load.make(heavy, "Witness", 1, ballast=4 << 20)
            load.record_names = [*load.witnesses, heavy]
            for number in range(row.injected):
                name = chosen.choice(load.record_names)
                source = eventually(lambda: load.outcome(None, "seek_actor", {"entity": name})[1].get("node"), 10.0)
                target = chosen.choice([node for node in nodes[1:] if node != source])
                pids = {"source": load.pid_of(source), "target": load.pid_of(target), "broker": load.pid_of(None)}
                who = WHO[number % len(WHO)]
                waiting = seconds_to_error(king, None, {"entity": name, "node": target}, "recreate_actor")
                time.sleep(chosen.random() * (0.06 if name == heavy else 0.006))
                begun = time.monotonic()
                load.costs_mail(time.monotonic_ns())
                for part in who.split(" and "):
                    if pids[part]:
                        kill(pids[part])
                # A bare socket has no client that ends its asks when the broker dies.
                lives_in = None
                if "broker" not in who:
                    _, code = waiting()
                    lives_in = {("source", "actor_is_recreated"): target, ("target", "actor_is_not_recreated"): source}.get((who, code))
                    endings[code] = endings.get(code, 0) + 1
                    row.expect(code != "silence", f"the move of {name} never ended when {who} died")
                back = load.seconds_until_back([*load.record_names, *load.beacons], begun)
                recovery.add(back)
                if back is None:
                    load.violations.append("\n".join(line for line in king.err[-60:] if name in line or "error" in line or "given" in line))
                elif lives_in:
                    found = load.outcome(None, "seek_actor", {"entity": name})[1].get("node")
                    row.expect(found == lives_in, f"the move of {name} from {source} to {target} ended as {code} when its {who} died, and it is in {found}")
                for node in nodes:
                    king.has_node(node)
                time.sleep(2.2)
        row.take(load)
    row.recovery = recovery.text("s", 2)
    row.figures.append("owners of a name at once: 1; moves ended as " + ", ".join(f"{count} {name}" for name, count in sorted(endings.items())))
