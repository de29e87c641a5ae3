"""Everything wrong is answered with a typed error or a closed session within a second, and nobody else notices."""

import _ctypes
import os
import random
import shutil
import signal
import socket
import unittest
from pathlib import Path

import msgpack
import zmq

from bus import ASK, ERROR, EXAMPLE, MAIN, SHORT, SLOWER, Bus, class_desc
from processes import BUILD, Program, System, eventually, free_endpoint, new_folder, run
from system_case import OwnSystem, SharedSystem, SystemCase


def ping(recipient=None, mid=7, **changed):
    """The bytes of a good ping but for the fields that are changed, by number: `ping(_3="c")`."""
    fields = [1, ASK, mid, "ping", recipient, None, 1000, None, None]
    for field, value in changed.items():
        fields[int(field[1:])] = value
    return msgpack.packb(fields)


class Frames(SharedSystem):
    actors = {"greeter": "HelloWorld"}

    def setUp(self):
        self.stranger = self.king.another("stranger")
        self.addCleanup(self.stranger.close)
        self.addCleanup(self.nobody_else_noticed)

    def nobody_else_noticed(self):
        with self.within(SHORT):
            self.king.ask("greeter", "ping", timeout=2.0).must_be("pong")
        self.assertTrue(self.king.is_running())

    def refused(self, frame, *codes, mid=None):
        """These bytes from a new client are answered at once with an error of one of these codes, which has a text."""
        with self.king.another("stranger") as stranger:
            stranger.frame(frame)
            envelope = stranger.receive()
        self.assertIsNotNone(envelope, f"no answer to {frame[:40]!r}")
        self.assertEqual(envelope[1], ERROR, envelope)
        self.assertIn(envelope[3], codes, envelope)
        self.assertTrue(envelope[8]["text"])
        self.assertIn(mid, (None, envelope[2]), envelope)

    def test_garbage(self):
        """garbage, an empty frame and the request of a browser are answered by an error with mid 0"""
        for frame in (b"", b"\xc1", b"garbage", b"GET / HTTP/1.1\r\n\r\n", os.urandom(300), b"\x00" * 1000):
            with self.subTest(frame=frame[:12]):
                self.refused(frame, "bad_request", "too_large", mid=0)

    def test_truncated(self):
        """an envelope cut at any byte of its header is answered by an error with mid 0"""
        whole = ping("greeter", mid=300, _7={"k": "v"})
        for size in range(1, len(whole) - 1):
            with self.subTest(size=size):
                self.refused(whole[:size], "bad_request", mid=0)

    def test_trailing(self):
        """bytes after the body are refused wherever the body goes"""
        for recipient in (None, MAIN, "greeter"):
            with self.subTest(recipient=recipient):
                whole = ping(recipient, _3="set_params", _8={"params": []})
                self.refused(whole + b"\x01\x02", "bad_request", "bad_argument")

    def test_wrong_types(self):
        """a field of the wrong type is bad_request with mid 0"""
        for field, values in {"_0": [2, "1", None], "_1": [4, -1, "ask", None], "_2": [-1, "7", None, 1.5],
                              "_3": [None, 5, "", []], "_4": [[], {}, 1.5, True, -1], "_5": [5, []],
                              "_6": ["10", -5, []], "_7": [5, "x", []]}.items():
            for value in values:
                with self.subTest(field=field, value=value):
                    self.refused(ping(**{field: value}), "bad_request", mid=0)

    def test_long_fields(self):
        """fields beyond their limits are too_large"""
        for frame in (ping(_3="c" * 129), ping(_4="r" * 600), ping(_5="s" * 600), ping(_7={"k": "m" * 5000})):
            self.refused(frame, "too_large", "bad_request")

    def test_oversize_body(self):
        """a body beyond 16 MiB is too_large or ends the session, and a body of 15 MiB passes"""
        self.king.ask("greeter", "ping", b"x" * (15 << 20)).must_be("pong")
        self.stranger.frame(ping(_8=b"x" * ((16 << 20) + 100)))
        envelope = self.stranger.receive(3.0)
        if envelope is not None:
            self.assertEqual((envelope[1], envelope[3]), (ERROR, "too_large"))

    def test_depth_bombs(self):
        """a body nested a million deep and one that announces two thousand million elements are refused"""
        for recipient in (MAIN, "greeter", None):
            head = ping(recipient, _3="set_params")[:-1]
            for bomb in (b"\x91" * 1_000_000 + b"\xc0", b"\xdd\x7f\xff\xff\xff", b"\xdf\x7f\xff\xff\xff",
                         b"\x81\xa6params" * 100_000 + b"\xc0", b"\x81\xa6params" + b"\x91" * 100 + b"\xc0"):
                with self.subTest(recipient=recipient, bomb=bomb[:6]):
                    self.refused(head + bomb, "bad_request", "too_large")

    def test_batches(self):
        """a client's batch is served, and of a broken one what came before the break"""
        self.stranger.frame(msgpack.packb(ping(mid=40)) + msgpack.packb(ping("greeter", mid=41)))
        for mid in (40, 41):
            self.stranger.answer_to(mid, SHORT).must_be("pong")
        self.stranger.frame(msgpack.packb(ping()) + b"\xc4\xff")
        kinds = {self.stranger.receive()[3] for _ in range(2)}
        self.assertEqual(kinds, {"pong", "bad_request"})

    def test_parts(self):
        """a message of several parts is refused and the session goes on"""
        self.stranger.socket.send_multipart([b"one", ping()])
        self.assertIsNotNone(self.stranger.receive())
        self.stranger.ask(None, "ping", timeout=2.0).must_be("pong")

    def test_session_is_closed(self):
        """sixteen malformed frames within a minute close that session, a new hello opens one, and others go on"""
        for _ in range(16):
            self.stranger.frame(b"\xc1")
        codes = []
        while (envelope := self.stranger.receive(0.5)) is not None:
            codes.append(envelope[3])
        self.assertEqual(codes[-1], "denied", codes)
        self.stranger.post(ASK, 5, "ping", None)
        envelope = self.stranger.receive(0.5)
        self.assertTrue(envelope is None or envelope[3] == "no_session", envelope)
        self.stranger.hello()
        self.stranger.ask(None, "ping").must_be("pong")

    def test_before_hello(self):
        """before hello nothing is served: no_session"""
        with self.king.another(hello=False) as fresh:
            for recipient in (None, MAIN, "greeter"):
                with self.fails("no_session"):
                    fresh.ask(recipient, "ping", timeout=SHORT)

    def test_not_zeromq(self):
        """a plain TCP connection that talks rubbish disturbs nobody"""
        port = int(self.king.endpoint.rsplit(":", 1)[1])
        for noise in (b"GET / HTTP/1.1\r\n\r\n", os.urandom(5000), b"\xff" + b"\0" * 8 + b"\x7f"):
            with socket.create_connection(("127.0.0.1", port), timeout=2.0) as wire:
                wire.sendall(noise)

    def test_random_storm(self):
        """two thousand mutated frames from changing clients leave broker and workers standing and no bigger"""
        rng = random.Random(7)
        whole = [ping(r, _3=c, _7={"k": 1}, _8=b) for c, r, b in (
            ("create_actor", MAIN, {"class_desc": EXAMPLE, "name": "x"}), ("tick", "greeter", None),
            ("get_members", None, {"page_size": 5}), ("hello", None, {"role": "client", "protocol": [1, 1]}))]
        before = self.king.ask(MAIN, "stats").body["rss_bytes"]
        for _ in range(200):
            with self.king.another("storm") as stranger:
                for _ in range(10):
                    frame = bytearray(rng.choice(whole))
                    for _ in range(rng.randint(1, 4)):
                        frame[rng.randrange(len(frame))] = rng.randrange(256)
                    stranger.frame(bytes(frame))
                stranger.socket.poll(20, zmq.POLLIN)
        after = self.king.ask(MAIN, "stats").body["rss_bytes"]
        self.assertLess(after - before, (32 << 20) * SLOWER)


class Requests(SharedSystem):
    actors = {"greeter": "IteratingHelloWorld"}

    def refused(self, recipient, command, body=None):
        """The code or the reason of a refusal, which must come within a second and carry a text."""
        with self.within(SHORT):
            name, answer = self.king.outcome(recipient, command, body)
        self.assertTrue(answer and answer.get("text"), f"{name} {answer}")
        return answer.get("reason", name)

    def test_unknown_recipient(self):
        """an unknown recipient is answered at once, with close names"""
        self.assertEqual(self.refused("greter", "ping"), "no_such_actor")
        self.assertEqual(self.refused("first.nowhere.admin", "ping"), "no_such_node")
        self.assertEqual(self.refused("second.main", "ping"), "no_such_node")
        with self.fails("no_such_actor") as failure:
            self.king.ask("greter", "ping")
        self.assertIn("greeter", failure.exception.body["close"])

    def test_unknown_command(self):
        """an unknown command is is_not_handled, by actor, admin and head"""
        for recipient in ("greeter", MAIN, None):
            self.assertEqual(self.refused(recipient, "no_such_command"), "is_not_handled")
        for recipient, typo, meant in (("greeter", "tick_stert", "tick_start"), (MAIN, "create_actr", "create_actor"),
                                       (None, "get_all_node", "get_all_nodes")):
            with self.fails("is_not_handled") as failure:
                self.king.ask(recipient, typo)
            self.assertIn(meant, failure.exception.body["close"])

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
            body = {"class_desc": EXAMPLE, "name": "greeter"}
            self.assertEqual(self.refused(where, "create_actor", body), "conflict")

    def test_packages(self):
        """an unknown package, class or requirement is refused and says which"""
        for description in (class_desc("X"), class_desc("X", "nothing"), class_desc("X", "../../etc/passwd"),
                            class_desc("HelloWorld", "peacepie_example>=99"), class_desc("X", 5), class_desc(5),
                            {"class": "HelloWorld"}, 5, None, [], "peacepie_example"):
            with self.subTest(class_desc=description):
                self.refused(MAIN, "create_actor", {"class_desc": description, "name": "x"})
        for description, meant in ((class_desc("HelloWorl"), "HelloWorld"), (class_desc("X", "peacepie_exmple"), "peacepie_example")):
            answer = self.king.ask(MAIN, "create_actor", {"class_desc": description, "name": "x"})
            self.assertIn(f"did you mean `{meant}`", answer.body["text"])

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
        name = self.trouble()
        with self.within(1.3), self.fails("expired"):
            self.king.ask(name, "nap", {"seconds": 3}, timeout=0.3)


class Programs(SystemCase):
    def test_missing_broker(self):
        """the command line without a broker ends with status 6 and says what to start"""
        status, out, err = run("peacepie", "ask", MAIN, "ping", "--timeout", "1", "--broker", free_endpoint())
        self.assertEqual((status, out), (6, ""), err)
        self.assertIn("peacepie up", err)

    def test_port_taken(self):
        """a port that is taken ends the broker and the whole system within seconds and names the port"""
        with socket.socket() as taken, new_folder() as state:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            for command in (["peacepie-broker"], ["peacepie", "up", "--no-console", "--state-dir", state]):
                with self.subTest(command=command[0]):
                    with self.within(4.0):
                        status, _, err = run(*command, "--bind", f"tcp://127.0.0.1:{port}")
                    self.assertNotEqual(status, 0)
                    self.assertIn(str(port), err)

    def test_worker_without_broker(self):
        """a worker whose broker is not there says so, and stops when it is told to"""
        with Program("peacepie-worker", "--broker", free_endpoint(), "--host", "second") as worker:
            self.assertTrue(worker.mentions("no broker answers", 5.0), worker.said())
            self.assertTrue(worker.is_running())
            worker.signal(signal.SIGTERM)
            self.assertIsNotNone(worker.wait(5.0), worker.said())

    def test_usage(self):
        """a wrong option ends with status 2"""
        for program in ("peacepie", "peacepie-broker", "peacepie-worker"):
            self.assertEqual(run(program, "--no-such-option")[0], 2, program)

    def test_insecure_bind(self):
        """a bind address that is not loopback is refused without --insecure-bind, and warned of with it"""
        port = free_endpoint().rsplit(":", 1)[1]
        command = ("peacepie-broker", "--bind", f"tcp://0.0.0.0:{port}")
        status, _, err = run(*command)
        self.assertNotEqual(status, 0)
        self.assertIn("--insecure-bind", err)
        with Program(*command, "--insecure-bind") as broker:
            with Bus(f"tcp://127.0.0.1:{port}") as bus:
                bus.ask(None, "ping").must_be("pong")
            self.assertIn("without encryption", broker.said().lower())


class Sends(OwnSystem):
    def test_unhandled_send(self):
        """a send that its recipient does not handle is counted and logged"""
        before = self.king.ask(MAIN, "stats").body["refused"]
        self.king.create("greeter", "IteratingHelloWorld")
        self.king.send("greeter", "tick_stert")
        self.king.send(MAIN, "create_replica")
        self.king.send(MAIN, "create_actor", {"name": 5})
        self.assertTrue(eventually(lambda: self.king.ask(MAIN, "stats").body["refused"] >= before + 3))
        self.assertTrue(self.king.mentions("does not handle"))  # one line for a flood of them


class PlugIns(OwnSystem):
    def test_unreadable(self):
        """a text, a truncated library and a foreign library among the packages are refused with a reason"""
        example = next(self.king.path("packages").glob("peacepie_example-*"))
        bad = {"text": b"this is no library\n", "cut": example.read_bytes()[:3000], "empty": b"",
               "foreign": Path(_ctypes.__file__).read_bytes()}
        for package, content in bad.items():
            example.with_name(example.name.replace("peacepie_example", package)).write_bytes(content)
        for package in bad:
            with self.subTest(package=package):
                answer = self.king.ask(MAIN, "load_package", {"requires_dist": package}, timeout=5.0)
                self.assertTrue(answer.must_be("package_is_not_loaded")["text"])
        self.king.ask(MAIN, "ping").must_be("pong")

    def test_no_plug_in(self):
        """of a library that is no plug-in nothing runs, not even a constructor"""
        library = BUILD / "tests" / "fixtures" / "no_entry-1.0.0.so"
        with System(env={"FIXTURE_MUST_NOT_RUN": "abort"}) as king:
            shutil.copy(library, king.path("packages"))
            answer = king.ask(MAIN, "load_package", {"requires_dist": "no_entry"})
            self.assertIn("does not export", answer.must_be("package_is_not_loaded")["text"])
            king.ask(MAIN, "ping").must_be("pong")


if __name__ == "__main__":
    unittest.main()
