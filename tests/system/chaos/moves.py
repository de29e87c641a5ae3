"""What a move costs while nothing dies: the pause that the broker reports, and the one that the receiver itself sees."""

import random
import time

from bus import SLOWER
from processes import System

from .figures import Series, row
from .load import Load, system_nodes


HEAVY = "witness_heavy"  # with a state whose journey takes much longer than the time between two messages


@row(0, "no fault: moves at random between processes under load")
def moves(row, run):
    rounds = run.count(20, 300)
    chosen = random.Random(run.seed)
    with System() as king:
        nodes = system_nodes(king)
        with Load(king, nodes, witnesses=4, beacons=4, per_tick=10) as load:
            paused, seen = Series(), Series()
            for number in range(rounds):
                name = chosen.choice(load.witnesses)
                begun = time.monotonic_ns()
                answer, body = load.outcome(None, "recreate_actor", {"entity": name, "node": chosen.choice(nodes)}, timeout=5.0)
                row.expect(answer == "actor_is_recreated", f"{answer}: {body}")
                row.injected += 1
                time.sleep(0.15)
                if answer == "actor_is_recreated" and body.get("pause_us"):
                    gap = load.record.longest_gap_ns(name, begun - 50_000_000, time.monotonic_ns()) / 1e6
                    paused.add(body["pause_us"] / 1000)
                    seen.add(gap)
                    row.expect(gap > 0 and body["pause_us"] / 1000 < gap + 5.0, f"a pause of {body['pause_us']} us, and the receiver saw {gap:.1f} ms")
            load.make(HEAVY, "Witness", 1, ballast=8 << 20)
            load.make("beacon_heavy", "Beacon", 2, to=HEAVY, per_tick=2)
            told = [agreement(load, nodes, row) for _ in range(run.count(6, 60))]
        row.take(load)
        apart = Series(gap - pause for pause, gap in told)
        row.expect(Series(pause for pause, _ in told).quantile(0.5) > 10.0, f"pauses too short to tell them from the time between two messages: {told}")
        row.expect(apart.quantile(0.5) <= 5.0 + 10.0 * SLOWER, f"pauses said and gaps seen: {told}")
        row.figures.append(f"with 8 MiB of state the gap at the receiver is longer than the pause said by {apart.text('ms', 1)}")
        period = 5.0  # ms between two messages; the longest of some forty gaps is longer by what a loaded machine costs
        row.expect(seen.quantile(0.5) <= paused.quantile(0.5) + period + 10.0 * SLOWER, f"a pause of {paused.text('ms', 1)}, and the receiver saw {seen.text('ms', 1)}")
        row.figures.append(f"pause said {paused.text('ms', 1)}, longest gap at the receiver {seen.text('ms', 1)} (messages come every 5 ms)")
        for queued in (0, 1_000, 10_000):
            for state in (1 << 10, 1 << 20):
                pauses = measured(king, nodes, queued, state, run.count(3, 30), row)
                row.figures.append(f"{queued} queued, {state >> 10} KiB: {pauses.text('ms', 1)}")


def agreement(load, nodes, row):
    """Milliseconds: the pause that the broker says of a long move, and the longest gap that the receiver saw."""
    home = load.outcome(None, "seek_actor", {"entity": HEAVY})[1].get("node")
    begun = time.monotonic_ns()
    answer, body = load.outcome(None, "recreate_actor", {"entity": HEAVY, "node": next(node for node in nodes[1:] if node != home)}, timeout=20.0)
    row.expect(answer == "actor_is_recreated", f"{answer}: {body}")
    row.injected += 1
    time.sleep(0.15)
    pause, gap = body["pause_us"] / 1000, load.record.longest_gap_ns(HEAVY, begun - 50_000_000, time.monotonic_ns()) / 1e6
    row.expect(pause < gap + 2.0, f"a pause of {pause} ms, and the receiver saw {gap:.1f} ms")
    return pause, gap


def measured(king, nodes, queued, state, rounds, row):
    """Pauses of an actor with so many unread messages and so many bytes of state."""
    pauses = Series()
    name = f"heavy_{queued}_{state}"
    for number in range(rounds):
        # Each message keeps the turn for a millisecond, so that most of them are unread when the move begins.
        king.create(name, "Witness", nodes[1], "system_fixture", params={"file": "/dev/null", "ballast": state, "nap_ms": 1}).must_be("actor_is_created")
        for message in range(queued):
            king.send(name, "count", {"from": "me", "number": message})
        answer, body = king.outcome(None, "recreate_actor", {"entity": name, "node": nodes[2 + number % 2]}, timeout=20.0)
        row.expect(answer == "actor_is_recreated", f"{answer}: {body}")
        if answer == "actor_is_recreated":
            pauses.add(body["pause_us"] / 1000)
            row.expect(body["moved_messages"] >= queued * 0.5, f"{body['moved_messages']} of {queued} messages moved")
        king.ask(king.node_of(name), "remove_actor", {"name": name}).must_be("actor_is_removed")
    return pauses
