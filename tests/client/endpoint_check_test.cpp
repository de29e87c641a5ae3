#include "catch.hpp"

#include "wire/endpoint_check.hpp"

using namespace peacepie;

TEST_CASE("a port is a number from 1 to 65535, and what ZeroMQ would cut off is refused") {
    for (const char* good : {"tcp://127.0.0.1:1", "tcp://127.0.0.1:65535", "tcp://[::1]:5998", "tcp://localhost:5998", "ipc:///run/x"})
        for (const auto use : {EndpointUse::connect, EndpointUse::bind}) CHECK(wrong_with_endpoint(good, use).empty());
    for (const char* wrong : {"99999", "65536", "-1", "+1", "", "x", "59 98", " 5998", "5998x", "4294967297"})
        for (const auto use : {EndpointUse::connect, EndpointUse::bind}) {
            const auto text = wrong_with_endpoint(std::string("tcp://127.0.0.1:") + wrong, use);
            CHECK_THAT(text, Catch::Contains("`" + std::string(wrong) + "`") && Catch::Contains("1 to 65535"));
        }
}

TEST_CASE("a free port can be bound and not connected to") {
    for (const char* free : {"tcp://127.0.0.1:0", "tcp://127.0.0.1:*"}) {
        CHECK(wrong_with_endpoint(free, EndpointUse::bind).empty());
        CHECK_FALSE(wrong_with_endpoint(free, EndpointUse::connect).empty());
    }
}

TEST_CASE("what is no endpoint at all is told how one is written") {
    for (const char* wrong : {"", "5998", "127.0.0.1:5998", "tcp://", "tcp://:5998", "tcp://127.0.0.1", "udp://127.0.0.1:1", "ipc://"})
        CHECK_THAT(wrong_with_endpoint(wrong, EndpointUse::bind), Catch::Contains("tcp://HOST:PORT"));
}
