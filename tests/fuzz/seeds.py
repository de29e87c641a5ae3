#!/usr/bin/env python3
"""Writes the first inputs of the corpus: one of each kind of frame.  Run again only after the wire has changed."""

from pathlib import Path

import msgpack

HERE = Path(__file__).resolve().parent / "corpus"


def envelope(kind, command, recipient=None, body=None, mid=7, meta=None, timeout=1000):
    return msgpack.packb([1, kind, mid, command, recipient, None, timeout, meta, body])


def record(peer, frame, wait=0):
    return bytes([peer | wait << 2]) + len(frame).to_bytes(2, "little") + frame


hello = envelope(1, "hello", body={"role": "client", "name": "me", "protocol": [1, 1]})
worker = envelope(1, "hello", body={"role": "worker", "host": "first", "process": "main", "pid": 5, "protocol": [1, 1],
                                    "actors": []})
launcher = envelope(1, "hello", body={"role": "launcher", "host": "first", "pid": 4, "protocol": [1, 1]})
register = envelope(1, "register_actors", body={"names": ["greeter"], "class_desc": {"requires_dist": "p", "class": "C"}})
frames = {
    "ping": envelope(1, "ping"), "hello": hello, "to_actor": envelope(1, "tick", "greeter", {"a": [1, 2.5, None, True]}),
    "handle": envelope(0, "tick", 5), "error": envelope(3, "no_such_actor", "@me.1", {"text": "no", "close": ["x"]}),
    "meta": envelope(1, "tick", "first.main.admin", None, meta={"trace": "x"}),
    "batch": msgpack.packb(hello) + msgpack.packb(envelope(0, "tick", "greeter")),
    "nested": envelope(1, "x", "y", [[[{"a": b"bytes"}]]])}
for name, frame in frames.items():
    (HERE / "codec" / name).write_bytes(frame)

commands = [envelope(1, command, None, body, mid) for mid, (command, body) in enumerate([
    ("get_members", {"page_size": 5}), ("get_all_nodes", None), ("seek_actor", {"entity": "greeter"}), ("stats", None),
    ("describe", None), ("recreate_actor", {"entity": "greeter", "node": "first.main"}), ("subscribe", {"command": "quit"}),
    ("claim_process", None), ("await_node", {"node": "first.process_0.admin"}), ("quit", None)], 20)]
sequences = {
    "client": record(0, hello) + b"".join(record(0, frame) for frame in commands),
    "worker": record(0, worker) + record(0, register) + record(1, hello) + record(1, envelope(1, "tick", "greeter")),
    "launcher": record(2, launcher) + record(0, worker) + record(0, commands[7]) + record(0, commands[8], 60),
    "garbage": record(0, b"\xc1") * 20, "early": record(0, envelope(1, "ping")),
    "move": record(0, worker) + record(0, register) + record(1, hello) + record(1, commands[5]) + record(0, b"", 63)}
for name, sequence in sequences.items():
    (HERE / "hello" / name).write_bytes(sequence)
