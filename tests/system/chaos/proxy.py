"""Bytes between a worker and its broker, and what can happen to them: held back one way or both, cut, broken off in the middle."""

import selectors
import socket
import threading


class Proxy:
    """Listens on a port of its own and passes on to the broker.  One thread; end it with close()."""

    def __init__(self, endpoint):
        host, port = endpoint.removeprefix("tcp://").rsplit(":", 1)
        self.target = (host, int(port))
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.endpoint = f"tcp://127.0.0.1:{self.listener.getsockname()[1]}"
        self.held = set()      # of "to_broker", "to_worker": bytes of that way stay in the kernel
        self.pairs = {}        # socket: (its other end, way)
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.listener, selectors.EVENT_READ)
        self.ending = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def cut(self, way):
        self.held = {"to_broker", "to_worker"} if way == "both" else {way}

    def heal(self):
        self.held = set()

    def close(self):
        self.ending.set()
        self.thread.join()
        for end in [*self.pairs, self.listener]:
            end.close()

    def _run(self):
        while not self.ending.is_set():
            passed = False
            for key, _ in self.selector.select(0.02):
                if key.fileobj is self.listener:
                    self._accept()
                elif key.fileobj not in self.pairs:  # closed in this round, with its other end
                    continue
                elif self.pairs[key.fileobj][1] not in self.held:
                    passed = self._pass(key.fileobj) or passed
            if not passed:
                self.ending.wait(0.002 if self.held else 0)

    def _accept(self):
        near, _ = self.listener.accept()
        try:
            far = socket.create_connection(self.target, 1.0)
        except OSError:
            near.close()
            return
        for end, other, way in ((near, far, "to_broker"), (far, near, "to_worker")):
            self.pairs[end] = (other, way)
            self.selector.register(end, selectors.EVENT_READ)

    def _pass(self, end):
        other, _ = self.pairs[end]
        try:
            data = end.recv(1 << 16)
            if data:
                other.sendall(data)
                return True
        except OSError:
            pass
        for one in (end, other):
            self.selector.unregister(one)
            del self.pairs[one]
            one.close()
        return False
