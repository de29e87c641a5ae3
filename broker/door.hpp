// door.hpp - who comes in: `hello` of clients, workers and launchers, and names for new processes.
//
// Nobody is believed: a client gets an address made here, a worker its node only when no living one has it.
// The broker's thread.
// Next: roster.hpp keeps those who came in.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "broker/brought.hpp"
#include "broker/departure.hpp"
#include "broker/exchange.hpp"

namespace peacepie::broker {

class Door {
public:
    Door(Exchange& exchange, Departure& departure, Unsettled& unsettled);

    /// A hello from a peer, known or not.  Returns the node of a worker that has just joined, else an empty text.
    std::string hello(Peer peer, const Envelope& envelope);
    /// What a worker brings beyond its hello.  Returns the names that live elsewhere by now.  Throws Error bad_request.
    [[nodiscard]] Value::Array bring(Session& worker, const Value& body);
    /// `process_N` for a host, never given twice while the broker lives.
    [[nodiscard]] std::string claim_process(std::string_view host);
    void close() noexcept { closed_ = true; }  ///< the system is ending

private:
    struct Guest {
        Peer peer;
        std::uint64_t mid;
        Value body;
        bool waits;
    };
    void admit_client(const Guest& guest);
    std::string admit_worker(const Guest& guest);
    void admit_launcher(const Guest& guest);
    void check_protocol(const Value& body) const;
    [[nodiscard]] bool make_way(Session& old, std::string_view secret);
    struct Brought {  ///< an actor that outlived an earlier broker
        std::string name;
        std::uint64_t epoch;
        std::string class_desc;
        DeclarationPointer declared;
    };
    [[nodiscard]] static std::vector<Brought> read_brought(const Value* actors, const BroughtDeclarations& declared);
    Value::Array register_brought(Session& session, const std::vector<Brought>& brought);
    void release_awaited(const std::vector<Brought>& brought);
    void note_claimed(std::string_view host, std::string_view process);
    void give_nursery(Session& session, const Value& hello);
    Session& enter(const Guest& guest, Role role, std::string address, std::string_view host);
    void welcome(Session& session, const Guest& guest, Value more);
    void refuse(Peer peer, std::uint64_t mid, const Error& error);

    Exchange& exchange_;
    Departure& departure_;
    Unsettled& unsettled_;
    std::uint64_t last_number_ = 0;
    std::uint64_t last_nursery_;
    std::map<std::string, std::uint64_t, std::less<>> next_process_;  // by host
    log::Repeat refusals_;
    bool closed_ = false;
};

}  // namespace peacepie::broker
