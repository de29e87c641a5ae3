"""workloads.py - what is measured: each function yields (name, value, unit), in the units of the peers' programs.

`scale` shrinks the counts.  Every workload makes its own actors and removes nothing it does not have to: a system lives
for one workload.  Next: figures.py runs them."""
import subprocess
import time

from system import MAIN, SOURCE

PYTHON = "/usr/bin/python3"


def rate(result):
    return result["count"] / result["seconds"]


# Between actors of one worker.  `tasks`: handlers are coroutines.

def pingpong(system, scale, tasks=False):
    ping, pong = system.create("Ping"), system.create("Pong")
    system.ask(ping, "run", {"to": pong, "count": int(6e6 * scale), "command": "serve_task" if tasks else "serve"})
    yield "pingpong", rate(system.result(ping)), "rt/s"


def threadring(system, scale, tasks=False):
    driver, members, hops = system.create("Ring"), system.create("Ring", count=100), int(8e6 * scale)
    for here, there in zip(members, members[1:] + members[:1]):
        system.ask(here, "follow", {"next": there, "driver": driver})
    system.ask(driver, "follow", {"next": members[0], "driver": driver})
    system.ask(driver, "run", {"count": hops, "command": "pass_task" if tasks else "pass"})
    yield "threadring", hops / system.result(driver)["seconds"], "hops/s"


def fanin(system, scale, tasks=False):
    sink, sources, each = system.create("FanInSink"), system.create("FanInSource", count=8), int(1e6 * scale)
    system.ask(sink, "expect", {"count": 8 * each})
    for source in sources:
        system.client.send(source, "run", {"to": sink, "count": each, "command": "item_task" if tasks else "item"})
    yield "fanin", rate(system.result(sink)), "msg/s"


def big(system, scale, tasks=False):
    names, each = system.create("Mingler", count=120), int(20_000 * scale)
    driver = system.create("MinglerDriver")
    system.ask(driver, "run", {"names": names, "count": each, "tasks": tasks})
    yield "big", 120 * each / system.result(driver)["seconds"], "rt/s"


def create(system, scale, tasks=False):
    """Spawned, greeted, gone, as the peers do it; then as many that stay, for the memory of an idle one."""
    creator, count = system.create("Creator"), int(1e6 * scale)
    system.ask(creator, "run", {"count": count, "greeting": "greet_task" if tasks else "greet_and_end"})
    yield "create", rate(system.result(creator)), "actors/s"
    if tasks:
        return
    before = system.memory()
    system.ask(creator, "run", {"count": count, "greeting": "greet"})
    system.result(creator)
    yield "idle", (system.memory() - before) / count, "B/actor"


def create_named(system, scale):
    """With chosen names: each is claimed at the broker first."""
    registrar, count = system.create("Registrar"), int(200e3 * scale)
    before = system.memory()
    system.ask(registrar, "run", {"count": count, "prefix": "c"})
    yield "create.named", rate(system.result(registrar, within=300)), "actors/s"
    yield "idle.named", (system.memory() - before) / count, "B/actor"


def skynet(system, scale):
    size = 1_000_000 if scale >= 1 else 100_000 if scale >= 0.1 else 10_000
    root = system.create("Skynet")
    system.ask(root, "run", {"size": size})
    yield f"skynet{'' if size == 1_000_000 else '.' + str(size)}", system.result(root, within=300)["seconds"], "s"


# Between workers, through the broker.

def rtt(system, scale, size=16):
    echo, asker = system.create("Echo", system.node), system.create("Asker")
    system.ask(asker, "run", {"to": echo, "count": int(20_000 * scale), "size": size, "lanes": 1})
    result = system.result(asker)
    for part in ("p50", "p99", "p999"):
        yield f"rtt.{size}.{part}", result[part], "us"


def pipe(system, scale, lanes=64, size=16):
    echo, asker = system.create("Echo", system.node), system.create("Asker")
    count = int((400_000 if lanes <= 64 else 2_000_000) * scale)
    system.ask(asker, "run", {"to": echo, "count": count, "size": size, "lanes": lanes})
    yield f"pipe{lanes}.{size}", rate(system.result(asker)), "req/s"


def stream(system, scale, size=100):
    sink, source = system.create("Sink", system.node), system.create("Source")
    count = int({16: 8e6, 100: 6e6, 1024: 1e6, 65_536: 30e3}[size] * scale)
    credit = min(2_000, 4_000_000 // size)  # at most 80 MB on the way
    system.ask(sink, "expect", {"count": count, "credit": credit})
    system.ask(source, "run", {"to": sink, "count": count, "size": size, "credit": credit})
    yield f"stream.{size}", rate(system.result(sink)), "msg/s"


def fanout(system, scale):
    echoes, driver = system.create("Echo", system.node, count=100), system.create("FanOut")
    system.ask(driver, "run", {"names": echoes, "rounds": max(10, int(2_000 * scale))})
    result = system.result(driver)
    yield "fanout100", 100 * rate(result), "req/s"
    yield "fanout100.p50", result["p50"], "us"


def pairs(system, scale):
    echoes, askers = system.create("Echo", system.node, count=100), system.create("Asker", count=100)
    each = max(100, int(10_000 * scale))
    began = time.monotonic()
    for asker, echo in zip(askers, echoes):
        system.client.send(asker, "run", {"to": echo, "count": each, "size": 16, "lanes": 1})
    for asker in askers:
        system.result(asker)
    yield "pairs100", 100 * each / (time.monotonic() - began), "req/s"


def python_client(system, scale):
    echo, count, spans = system.create("Echo"), int(4_000 * scale), []
    for _ in range(count):
        before = time.perf_counter()
        system.client.ask(echo, "echo", {"body": b"x" * 16})
        spans.append((time.perf_counter() - before) * 1e6)
    spans.sort()
    yield "python.rtt.16.p50", spans[count // 2], "us"
    yield "python.rtt.16.p99", spans[count * 99 // 100], "us"


# The system's own verbs.

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
    spans = timed("create_process", MAIN, (None for _ in range(5)))
    yield "create_process.p50", spans[2] / 1e3, "ms"


def move(system, scale):
    for size, queued in ((1_024, 0), (1_024, 1_000), (1_024, 10_000), (1 << 20, 0)):
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


def coroutines(workload):
    """The same with coroutine handlers."""
    def measure(system, scale):
        for name, value, unit in workload(system, scale, tasks=True):
            yield f"{name}.task", value, unit
    return measure


def sized(workload, **settings):
    return lambda system, scale: workload(system, scale, **settings)


#: By name, in the order in which they are run.
WORKLOADS = {
    "pingpong": pingpong, "threadring": threadring, "fanin": fanin, "big": big, "create": create, "create.named": create_named, "skynet": skynet,
    "pingpong.task": coroutines(pingpong), "threadring.task": coroutines(threadring), "fanin.task": coroutines(fanin),
    "big.task": coroutines(big),
    "rtt.16": rtt, "rtt.1024": sized(rtt, size=1024),
    "pipe64.16": pipe, "pipe64.1024": sized(pipe, size=1024), "pipe1024.16": sized(pipe, lanes=1024),
    "pipe1024.1024": sized(pipe, lanes=1024, size=1024),
    "stream.16": sized(stream, size=16), "stream.100": stream, "stream.1024": sized(stream, size=1024),
    "stream.65536": sized(stream, size=65_536),
    "fanout100": fanout, "pairs100": pairs, "python.rtt.16": python_client, "verbs": verbs, "move": move, "memory": memory,
}

#: What --quick leaves out: variants of others.
NOT_QUICK = {"pingpong.task", "threadring.task", "fanin.task", "big.task", "rtt.1024", "pipe64.1024", "pipe1024.1024",
             "stream.65536", "fanout100", "pairs100", "python.rtt.16"}


def forwarder(build, port, name, scale):
    """The same workload through a plain ZeroMQ ROUTER that knows no names and bounds nothing; nothing where it has none."""
    program, endpoint = build / "tests" / "bench" / "forwarder", f"tcp://127.0.0.1:{port}"
    kind, _, size = name.partition(".")
    if kind not in ("rtt", "pipe64", "pipe1024", "stream") or size not in ("16", "100", "1024"):
        return
    children = [subprocess.Popen([program, "route", endpoint])]
    try:
        time.sleep(0.2)
        if kind == "stream":
            count = int({"16": 2e6, "100": 2e6, "1024": 500e3}[size] * scale)
            sink = subprocess.Popen([program, "sink", endpoint, str(count)], stdout=subprocess.PIPE, text=True)
            children.append(sink)
            time.sleep(0.2)
            subprocess.run([program, "source", endpoint, size, str(count)], check=True)
            yield name, count / float(sink.communicate(timeout=60)[0]), "msg/s"
            return
        children.append(subprocess.Popen([program, "echo", endpoint]))
        time.sleep(0.2)
        lanes = 1 if kind == "rtt" else int(kind.removeprefix("pipe"))
        count = int((20_000 if lanes == 1 else 400_000) * scale)
        out = subprocess.run([program, "rtt", endpoint, size, str(count), str(lanes)], capture_output=True, text=True, check=True)
        seconds, p50, p99 = (float(word) for word in out.stdout.split())
        if lanes == 1:
            yield f"{name}.p50", p50, "us"
            yield f"{name}.p99", p99, "us"
        else:
            yield name, count / seconds, "req/s"
    finally:
        for child in children:
            child.kill()
            child.wait()
