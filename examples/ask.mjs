// The hello-world from Node (20 or later): npm install zeromq@6 @msgpack/msgpack, then node ask.mjs [ENDPOINT].
import { decode, encode } from "@msgpack/msgpack";
import { Dealer } from "zeromq";

const socket = new Dealer({ linger: 1000 });
socket.connect(process.argv[2] ?? "tcp://127.0.0.1:5998");
let lastMid = 0;

async function ask(recipient, command, body = null) {
  const mid = ++lastMid;
  await socket.send(encode([1, 1, mid, command, recipient, null, 10000, null, body]));
  for await (const [frame] of socket) {
    const [, kind, answers, name, , , , , answer] = decode(frame);
    if (kind < 2 || answers !== mid) continue; // a notification, or late
    if (kind === 3) throw new Error(`${name}: ${answer.text}`);
    return [name, answer];
  }
}

const class_desc = { requires_dist: "peacepie_example", class: "HelloWorld" };
await ask(null, "hello", { role: "client", name: "node", protocol: [1, 1] });
console.log(...await ask("first.main.admin", "create_actor", { class_desc, name: "hello_from_node" }));
console.log(...await ask("hello_from_node", "tick")); // the worker prints Hello, World!
console.log(...await ask("first.main.admin", "remove_actor", { name: "hello_from_node" }));
socket.close();
