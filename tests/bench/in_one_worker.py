"""in_one_worker.py - workloads between actors of one worker.  `tasks`: the handlers are coroutines.  Next: in_one_worker.hpp."""


def rate(result):
    return result["count"] / result["seconds"]


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


def coroutines(workload):
    """The same with coroutine handlers."""
    def measure(system, scale):
        for name, value, unit in workload(system, scale, tasks=True):
            yield f"{name}.task", value, unit
    return measure
