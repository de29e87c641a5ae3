// stage.hpp - the author's test kit: actors in memory, a clock that stands still until told, no sockets, one thread.
//
//     Stage stage;                                          // node first.main.admin
//     auto greeter = stage.add<IteratingHelloWorld>("greeter", named("limit", 2));
//     CHECK(stage.ask(greeter, "tick_start").command == "tick_started");
//     stage.advance(2s);
//     CHECK(stage.printed_by(greeter).size() == 2);
// Actors run through abi.h, exactly as in a worker.  One Stage at a time in a process; it owns all it was given.
// Next: world.hpp is behind it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "peacepie/body.hpp"
#include "peacepie/peacepie.hpp"

namespace peacepie {

namespace staged {
class World;
}

class Stage {
public:
    Stage();
    ~Stage();  ///< tells the error stream of failures that no test looked at
    Stage(const Stage&) = delete;
    Stage& operator=(const Stage&) = delete;

    /// Creates and starts an actor; `params` are set before it starts.  Throws what made it fail.
    template <class T, class... Params>
    Recipient add(const std::string& name, const Params&... params) {
        return add(offered<T>(), name, main_node, std::vector<Named>{params...});
    }
    /// The same in another process, which is opened when there is none of that name.
    template <class T, class... Params>
    Recipient add_at(const std::string& node, const std::string& name, const Params&... params) {
        return add(offered<T>(), name, node, std::vector<Named>{params...});
    }
    /// Makes a class known to create_actor and create_actors.
    template <class T>
    void offer(const std::string& package, const std::string& class_name) {
        offer(actor<T>(class_name.c_str()), package, class_name);
    }

    /// Sends and runs until nothing is left to do at this time.
    template <class... Fields>
    void tell(const Recipient& to, Command command, const Fields&... fields) {
        tell_body(to, command, encoded(fields...));
    }
    /// Asks and runs, the clock too, until the answer is there.  Throws the Error that was the answer; `expired` after 10 s.
    template <class... Fields>
    Reply ask(const Recipient& to, Command command, const Fields&... fields) {
        return ask_body(to, command, encoded(fields...));
    }
    /// Lets time pass: everything that comes due happens in order.
    void advance(Seconds span);
    /// Moves an actor as a worker would: waits for its turn to end, saves, loads elsewhere, starts.
    void move(const Recipient& actor, const std::string& node);
    /// The same into another class, as a hot upgrade from `from_version`.
    template <class T>
    void upgrade(const Recipient& actor, const std::string& from_version) {
        upgrade(offered<T>(), actor, from_version);
    }
    void remove(const Recipient& actor);
    /// From now on runs in another order wherever the rules leave it open: between actors, and between senders.
    void shuffle(std::uint64_t seed);

    [[nodiscard]] std::vector<std::string> printed_by(const Recipient& actor) const;
    [[nodiscard]] std::vector<std::string> printed() const;  ///< by all, in order
    [[nodiscard]] std::vector<std::string> logged() const;   ///< "greeter: warning: ..."
    /// What went wrong and nobody was told: failed turns and dead letters, "greeter: handler_failed: ...".
    [[nodiscard]] std::vector<std::string> failures();
    [[nodiscard]] std::string node_of(const Recipient& actor) const;
    [[nodiscard]] std::string saved_state_of(const Recipient& actor);  ///< the bytes a move would carry
    [[nodiscard]] bool has(const Recipient& actor) const;

private:
    static constexpr const char* main_node = "first.main.admin";

    template <class T>
    [[nodiscard]] static Offered offered() {
        ActorClass& of = class_of<T>();
        return of.name.empty() ? actor<T>(short_name(typeid(T).name()).c_str()) : actor<T>(of.name.c_str(), of.text.c_str());
    }
    [[nodiscard]] static std::string short_name(const char* mangled);
    Recipient add(Offered offered, const std::string& name, const std::string& node, std::vector<Named> params);
    void offer(Offered offered, const std::string& package, const std::string& class_name);
    void upgrade(Offered offered, const Recipient& actor, const std::string& from_version);
    void tell_body(const Recipient& to, Command command, std::string body);
    Reply ask_body(const Recipient& to, Command command, std::string body);

    std::unique_ptr<staged::World> world_;
    bool looked_at_failures_ = false;
};

}  // namespace peacepie
