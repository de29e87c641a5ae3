"""workloads.py - what is measured: each function yields (name, value, unit), in the units of the peers' programs.

`scale` shrinks the counts.  Every workload makes its own actors and removes nothing it does not have to: a system lives
for one workload.  Next: figures.py runs them."""
from across import fanout, pairs, pipe, rtt, stream
from in_one_worker import big, coroutines, fanin, pingpong, rate, threadring
from names import lookup, restart
from outside import clients, cpp_pipe, cpp_rtt, cpp_stream, python_pipe, python_rtt, python_stream
from verbs import beside, memory, move, verbs


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


def skynet(system, scale, tasks=False):
    size = 1_000_000 if scale >= 1 else 100_000 if scale >= 0.1 else 10_000
    root = system.create("Skynet")
    system.ask(root, "run", {"size": size, "tasks": tasks})
    yield f"skynet{'' if size == 1_000_000 else '.' + str(size)}", system.result(root, within=300)["seconds"], "s"


def sized(workload, **settings):
    return lambda system, scale: workload(system, scale, **settings)


def renamed(workload, suffix):
    def measure(system, scale):
        for name, value, unit in workload(system, scale):
            yield f"{name}.{suffix}", value, unit
    return measure


#: By name, in the order in which they are run.
WORKLOADS = {
    "pingpong": pingpong, "threadring": threadring, "fanin": fanin, "big": big, "create": create, "create.named": create_named,
    "skynet": skynet,
    "pingpong.task": coroutines(pingpong), "threadring.task": coroutines(threadring), "fanin.task": coroutines(fanin),
    "big.task": coroutines(big), "create.task": coroutines(create), "skynet.task": coroutines(skynet),
    "rtt.16": rtt, "rtt.1024": sized(rtt, size=1024), "rtt1c.16": sized(rtt, name="rtt1c"),
    "pipe64.16": pipe, "pipe64.1024": sized(pipe, size=1024), "pipe1024.16": sized(pipe, lanes=1024),
    "pipe1024.1024": sized(pipe, lanes=1024, size=1024),
    "stream.16": sized(stream, size=16), "stream.100": stream, "stream.1024": sized(stream, size=1024),
    "stream.65536": sized(stream, size=65_536),
    "fanout100": fanout, "pairs100": pairs,
    "python.rtt.16": python_rtt, "python.pipe64.16": python_pipe, "python.pipe1024.16": sized(python_pipe, lanes=1024),
    "python.stream.16": python_stream,
    "cpp.rtt.16": cpp_rtt, "cpp.pipe64.16": cpp_pipe, "cpp.pipe1024.16": sized(cpp_pipe, lanes=1024),
    "cpp.stream.16": cpp_stream, "cpp.stream.100": sized(cpp_stream, size=100), "cpp.stream.1024": sized(cpp_stream, size=1024),
    "clients.1000": sized(clients, count=1_000), "clients.10000": sized(clients, count=10_000),
    "verbs": verbs, "move": move, "beside": beside, "beside.loops1": renamed(beside, "loops1"), "memory": memory, "registry": lookup, "registry.10000": sized(restart, count=10_000),
    "registry.100000": sized(restart, count=100_000), "registry.1000000": sized(restart, count=1_000_000),
}

IN_ONE_WORKER = [name for name in WORKLOADS if name.split(".")[0] in ("pingpong", "threadring", "fanin", "big", "create", "skynet")]
WORKLOADS |= {f"{name}.loops1": renamed(WORKLOADS[name], "loops1") for name in IN_ONE_WORKER}

#: What the system of a workload is started with, where it is not the usual.
SYSTEMS = {"rtt1c.16": {"core": 0}, "beside.loops1": {"loops": 1}} | {f"{name}.loops1": {"loops": 1} for name in IN_ONE_WORKER}
for name in WORKLOADS:
    if name.startswith("create"):  # a million who end at once may all be waiting to tell their creator
        SYSTEMS[name] = SYSTEMS.get(name, {}) | {"limits": ["mailbox_length=2000000"]}

#: What --quick measures: all that the peers have, and the verbs.
QUICK = ("pingpong threadring fanin big create skynet rtt.16 rtt.1024 rtt1c.16 pipe64.16 pipe64.1024 pipe1024.16 pipe1024.1024 "
         "stream.16 stream.100 stream.1024 verbs move beside beside.loops1 memory").split()
#: What --quick measures at another scale than the rest: a smaller tree is another figure.
QUICK_SCALES = {"skynet": 1.0}
