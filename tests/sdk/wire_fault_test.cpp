// The closed list of faults.
#include "wire/fault.hpp"

#include <fstream>
#include <iterator>
#include <set>

#include "catch.hpp"

using namespace peacepie;

TEST_CASE("the codes of faults are the closed list, each once and in the order of the enum") {
    const std::array<std::string_view, 17> expected{
        "no_such_actor", "no_such_node", "is_not_handled", "bad_argument", "bad_request", "mailbox_full",
        "too_large",     "expired",      "stopping",       "worker_lost",  "no_session",  "denied",
        "handler_failed", "fenced",      "conflict",       "no_space",     "unavailable"};
    CHECK(fault_codes == expected);
    CHECK(code_of(Fault::no_such_actor) == "no_such_actor");
    CHECK(code_of(Fault::unavailable) == "unavailable");
    CHECK(std::set<std::string_view>(fault_codes.begin(), fault_codes.end()).size() == fault_codes.size());
}

TEST_CASE("a code and its fault find each other") {
    for (auto code : fault_codes) {
        REQUIRE(fault_of(code));
        CHECK(code_of(*fault_of(code)) == code);
    }
    CHECK_FALSE(fault_of("timer"));
    CHECK_FALSE(fault_of(""));
    CHECK_FALSE(fault_of("NO_SUCH_ACTOR"));
}

TEST_CASE("PROTOCOL.md names no fault outside of the list in its table of commands") {
    std::ifstream file(PEACEPIE_SOURCE_DIR "/sdk/wire/PROTOCOL.md");
    const std::string page((std::istreambuf_iterator<char>(file)), {});
    REQUIRE(page.size() > 1000);
    for (const auto* code : {"bad_request", "conflict", "unavailable", "bad_argument", "no_session", "is_not_handled",
                             "no_such_actor", "worker_lost", "expired", "denied"}) {
        CHECK(fault_of(code));
        CHECK(page.find(std::string("`") + code + "`") != page.npos);
    }
}

TEST_CASE("an error carries its code, its sentence and who said it") {
    const Error error(Fault::bad_argument, "the field \"period\" must be seconds", "greeter");
    CHECK(error.code == "bad_argument");
    CHECK(error.text == "the field \"period\" must be seconds");
    CHECK(error.from == "greeter");
    CHECK(std::string(error.what()) == "bad_argument: the field \"period\" must be seconds");
}
