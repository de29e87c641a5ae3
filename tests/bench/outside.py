"""outside.py - clients outside of the system: one in Python, one in C++, thousands at once.  Next: client.cpp, clients.cpp."""
import subprocess
import time

import msgpack
import zmq

from in_one_worker import rate

ASK, REPLY = 1, 2       # kinds of envelopes
IN_ONE_PROGRAM = 4_000  # clients: each needs two descriptors


def python_rtt(system, scale):
    echo, count, spans = system.create("Echo"), int(4_000 * scale), []
    for _ in range(count):
        before = time.perf_counter()
        system.client.ask(echo, "echo", {"body": b"x" * 16})
        spans.append((time.perf_counter() - before) * 1e6)
    spans.sort()
    yield "python.rtt.16.p50", spans[count // 2], "us"
    yield "python.rtt.16.p99", spans[count * 99 // 100], "us"
    yield "python.rtt.16.p999", spans[count * 999 // 1000], "us"


def python_pipe(system, scale, lanes=64):
    """The library asks one thing at a time; asks side by side are what a stranger's pyzmq program writes."""
    def envelope(mid, command, recipient, body):
        return msgpack.packb([1, ASK, mid, command, recipient, None, None, None, body])

    echo, count = system.create("Echo"), int(100_000 * scale)
    with zmq.Context() as context, context.socket(zmq.DEALER) as socket:
        socket.connect(system.endpoint)
        socket.send(envelope(1, "hello", None, {"role": "client", "protocol": [1, 1]}))
        socket.recv()
        began = time.perf_counter()
        for i in range(count + lanes):
            if i >= lanes:
                answer = msgpack.unpackb(socket.recv())
                if answer[1] != REPLY:
                    raise SystemExit(f"{echo} answers {answer}")
            if i < count:
                socket.send(envelope(2 + i, "echo", echo, {"body": b"x" * 16}))
        yield f"python.pipe{lanes}.16", count / (time.perf_counter() - began), "req/s"


def python_stream(system, scale):
    sink, count, credit = system.create("Sink"), int(400_000 * scale), 2_000
    system.ask(sink, "expect", {"count": count, "credit": credit})
    credits = system.client.notifications(timeout=10)
    for i in range(count):
        if i >= 2 * credit and i % credit == 0:
            next(credits)
        system.client.send(sink, "item", {"body": b"x" * 16})
    yield "python.stream.16", rate(system.result(sink)), "msg/s"


def cpp(system, verb, actor, size, *more):
    """The figures that client.cpp prints."""
    words = [system.build / "tests" / "bench" / "client", verb, system.endpoint, actor, str(size), *map(str, more)]
    return [float(word) for word in subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True).stdout.split()]


def cpp_rtt(system, scale):
    values = cpp(system, "rtt", system.create("Echo"), 16, int(20_000 * scale))
    for part, value in zip(("p50", "p99", "p999"), values):
        yield f"cpp.rtt.16.{part}", value, "us"


def cpp_pipe(system, scale, lanes=64):
    count = int(400_000 * scale)
    yield f"cpp.pipe{lanes}.16", count / cpp(system, "pipe", system.create("Echo"), 16, count, lanes)[0], "req/s"


def cpp_stream(system, scale, size=16):
    sink = system.create("Sink")
    cpp(system, "stream", sink, size, int(1e6 * scale), 2_000)
    yield f"cpp.stream.{size}", rate(system.result(sink)), "msg/s"


def clients(system, scale, count):
    """What the broker needs for each of them, and how soon it answers while all are there."""
    if count > max(1_000, 100_000 * scale):
        return
    before = system.ask("", "stats")["rss_bytes"]
    shares = [min(IN_ONE_PROGRAM, count - first) for first in range(0, count, IN_ONE_PROGRAM)]
    programs = [subprocess.Popen([system.build / "tests" / "bench" / "clients", system.endpoint, str(share)],
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for share in shares]
    try:
        for program in programs:
            if program.stdout.readline() != "ready\n":
                raise SystemExit(f"{count} clients cannot connect")
        yield f"clients.{count}.rss", (system.ask("", "stats")["rss_bytes"] - before) / count / 1e3, "KB"
        print(max(1_000, int(20_000 * scale)), file=programs[0].stdin, flush=True)
        p50, p99 = map(float, programs[0].stdout.readline().split())
        yield f"clients.{count}.p50", p50, "us"
        yield f"clients.{count}.p99", p99, "us"
    finally:
        for program in programs:
            program.communicate(timeout=60)  # its input ends, so it does
