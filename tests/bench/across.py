"""across.py - workloads between two workers, through the broker.  Next: across.hpp has the actors, outside.py the clients."""
import time

from in_one_worker import rate


def rtt(system, scale, size=16, name="rtt"):
    echo, asker = system.create("Echo", system.node), system.create("Asker")
    system.ask(asker, "run", {"to": echo, "count": int(20_000 * scale), "size": size, "lanes": 1})
    result = system.result(asker)
    for part in ("p50", "p99", "p999"):
        yield f"{name}.{size}.{part}", result[part], "us"


def pipe(system, scale, lanes=64, size=16):
    echo, asker = system.create("Echo", system.node), system.create("Asker")
    count = int((400_000 if lanes <= 64 else 2_000_000) * scale)
    system.ask(asker, "run", {"to": echo, "count": count, "size": size, "lanes": lanes})
    yield f"pipe{lanes}.{size}", rate(system.result(asker)), "req/s"


def stream(system, scale, size=100):
    sink, source = system.create("Sink", system.node), system.create("Source")
    count = int({16: 8e6, 100: 6e6, 1024: 1e6, 65_536: 30e3}[size] * scale)
    credit = min(2_000, 2_000_000 // size)  # at most 40 MB on the way: a queue to a peer holds 64
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
