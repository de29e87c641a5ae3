"""forwarder.py - the same workloads through a plain ZeroMQ ROUTER that knows no names and bounds nothing.  Next: forwarder.cpp."""
import subprocess
import time


def forwarder(build, port, name, scale):
    """The same workload through a plain ZeroMQ ROUTER that knows no names and bounds nothing; nothing where it has none."""
    program, endpoint = build / "tests" / "bench" / "forwarder", f"tcp://127.0.0.1:{port}"
    kind, _, size = name.partition(".")
    if kind not in ("rtt", "rtt1c", "pipe64", "pipe1024", "stream") or size not in ("16", "100", "1024"):
        return
    alone = ["taskset", "-c", "0", program] if kind == "rtt1c" else [program]
    children = [subprocess.Popen([*alone, "route", endpoint])]
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
        children.append(subprocess.Popen([*alone, "echo", endpoint]))
        time.sleep(0.2)
        lanes = 1 if kind in ("rtt", "rtt1c") else int(kind.removeprefix("pipe"))
        count = int((20_000 if lanes == 1 else 400_000) * scale)
        out = subprocess.run([*alone, "rtt", endpoint, size, str(count), str(lanes)], capture_output=True, text=True, check=True)
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
