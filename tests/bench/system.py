"""system.py - a running system to measure: a broker, two workers and a client.  Next: workloads.py."""
import pathlib
import subprocess
import sys
import tempfile
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "sdk" / "python"))
import peacepie  # noqa: E402 - found only now

MAIN = "first.main.admin"


class System:
    """`peacepie up` with the bench's package and a second worker; `with System(build, 5990) as system:`.

    `loops`: threads of each worker, 0 as installed.  `core`: all processes on that one."""

    def __init__(self, build, port, loops=0, core=None, limits=()):
        self.build = build
        self.endpoint = f"tcp://127.0.0.1:{port}"
        self.state = tempfile.TemporaryDirectory(prefix="peacepie-bench-")
        self.log = open(pathlib.Path(self.state.name) / "log", "w+", encoding="utf-8")  # no pipe: a full one stops who writes
        pinned = ["taskset", "-c", str(core)] if core is not None else []
        self.up = subprocess.Popen(
            [*pinned, build / "bin" / "peacepie", "up", "--no-console", "--bind", self.endpoint, "--state-dir", self.state.name,
             "--packages", build / "tests" / "bench" / "packages", "--log-level", "warning",
             *(["--loops", str(loops)] if loops else []), *(f"--limit={limit}" for limit in limits)],
            stdout=subprocess.DEVNULL, stderr=self.log)
        self.client = self._connect()
        self.made = 0
        self.node = self.ask(MAIN, "create_process")["node"]

    def _connect(self):
        deadline = time.monotonic() + 20
        while True:
            try:
                client = peacepie.Client(self.endpoint)
                client.ask(MAIN, "ping", timeout=1.0)
                return client
            except (peacepie.Fault, TimeoutError, OSError):
                if time.monotonic() > deadline or self.up.poll() is not None:
                    self.up.terminate()
                    raise SystemExit(f"the system does not start: {self.said()}")
                time.sleep(0.05)

    def said(self):
        self.log.seek(0)
        return self.log.read()[-2_000:]

    def ask(self, recipient, command, body=None, timeout=60.0):
        answer = self.client.ask(recipient, command, body, timeout=timeout)
        if isinstance(answer.body, dict) and "reason" in answer.body:
            raise SystemExit(f"{recipient} {command}: {answer.body}")
        return answer.body

    def create(self, actor_class, node=MAIN, count=None):
        """A new actor, or a list of them; their names."""
        names = [f"{actor_class.lower()}_{self.made + i}" for i in range(count or 1)]
        self.made += len(names)
        self.ask(node, "create_actors",
                 {"class_desc": {"requires_dist": "peacepie_bench", "class": actor_class}, "names": names})
        return names if count else names[0]

    def remove(self, *names):
        for name in names:
            self.client.ask("", "remove_actor", {"name": name})

    def result(self, driver, within=60.0):
        """What the driver tells once its work is done."""
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            result = self.ask(driver, "result")
            if result["done"]:
                return result
            time.sleep(0.02)
        raise SystemExit(f"{driver} does not come to an end: {result}")

    def memory(self, node=MAIN):
        """Resident bytes of that worker."""
        return self.ask(node, "stats")["rss_bytes"]

    def proportional_memory(self, node=MAIN):
        """PSS bytes: shared pages are divided among those who share them."""
        pid = self.ask(node, "stats")["pid"]
        for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
        raise SystemExit("the kernel tells no PSS")

    def processor_seconds(self):
        """Of the whole system so far."""
        pids = [self.up.pid, *map(int, pathlib.Path(f"/proc/{self.up.pid}/task/{self.up.pid}/children").read_text().split())]
        threads = [thread for pid in pids for thread in pathlib.Path(f"/proc/{pid}/task").iterdir()]
        return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e9

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.client.ask("", "quit")
        except (peacepie.Fault, TimeoutError):
            self.up.terminate()
        self.client.close()
        try:
            self.up.wait(60)  # a million actors are stopped one by one
        except subprocess.TimeoutExpired:
            print("the system does not end and is killed", file=sys.stderr)
            self.up.kill()  # its children end with it
            self.up.wait()
        self.log.close()
        self.state.cleanup()
