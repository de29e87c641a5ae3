"""Rows of names and numbers: who owns a name, who may speak in whose, what is handled twice."""

import random
import time

import zmq

from bus import ERROR, FIXTURE, MAIN, REPLY, SLOWER, Bus, Fault, class_desc
from processes import System, eventually, kill

from .figures import Series, row
from .load import system_nodes


@row(11, "somebody else takes a peer's routing id, session or name")
def hijack(row, run):
    row.injected = run.count(100, 2_000)
    stolen = refused = 0
    with System() as king:
        king.create("canary", "Trouble", MAIN, FIXTURE).must_be("actor_is_created")
        king.ask("canary", "ping")
        mine = king.welcome["address"]
        for number in range(row.injected):
            thief = Bus(king.endpoint, hello=False)
            thief.socket.close(0)
            thief.socket = Bus.context.socket(zmq.DEALER)
            thief.socket.setsockopt(zmq.LINGER, 0)
            thief.socket.setsockopt(zmq.ROUTING_ID, b"thief" if number % 3 else mine.encode())
            thief.socket.connect(king.endpoint)
            body = {"role": "client", "name": mine.strip("@"), "protocol": [1, 1], "session": "0" * 32}
            thief.start_ask(None, "hello", body)
            # Who chooses an id is told not to; of a second peer with the same id ZeroMQ itself wants to know nothing.
            told = thief.wait_for(lambda envelope: envelope[1] == ERROR, 0.2)
            refused += told is not None and told[3] == "bad_request"
            mid = king.start_ask("canary", "echo", {"text": f"secret {number}"})
            answer = king.answer_to(mid)
            row.checked += 1
            row.expect(answer.body == {"text": f"secret {number}"}, f"another answer came: {answer.body}")
            while (frame := thief.receive(0.001)) is not None:
                stolen += "secret" in str(frame[8])
            thief.close()
    row.expect(stolen == 0, f"{stolen} answers reached another")
    row.figures.append(f"answers that reached somebody else: {stolen}; thieves that were told why not: {refused}")


@row(12, "many claim the same names at once")
def duplicate_names(row, run):
    claimants, names = 20, run.count(100, 1_000)
    with System() as king:
        nodes = system_nodes(king)
        buses = [king.another(f"claimant_{number}") for number in range(claimants)]
        begun, owners, refused = time.monotonic(), 0, 0
        for first in range(0, names, 25):
            claims = [(bus, name, bus.start_ask(nodes[(number + name) % len(nodes)], "create_actor",
                                                {"class_desc": class_desc("Counter", FIXTURE), "name": f"wanted_{name}"}))
                      for name in range(first, min(first + 25, names)) for number, bus in enumerate(buses)]
            won = {}
            for bus, name, mid in claims:
                answer, body = bus.answer_to(mid)
                if answer == "actor_is_created":
                    won[name] = won.get(name, 0) + 1
                else:
                    refused += body.get("reason") == "conflict"
            owners += len(won)
            row.expect(all(count == 1 for count in won.values()), f"names with two owners: {won}")
        spent = time.monotonic() - begun
        for bus in buses:
            bus.close()
        stats = king.ask(None, "stats").body
        row.expect(stats["actors"] == names == owners, f"{stats['actors']} actors, {owners} owners of {names} names")
    row.injected = row.checked = claimants * names
    row.expect(refused == claimants * names - names, f"{refused} were refused as a conflict")
    row.figures.append(f"owners of each name: 1; {row.injected / spent:.0f} claims/s")


@row(23, "kill -9 of the broker with 10 000 actors")
def broker_with_many(row, run):
    row.injected = run.count(1, 20)
    half, nearly, everyone = Series(), Series(), Series()
    with System() as king:
        nodes = system_nodes(king)
        names = [f"one_of_many_{number}" for number in range(10_000)]
        for number, node in enumerate(nodes):
            king.ask(node, "create_actors", {"class_desc": class_desc("Counter", FIXTURE), "names": names[number::len(nodes)]}, timeout=30.0).must_be("actors_are_created")
        time.sleep(1.0)
        chosen = random.Random(run.seed)
        for _ in range(row.injected):
            pid = king.pid_of(None)
            begun = time.monotonic()
            kill(pid)
            reached, when = 0, {}
            order = chosen.sample(names, 200)
            bus = Bus(king.endpoint, hello=False)
            def greeted():
                try:
                    bus.hello(timeout=0.2)
                    return True
                except (Fault, AssertionError):
                    return False
            row.expect(eventually(greeted, 10.0, every=0.005), "no broker")
            for name in order:
                row.expect(eventually(lambda: bus.outcome(name, "ping", timeout=0.5)[0] == "pong", 10.0, every=0.005), f"{name} does not answer")
                reached += 1
                when[reached] = time.monotonic() - begun
            bus.close()
            half.add(when[100]), nearly.add(when[198]), everyone.add(when[200])
            row.checked += len(order)
            king.hello(timeout=2.0)
            total = king.ask(None, "stats").body["actors"]
            row.expect(total == len(names), f"{total} actors after the restart")
            time.sleep(max(0.0, begun + 2.0 - time.monotonic()))  # more than three in five seconds are given up
    row.expect(everyone.quantile(0.99) <= 5.0 * SLOWER, f"all names are back after {everyone.text('s', 2)}")
    row.recovery = everyone.text("s", 2)
    row.figures.append(f"of 200 names half answer after {half.text('s', 2)}, 99 % after {nearly.text('s', 2)}")


@row(26, "reliable messages sent again, three times over")
def replayed(row, run):
    count = run.count(200, 5_000)
    with System() as king:
        king.create("counter", "Counter", MAIN, FIXTURE).must_be("actor_is_created")
        window = 100  # answers to older ones are not kept
        for first in range(0, count, window):
            for _ in range(3):
                for number in range(first, min(first + window, count)):
                    mid = next(king.mids)
                    king.post(1, mid, "count", "counter", {"from": "me", "number": number},
                              meta={"delivery": "reliable", "origin": "replayer", "number": number + 1})
                    answer = king.answer_to(mid)
                    row.expect(answer.must_be("counted") == {"number": number}, f"another answer: {answer.body}")
                    row.checked += 1
        report = king.ask("counter", "report").body
        row.expect((report["received"], report["repeated"]) == (count, 0), f"{report}")
        with_old = {"delivery": "reliable", "origin": "replayer", "number": 1}
        if count > 300:
            mid = next(king.mids)
            king.post(1, mid, "count", "counter", {"from": "me", "number": 0}, meta=with_old)
            envelope = king.wait_for(lambda e: e[2] == mid and e[1] in (REPLY, ERROR), 2.0)
            row.expect(envelope[3] == "conflict", f"one that is too old ended with {envelope[3]}")
    row.injected = 2 * count
    row.figures.append("effects that happened twice: 0")
