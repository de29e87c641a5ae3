"""PROTOCOL.md begins with a table; every row of it is driven over a bare socket, and its answers are held to its words.

A row without a driver fails, so that the page cannot promise what nobody checked.
"""

import re
import unittest

from bus import EXAMPLE, MAIN, SHORT, class_desc
from processes import SOURCE, System
from system_case import SharedSystem

PAGE = SOURCE / "sdk" / "wire" / "PROTOCOL.md"


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


# Answered to a client as if nobody had ever heard of them (PROTOCOL.md §8 and the seed's inner verbs).
INNER = ["dead_letters", "register_actors", "unregister_actors", "claim_process", "await_node", "process_ended", "start_process",
         "stop_process", "prepare_move", "await_fence", "freeze", "load", "start", "discard", "resume", "cancel_move", "node_lost",
         "fence", "shut_down", "taken", "settle", "withdraw", "probation_failed", "create_replica", "set_replica_params", "transit_message", "replica_resume",
         "change_cache", "change_caches", "deliver_package", "transfer", "get_log_desc", "test_error", "quiting", "cumulative_tick",
         "get_credentials", "inter_connect", "inter_disconnect", "empty", "update_running", "remove_from_cache",
         "remove_from_caches"]


class Table(SharedSystem):
    """Each `drive_COMMAND` asks what its row promises; `self.row` is that row."""

    actors = {"greeter": "IteratingHelloWorld"}

    def good(self, recipient, body=None, reply=None, command=None, timeout=15.0, bus=None):
        """The answer must be the reply of the row, with every field that it lists."""
        name, answer = (bus or self.king).ask(recipient, command or self.row.commands[0], body, timeout=timeout)
        self.assertEqual(name, reply or next(iter(self.row.replies)), answer)
        self.has_fields(name, answer)
        return answer

    def bad(self, recipient, body, expected, reason=None, bus=None):
        """A failure by the row's words: the code of an error, or a failing reply, and perhaps its reason."""
        name, answer = (bus or self.king).outcome(recipient, self.row.commands[0], body)
        self.assertEqual(name, expected, answer)
        self.has_fields(name, answer)
        self.assertIn(reason, (None, answer.get("reason")), answer)
        return answer

    def has_fields(self, name, answer):
        self.assertIn(name, self.row.replies, f"{name} is not in the row")
        for field in self.row.replies[name]:
            self.assertIn(field, answer, f"{name} lacks {field}")

    def drive_hello(self):
        with self.king.another(hello=False) as fresh:
            welcome = self.good(None, {"role": "client", "name": "me", "protocol": [1, 1]}, bus=fresh)
            self.assertTrue(welcome["address"].startswith("@me"))
        with self.king.another(hello=False) as fresh:
            for body in (None, 5, {}, {"role": "emperor", "protocol": [1, 1]}, {"role": "client", "protocol": "x"}):
                self.bad(None, body, "bad_request", bus=fresh)
        with self.king.another(hello=False) as fresh, self.fails(*self.row.replies):
            fresh.ask(None, "hello", {"role": "client", "protocol": [7, 9]}, timeout=2.0)
        with self.king.another("twin") as one, self.king.another("twin") as two:
            self.assertNotEqual(one.welcome["address"], two.welcome["address"])

    def drive_ping(self):
        for who in (None, MAIN, "greeter"):
            self.assertIsNone(self.good(who))

    def drive_describe(self):
        for who in (None, MAIN, "greeter"):
            answer = self.good(who)
            for command in answer["commands"]:
                self.assertLessEqual({"name", "arguments"}, set(command))
        for name in ("period", "limit"):
            self.assertIn(name, [param["name"] for param in self.good("greeter")["params"]])

    def drive_get_params(self):
        for param in self.good("greeter")["params"]:
            self.assertLessEqual({"name", "type", "value", "default", "text"}, set(param))
        self.good(MAIN)

    def drive_set_params(self):
        self.good("greeter", {"params": [{"name": "period", "value": 0.5}, {"name": "limit", "value": 3}]})
        for params in ([{"name": "period", "value": 9}, {"name": "no_such", "value": 1}],
                       [{"name": "period", "value": 9}, {"name": "limit", "value": "many"}]):
            wrong = self.bad("greeter", {"params": params}, "bad_argument")
            self.assertIn(params[1]["name"], wrong["text"], "the text names the field")
        self.bad("greeter", {"params": 5}, "bad_argument")
        values = {p["name"]: p["value"] for p in self.king.ask("greeter", "get_params").body["params"]}
        self.assertEqual((values["period"], values["limit"]), (0.5, 3), "nothing is set when one is wrong")

    def drive_stats(self):
        for who in (None, MAIN, "greeter"):
            self.good(who)
        self.assertLessEqual({"pid", "rss_bytes", "actors"}, set(self.good(MAIN)))

    def drive_subscribe(self):
        self.good("greeter", {"command": "tick_start"})
        self.king.ask("greeter", "tick_start")
        notice = self.king.notification()
        self.assertIsNotNone(notice, "a notification came")
        self.assertLessEqual({"mid", "command", "body", "recipient", "sender"}, set(notice))
        self.assertEqual((notice["command"], notice["sender"]), ("tick_start", self.king.welcome["address"]))
        self.bad("greeter", {}, "bad_argument")
        self.bad("greeter", {"command": 5}, "bad_argument")
        self.king.ask("greeter", "tick_stop")
        for who in (MAIN, None):
            self.good(who, {"command": "create_actor"})
            self.king.ask(who, "unsubscribe", {"command": "create_actor"})

    def drive_unsubscribe(self):
        self.king.ask("greeter", "subscribe", {"command": "tick_stop"})
        self.good("greeter", {"command": "tick_stop"})
        self.bad("greeter", {"command": "tick_stop"}, "bad_argument")
        self.king.ask("greeter", "tick_stop")
        self.assertIsNone(self.king.notification(0.2))

    def drive_not_log_commands_set(self):
        for who in ("greeter", MAIN):
            self.good(who, {"commands": ["tick", "ping"]})
        self.bad("greeter", {"commands": None}, "bad_argument")
        self.bad("greeter", {}, "bad_argument")

    drive_cumulative_commands_set = drive_not_log_commands_set

    def drive_not_log_commands_remove(self):
        for who in ("greeter", MAIN):
            self.king.ask(who, self.row.commands[0].replace("remove", "set"), {"commands": ["tick"]})
            self.good(who, {"commands": ["tick"]})
        self.bad("greeter", {"commands": 7}, "bad_argument")

    drive_cumulative_commands_remove = drive_not_log_commands_remove

    def drive_monitor(self):
        ref = self.good(None, {"actor": "greeter"})["ref"]
        self.assertNotEqual(self.good(None, {"actor": "greeter"})["ref"], ref)
        gone = self.good(None, {"actor": "nobody_there"})["ref"]
        down = self.king.wait_for(lambda envelope: envelope[3] == "down", 3.0)
        self.assertEqual(down[8], {"ref": gone, "actor": "nobody_there", "reason": "no_such_actor"})
        self.bad(None, {}, "bad_argument")
        self.bad(None, {"actor": MAIN}, "bad_argument")

    def drive_demonitor(self):
        ref = self.king.ask(None, "monitor", {"actor": "greeter"}).body["ref"]
        self.good(None, {"ref": ref})
        self.bad(None, {"ref": ref}, "bad_argument")
        self.bad(None, {}, "bad_argument")

    def drive_get_dead_letters(self):
        for _ in range(3):
            self.king.send("nobody_at_all", "tick", {"n": 1})
        answer = self.good(None, {"recipient": "nobody_at_all", "reason": "no_such_actor", "page_size": 2})
        self.assertEqual(answer["nav"], {"page": 1, "pages": 2})
        self.assertEqual(set(answer["letters"][0]), {"id", "sender", "recipient", "command", "reason", "text", "time", "bytes"})
        self.assertEqual(len(self.good(None)["letters"]), answer["kept"])
        for wrong in ({"reason": "no_such_code"}, {"recipient": 5}, {"page": 0}, {"page_size": 5000}, {"ids": "all"}, {"recipent": "x"}, 5):
            self.bad(None, wrong, "bad_argument")

    def drive_send_again(self):
        self.king.send("not_there", "tick")
        self.assertEqual(self.good(None, {"recipient": "not_there"}), {"count": 1})
        self.assertEqual(self.good(None, {"ids": []}), {"count": 0})
        for wrong in ({"ids": ["1"]}, {"reason": 5}, {"page": 1}):
            self.bad(None, wrong, "bad_argument")

    def drive_forget_dead_letters(self):
        self.king.send("not_there_either", "tick")
        self.assertEqual(self.good(None, {"recipient": "not_there_either"}), {"count": 1})
        for wrong in ({"ids": 1}, {"reason": "x"}, {"all": True}):
            self.bad(None, wrong, "bad_argument")
        self.good(None)
        self.assertEqual(self.king.ask(None, "get_dead_letters").body["letters"], [])

    def drive_create_actor(self):
        answer = self.good(MAIN, {"class_desc": EXAMPLE, "name": "made"})
        self.assertEqual(answer, {"system": "king", "node": MAIN, "entity": "made"})
        no = "actor_is_not_created"
        self.bad(MAIN, {"class_desc": EXAMPLE, "name": "made"}, no, reason="conflict")
        self.bad(MAIN, {"class_desc": class_desc("X", "no_such_package"), "name": "x1"}, no)
        self.bad(MAIN, {"class_desc": class_desc("NoSuch"), "name": "x2"}, no)
        self.bad(MAIN, {"class_desc": EXAMPLE, "name": "a b"}, no)
        iterating = class_desc("IteratingHelloWorld")
        self.good(MAIN, {"class_desc": iterating, "name": "with_params", "params": {"limit": 2}})
        self.bad(MAIN, {"class_desc": iterating, "name": "x3", "params": {"limit": "x"}}, no)

    def drive_create_actors(self):
        answer = self.good(MAIN, {"class_desc": EXAMPLE, "names": ["m_0", "m_1", "m_2"]})
        self.assertEqual(answer, {"node": MAIN, "entities": ["m_0", "m_1", "m_2"]})
        no = "actors_are_not_created"
        self.bad(MAIN, {"class_desc": EXAMPLE, "names": ["m_3", "m_0"]}, no, reason="conflict")
        self.assertIsNone(self.king.node_of("m_3"), "none is made")
        self.bad(MAIN, {"class_desc": EXAMPLE, "names": ["m_4", "m_4"]}, no)
        self.bad(MAIN, {"class_desc": EXAMPLE, "names": []}, no)

    def drive_remove_actor(self):
        self.king.create("leaving", "HelloWorld").must_be("actor_is_created")
        self.assertEqual(self.good(MAIN, {"name": "leaving"}), {"name": "leaving"})
        self.bad(MAIN, {"name": "leaving"}, "actor_is_absent")

    def drive_recreate_actor(self):
        node = self.king.create_process()
        self.king.create("wanderer", "IteratingHelloWorld").must_be("actor_is_created")
        for recipient in (None, MAIN):
            for target in (node, MAIN):
                answer = self.good(recipient, {"entity": "wanderer", "node": target})
                self.assertEqual(answer["node"], target)
                self.assertEqual(self.king.node_of("wanderer"), target)
        self.good(None, {"entity": "wanderer"})
        self.good(None, {"entity": "wanderer", "node": node, "dry_run": True}, reply="actor_can_be_recreated")
        self.assertEqual(self.king.node_of("wanderer"), MAIN, "a dry run leaves it where it is")
        tried = self.good(None, {"entity": "wanderer", "probation": {"errors": 1, "milliseconds": 200}, "replay": True})
        self.assertGreaterEqual(tried["probation_ms"], 200)
        no = "actor_is_not_recreated"
        for odd in ({"dry_run": 5}, {"probation": 5}, {"probation": {"errors": 0}}, {"replay": True},
                    {"probation": {"milliseconds": 14_000}}):
            self.bad(None, {"entity": "wanderer", **odd}, no, reason="bad_argument")
        self.bad(None, {"entity": "nobody", "node": node}, no, reason="no_such_actor")
        self.bad(None, {"entity": "wanderer", "node": "first.nowhere.admin"}, no, reason="no_such_node")
        self.bad(None, {"entity": "wanderer", "class_desc": class_desc("X", "none")}, no)
        self.assertEqual(self.king.node_of("wanderer"), MAIN, "whatever fails, it stays")

    def drive_create_process(self):
        answer = self.good(MAIN, timeout=20.0)
        self.assertEqual((answer["system"], answer["entity"]), ("king", None))
        self.assertRegex(answer["node"], r"^first\.process_\d+\.admin$")

    def drive_remove_process(self):
        node = self.king.create_process()
        self.assertEqual(self.good(MAIN, {"node": node}), {"node": node})
        no = "process_is_not_removed"
        self.bad(MAIN, {"node": node}, no)
        self.bad(MAIN, {"node": MAIN}, no)
        self.bad(MAIN, {"node": 5}, no)
        node = self.king.create_process()
        self.good(node)
        self.assertTrue(self.king.loses_node(node))

    def drive_get_local_nodes(self):
        node = self.king.create_process()
        who = MAIN if self.row.commands[0] == "get_local_nodes" else None
        answer = self.good(who)
        self.assertIsInstance(answer, list)
        self.assertLessEqual({MAIN, node}, set(answer))

    drive_get_all_nodes = drive_get_local_nodes

    def drive_seek_actor(self):
        answer = self.good(None, {"entity": "greeter", "with_class_desc": True})
        self.assertEqual((answer["node"], answer["entity"]), (MAIN, "greeter"))
        self.assertEqual(answer["class_desc"]["class"], "IteratingHelloWorld")
        absent = self.bad(None, {"entity": "greeter_"}, "actor_is_not_found")
        self.assertIn("greeter", absent["close"])

    def drive_find_actor(self):
        # The table says: same.
        self.row.replies = next(row.replies for row in rows_of_page() if row.commands == ["seek_actor"])
        node = self.king.create_process()
        self.assertEqual(self.good(MAIN, {"entity": "greeter"})["node"], MAIN)
        self.bad(node, {"entity": "greeter"}, "actor_is_not_found")
        self.good(None, {"entity": "greeter"})

    def drive_get_members(self):
        answer = self.good(None, {"page_size": 10, "level": "HEAD"})
        hosts = [member for member in answer["members"] if "first" in str(member["id"])]
        self.assertTrue(hosts, answer)
        for level in ("PRIME", "PROCESS"):
            self.good(MAIN, {"page_size": 10, "level": level})
        for member in answer["members"]:
            self.assertLessEqual({"next_level", "recipient", "id"}, set(member))
        self.king.ask(MAIN, "create_actors", {"class_desc": EXAMPLE, "names": [f"row_{i:03}" for i in range(25)]})
        first = self.good(MAIN, {"page_size": 10, "level": "PROCESS"})
        self.assertEqual(len(first["members"]), 10)
        self.assertGreaterEqual(first["nav"]["pages"], 3)
        second = self.good(MAIN, {"page_size": 10, "level": "PROCESS", "id": "_page_2"})
        self.assertNotEqual([m["id"] for m in first["members"]], [m["id"] for m in second["members"]])
        for body in (None, {}, {"page_size": 0}, {"page_size": "x"}, {"page_size": 5, "level": "ATTIC"}):
            self.bad(MAIN, body, "bad_argument")

    def drive_get_source_path(self):
        for command, reply in (("get_source_path", "source_path"), ("get_work_path", "work_path")):
            self.assertTrue(self.good(MAIN, None, reply, command)["path"].startswith("/"))

    def drive_load_package(self):
        answer = self.good(MAIN, {"requires_dist": "peacepie_example"})
        self.assertEqual(answer["package"], "peacepie_example")
        self.assertIn("HelloWorld", [c if isinstance(c, str) else c["name"] for c in answer["classes"]])
        for wrong in ("no_such_package", "peacepie_example>=99", "peacepie_example>>1", "../peacepie_example", ""):
            self.bad(MAIN, {"requires_dist": wrong}, "package_is_not_loaded")

    def drive_quit(self):
        with System() as other:
            self.assertIsNone(other.ask(None, "quit").must_be("is_quiting"))
            self.assertEqual(other.wait(10.0), 0, other.said())

    def test_complete(self):
        """the table of PROTOCOL.md has its rows and every driver has a row"""
        commands = [command for row in rows_of_page() for command in row.commands]
        self.assertGreaterEqual(len(commands), 27)
        drivers = {name.removeprefix("drive_") for name in dir(self) if name.startswith("drive_")}
        self.assertFalse(drivers - set(commands))

    def test_inner(self):
        """what passes between broker, workers and launchers is is_not_handled for a client"""
        for command in INNER:
            # `start` is an old word that an author may use for a command of an actor.
            for who in (None, MAIN) if command == "start" else (None, MAIN, "greeter"):
                with self.subTest(command=command, recipient=who), self.fails("is_not_handled"):
                    self.king.ask(who, command, {"entity": "greeter", "node": MAIN}, timeout=SHORT)
        self.king.ask("greeter", "ping").must_be("pong")


def add_row(row):
    command = row.commands[0]

    def driven(self):
        driver = getattr(self, f"drive_{command}", None)
        self.assertIsNotNone(driver, f"PROTOCOL.md promises {command}, and no driver here checks it")
        self.row = row
        driver()

    driven.__doc__ = f"a bare socket drives `{'`, `'.join(row.commands)}` and gets what PROTOCOL.md's table says"
    setattr(Table, f"test_row_{command}", driven)


for table_row in rows_of_page():
    add_row(table_row)

if __name__ == "__main__":
    unittest.main()
