#!/usr/bin/env python3
"""figures.py - measures peacepie and, in the same rounds, a raw ZeroMQ forwarder.  Started by run.sh.

One line per figure: `peacepie.NAME value unit`, medians of the rounds; then the ratio to the forwarder where it has the
same figure.  Everything runs through the real parts: plug-in actors, the real broker and workers, all bounds on."""
import argparse
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent


class System:
    """A broker with two workers, and the actors of the package peacepie_bench where they are wanted."""

    def __init__(self, build, port):
        self.cli = build / "bin" / "peacepie"
        self.endpoint = f"tcp://127.0.0.1:{port}"
        self.state = tempfile.TemporaryDirectory()
        self.up = subprocess.Popen(
            [self.cli, "up", "--no-console", "--bind", self.endpoint, "--state-dir", self.state.name,
             "--packages", build / "tests" / "bench" / "packages", "--log-level", "warning"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while self.run("ask", "first.main.admin", "ping").returncode != 0:
            if time.monotonic() > deadline:
                raise SystemExit("the system does not start")
        self.node = self.ask("first.main.admin", "create_process")["node"]

    def run(self, *words):
        return subprocess.run([self.cli, *words, "--json", "--broker", self.endpoint], capture_output=True, text=True)

    def ask(self, recipient, command, body=None):
        words = ["ask", recipient, command] + ([json.dumps(body)] if body is not None else [])
        done = self.run(*words)
        if done.returncode != 0:
            raise SystemExit(f"{recipient} {command}: {done.stdout} {done.stderr}")
        answer = json.loads(done.stdout)
        return answer.get("body", answer)

    def create(self, name, actor_class, node="first.main.admin"):
        self.ask(node, "create_actor", {"class_desc": {"requires_dist": "peacepie_bench", "class": actor_class}, "name": name})

    def result(self, driver):
        for _ in range(600):
            result = self.ask(driver, "result")
            if result["done"]:
                return result
            time.sleep(0.05)
        raise SystemExit(f"{driver} does not come to an end: {result}")

    def close(self):
        self.run("quit")
        self.up.wait(20)
        self.state.cleanup()


def peacepie_round(system, scale):
    system.ask("ping", "run", {"to": "pong", "count": int(2_000_000 * scale)})
    pingpong = system.result("ping")
    yield "pingpong", pingpong["count"] / pingpong["seconds"] / 1e6, "M/s"
    system.ask("asker", "run", {"to": "echo", "count": int(20_000 * scale), "size": 16, "lanes": 1})
    single = system.result("asker")
    yield "rtt.16.p50", single["p50"], "us"
    yield "rtt.16.p99", single["p99"], "us"
    system.ask("asker", "run", {"to": "echo", "count": int(200_000 * scale), "size": 16, "lanes": 64})
    pipe = system.result("asker")
    yield "pipe64.16", pipe["count"] / pipe["seconds"] / 1e3, "k/s"
    count = int(2_000_000 * scale)
    system.ask("sink", "expect", {"count": count})
    system.ask("source", "run", {"to": "sink", "count": count, "size": 100})
    stream = system.result("sink")
    yield "stream.100", count / stream["seconds"] / 1e6, "M/s"


def forwarder_round(program, port, scale):
    endpoint = f"tcp://127.0.0.1:{port}"
    children = [subprocess.Popen([program, "route", endpoint]), subprocess.Popen([program, "echo", endpoint])]
    try:
        time.sleep(0.3)

        def rtt(count, lanes):
            out = subprocess.run([program, "rtt", endpoint, "16", str(count), str(lanes)], capture_output=True, text=True, check=True)
            return [float(word) for word in out.stdout.split()]

        _, p50, p99 = rtt(int(20_000 * scale), 1)
        yield "rtt.16.p50", p50, "us"
        yield "rtt.16.p99", p99, "us"
        count = int(200_000 * scale)
        yield "pipe64.16", count / rtt(count, 64)[0] / 1e3, "k/s"
        count = int(1_000_000 * scale)
        sink = subprocess.Popen([program, "sink", endpoint, str(count)], stdout=subprocess.PIPE, text=True)
        children.append(sink)
        time.sleep(0.3)
        subprocess.run([program, "source", endpoint, "100", str(count)], check=True)
        yield "stream.100", count / float(sink.communicate(timeout=60)[0]) / 1e6, "M/s"
    finally:
        for child in children:
            child.kill()
            child.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--scale", type=float, default=1.0, help="of the counts: smaller is quicker and noisier")
    parser.add_argument("--port", type=int, default=5990)
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    ours, theirs, units = {}, {}, {}
    for _ in range(options.rounds):
        system = System(options.build, options.port)
        try:
            system.create("ping", "Ping")
            system.create("pong", "Pong")
            system.create("asker", "Asker")
            system.create("source", "Source")
            system.create("echo", "Echo", system.node)
            system.create("sink", "Sink", system.node)
            for name, value, unit in peacepie_round(system, options.scale):
                ours.setdefault(name, []).append(value)
                units[name] = unit
        finally:
            system.close()
        for name, value, _ in forwarder_round(options.build / "tests" / "bench" / "forwarder", options.port + 1, options.scale):
            theirs.setdefault(name, []).append(value)
    print(f"# {time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores, {platform.system()} {platform.release()}, {options.rounds} rounds, medians (least-most)")
    for name, values in ours.items():
        print(f"peacepie.{name} {statistics.median(values):.4g} {units[name]}  ({min(values):.4g}-{max(values):.4g})")
    for name, values in theirs.items():
        print(f"forwarder.{name} {statistics.median(values):.4g} {units[name]}  ({min(values):.4g}-{max(values):.4g})")
    for name, values in theirs.items():
        print(f"ratio.{name} {statistics.median(ours[name]) / statistics.median(values):.2f} peacepie/forwarder")
    if options.json:
        options.json.write_text(json.dumps({"peacepie": ours, "forwarder": theirs, "units": units}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
