// gossip.hpp - passes on what it hears to one of the others, at once, until it is to be quiet.
//
// For test_crowds.py: many of these in one worker are a crowd that never runs out of work, and none of it takes long.
// One turn at a time, on a thread of the worker.  Next: plugin.cpp.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <peacepie/peacepie.hpp>

class Gossip final : public peacepie::Actor {
public:
    Gossip() {
        on("meet", &Gossip::meet, "names");
        on("hear", &Gossip::hear);
        on("hush", &Gossip::hush);
    }

private:
    void meet(std::vector<std::string> names) { others_ = std::vector<Address>(names.begin(), names.end()); }
    void hear() {
        ++heard_;
        if (!others_.empty()) send(others_[static_cast<std::size_t>(heard_) % others_.size()], "hear");
    }
    std::int64_t hush() {
        others_.clear();
        return heard_;
    }

    std::vector<Address> others_;
    std::int64_t heard_ = 0;
};
