// Plug-ins through the C boundary alone: two versions side by side, refusals, hosts of another size.
#include <dlfcn.h>
#include <unistd.h>

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "catch.hpp"
#include "peacepie/abi.h"
#include "peacepie/bytes.hpp"
#include "wire/value.hpp"

namespace {

using Catch::Matchers::Contains;
using peacepie::bytes;
using peacepie::Value;

std::string text_of(pp_bytes text) { return {text.data, text.size}; }
void append(void* into, pp_bytes text) { static_cast<std::string*>(into)->append(text.data, text.size); }

struct Sent {
    int kind;
    std::string command;
    std::string body;
};

/// The smallest worker: remembers what it was told.
struct Host {
    static inline std::map<std::string, std::uint32_t> commands;
    static inline std::vector<Sent> sent;
    static inline std::vector<std::string> failures;

    static pp_host table() {
        pp_host host{};
        host.size = sizeof host;
        host.abi = PP_ABI;
        host.command = [](pp_bytes text) {
            const auto next = static_cast<std::uint32_t>(commands.size() + 1);
            return commands.emplace(text_of(text), next).first->second;
        };
        host.name = [](pp_cell*) { return bytes("it"); };
        host.node = [](pp_cell*) { return bytes("first.main.admin"); };
        host.send = [](pp_cell*, const pp_envelope* e) { sent.push_back({e->kind, text_of(e->command_text), text_of(e->body)}); };
        host.log = [](pp_cell*, int, pp_bytes) {};
        host.fail = [](pp_cell*, pp_bytes code, pp_bytes text) { failures.push_back(text_of(code) + ": " + text_of(text)); };
        host.now = [] { return std::uint64_t{1}; };
        return host;
    }
};
const pp_host host = Host::table();

std::string fixture(const std::string& name) { return std::string(PEACEPIE_FIXTURES) + "/" + name + ".so"; }

void* open(const std::string& file) { return ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE); }

pp_entry entry_of(void* library) { return reinterpret_cast<pp_entry>(::dlsym(library, PP_ENTRY)); }

const pp_plugin& plugin_of(const std::string& file) {
    void* library = open(file);
    INFO(file);
    REQUIRE(library != nullptr);
    REQUIRE(entry_of(library) != nullptr);
    const pp_plugin* plugin = entry_of(library)(&host);
    REQUIRE(plugin != nullptr);
    return *plugin;
}

const pp_actor_type& type_of(const pp_plugin& plugin, const std::string& name) {
    for (std::uint32_t i = 0; i < plugin.type_count; ++i)
        if (plugin.types[i]->name == name) return *plugin.types[i];
    FAIL("no class " << name);
    throw 0;
}

/// One instance, driven by hand.
struct Instance {
    std::string complaint;
    const pp_actor_type& type;
    void* self;
    explicit Instance(const pp_actor_type& of) : type(of), self(of.create(append, &complaint)) {}
    ~Instance() {
        if (self != nullptr) type.destroy(self);
    }

    Value ask(const std::string& command, const Value& body = {}) {
        Host::sent.clear();
        pp_envelope envelope{};
        envelope.size = sizeof envelope;
        envelope.kind = PP_ASK;
        envelope.mid = 1;
        envelope.sender_text = bytes("tester");
        envelope.command = host.command(bytes(command));
        const std::string encoded = body.is_nil() ? std::string() : body.encoded();
        envelope.body = bytes(encoded);
        REQUIRE(type.deliver(self, &envelope) == PP_DONE);
        REQUIRE(Host::sent.size() == 1);
        return Value::decode(Host::sent[0].body);
    }
};

}  // namespace

TEST_CASE("two versions of a package run side by side in one process") {
    const auto& v1 = plugin_of(fixture("counter-1.0.0"));
    const auto& v2 = plugin_of(fixture("counter-2.0.0"));
    CHECK(std::string(v1.version) == "1.0.0");
    CHECK(std::string(v2.version) == "2.0.0");
    Instance one(type_of(v1, "Counter")), two(type_of(v2, "Counter"));
    one.type.start(one.self, &host, nullptr, 0);
    two.type.start(two.self, &host, nullptr, 0);
    CHECK(one.ask("add", Value::Map{{"n", 5}}) == Value(Value::Map{{"count", 5}}));
    CHECK(two.ask("add", Value::Map{{"n", 3}}) == Value(Value::Map{{"count", 3}, {"additions", 1}}));
    CHECK(one.ask("version").find("version")->as_text()->substr(0, 1) == "1");
    CHECK(two.ask("version").find("version")->as_text()->substr(0, 1) == "2");
}

TEST_CASE("a plug-in built against the boundary of this number as it was settled still runs") {
    const auto& old = plugin_of(fixture("abi_1/counter-1.0.0"));
    CHECK(old.abi == PP_ABI);
    Instance one(type_of(old, "Counter"));
    REQUIRE(one.type.start(one.self, &host, nullptr, 0) == PP_DONE);
    CHECK(one.type.size <= offsetof(pp_actor_type, told));  // what came later it does not have
    CHECK(one.ask("add", Value::Map{{"n", 5}}) == Value(Value::Map{{"count", 5}}));
    std::string state;
    one.type.save(one.self, append, &state);
    Instance two(type_of(plugin_of(fixture("counter-2.0.0")), "Counter"));
    REQUIRE(two.type.load(two.self, &host, nullptr, bytes(state), bytes("1.0.0")) == PP_DONE);
    REQUIRE(two.type.start(two.self, &host, nullptr, 1) == PP_DONE);
    CHECK(two.ask("get") == Value(Value::Map{{"count", 5}}));
}

TEST_CASE("what is told is handled like what is delivered, and a host without the way to tell is sent what an actor says") {
    pp_host before = host;
    before.size = offsetof(pp_host, tell);
    const auto copy = std::filesystem::temp_directory_path() / ("peacepie-told-" + std::to_string(::getpid()) + ".so");
    std::filesystem::copy_file(fixture("counter-1.0.0"), copy, std::filesystem::copy_options::overwrite_existing);
    const pp_plugin* plugin = entry_of(open(copy.string()))(&before);
    std::filesystem::remove(copy);
    REQUIRE(plugin != nullptr);
    REQUIRE(plugin->type_count != 0);
    Instance one(type_of(*plugin, "Counter"));
    REQUIRE(one.type.start(one.self, &before, nullptr, 0) == PP_DONE);
    const std::string five = Value(Value::Map{{"n", 5}}).encoded();
    CHECK(one.type.told(one.self, host.command(bytes("add")), 7, bytes(five)) == PP_DONE);
    CHECK(one.type.told(one.self, host.command(bytes("no_such_command")), 7, bytes(five)) == PP_NOT_HANDLED);
    CHECK(one.ask("get") == Value(Value::Map{{"count", 5}}));
}

TEST_CASE("the state of one version is taken over by the next") {
    Instance one(type_of(plugin_of(fixture("counter-1.0.0")), "Counter"));
    one.type.start(one.self, &host, nullptr, 0);
    (void)one.ask("add", Value::Map{{"n", 41}});
    std::string state;
    one.type.save(one.self, append, &state);
    Instance two(type_of(plugin_of(fixture("counter-2.0.0")), "Counter"));
    REQUIRE(two.type.load(two.self, &host, nullptr, bytes(state), bytes("1.0.0")) == PP_DONE);
    REQUIRE(two.type.start(two.self, &host, nullptr, 1) == PP_DONE);
    CHECK(two.ask("add") == Value(Value::Map{{"count", 42}, {"additions", 1}}));
}

TEST_CASE("garbage for a state is refused with a reason") {
    Instance one(type_of(plugin_of(fixture("counter-1.0.0")), "Counter"));
    Host::failures.clear();
    CHECK(one.type.load(one.self, &host, nullptr, bytes("\xc1\xff not a state"), bytes("1.0.0")) == PP_FAILED);
    REQUIRE(Host::failures.size() == 1);
    CHECK_THAT(Host::failures[0], Contains("bad_request"));
}

TEST_CASE("the entry may be called again and gives the same") {
    const auto& first = plugin_of(fixture("counter-1.0.0"));
    CHECK(&plugin_of(fixture("counter-1.0.0")) == &first);
}

TEST_CASE("a plug-in of another number, or without an entry, is told apart") {
    CHECK(plugin_of(fixture("wrong_abi-1.0.0")).abi != PP_ABI);
    CHECK(entry_of(open(fixture("no_entry-1.0.0"))) == nullptr);
    CHECK(entry_of(open(fixture("null_entry-1.0.0")))(&host) == nullptr);
}

TEST_CASE("a file that is no library is refused by the system with a reason") {
    // Not the truncated one: the system maps it and dies.  A worker must check it first (tests/worker).
    for (const auto* name : {"text-1.0.0", "empty-1.0.0"}) {
        INFO(name);
        CHECK(open(fixture(name)) == nullptr);
        CHECK(std::string(::dlerror()).size() > 10);
    }
}

TEST_CASE("a class whose constructor throws is offered, and says why it cannot be made") {
    Instance none(type_of(plugin_of(fixture("trouble-1.0.0")), "BadConstructor"));
    CHECK(none.self == nullptr);
    CHECK_THAT(none.complaint, Contains("BadConstructor") && Contains("this constructor always throws"));
}

TEST_CASE("a start that throws fails with the author's code") {
    Instance bad(type_of(plugin_of(fixture("trouble-1.0.0")), "BadStart"));
    Host::failures.clear();
    CHECK(bad.type.start(bad.self, &host, nullptr, 0) == PP_FAILED);
    REQUIRE(Host::failures.size() == 1);
    CHECK(Host::failures[0] == "no_licence: this actor never starts");
}

TEST_CASE("a host of another number or with a shorter table gets a plug-in without classes") {
    // A copy of the file, so that this library has not met a host before.
    const auto copy = std::filesystem::temp_directory_path() / ("peacepie-abi-" + std::to_string(::getpid()) + ".so");
    std::filesystem::copy_file(fixture("counter-1.0.0"), copy, std::filesystem::copy_options::overwrite_existing);
    void* library = open(copy.string());
    REQUIRE(library != nullptr);
    pp_host other = host;
    other.abi = PP_ABI + 1;
    CHECK(entry_of(library)(&other)->type_count == 0);
    other = host;
    other.size = offsetof(pp_host, extension);
    CHECK(entry_of(library)(&other)->type_count == 0);
    other = host;
    other.size += 64;  // a newer worker knows more
    CHECK(entry_of(library)(&other)->type_count == 1);
    std::filesystem::remove(copy);
}
