"""A client of the bus with nothing but ZeroMQ and MessagePack, written from PROTOCOL.md.

The system tests speak through it, so that the shipped clients are tested by something that is not made of them.
"""

import itertools
import os
import time

import msgpack
import zmq

SEND, ASK, REPLY, ERROR = range(4)
SLOWER = float(os.environ.get("PEACEPIE_SLOWER", "1"))  # sanitized programs take their time
SHORT = 1.0  # seconds within which everything wrong has to be answered

MAIN = "first.main.admin"  # the first worker of a system
FIXTURE = "system_fixture"  # the package in system/plugins


def class_desc(class_name, package="peacepie_example"):
    """What create_actor wants to know about a class."""
    return {"requires_dist": package, "class": class_name}


EXAMPLE = class_desc("HelloWorld")


class Fault(Exception):
    """An error envelope."""

    def __init__(self, code, body):
        super().__init__(f"{code}: {body}")
        self.code, self.body = code, body


class Silence(AssertionError):
    """Nothing came although something had to."""


class Answer(tuple):
    """(name, body), and the whole envelope beside it."""

    def __new__(cls, envelope):
        answer = super().__new__(cls, (envelope[3], envelope[8]))
        answer.envelope = envelope
        return answer

    @property
    def name(self):
        return self[0]

    @property
    def body(self):
        return self[1]

    def must_be(self, name):
        """Its body, when it has that name."""
        assert self.name == name, f"{self.name} instead of {name}: {self.body}"
        return self.body


class Bus:
    """One DEALER socket and its session."""

    context = zmq.Context.instance()

    def __init__(self, endpoint, label="test", hello=True, timeout=5.0):
        self.endpoint = endpoint
        self.mids = itertools.count(1)
        self.strays = []  # what came and was not what somebody waited for
        self.socket = self.context.socket(zmq.DEALER)
        self.socket.setsockopt(zmq.LINGER, 0)
        self.socket.setsockopt(zmq.RCVHWM, 0)
        self.socket.setsockopt(zmq.SNDHWM, 0)
        self.socket.connect(endpoint)
        self.welcome = self.hello(label, timeout) if hello else None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close(0)

    @staticmethod
    def introduction(label):
        return {"role": "client", "name": label, "protocol": [1, 1]}

    def hello(self, label="test", timeout=5.0):
        return self.ask(None, "hello", self.introduction(label), timeout=timeout).body

    def hello_again(self, within=1.0):
        """A session with whatever broker is there by now.  What is said while the one before dies is lost with it, so it is said often."""
        end = time.monotonic() + within * SLOWER
        mids = set()
        while time.monotonic() < end:
            mids.add(self.start_ask(None, "hello", self.introduction("test"), within))
            envelope = self.wait_for(lambda e: e[2] in mids and e[1] == REPLY, 0.1)
            if envelope is not None:
                return envelope[8]
        raise Silence(f"no broker within {within} s")

    # Out.

    def frame(self, data):
        """Any bytes at all."""
        self.socket.send(data)

    def post(self, kind, mid, command, recipient, body=None, timeout_ms=None, meta=None, sender=None):
        self.frame(msgpack.packb([1, kind, mid, command, recipient, sender, timeout_ms, meta, body]))

    def send(self, recipient, command, body=None):
        mid = next(self.mids)
        self.post(SEND, mid, command, recipient, body)
        return mid

    def start_ask(self, recipient, command, body=None, timeout=10.0, sender=None):
        mid = next(self.mids)
        self.post(ASK, mid, command, recipient, body, int(timeout * 1000), sender=sender)
        return mid

    # In.

    def receive(self, within=SHORT):
        """The next envelope; None when nothing comes in time."""
        return self._receive_until(time.monotonic() + within * SLOWER)

    def _receive_until(self, end):
        if not self.socket.poll(max(0, int((end - time.monotonic()) * 1000)), zmq.POLLIN):
            return None
        parts = self.socket.recv_multipart()
        assert len(parts) == 1, f"one message is one frame, this one has {len(parts)} parts"
        return msgpack.unpackb(parts[0], strict_map_key=True)

    def wait_for(self, fits, within):
        """The first envelope that fits; the others are kept in `strays`."""
        for index, envelope in enumerate(self.strays):
            if fits(envelope):
                return self.strays.pop(index)
        end = time.monotonic() + within * SLOWER
        while True:
            envelope = self._receive_until(end)
            if envelope is None:
                return None
            if fits(envelope):
                return envelope
            self.strays.append(envelope)

    def answer_to(self, mid, within=11.0):
        envelope = self.wait_for(lambda e: e[2] == mid and e[1] in (REPLY, ERROR), within)
        if envelope is None:
            raise Silence(f"no answer within {within} s")
        if envelope[1] == ERROR:
            assert envelope[8]["text"], f"an error has a text: {envelope}"
            raise Fault(envelope[3], envelope[8])
        return Answer(envelope)

    def ask(self, recipient, command, body=None, timeout=10.0, sender=None):
        """The reply as (name, body).  Raises Fault for an error, Silence when neither comes within the timeout + 1 s."""
        mid = self.start_ask(recipient, command, body, timeout, sender)
        return self.answer_to(mid, timeout + 1.0)

    def outcome(self, recipient, command, body=None, timeout=5.0):
        """(name, body) of the reply, or (code, body) of the error."""
        try:
            return self.ask(recipient, command, body, timeout)
        except Fault as fault:
            return fault.code, fault.body

    def notification(self, within=SHORT):
        envelope = self.wait_for(lambda e: e[1] == SEND and e[3] == "notification", within)
        return envelope and envelope[8]

    # Shorter words for what every test does.

    def create(self, name, class_name, node=MAIN, package="peacepie_example", params=None):
        body = {"class_desc": class_desc(class_name, package), "name": name}
        if params is not None:
            body["params"] = params
        return self.ask(node, "create_actor", body)

    def set_params(self, name, **params):
        body = {"params": [{"name": key, "value": value} for key, value in params.items()]}
        return self.ask(name, "set_params", body)

    def create_process(self, node=MAIN):
        """The node of the new process."""
        return self.ask(node, "create_process", timeout=20.0).must_be("actor_is_created")["node"]

    def nodes(self, timeout=10.0):
        return self.ask(None, "get_all_nodes", timeout=timeout).must_be("all_nodes")

    def node_of(self, name):
        return self.ask(None, "seek_actor", {"entity": name}).body.get("node")

    def move(self, name, node, timeout=15.0):
        return self.ask(MAIN, "recreate_actor", {"entity": name, "node": node}, timeout=timeout)

    def pid_of(self, node):
        """Of a worker, or of the broker for None."""
        return self.ask(node, "stats").body["pid"]
