"""PROTOCOL.md begins with a table; every row of it is driven over a bare socket, and its answers are held to its words.

A row without a driver fails, so that the page cannot promise what nobody checked.
"""

import re
import unittest

from bus import SHORT, Bus, Fault
from processes import SOURCE, System, eventually

PAGE = SOURCE / "sdk" / "wire" / "PROTOCOL.md"
MAIN = "first.main.admin"
EXAMPLE = {"requires_dist": "peacepie_example", "class": "HelloWorld"}


def split_fields(text):
    """The top-level names of `a, b: [{c}], …`; what ends with ? may be absent."""
    fields, depth, word = [], 0, ""
    for letter in text + ",":
        depth += letter in "{[" and 1
        depth -= letter in "}]" and 1
        if letter == "," and depth == 0:
            name = word.split(":")[0].strip()
            if re.fullmatch(r"[a-z_]+", name):
                fields.append(name)
            word = ""
        else:
            word += letter
    return fields


class Row:
    def __init__(self, cells):
        self.commands = re.findall(r"`([a-z_]+)`", cells[0])
        self.who = cells[1]
        self.replies = {}
        for code in re.findall(r"`([^`]+)`", cells[3] + " " + cells[4]):
            name, _, rest = code.partition(" ")
            fields = re.fullmatch(r"\{(.*)\}", rest.strip())
            if re.fullmatch(r"[a-z_]+", name):
                self.replies[name] = split_fields(fields.group(1)) if fields else []


def rows_of_page():
    text = PAGE.read_text().split("## 1. Commands")[1].split("\n## ")[0]
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")]
        if line.startswith("| `") and len(cells) >= 4:
            yield Row(cells + [""] * (5 - len(cells)))


class Drive:
    """One row under test: asks and holds the answers to the row's words."""

    def __init__(self, test, row, king):
        self.test, self.row, self.king, self.bus = test, row, king, king.bus

    def good(self, recipient, body=None, reply=None, command=None, timeout=15.0, bus=None):
        """The answer must be the reply of the row, with every field that it lists."""
        name, answer = (bus or self.bus).ask(recipient, command or self.row.commands[0], body, timeout=timeout)
        expected = [reply] if reply else list(self.row.replies)[:1]
        if expected:
            self.test.assertIn(name, expected, answer)
        self.test.assertIn(name, self.row.replies, f"{name} is not in the row")
        for field in self.row.replies[name]:
            self.test.assertIsInstance(answer, dict)
            self.test.assertIn(field, answer, f"{name} lacks {field}")
        return answer

    def bad(self, recipient, body, expected, command=None, reason=None):
        """A failure by the row's words: a fault's code, or a failing reply with a reason and a text."""
        try:
            name, answer = self.bus.ask(recipient, command or self.row.commands[0], body, timeout=5.0)
        except Fault as fault:
            self.test.assertEqual(fault.code, expected, fault.body)
            self.test.assertTrue(fault.body.get("text"), "an error has a text")
            self.test.assertIn(expected, self.row.replies, f"{expected} is not in the row")
            return fault.body
        self.test.assertEqual(name, expected, answer)
        for field in self.row.replies[name]:
            self.test.assertIn(field, answer, f"{name} lacks {field}")
        if reason:
            self.test.assertEqual(answer["reason"], reason, answer)
        return answer


# The drivers, in the order of the table.

def hello(d):
    with Bus(d.king.endpoint, hello=False) as fresh:
        welcome = d.good(None, {"role": "client", "name": "me", "protocol": [1, 1]}, bus=fresh)
        d.test.assertTrue(welcome["address"].startswith("@me"))
    with Bus(d.king.endpoint, hello=False) as fresh:
        for body in (None, 5, {}, {"role": "emperor", "protocol": [1, 1]}, {"role": "client", "protocol": "x"}):
            with d.test.assertRaises(Fault) as caught:
                fresh.ask(None, "hello", body, timeout=2.0)
            d.test.assertEqual(caught.exception.code, "bad_request", body)
    with Bus(d.king.endpoint, hello=False) as fresh:
        with d.test.assertRaises(Fault) as caught:
            fresh.ask(None, "hello", {"role": "client", "protocol": [7, 9]}, timeout=2.0)
        d.test.assertIn(caught.exception.code, d.row.replies)
    with Bus(d.king.endpoint, "twin") as one, Bus(d.king.endpoint, "twin") as two:
        d.test.assertNotEqual(one.welcome["address"], two.welcome["address"])


def ping(d):
    for who in (None, MAIN, "greeter"):
        d.test.assertIsNone(d.good(who))


def describe(d):
    for who in (None, MAIN, "greeter"):
        answer = d.good(who)
        for command in answer["commands"]:
            d.test.assertLessEqual({"name", "arguments"}, set(command))
    for name in ("period", "limit"):
        d.test.assertIn(name, [param["name"] for param in d.good("greeter")["params"]])


def get_params(d):
    for param in d.good("greeter")["params"]:
        d.test.assertLessEqual({"name", "type", "value", "default", "text"}, set(param))
    d.good(MAIN)


def set_params(d):
    d.good("greeter", {"params": [{"name": "period", "value": 0.5}, {"name": "limit", "value": 3}]})
    for params in ([{"name": "period", "value": 9}, {"name": "no_such", "value": 1}],
                   [{"name": "period", "value": 9}, {"name": "limit", "value": "many"}]):
        wrong = d.bad("greeter", {"params": params}, "bad_argument")
        d.test.assertIn(params[1]["name"], wrong["text"], "the text names the field")
    d.bad("greeter", {"params": 5}, "bad_argument")
    values = {p["name"]: p["value"] for p in d.bus.ask("greeter", "get_params").body["params"]}
    d.test.assertEqual((values["period"], values["limit"]), (0.5, 3), "nothing is set when one is wrong")


def stats(d):
    for who in (None, MAIN, "greeter"):
        d.good(who)
    d.test.assertLessEqual({"pid", "rss_bytes", "actors"}, set(d.good(MAIN)))


def subscribe(d):
    d.good("greeter", {"command": "tick_start"})
    d.bus.ask("greeter", "tick_start")
    notice = d.bus.notification()
    d.test.assertIsNotNone(notice, "a notification came")
    d.test.assertLessEqual({"mid", "command", "body", "recipient", "sender"}, set(notice))
    d.test.assertEqual((notice["command"], notice["sender"]), ("tick_start", d.bus.welcome["address"]))
    d.bad("greeter", {}, "bad_argument")
    d.bad("greeter", {"command": 5}, "bad_argument")
    d.bus.ask("greeter", "tick_stop")
    for who in (MAIN, None):
        d.good(who, {"command": "create_actor"})
        d.bus.ask(who, "unsubscribe", {"command": "create_actor"})


def unsubscribe(d):
    d.bus.ask("greeter", "subscribe", {"command": "tick_stop"})
    d.good("greeter", {"command": "tick_stop"})
    d.bad("greeter", {"command": "tick_stop"}, "bad_argument")
    d.bus.ask("greeter", "tick_stop")
    d.test.assertIsNone(d.bus.notification(0.2))


def switches(d):
    for who in ("greeter", MAIN):
        d.good(who, {"commands": ["tick", "ping"]})
    d.bad("greeter", {"commands": None}, "bad_argument")
    d.bad("greeter", {}, "bad_argument")


def switches_back(d):
    for who in ("greeter", MAIN):
        d.bus.ask(who, d.row.commands[0].replace("remove", "set"), {"commands": ["tick"]})
        d.good(who, {"commands": ["tick"]})
    d.bad("greeter", {"commands": 7}, "bad_argument")


def create_actor(d):
    answer = d.good(MAIN, {"class_desc": EXAMPLE, "name": "made"})
    d.test.assertEqual(answer, {"system": "king", "node": MAIN, "entity": "made"})
    no = "actor_is_not_created"
    d.bad(MAIN, {"class_desc": EXAMPLE, "name": "made"}, no, reason="conflict")
    d.bad(MAIN, {"class_desc": {"requires_dist": "no_such_package", "class": "X"}, "name": "x1"}, no)
    d.bad(MAIN, {"class_desc": {"requires_dist": "peacepie_example", "class": "NoSuch"}, "name": "x2"}, no)
    d.bad(MAIN, {"class_desc": EXAMPLE, "name": "a b"}, no)
    iterating = {"requires_dist": "peacepie_example", "class": "IteratingHelloWorld"}
    d.good(MAIN, {"class_desc": iterating, "name": "with_params", "params": {"limit": 2}})
    d.bad(MAIN, {"class_desc": iterating, "name": "x3", "params": {"limit": "x"}}, no)


def create_actors(d):
    answer = d.good(MAIN, {"class_desc": EXAMPLE, "names": ["m_0", "m_1", "m_2"]})
    d.test.assertEqual(answer, {"node": MAIN, "entities": ["m_0", "m_1", "m_2"]})
    no = "actors_are_not_created"
    d.bad(MAIN, {"class_desc": EXAMPLE, "names": ["m_3", "m_0"]}, no, reason="conflict")
    d.test.assertEqual(d.bus.ask(None, "seek_actor", {"entity": "m_3"}).name, "actor_is_not_found", "none is made")
    d.bad(MAIN, {"class_desc": EXAMPLE, "names": ["m_4", "m_4"]}, no)
    d.bad(MAIN, {"class_desc": EXAMPLE, "names": []}, no)


def remove_actor(d):
    d.bus.create("leaving", "HelloWorld")
    d.test.assertEqual(d.good(MAIN, {"name": "leaving"}), {"name": "leaving"})
    d.bad(MAIN, {"name": "leaving"}, "actor_is_absent")


def recreate_actor(d):
    node = d.king.create_process()
    d.bus.create("wanderer", "IteratingHelloWorld")
    for recipient in (None, MAIN):
        for target in (node, MAIN):
            answer = d.good(recipient, {"entity": "wanderer", "node": target})
            d.test.assertEqual(answer["node"], target)
            d.test.assertEqual(d.bus.node_of("wanderer"), target)
    d.good(None, {"entity": "wanderer"})
    no = "actor_is_not_recreated"
    d.bad(None, {"entity": "nobody", "node": node}, no, reason="no_such_actor")
    d.bad(None, {"entity": "wanderer", "node": "first.nowhere.admin"}, no, reason="no_such_node")
    d.bad(None, {"entity": "wanderer", "class_desc": {"requires_dist": "none", "class": "X"}}, no)
    d.test.assertEqual(d.bus.node_of("wanderer"), MAIN, "whatever fails, it stays")


def create_process(d):
    answer = d.good(MAIN, timeout=20.0)
    d.test.assertEqual((answer["system"], answer["entity"]), ("king", None))
    d.test.assertRegex(answer["node"], r"^first\.process_\d+\.admin$")


def remove_process(d):
    node = d.king.create_process()
    d.test.assertEqual(d.good(MAIN, {"node": node}), {"node": node})
    no = "process_is_not_removed"
    d.bad(MAIN, {"node": node}, no)
    d.bad(MAIN, {"node": MAIN}, no)
    d.bad(MAIN, {"node": 5}, no)
    node = d.king.create_process()
    d.good(node)
    d.test.assertTrue(eventually(lambda: node not in d.bus.ask(None, "get_all_nodes").body))


def nodes(d):
    node = d.king.create_process()
    who = MAIN if d.row.commands[0] == "get_local_nodes" else None
    answer = d.good(who)
    d.test.assertIsInstance(answer, list)
    d.test.assertLessEqual({MAIN, node}, set(answer))


def seek_actor(d):
    answer = d.good(None, {"entity": "greeter", "with_class_desc": True})
    d.test.assertEqual((answer["node"], answer["entity"]), (MAIN, "greeter"))
    d.test.assertEqual(answer["class_desc"]["class"], "IteratingHelloWorld")
    absent = d.bad(None, {"entity": "greeter_"}, "actor_is_not_found")
    d.test.assertIn("greeter", absent["close"])


def find_actor(d):
    command = "find_actor"
    row = next(row for row in rows_of_page() if row.commands == ["seek_actor"])
    d.row.replies = row.replies  # the table says: same
    node = d.king.create_process()
    d.test.assertEqual(d.good(MAIN, {"entity": "greeter"}, command=command)["node"], MAIN)
    d.bad(node, {"entity": "greeter"}, "actor_is_not_found", command=command)
    d.good(None, {"entity": "greeter"}, command=command)


def get_members(d):
    answer = d.good(None, {"page_size": 10, "level": "HEAD"})
    hosts = [member for member in answer["members"] if "first" in str(member["id"])]
    d.test.assertTrue(hosts, answer)
    for level in ("PRIME", "PROCESS"):
        d.good(MAIN, {"page_size": 10, "level": level})
    for member in answer["members"]:
        d.test.assertLessEqual({"next_level", "recipient", "id"}, set(member))
    d.bus.ask(MAIN, "create_actors", {"class_desc": EXAMPLE, "names": [f"row_{i:03}" for i in range(25)]})
    first = d.good(MAIN, {"page_size": 10, "level": "PROCESS"})
    d.test.assertEqual(len(first["members"]), 10)
    d.test.assertGreaterEqual(first["nav"]["pages"], 3)
    second = d.good(MAIN, {"page_size": 10, "level": "PROCESS", "id": "_page_2"})
    d.test.assertNotEqual([m["id"] for m in first["members"]], [m["id"] for m in second["members"]])
    for body in (None, {}, {"page_size": 0}, {"page_size": "x"}, {"page_size": 5, "level": "ATTIC"}):
        d.bad(MAIN, body, "bad_argument")


def paths(d):
    for command, reply in (("get_source_path", "source_path"), ("get_work_path", "work_path")):
        d.test.assertTrue(d.good(MAIN, None, reply, command)["path"].startswith("/"))


def load_package(d):
    answer = d.good(MAIN, {"requires_dist": "peacepie_example"})
    d.test.assertEqual(answer["package"], "peacepie_example")
    d.test.assertIn("HelloWorld", [c if isinstance(c, str) else c["name"] for c in answer["classes"]])
    for wrong in ("no_such_package", "peacepie_example>=99", "peacepie_example>>1", "../peacepie_example", ""):
        d.bad(MAIN, {"requires_dist": wrong}, "package_is_not_loaded")


def quit(d):
    with System() as other:
        name, body = other.ask(None, "quit")
        d.test.assertEqual((name, body), ("is_quiting", None))
        d.test.assertEqual(other.wait(10.0), 0, other.said())


DRIVERS = {
    "hello": hello, "ping": ping, "describe": describe, "get_params": get_params, "set_params": set_params,
    "stats": stats, "subscribe": subscribe, "unsubscribe": unsubscribe, "not_log_commands_set": switches,
    "not_log_commands_remove": switches_back, "cumulative_commands_set": switches,
    "cumulative_commands_remove": switches_back, "create_actor": create_actor, "create_actors": create_actors,
    "remove_actor": remove_actor, "recreate_actor": recreate_actor, "create_process": create_process,
    "remove_process": remove_process, "get_local_nodes": nodes, "get_all_nodes": nodes, "seek_actor": seek_actor,
    "find_actor": find_actor, "get_members": get_members, "get_source_path": paths, "load_package": load_package,
    "quit": quit}

# Answered to a client as if nobody had ever heard of them (PROTOCOL.md §8 and the seed's inner verbs).
INNER = ["register_actors", "unregister_actors", "claim_process", "await_node", "process_ended", "start_process",
         "stop_process", "prepare_move", "freeze", "load", "start", "discard", "resume", "cancel_move", "node_lost", "fence",
         "shut_down", "create_replica", "set_replica_params", "transit_message", "replica_resume", "change_cache",
         "change_caches", "deliver_package", "transfer", "get_log_desc", "test_error", "quiting", "cumulative_tick",
         "get_credentials", "inter_connect", "inter_disconnect"]


class Table(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.king = System()
        cls.king.create("greeter", "IteratingHelloWorld")

    @classmethod
    def tearDownClass(cls):
        cls.king.end()

    def test_complete(self):
        """the table of PROTOCOL.md has its rows and every driver has a row"""
        commands = [command for row in rows_of_page() for command in row.commands]
        self.assertGreaterEqual(len(commands), 27)
        self.assertFalse(set(DRIVERS) - set(commands))

    def test_inner(self):
        """what passes between broker, workers and launchers is is_not_handled for a client"""
        for command in INNER:
            # `start` is an old word that an author may use for a command of an actor.
            for who in (None, MAIN) if command == "start" else (None, MAIN, "greeter"):
                with self.subTest(command=command, recipient=who):
                    with self.assertRaises(Fault) as caught:
                        self.king.ask(who, command, {"entity": "greeter", "node": MAIN}, timeout=SHORT)
                    self.assertEqual(caught.exception.code, "is_not_handled", caught.exception.body)
        self.assertEqual(self.king.ask("greeter", "ping").name, "pong")


def add_row(row):
    command = row.commands[0]

    def driven(self):
        driver = DRIVERS.get(command)
        self.assertIsNotNone(driver, f"PROTOCOL.md promises {command}, and no driver here checks it")
        driver(Drive(self, row, self.king))

    driven.__doc__ = f"a bare socket drives `{'`, `'.join(row.commands)}` and gets what PROTOCOL.md's table says"
    setattr(Table, f"test_row_{command}", driven)


for table_row in rows_of_page():
    add_row(table_row)

if __name__ == "__main__":
    unittest.main()
