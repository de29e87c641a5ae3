// broker_path.hpp - whether there is a way to the broker's machine, asked when the broker itself says nothing.
//
// A broker that is silent is dead, stands still, or is behind a network that is cut.  While it is dead or stands still it gives nobody
// our names, and its machine answers all the same: it takes a connection or refuses one.  Only when nothing answers must this process
// expect that its actors are made elsewhere (decisions/0026-cut-off.md).
// Asked by the admin, in its turns; a look has a thread of its own while it lasts, because the names of machines are found by waiting.
// Next: session.cpp asks.
#pragma once

#include <memory>
#include <string>

#include "wire/link.hpp"
#include "worker/way.hpp"

namespace peacepie::worker {

class BrokerPath {
public:
    /// `endpoint`: tcp://HOST:PORT or ipc://..., checked (wire/endpoint_check.hpp).
    explicit BrokerPath(const std::string& endpoint);

    /// The broker is on another machine, as far as its endpoint tells: only then is there a network that can be cut.
    [[nodiscard]] bool is_remote() const noexcept { return look_ != nullptr; }
    /// What the looks so far have found; begins the next one unless one is under way.  Does not wait.
    [[nodiscard]] Way look(Nanoseconds now);

private:
    struct Look;
    std::shared_ptr<Look> look_;  // shared with a look under way, which may outlast us; null: the same machine
};

}  // namespace peacepie::worker
