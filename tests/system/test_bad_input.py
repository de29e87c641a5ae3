"""Everything wrong is answered with a typed error or a closed session within a second, and nobody else notices."""

import os
import random
import socket
import time
import unittest

import msgpack
import zmq

from bus import ASK, ERROR, SHORT, Bus, Fault
from processes import PROGRAMS, SLOWER, Program, System, free_endpoint, run

MAIN = "first.main.admin"
EXAMPLE = {"requires_dist": "peacepie_example", "class": "HelloWorld"}
GOOD = [1, ASK, 7, "ping", None, None, 1000, None, None]


def packed(index, value):
    """A good ping whose field `index` is `value`."""
    fields = list(GOOD)
    fields[index] = value
    return msgpack.packb(fields)


class Frames(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.king = System()
        cls.king.create("greeter", "HelloWorld")

    @classmethod
    def tearDownClass(cls):
        cls.king.end()

    def setUp(self):
        self.stranger = self.king.another("stranger")
        self.addCleanup(self.stranger.close)
        self.addCleanup(self.check_nobody_else_noticed)

    def check_nobody_else_noticed(self):
        begun = time.monotonic()
        self.assertEqual(self.king.ask("greeter", "ping", timeout=2.0).name, "pong")
        self.assertLess(time.monotonic() - begun, SHORT * SLOWER)
        self.assertTrue(self.king.is_running())

    def expect_error(self, frame, codes=("bad_request", "too_large"), mid=None):
        self.stranger.frame(frame)
        envelope = self.stranger.receive(SHORT * SLOWER)
        self.assertIsNotNone(envelope, f"no answer to {frame[:40]!r}")
        self.assertEqual(envelope[1], ERROR, envelope)
        self.assertIn(envelope[3], codes, envelope)
        self.assertTrue(envelope[8]["text"])
        if mid is not None:
            self.assertEqual(envelope[2], mid, envelope)

    def test_garbage(self):
        """garbage, an empty frame and the request of a browser are answered by an error with mid 0"""
        for frame in (b"", b"\xc1", b"garbage", b"GET / HTTP/1.1\r\n\r\n", os.urandom(300), b"\x00" * 1000):
            with self.subTest(frame=frame[:12]):
                self.expect_error(frame, mid=0)

    def test_truncated(self):
        """an envelope cut at any byte of its header is answered by an error with mid 0"""
        whole = msgpack.packb([1, ASK, 300, "ping", "greeter", None, 1000, {"k": "v"}, None])
        for size in range(1, len(whole) - 1):
            with self.king.another() as stranger, self.subTest(size=size):
                stranger.frame(whole[:size])
                envelope = stranger.receive(SHORT * SLOWER)
                self.assertIsNotNone(envelope)
                self.assertEqual((envelope[1], envelope[2], envelope[3]), (ERROR, 0, "bad_request"))

    def test_trailing(self):
        """bytes after the body are refused wherever the body goes"""
        for recipient in (None, MAIN, "greeter"):
            with self.subTest(recipient=recipient):
                frame = msgpack.packb([1, ASK, 77, "set_params", recipient, None, 1000, None, {"params": []}]) + b"\x01\x02"
                self.expect_error(frame, ("bad_request", "bad_argument"))

    def test_wrong_types(self):
        """a field of the wrong type is bad_request, and the mid comes back where it could be read"""
        for index, values in {0: [2, "1", None], 1: [4, -1, "ask", None], 2: [-1, "7", None, 1.5], 3: [None, 5, "", []],
                              4: [[], {}, 1.5, True, -1], 5: [5, []], 6: ["10", -5, []], 7: [5, "x", []]}.items():
            for value in values:
                with self.king.another() as stranger, self.subTest(field=index, value=value):
                    stranger.frame(packed(index, value))
                    envelope = stranger.receive(SHORT * SLOWER)
                    self.assertIsNotNone(envelope)
                    self.assertEqual((envelope[1], envelope[3]), (ERROR, "bad_request"))

    def test_long_fields(self):
        """fields beyond their limits are too_large"""
        for frame in (packed(3, "c" * 129), packed(4, "r" * 600), packed(5, "s" * 600), packed(7, {"k": "m" * 5000})):
            self.expect_error(frame, ("too_large", "bad_request"))

    def test_oversize_body(self):
        """a body beyond 16 MiB is too_large or ends the session, and a body of 15 MiB passes"""
        self.assertEqual(self.king.ask("greeter", "ping", b"x" * (15 << 20), timeout=10.0).name, "pong")
        self.stranger.frame(packed(8, b"x" * ((16 << 20) + 100)))
        envelope = self.stranger.receive(3.0 * SLOWER)
        if envelope is not None:
            self.assertEqual((envelope[1], envelope[3]), (ERROR, "too_large"))

    def test_depth_bombs(self):
        """a body nested a million deep and one that announces two thousand million elements are refused"""
        head = msgpack.packb([1, ASK, 8, "set_params", None, None, 1000, None])[1:]
        for recipient in (MAIN, "greeter", None):
            head = msgpack.packb([1, ASK, 8, "set_params", recipient, None, 1000, None])[1:]
            for bomb in (b"\x91" * 1_000_000 + b"\xc0", b"\xdd\x7f\xff\xff\xff", b"\xdf\x7f\xff\xff\xff",
                         b"\x81\xa6params" * 100_000 + b"\xc0", b"\x81\xa6params" + b"\x91" * 100 + b"\xc0"):
                with self.king.another() as stranger, self.subTest(recipient=recipient, bomb=bomb[:6]):
                    stranger.frame(b"\x99" + head + bomb)
                    envelope = stranger.receive(SHORT * SLOWER)
                    self.assertIsNotNone(envelope)
                    self.assertEqual(envelope[1], ERROR, envelope)
                    self.assertIn(envelope[3], ("bad_request", "too_large"))

    def test_batches(self):
        """a client's batch is served, and of a broken one what came before the break"""
        ping = msgpack.packb([1, ASK, 40, "ping", None, None, 1000, None, None])
        pong = msgpack.packb([1, ASK, 41, "ping", "greeter", None, 1000, None, None])
        self.stranger.frame(msgpack.packb(ping) + msgpack.packb(pong))
        self.assertEqual(self.stranger.answer_to(40, SHORT).name, "pong")
        self.assertEqual(self.stranger.answer_to(41, SHORT).name, "pong")
        self.stranger.frame(msgpack.packb(ping) + b"\xc4\xff")
        kinds = {self.stranger.receive(SHORT * SLOWER)[3] for _ in range(2)}
        self.assertEqual(kinds, {"pong", "bad_request"})

    def test_parts(self):
        """a message of several parts is refused and the session goes on"""
        self.stranger.socket.send_multipart([b"one", msgpack.packb(GOOD)])
        envelope = self.stranger.receive(SHORT * SLOWER)
        self.assertIsNotNone(envelope)
        self.assertEqual(self.stranger.ask(None, "ping", timeout=2.0).name, "pong")

    def test_session_is_closed(self):
        """sixteen malformed frames within a minute close that session, a new hello opens one, and others go on"""
        for _ in range(16):
            self.stranger.frame(b"\xc1")
        codes = []
        while (envelope := self.stranger.receive(0.5 * SLOWER)) is not None:
            codes.append(envelope[3])
        self.assertEqual(codes[-1], "denied", codes)
        self.stranger.post(ASK, 5, "ping", None)
        envelope = self.stranger.receive(0.5)
        self.assertTrue(envelope is None or envelope[3] == "no_session", envelope)
        self.stranger.hello()
        self.assertEqual(self.stranger.ask(None, "ping").name, "pong")

    def test_before_hello(self):
        """before hello nothing is served: no_session"""
        with Bus(self.king.endpoint, hello=False) as fresh:
            for recipient in (None, MAIN, "greeter"):
                with self.assertRaises(Fault) as caught:
                    fresh.ask(recipient, "ping", timeout=SHORT)
                self.assertEqual(caught.exception.code, "no_session")

    def test_not_zeromq(self):
        """a plain TCP connection that talks rubbish disturbs nobody"""
        port = int(self.king.endpoint.rsplit(":", 1)[1])
        for noise in (b"GET / HTTP/1.1\r\n\r\n", os.urandom(5000), b"\xff" + b"\0" * 8 + b"\x7f"):
            with socket.create_connection(("127.0.0.1", port), timeout=2.0) as wire:
                wire.sendall(noise)

    def test_random_storm(self):
        """two thousand mutated frames from changing clients leave broker and workers standing and no bigger"""
        rng = random.Random(7)
        whole = [msgpack.packb([1, ASK, 9, c, r, None, 1000, {"k": 1}, b]) for c, r, b in (
            ("create_actor", MAIN, {"class_desc": EXAMPLE, "name": "x"}), ("tick", "greeter", None),
            ("get_members", None, {"page_size": 5}), ("hello", None, {"role": "client", "protocol": [1, 1]}))]
        before = self.king.ask(MAIN, "stats").body["rss_bytes"]
        for _ in range(200):
            with Bus(self.king.endpoint, "storm") as stranger:
                for _ in range(10):
                    frame = bytearray(rng.choice(whole))
                    for _ in range(rng.randint(1, 4)):
                        frame[rng.randrange(len(frame))] = rng.randrange(256)
                    stranger.frame(bytes(frame))
                stranger.socket.poll(20, zmq.POLLIN)
        after = self.king.ask(MAIN, "stats").body["rss_bytes"]
        self.assertLess(after - before, (32 << 20) * SLOWER)


class Requests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.king = System()
        cls.king.create("greeter", "IteratingHelloWorld")

    @classmethod
    def tearDownClass(cls):
        cls.king.end()

    def refused(self, recipient, command, body=None):
        """The code or the reason of a refusal, which must come within a second and carry a text."""
        begun = time.monotonic()
        try:
            name, answer = self.king.ask(recipient, command, body, timeout=5.0)
        except Fault as fault:
            name, answer = fault.code, fault.body
        self.assertLess(time.monotonic() - begun, SHORT * SLOWER)
        self.assertTrue(answer and answer.get("text"), f"{name} {answer}")
        return answer.get("reason", name)

    def test_unknown_recipient(self):
        """an unknown recipient is answered at once, with close names"""
        self.assertEqual(self.refused("greter", "ping"), "no_such_actor")
        self.assertEqual(self.refused("first.nowhere.admin", "ping"), "no_such_node")
        self.assertEqual(self.refused("second.main", "ping"), "no_such_node")
        with self.assertRaises(Fault) as caught:
            self.king.ask("greter", "ping")
        self.assertIn("greeter", caught.exception.body["close"])

    def test_unknown_command(self):
        """an unknown command is is_not_handled, by actor, admin and head"""
        for recipient in ("greeter", MAIN, None):
            self.assertEqual(self.refused(recipient, "no_such_command"), "is_not_handled")

    def test_names(self):
        """names that break the grammar are refused"""
        for name in ("", "a b", "a.b", "a/b", "-a", "@me", "<b>x</b>", "x\ny", "имя", "x" * 129, None, 5, [], {}):
            with self.subTest(name=name):
                reason = self.refused(MAIN, "create_actor", {"class_desc": EXAMPLE, "name": name})
                self.assertIn(reason, ("bad_argument", "bad_request"))
        self.assertIn(self.refused(MAIN, "create_actor", {"class_desc": EXAMPLE}), ("bad_argument", "bad_request"))

    def test_duplicate(self):
        """a name that is taken is a conflict, in whichever process one asks"""
        node = self.king.create_process()
        for where in (MAIN, node):
            self.assertEqual(self.refused(where, "create_actor", {"class_desc": EXAMPLE, "name": "greeter"}), "conflict")

    def test_packages(self):
        """an unknown package, class or requirement is refused and says which"""
        for description in ({"requires_dist": "nothing", "class": "X"}, {"requires_dist": "peacepie_example", "class": "X"},
                            {"requires_dist": "peacepie_example>=99", "class": "HelloWorld"}, {"class": "HelloWorld"},
                            {"requires_dist": "../../etc/passwd", "class": "X"}, {"requires_dist": 5, "class": "X"},
                            {"requires_dist": "peacepie_example", "class": 5}, 5, None, [], "peacepie_example"):
            with self.subTest(class_desc=description):
                self.refused(MAIN, "create_actor", {"class_desc": description, "name": "x"})

    def test_bodies(self):
        """a body of the wrong type is refused by every command that takes one"""
        for recipient, command in ((MAIN, "create_actor"), (MAIN, "create_actors"), (MAIN, "remove_actor"),
                                   (None, "recreate_actor"), (MAIN, "remove_process"), (None, "seek_actor"),
                                   (MAIN, "get_members"), (MAIN, "load_package"), ("greeter", "set_params"),
                                   ("greeter", "subscribe"), ("greeter", "not_log_commands_set")):
            for body in (5, "text", [1], {"unknown": 1}, b"bytes", True):
                with self.subTest(command=command, body=body):
                    self.refused(recipient, command, body)

    def test_expired(self):
        """an ask that nobody answers in time ends as expired within its timeout plus a second"""
        self.king.create("sleeper", "Trouble", package="system_fixture")
        begun = time.monotonic()
        with self.assertRaises(Fault) as caught:
            self.king.ask("sleeper", "nap", {"seconds": 3}, timeout=0.3)
        self.assertEqual(caught.exception.code, "expired")
        self.assertLess(time.monotonic() - begun, 1.3 * SLOWER)


class Programs(unittest.TestCase):
    def test_missing_broker(self):
        """the command line without a broker ends with status 6 and says what to start"""
        status, out, err = run(PROGRAMS / "peacepie", "ask", MAIN, "ping", "--timeout", "1", "--broker", free_endpoint())
        self.assertEqual(status, 6, err)
        self.assertEqual(out, "")
        self.assertIn("peacepie up", err)

    def test_port_taken(self):
        """a port that is taken ends the broker and the whole system within seconds and names the port"""
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            for command in (["peacepie-broker"], ["peacepie", "up", "--no-console", "--state-dir", f"/tmp/peacepie-taken-{port}"]):
                with self.subTest(command=command[0]):
                    begun = time.monotonic()
                    status, _, err = run(PROGRAMS / command[0], *command[1:], "--bind", f"tcp://127.0.0.1:{port}")
                    self.assertNotEqual(status, 0)
                    self.assertLess(time.monotonic() - begun, 4.0 * SLOWER)
                    self.assertIn(str(port), err)

    def test_worker_without_broker(self):
        """a worker whose broker is not there says so, and stops when it is told to"""
        with Program(PROGRAMS / "peacepie-worker", "--broker", free_endpoint(), "--host", "second") as worker:
            self.assertIsNone(worker.wait(0.5))
            worker.signal(15)
            self.assertIsNotNone(worker.wait(5.0), worker.said())

    def test_usage(self):
        """a wrong option ends with status 2"""
        for program in ("peacepie", "peacepie-broker", "peacepie-worker"):
            self.assertEqual(run(PROGRAMS / program, "--no-such-option")[0], 2, program)

    def test_unreadable_plug_ins(self):
        """a text, a truncated library and a foreign library among the packages are refused with a reason"""
        with System() as king:
            folder = king.folder.name + "/packages/"
            example = next(name for name in os.listdir(folder) if "example" in name)
            with open(folder + example, "rb") as whole:
                head = whole.read(3000)
            for name, content in (("text", b"this is no library\n"), ("cut", head), ("empty", b"")):
                with open(folder + example.replace("peacepie_example", name), "wb") as out:
                    out.write(content)
            for name in ("text", "cut", "empty"):
                with self.subTest(package=name):
                    got, body = king.ask(MAIN, "load_package", {"requires_dist": name}, timeout=5.0)
                    self.assertEqual(got, "package_is_not_loaded", body)
                    self.assertTrue(body["text"])
            self.assertEqual(king.ask(MAIN, "ping").name, "pong")

    def test_insecure_bind(self):
        """a bind address that is not loopback is refused without --insecure-bind, and warned of with it"""
        port = free_endpoint().rsplit(":", 1)[1]
        status, _, err = run(PROGRAMS / "peacepie-broker", "--bind", f"tcp://0.0.0.0:{port}")
        self.assertNotEqual(status, 0)
        self.assertIn("--insecure-bind", err)
        with Program(PROGRAMS / "peacepie-broker", "--bind", f"tcp://0.0.0.0:{port}", "--insecure-bind") as broker:
            with Bus(f"tcp://127.0.0.1:{port}") as bus:
                self.assertEqual(bus.ask(None, "ping").name, "pong")
            self.assertIn("without encryption", broker.said().lower())


if __name__ == "__main__":
    unittest.main()
