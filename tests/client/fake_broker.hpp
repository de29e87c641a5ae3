// fake_broker.hpp - a broker of a few lines on a thread of its own: what a client and a launcher meet, made to order.
//
// Owned by one test.  Knows `hello`; every other envelope of a known peer goes to `on`, which may answer through `put`.
// Both run on the fake's thread.
// Next: client_test.cpp and launcher_test.cpp use it.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "wire/envelope.hpp"
#include "wire/value.hpp"

namespace peacepie::test {

struct Said {
    std::string peer;
    Kind kind = Kind::send;
    std::uint64_t mid = 0;
    std::string command;
    Value body;
};

class FakeBroker {
public:
    using On = std::function<void(FakeBroker&, const Said&)>;

    explicit FakeBroker(On on, const std::string& endpoint = "tcp://127.0.0.1:*");
    ~FakeBroker();
    FakeBroker(const FakeBroker&) = delete;
    FakeBroker& operator=(const FakeBroker&) = delete;

    [[nodiscard]] const std::string& endpoint() const { return endpoint_; }
    [[nodiscard]] int hellos() const { return hellos_; }
    void forget_sessions() { forget_ = true; }  ///< any thread: the next word of anybody meets `no_session`
    void refuse_hellos(std::string code) { refusal_ = std::move(code); }  ///< before anybody connects

    // The fake's thread only.
    void put(const std::string& peer, Kind kind, std::uint64_t mid, const std::string& command, const Value& body = {});
    void put_bytes(const std::string& peer, const std::string& frame);
    void reply(const Said& to, const std::string& command, const Value& body = {}) {
        put(to.peer, Kind::reply, to.mid, command, body);
    }
    void fail(const Said& to, const std::string& code, const Value& body) {
        put(to.peer, Kind::error, to.mid, code, body);
    }
    std::set<std::string> launchers;  ///< peers that said hello as one

private:
    void run();
    void take(const std::string& peer, const std::string& frame);

    On on_;
    void* context_ = nullptr;
    void* router_ = nullptr;
    std::string endpoint_;
    std::string refusal_;
    std::set<std::string> peers_;
    std::atomic<int> hellos_{0};
    std::atomic<bool> forget_{false};
    std::atomic<bool> stop_{false};
    std::thread thread_;
};

}  // namespace peacepie::test
