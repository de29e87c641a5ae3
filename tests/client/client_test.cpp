#include "catch.hpp"

#include "client/client.hpp"
#include "fake_broker.hpp"
#include "wire/limits.hpp"

using namespace peacepie;
using namespace peacepie::client;
using namespace std::chrono_literals;
using test::FakeBroker;
using test::Said;

namespace {

// Echoes, fails, notifies or keeps silent, as it is asked to.
void obey(FakeBroker& broker, const Said& said) {
    if (said.command == "echo") broker.reply(said, "echoed", said.body);
    if (said.command == "fail")
        broker.fail(said, "no_such_actor", Value::Map{{"text", "nobody"}, {"close", Value::Array{"anna"}}});
    if (said.command == "notify") {
        broker.put(said.peer, Kind::send, 0, "notification", Value::Map{{"command", "tick"}});
        broker.reply(said, "notified");
    }
    if (said.command == "late") {
        broker.reply({said.peer, said.kind, said.mid - 1, said.command, {}}, "answer_to_an_older_ask");
        broker.reply(said, "in_time");
    }
    if (said.command == "garbage") broker.put_bytes(said.peer, "\xc1\xc1");
    if (said.command == "refused") broker.fail(said, "no_session", Value::Map{{"text", "say hello"}});
}

}  // namespace

TEST_CASE("a client says hello by itself and gets the answer to its ask") {
    FakeBroker broker(obey);
    Client client(broker.endpoint());
    const Value body = Value::Map{{"list", Value::Array{1, 2.5, "x", nullptr}}};
    const Answer answer = client.ask("anybody", "echo", body);
    CHECK(answer.command == "echoed");
    CHECK(answer.body == body);
    CHECK(client.ask("", "echo").body.is_nil());
    CHECK(broker.hellos() == 1);
    CHECK(*client.connect().find("system")->as_text() == "king");
}

TEST_CASE("an error is thrown with its code, its text and its body") {
    FakeBroker broker(obey);
    Client client(broker.endpoint());
    try {
        client.ask("nobody", "fail");
        FAIL("nothing was thrown");
    } catch (const Refused& refused) {
        CHECK(refused.code == "no_such_actor");
        CHECK(refused.text == "nobody");
        CHECK(refused.body.find("close")->as_array()->at(0) == Value("anna"));
    }
}

TEST_CASE("a client whose session was closed says hello again and asks once more") {
    FakeBroker broker(obey);
    Client client(broker.endpoint());
    client.ask("", "echo");
    broker.forget_sessions();
    CHECK(client.ask("", "echo", 5).body == Value(5));
    CHECK(broker.hellos() == 2);
    CHECK(client.sessions() == 2);
}

TEST_CASE("a client finds a broker that was started again") {
    auto broker = std::make_unique<FakeBroker>(obey);
    const std::string endpoint = broker->endpoint();
    Client client(endpoint, ClientOptions{.connect_patience = 5s});
    client.ask("", "echo");
    broker.reset();
    broker = std::make_unique<FakeBroker>(obey, endpoint);
    Value answer;
    for (int tries = 0; answer.is_nil() && tries < 3; ++tries) {
        try {
            answer = client.ask("", "echo", 7).body;
        } catch (const Error& error) {  // the ask may still have met the old connection's end
            CHECK(error.code == code_of(Fault::unavailable));
        }
    }
    CHECK(answer == Value(7));
    CHECK(client.sessions() == 2);
}

TEST_CASE("an ask ends soon when the broker goes away in the middle") {
    FakeBroker* current = nullptr;
    std::atomic<bool> asked = false;
    auto broker = std::make_unique<FakeBroker>([&asked](FakeBroker&, const Said&) { asked = true; });
    current = broker.get();
    std::thread end([&] {
        while (!asked) std::this_thread::yield();
        broker.reset();
    });
    Client client(current->endpoint());
    const auto begun = std::chrono::steady_clock::now();
    CHECK_THROWS_AS(client.ask("", "silence", {}, 30s), Unreachable);
    CHECK(std::chrono::steady_clock::now() - begun < 10s);
    end.join();
}

TEST_CASE("without a broker a client says within a second what to start") {
    Client client("tcp://127.0.0.1:1", ClientOptions{.connect_patience = 100ms});
    CHECK_THROWS_WITH(client.ask("", "ping"), Catch::Contains("peacepie up"));
    CHECK_THROWS_AS(client.ask("", "ping"), Unreachable);
    CHECK_THROWS_AS(Client("no endpoint"), Error);
    CHECK_THROWS_WITH(Client("tcp://127.0.0.1:99999"), Catch::Contains("99999"));
    CHECK_THROWS_WITH(Client("tcp://127.0.0.1:-1"), Catch::Contains("`-1`"));
}

TEST_CASE("an ask without an answer ends with expired") {
    FakeBroker broker(obey);
    Client client(broker.endpoint());
    CHECK_THROWS_WITH(client.ask("", "silence", {}, 10ms), Catch::Contains("expired"));
}

TEST_CASE("what arrives unasked is kept apart from the answers") {
    FakeBroker broker(obey);
    Client client(broker.endpoint());
    CHECK(client.ask("", "notify").command == "notified");
    const auto message = client.next(1s);
    REQUIRE(message);
    CHECK(message->command == "notification");
    CHECK_FALSE(client.next(0ms));
}

TEST_CASE("the answer to an older ask is not taken for another one's") {
    FakeBroker broker(obey);
    Client client(broker.endpoint());
    client.ask("", "echo");
    CHECK(client.ask("", "late").command == "in_time");
    CHECK_FALSE(client.next(0ms));
}

TEST_CASE("the refusal of a send carries the mid of the send") {
    FakeBroker broker(obey);
    Client client(broker.endpoint());
    const auto mid = client.send("somebody", "refused");
    client.ask("", "echo");
    const auto complaint = client.next(1s);
    REQUIRE(complaint);
    CHECK(complaint->kind == Kind::error);
    CHECK(complaint->mid == mid);
}

TEST_CASE("a client that meets garbage or a refusal says so") {
    FakeBroker broker(obey);
    Client client(broker.endpoint());
    CHECK_THROWS_WITH(client.ask("", "garbage"), Catch::Contains("no envelope"));
    FakeBroker closed(obey);
    closed.refuse_hellos("bad_request");
    CHECK_THROWS_AS(Client(closed.endpoint()).ask("", "echo"), Incompatible);
}

TEST_CASE("a system that is ending or full is unreachable for now, not incompatible") {
    for (const char* code : {"stopping", "unavailable"}) {
        FakeBroker closed(obey);
        closed.refuse_hellos(code);
        CHECK_THROWS_AS(Client(closed.endpoint()).ask("", "echo"), Unreachable);
    }
}

TEST_CASE("a body beyond the limits is refused before it is sent") {
    FakeBroker broker(obey);
    Client client(broker.endpoint());
    CHECK_THROWS_WITH(client.ask("", "echo", std::string(limits::body_size_max + 1, 'x')), Catch::Contains("too_large"));
    Value deep;
    for (std::size_t i = 0; i < limits::body_depth_max + 1; ++i) deep = Value::Array{deep};
    CHECK_THROWS_WITH(client.ask("", "echo", deep), Catch::Contains("too_large"));
    CHECK(client.ask("", "echo", std::string(1 << 20, 'x')).body.as_text()->size() == 1 << 20);
}
