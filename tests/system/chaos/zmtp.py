#!/usr/bin/env python3
"""Many clients in one process: ZMTP 3.1 with the mechanism NULL by hand (rfc.zeromq.org/spec/37), one socket and no thread each.

    zmtp.py ENDPOINT COUNT      prints how many were welcomed, then the seconds that took; ends with its standard input
"""

import selectors
import socket
import sys
import time

import msgpack

GREETING = b"\xff" + bytes(8) + b"\x7f" + b"\x03\x01" + b"NULL".ljust(20, b"\0") + b"\0" + bytes(31)
READY = b"\x05READY" + b"\x0bSocket-Type" + (6).to_bytes(4, "big") + b"DEALER" + b"\x08Identity" + (0).to_bytes(4, "big")
HELLO = msgpack.packb([1, 1, 1, "hello", None, None, 10_000, None, {"role": "client", "name": "herd", "protocol": [1, 1]}])
AT_ONCE = 200  # connections on their way, so that the listener's backlog is not what is measured


def main():
    host, port = sys.argv[1].removeprefix("tcp://").rsplit(":", 1)
    count, selector, begun = int(sys.argv[2]), selectors.DefaultSelector(), time.monotonic()
    came, ends, last = {}, [], begun
    welcomed = opened = 0
    while welcomed < count and time.monotonic() - last < 3.0:
        while opened < count and opened - welcomed < AT_ONCE:
            end = socket.socket()
            end.setblocking(False)
            end.connect_ex((host, int(port)))
            ends.append(end)
            came[end] = b""
            selector.register(end, selectors.EVENT_WRITE)
            opened += 1
        for key, _ in selector.select(0.1):
            end = key.fileobj
            try:
                if key.events == selectors.EVENT_WRITE:
                    end.send(GREETING + b"\x04" + bytes([len(READY)]) + READY)
                    selector.modify(end, selectors.EVENT_READ)
                    continue
                data = end.recv(4096)
            except OSError:
                data = b""
            if not data:
                selector.unregister(end)
                continue
            if b"READY" in came[end] + data and b"READY" not in came[end]:
                end.send(b"\x00" + bytes([len(HELLO)]) + HELLO)
            came[end] += data
            if b"welcome" in came[end]:
                selector.unregister(end)
                welcomed, last = welcomed + 1, time.monotonic()
    print(welcomed, flush=True)
    print(last - begun, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
