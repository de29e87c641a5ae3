"""Real processes for the system tests: started here, read line by line, ended by their own number."""

import os
import queue
import signal
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from bus import MAIN, SLOWER, Bus, Fault, Silence

SOURCE = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("PEACEPIE_BUILD", SOURCE / "build")).resolve()
PROGRAMS = BUILD / "bin"
FIXTURES = BUILD / "tests" / "system" / "packages"  # the package `system_fixture`
EXAMPLES = BUILD / "lib" / "peacepie" / "packages"


def eventually(holds, within=3.0, every=0.02):
    """The first true value of `holds()`, asked again and again for at most `within` seconds; else its last value."""
    end = time.monotonic() + within * SLOWER
    while True:
        value = holds()
        if value or time.monotonic() > end:
            return value
        time.sleep(every)


def free_endpoint():
    """An endpoint that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"tcp://127.0.0.1:{probe.getsockname()[1]}"


def state_of(pid):
    """One letter: R, S, T (stopped), Z (zombie) …; empty when there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (OSError, IndexError):
        return ""


def is_alive(pid):
    """Whether that process runs (a zombie does not)."""
    return state_of(pid) not in ("", "Z")


def kill(pid):
    """Ends a process with -9."""
    os.kill(pid, signal.SIGKILL)


def freeze(pid):
    """Stops a process without ending it: it stays connected and answers nothing."""
    os.kill(pid, signal.SIGSTOP)
    assert eventually(lambda: state_of(pid) == "T"), f"{pid} does not stop"


def children_of(pid):
    """Numbers of the direct children, oldest first."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
        except (OSError, IndexError):
            continue
        if int(fields[1]) == pid and fields[0] != "Z":
            found.append(int(entry.name))
    return sorted(found)


def descendants_of(pid):
    found = []
    for child in children_of(pid):
        found += [child, *descendants_of(child)]
    return found


def command_line_of(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def command_of(program, *options):
    """The words to start it with; one of our own programs goes by its name."""
    own = str(program).startswith("peacepie")
    return [str(PROGRAMS / program if own else program), *map(str, options)]


def environment_with(additions):
    """That of this process without our own variables, and with the additions."""
    plain = {key: value for key, value in os.environ.items() if not key.startswith("PEACEPIE_")}
    return plain | (additions or {})


class Program:
    """One program with what it said.  Ends with the `with` block, its descendants too."""

    def __init__(self, program, *options, env=None, cwd=None):
        self.process = subprocess.Popen(
            command_of(program, *options), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=environment_with(env), cwd=cwd, start_new_session=True)
        self.pid = self.process.pid
        self.out, self.err = [], []
        self.fresh = queue.Queue()
        self.family = set()
        self.readers = [threading.Thread(target=self._read, args=(self.process.stdout, self.out, True), daemon=True),
                        threading.Thread(target=self._read, args=(self.process.stderr, self.err, False), daemon=True)]
        for reader in self.readers:
            reader.start()

    def _read(self, stream, into, counts):
        for line in stream:
            text = line.decode(errors="replace").rstrip("\n")
            into.append(text)
            if counts:
                self.fresh.put(text)

    def line(self, fits, within=3.0):
        """The next line of standard output that fits, or None.  Lines before it are passed over."""
        end = time.monotonic() + within * SLOWER
        while True:
            try:
                text = self.fresh.get(timeout=max(0.0, end - time.monotonic()))
            except queue.Empty:
                return None
            if (fits in text) if isinstance(fits, str) else fits(text):
                return text

    def said(self):
        return "\n".join(["-- standard output", *self.out[-60:], "-- standard error", *self.err[-60:]])

    def mentions(self, words, within=3.0):
        """Whether it says these words, in its output or its log, or comes to say them in time."""
        return eventually(lambda: any(words in line for line in [*self.out, *self.err]), within)

    def is_running(self):
        return self.process.poll() is None

    def wait(self, within=5.0):
        """The status, or None while it still runs."""
        try:
            status = self.process.wait(within * SLOWER)
        except subprocess.TimeoutExpired:
            return None
        for reader in self.readers:
            reader.join(1.0)
        return status

    def signal(self, number):
        os.kill(self.pid, number)

    def remember_family(self):
        self.family.update(descendants_of(self.pid))
        return self.family

    def end(self):
        """Ends it and every descendant it ever was seen with."""
        self.remember_family()
        if self.is_running():
            self.signal(signal.SIGTERM)
            if self.wait(3.0) is None:
                self.remember_family()
                self.signal(signal.SIGKILL)
                self.wait(3.0)
        for pid in self.family:
            # Only what is still one of our programs: numbers are used again.
            if is_alive(pid) and str(PROGRAMS) in command_line_of(pid):
                os.kill(pid, signal.SIGKILL)
        try:
            os.killpg(self.pid, signal.SIGKILL)  # the session that was made for it; a script's compilers for instance
        except ProcessLookupError:
            pass
        for reader, stream in zip(self.readers, (self.process.stdout, self.process.stderr)):
            reader.join(1.0)
            if not reader.is_alive():
                stream.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()


def run(program, *options, env=None, within=15.0, input=None, cwd=None):
    """Runs a program to its end; (status, standard output, standard error)."""
    done = subprocess.run(command_of(program, *options), capture_output=True, text=True, env=environment_with(env),
                          timeout=within * SLOWER, input=input, stdin=None if input is not None else subprocess.DEVNULL,
                          cwd=cwd)
    return done.returncode, done.stdout, done.stderr


def new_folder():
    return tempfile.TemporaryDirectory(prefix="peacepie-test-")


def package_folder(into):
    """A folder in that temporary one with the shipped packages and those of the tests."""
    folder = Path(into.name) / "packages"
    folder.mkdir(exist_ok=True)
    for source in (EXAMPLES, FIXTURES):
        for library in source.glob("*.so"):
            target = folder / library.name
            if not target.exists():
                target.symlink_to(library)
    return folder


def wait_for_broker(endpoint, program, within=10.0):
    """A client with a session, as soon as the broker has one to give."""
    end = time.monotonic() + within * SLOWER
    while time.monotonic() < end and program.is_running():
        bus = Bus(endpoint, hello=False)
        try:
            bus.welcome = bus.hello(timeout=0.5)
            return bus
        except (Silence, Fault):
            bus.close()
    raise AssertionError(f"no broker at {endpoint} within {within} s\n{program.said()}")


class Served(Program):
    """A program with a broker in it and one client of it; unknown names are the client's: `king.ask(...)`."""

    def __init__(self, folder, program, *options, endpoint=None, env=None):
        self.folder, self.endpoint = folder, endpoint or free_endpoint()
        self.bus, self.workers = None, []
        super().__init__(program, *options, "--bind", self.endpoint, env=env)
        try:
            self.bus = wait_for_broker(self.endpoint, self)
        except BaseException:
            self.end()
            raise

    def __getattr__(self, name):
        bus = self.__dict__.get("bus")
        if bus is None:
            raise AttributeError(name)
        return getattr(bus, name)

    def path(self, *parts):
        """Of something in its own folder, which goes with it."""
        return Path(self.folder.name, *parts)

    def another(self, label="other", **options):
        """A second client."""
        return Bus(self.endpoint, label, **options)

    def has_node(self, node, within=10.0):
        """Whether that worker is there, or comes in time."""
        def seen():
            try:
                return node in self.bus.nodes(timeout=1.0)
            except (Silence, Fault):
                return False
        return eventually(seen, within)

    def loses_node(self, node, within=3.0):
        """Whether that worker goes in time."""
        return eventually(lambda: node not in self.bus.nodes(), within)

    def loses_process(self, node, pid, within=3.0):
        """Whether that process goes in time; another that takes its place may have come before one looks."""
        return eventually(lambda: node not in self.bus.nodes() or self.outcome(node, "stats")[1].get("pid", pid) != pid, within)

    def start_worker(self, host, process="main", on=None):
        """Starts a worker by hand, here or `on` another machine (apart.py), whether it may join or not."""
        words = command_of("peacepie-worker", "--broker", self.endpoint, "--host", host, "--process", process,
                           "--packages", package_folder(self.folder))
        worker = Program(*(on.command(*words) if on else words))
        self.workers.append(worker)
        return worker

    def join(self, host, process="main", on=None):
        """A worker started by hand that has joined."""
        worker = self.start_worker(host, process, on)
        assert self.has_node(f"{host}.{process}.admin"), worker.said()
        worker.remember_family()
        return worker

    def end(self):
        if self.bus is not None:
            self.bus.close()
        for worker in self.workers:
            worker.end()
        super().end()
        self.folder.cleanup()


class Broker(Served):
    """`peacepie-broker` by itself; workers join it by hand, those on the other machine `far` as well."""

    def __init__(self, far=None):
        port = free_endpoint().rsplit(":", 1)[1]
        options = ["--insecure-bind"] if far else []
        super().__init__(new_folder(), "peacepie-broker", *options, endpoint=f"tcp://{far.here}:{port}" if far else None)


class System(Served):
    """`peacepie up`, whole: `with System() as king: king.ask("hello_world", "tick")`."""

    def __init__(self, *options, endpoint=None, env=None, programs=PROGRAMS, packages=None):
        folder = new_folder()
        super().__init__(folder, programs / "peacepie", "up", "--state-dir", Path(folder.name) / "state", "--packages",
                         packages or package_folder(folder), "--no-console", *options, endpoint=endpoint, env=env)
        try:
            assert self.has_node(MAIN), f"the first worker did not come\n{self.said()}"
            self.remember_family()
        except BaseException:
            self.end()
            raise

    def cli(self, *words, within=15.0, input=None):
        """`peacepie WORDS` against this system."""
        return run("peacepie", *words, env={"PEACEPIE_BROKER": self.endpoint}, within=within, input=input)
