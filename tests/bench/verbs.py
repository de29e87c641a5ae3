"""verbs.py - what the system itself is asked for: actors, processes, moves; and what it needs when it does nothing.

Next: names.py counts names by the million."""
import time

from system import MAIN


def verbs(system, scale):
    def timed(command, recipient, bodies):
        spans = []
        for body in bodies:
            before = time.perf_counter()
            system.ask(recipient, command, body)
            spans.append((time.perf_counter() - before) * 1e6)
        return sorted(spans)

    newborn = {"requires_dist": "peacepie_bench", "class": "Newborn"}
    count = max(50, int(1_000 * scale))
    spans = timed("create_actor", MAIN, ({"class_desc": newborn, "name": f"one_{i}"} for i in range(count)))
    yield "create_actor.p50", spans[count // 2], "us"
    spans = timed("create_actors", MAIN, ({"class_desc": newborn, "names": [f"many_{i}_{j}" for j in range(1_000)]} for i in range(10)))
    yield "create_actors.1000.p50", spans[5], "us"
    spans = []
    for _ in range(5):
        before = time.perf_counter()
        system.ask(system.ask(MAIN, "create_process")["node"], "ping")  # the new process itself has answered
        spans.append((time.perf_counter() - before) * 1e3)
    yield "create_process.p50", sorted(spans)[2], "ms"


def beside(system, scale):
    """An ask of an actor beside one that has 50 us of work for each of a thousand messages."""
    busy, echo, spans = system.create("Cargo"), system.create("Echo"), []
    for _ in range(max(20, int(100 * scale))):
        system.client.send(busy, "send_to_itself", {"count": 1_000})
        time.sleep(0.01)
        before = time.perf_counter()
        system.ask(echo, "echo", {"body": b"x" * 16})
        spans.append((time.perf_counter() - before) * 1e3)
        system.ask(busy, "count")  # waits behind the rest
    spans.sort()
    yield "beside.p50", spans[len(spans) // 2], "ms"
    yield "beside.p90", spans[len(spans) * 9 // 10], "ms"


def move(system, scale):
    for size, queued in ((size, queued) for size in (1_024, 1 << 20) for queued in (0, 1_000, 10_000)):
        cargo, pauses, totals = system.create("Cargo"), [], []
        system.ask(cargo, "fill", {"size": size})
        nodes, sent, moved = [system.node, MAIN], 0, 0
        for i in range(max(10, int(60 * scale))):
            system.ask(cargo, "send_to_itself", {"count": queued})  # each takes 50 us, so most are queued still
            sent += queued
            before = time.perf_counter()
            answer = system.ask("", "recreate_actor", {"entity": cargo, "node": nodes[i % 2]})
            totals.append((time.perf_counter() - before) * 1e3)
            pauses.append(answer["pause_us"] / 1e3)
            moved += answer["moved_messages"]
        counted = system.ask(cargo, "count")["notes"]
        if counted != sent:
            raise SystemExit(f"{sent} messages were sent and {counted} handled: a move lost some")
        pauses.sort()
        name = f"move.{size}.{queued}"
        yield f"{name}.pause.p50", pauses[len(pauses) // 2], "ms"
        yield f"{name}.pause.p99", pauses[len(pauses) * 99 // 100], "ms"
        yield f"{name}.moved", moved / len(pauses), "msg"
        yield f"{name}.total.p50", sorted(totals)[len(totals) // 2], "ms"


def memory(system, scale):
    time.sleep(1.0)
    yield "worker.pss", system.proportional_memory() / 1e6, "MB"
    before, began = system.processor_seconds(), time.monotonic()
    time.sleep(max(2.0, 10.0 * scale))
    yield "idle.cpu", (system.processor_seconds() - before) / (time.monotonic() - began) * 100, "%"
