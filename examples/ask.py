#!/usr/bin/env python3
"""The hello-world from Python: examples/ask.py [ENDPOINT] while `peacepie up` runs."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "sdk" / "python"))
from peacepie import Client

HELLO_WORLD = {"requires_dist": "peacepie_example", "class": "HelloWorld"}
with Client(*sys.argv[1:2]) as client:
    client.ask("first.main.admin", "create_actor", {"class_desc": HELLO_WORLD, "name": "hello_from_python"})
    print(client.ask("hello_from_python", "tick").command)  # hello_world; the worker prints Hello, World!
    client.ask("first.main.admin", "remove_actor", {"name": "hello_from_python"})
