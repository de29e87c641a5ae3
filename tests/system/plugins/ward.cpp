// ward.cpp - the package upgrade_fixture, in two versions: counts numbered messages; the second converts the first's state.
//
// For the tests of hot upgrades.  WARD_VERSION is 1 or 2; only the second has commands that fail.
// Next: ../test_upgrade.py.
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string>

#include <peacepie/peacepie.hpp>

class Ward final : public peacepie::Actor {
public:
    Ward() {
        on("count", &Ward::count, "number");
        on("report", &Ward::report);
        on("spoil", &Ward::spoil);
        on("fail", &Ward::fail);
        on("crash", &Ward::crash);
    }

private:
    State<std::int64_t> next{this, WARD_VERSION == 1 ? "next" : "due", 0};
    State<std::int64_t> wrong{this, "wrong", 0};  // lost, doubled or out of order
    State<bool>         spoiled{this, "spoiled", false};

    void upgrade(std::string from_version, Value& saved) override {
        if (WARD_VERSION == 1 || !from_version.starts_with("1.")) return;
        Value state = Value::Map{};
        for (const auto& [field, value] : *saved.find("state")->as_map()) state.set(field == "next" ? "due" : field, value);
        saved.set("state", state);
    }
    void self_check() override {
        if (WARD_VERSION == 2 && *spoiled) throw peacepie::Error{"broken_state", "this state is spoiled"};
    }

    Reply count(std::int64_t number) {
        if (number != *next) ++*wrong;
        *next = number + 1;
        return reply("counted", named("number", number));
    }
    Reply report() { return reply("report", named("next", *next), named("wrong", *wrong), named("version", WARD_VERSION)); }
    void spoil() { *spoiled = true; }
    void fail() {
        if (WARD_VERSION == 2) throw std::runtime_error("this version cannot do that");
    }
    void crash() {
        if (WARD_VERSION == 2) std::abort();
    }
};

PEACEPIE_PLUGIN(PEACEPIE_PACKAGE, PEACEPIE_VERSION, actor<Ward>("Ward"))
