"""A client of a peacepie system, in one file: pyzmq and msgpack, nothing else (Debian: python3-zmq python3-msgpack).

    from peacepie import Client

    with Client("tcp://127.0.0.1:5998") as client:
        answer = client.ask("hello_world", "tick")
        print(answer.command, answer.body)                  # hello_world None

    client.send("dancer_00", "tick")                        # nobody answers
    client.ask("dancer_00", "subscribe", {"command": "tick"})
    for note in client.notifications(timeout=5):            # ends after five seconds of silence
        print(note.body["command"], note.body["sender"])

An error of the system is raised as `Fault` with `code` (the closed list of fault.hpp), `text` and the whole `body`;
no broker as `Unreachable`.  A client belongs to one thread.  The wire is described in sdk/wire/PROTOCOL.md.
"""

import collections
import itertools
import time
import uuid

import msgpack
import zmq

__all__ = ["Answer", "Client", "Fault", "Unreachable"]

VERSION = 1
SEND, ASK, REPLY, ERROR = range(4)
BODY_MAX = 16 << 20
INBOX_MAX = 10_000
LOSSES = {"worker_lost", "unavailable", "mailbox_full", "expired", "stopping", "fenced", "no_session"}
RETRY_DELAY = 0.1

#: What arrives: `command`, `body`, `sender`, and the `mid` it answers.
Answer = collections.namedtuple("Answer", "command body sender mid")


class Fault(Exception):
    """An error envelope: `code` is for programs, `text` for people, `origin` says who said it."""

    def __init__(self, code, body=None):
        self.code = code
        self.body = body if isinstance(body, dict) else {}
        self.text = self.body.get("text") or "no reason was given"
        self.origin = self.body.get("from")
        self.close = self.body.get("close") or []  # names that are like the one nobody has
        super().__init__(f"{code}: {self.text}" + (f" (did you mean {', '.join(self.close)}?)" if self.close else ""))


class Unreachable(Fault):
    """No broker answers, or it went away in the middle."""

    def __init__(self, text):
        super().__init__("unavailable", {"text": text})


class Client:
    def __init__(self, endpoint="tcp://127.0.0.1:5998", name="python", connect_timeout=2.0):
        self.endpoint = endpoint
        self.name = name
        self.connect_timeout = connect_timeout
        self.welcome = None  # what the broker said to our hello
        self.missed = 0      # notifications beyond INBOX_MAX
        self._mids = itertools.count(1)
        self._numbers = itertools.count(1)        # of what is asked reliably
        self._origin = f"{name}.{uuid.uuid4().hex}"
        self._inbox = collections.deque()
        self._context = zmq.Context()
        self._socket = self._context.socket(zmq.DEALER)
        for option, value in ((zmq.LINGER, 1000), (zmq.IMMEDIATE, 1), (zmq.HEARTBEAT_IVL, 1000),
                              (zmq.HEARTBEAT_TIMEOUT, 3000), (zmq.CONNECT_TIMEOUT, 3000), (zmq.RECONNECT_IVL, 50), (zmq.RECONNECT_IVL_MAX, 1000)):
            self._socket.setsockopt(option, value)
        try:
            self._connect()
            self._hello()
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._socket.close()
        self._context.term()

    def ask(self, recipient, command, body=None, timeout=10.0, meta=None):
        """The answer; raises Fault.  A recipient of None is the head of the system."""
        until = time.monotonic() + timeout
        for is_last in (False, True):
            mid = next(self._mids)
            left = max(1, int((until - time.monotonic()) * 1000))
            self._put([VERSION, ASK, mid, command, recipient, None, left, meta, body], until)
            try:
                # The hop that gives up says `expired`; a second more leaves it time to arrive.
                return self._await(mid, until + 1.0)
            except Fault as fault:
                # Before a hello nothing is served, so nothing is done twice.
                if fault.code != "no_session" or is_last:
                    raise
                self._hello(until)

    def ask_reliably(self, recipient, command, body=None, timeout=60.0):
        """Asks the same again until it is answered, across deaths of the recipient and of the broker; it is handled once.

        Raises what the last try did, when the time is up.
        """
        until = time.monotonic() + timeout
        meta = {"delivery": "reliable", "origin": self._origin, "number": next(self._numbers)}
        while True:
            left = until - time.monotonic()
            try:
                return self.ask(recipient, command, body, timeout=max(0.001, min(left, 5.0)), meta=meta)
            except Fault as fault:
                if fault.code not in LOSSES or until - time.monotonic() < RETRY_DELAY:
                    raise
            time.sleep(RETRY_DELAY)

    def send(self, recipient, command, body=None):
        """Nobody answers: what finds no recipient is a dead letter (get_dead_letters).

        Returns the mid that an error in the inbox would carry when the broker does not take it at all (`no_session`).
        """
        mid = next(self._mids)
        self._put([VERSION, SEND, mid, command, recipient, None, None, None, body], time.monotonic() + self.connect_timeout)
        return mid

    def notifications(self, timeout=None):
        """Yields what arrives unasked, until nothing came for `timeout` seconds (None: for ever)."""
        while True:
            if not self._inbox:
                frame = self._receive(None if timeout is None else time.monotonic() + timeout)
                if frame is None:
                    return
                self._sort_in(frame, None)
                continue
            yield self._inbox.popleft()

    def _connect(self):
        host, _, port = self.endpoint.rpartition(":")
        # ZeroMQ would take any number and cut off what is too much.
        if host.startswith("tcp://") and not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
            raise Fault("bad_argument", {"text": f"{self.endpoint!r} has no port from 1 to 65535; write tcp://HOST:PORT"})
        try:
            self._socket.connect(self.endpoint)
        except zmq.ZMQError as error:
            raise Fault("bad_argument", {"text": f"{self.endpoint!r} is no endpoint ({error}); write tcp://HOST:PORT"}) from None

    def _hello(self, at_the_latest=None):
        mid = next(self._mids)
        until = time.monotonic() + self.connect_timeout
        if at_the_latest is not None:
            until = min(until, at_the_latest + 1.0)
        self._put([VERSION, ASK, mid, "hello", None, None, None, None,
                   {"role": "client", "name": self.name, "protocol": [VERSION, VERSION]}], until)
        try:
            self.welcome = self._await(mid, until).body
        except Fault as fault:
            if fault.code == "expired":
                raise Unreachable(f"what listens at {self.endpoint} does not answer as a peacepie broker") from None
            raise

    def _put(self, envelope, until):
        frame = msgpack.packb(envelope, use_bin_type=True)
        if len(frame) > BODY_MAX:
            raise Fault("too_large", {"text": f"the message has {len(frame)} bytes, the limit is {BODY_MAX}"})
        while True:
            try:
                return self._socket.send(frame, zmq.DONTWAIT)
            except zmq.Again:
                if time.monotonic() >= until:
                    raise Unreachable(f"no broker answers at {self.endpoint}; start one with `peacepie up`") from None
                self._socket.poll(10, zmq.POLLOUT)

    def _await(self, mid, until):
        while True:
            frame = self._receive(until)
            if frame is None:
                raise Fault("expired", {"text": "no answer within the time"})
            kind, answer = self._sort_in(frame, mid)
            if kind == ERROR:
                raise Fault(answer.command, answer.body)
            if kind == REPLY:
                return answer

    def _receive(self, until):
        patience = None if until is None else max(0, int((until - time.monotonic()) * 1000))
        return self._socket.recv() if self._socket.poll(patience, zmq.POLLIN) else None

    def _sort_in(self, frame, mid):
        """(kind, answer) when it answers `mid`; everything else that is not late goes into the inbox."""
        envelope = msgpack.unpackb(frame, raw=False)
        if not isinstance(envelope, list) or len(envelope) != 9:
            raise Unreachable(f"what listens at {self.endpoint} does not speak peacepie")
        _, kind, its_mid, command, _, sender, _, _, body = envelope
        answer = Answer(command, body, sender, its_mid)
        if kind in (REPLY, ERROR) and mid is not None and its_mid == mid:
            return kind, answer
        if kind != REPLY:  # a reply that nobody waits for is late
            if len(self._inbox) < INBOX_MAX:
                self._inbox.append(answer)
            else:
                self.missed += 1
        return None, None
