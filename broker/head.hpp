// head.hpp - the commands addressed to HEAD: a table of verb -> member function.
//
// One verb, one function, one name on both ends.  Verbs between the parts of the system are answered only to workers and
// launchers speaking for themselves; to everybody else they are not there.  The broker's thread.
// Next: head.cpp (dispatch, what everyone answers), head_members.cpp (who is where), head_parts.cpp (workers and
// launchers), head_admin.cpp (what HEAD passes to an admin),
// head_letters.cpp (dead letters).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "broker/closing.hpp"
#include "broker/departure.hpp"
#include "broker/door.hpp"
#include "broker/exchange.hpp"
#include "broker/healing.hpp"
#include "broker/monitors.hpp"
#include "broker/moves.hpp"
#include "broker/observers.hpp"
#include "broker/unsettled.hpp"

namespace peacepie::broker {

class Head {
public:
    explicit Head(Exchange& exchange);

    /// A send or an ask to HEAD; the sender is stamped.
    void on_command(Session& from, const Envelope& envelope);
    /// An answer to something HEAD asked itself.
    void on_answer(const Session& from, const Envelope& answer);
    /// A hello, from a peer known or not.
    void on_hello(Peer peer, const Envelope& envelope);
    /// Looks what became of actors that were monitored under another broker.
    void settle_monitors();

    Monitors monitors;
    Moves moves;
    Unsettled unsettled;
    Healing healing;
    Observers observers;
    Departure departure;
    Door door;
    Closing closing;

private:
    struct Command {
        Session& from;
        const Envelope& envelope;
        Value body;
        Asker asker;
    };
    enum class Audience { anyone, parts };  ///< parts: workers and launchers, in their own name
    struct Verb {
        std::string_view name;
        Audience audience;
        void (Head::*answer)(Command&);
        std::string_view arguments;  ///< "name: type, other: type?"
        std::string_view text;
    };
    static const Verb verbs[];
    [[nodiscard]] static const Verb* verb_named(std::string_view name);
    [[nodiscard]] static Value commands_described();
    void not_handled(const Command& command);
    void notify(std::string_view command, const Command& of);
    void notify(std::string_view command, std::uint64_t mid, std::string_view sender, const Value& body);

    // What everyone answers.
    void ping(Command&);
    void describe(Command&);
    void get_params(Command&);
    void set_params(Command&);
    void stats(Command&);
    void subscribe(Command&);
    void unsubscribe(Command&);
    void monitor(Command&);
    void demonitor(Command&);
    [[nodiscard]] Down end_of(const std::string& name);
    void quit(Command&);

    // Who is where.
    [[nodiscard]] bool is_awaited(std::string_view name);  ///< not registered, which says nothing yet
    void get_all_nodes(Command&);
    void seek_actor(Command&);
    void get_members(Command&);
    void recreate_actor(Command&);
    [[nodiscard]] Value hosts_page(std::size_t page, std::size_t size) const;
    [[nodiscard]] Value processes_page(std::string_view host, std::size_t page, std::size_t size) const;
    [[nodiscard]] Value actors_page(const Session& worker, std::size_t page, std::size_t size) const;
    void begin_move(Command& command, std::string_view name, Registration& actor);

    // Dead letters.
    void get_dead_letters(Command&);
    void send_again(Command&);
    void send_again(const DeadLetter& letter);
    void forget_dead_letters(Command&);
    void dead_letters(Command&);
    [[nodiscard]] Value letters_by_reason() const;

    // Passed on.
    void to_prime(Command&);
    void to_host_of_node(Command&);
    void to_owner(Command&);
    void forward(Command& command, Session& to, std::string_view as = {});

    // Workers and launchers.
    void register_actors(Command&);
    void unregister_actors(Command&);
    void check_free(const std::vector<std::string>& names);
    [[nodiscard]] Value kept_states(const std::vector<std::string>& names);
    [[nodiscard]] Value set_aside(const std::vector<std::string>& names) const;
    void keep_state(Command&);
    void probation_failed(Command&);
    void bring_actors(Command&);
    void bring_monitors(Command&);
    void claim_process(Command&);
    void await_node(Command&);
    void process_ended(Command&);
    void fence(Command&);
    void heartbeat(Command&);
    void taken(Command&);
    void bye(Command&);

    Exchange& exchange_;
    Nanoseconds started_;
};

/// Verbs that only parts of the system say to each other; from a client they are `is_not_handled` wherever they go.
[[nodiscard]] bool is_internal_verb(std::string_view command) noexcept;

}  // namespace peacepie::broker
