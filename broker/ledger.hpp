// ledger.hpp - what the broker knows of names, where it outlives the broker.
//
// An interface: on disk in the program (sqlite_ledger.hpp), in memory for tests.  Owned by main; the broker's thread.
// Next: bookkeeping.hpp writes into it and reads it at the start.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

namespace peacepie::broker {

class Ledger {
public:
    /// One actor that is to outlive its broker.
    struct Row {
        std::string node;
        std::uint64_t epoch = 0;
        std::uint64_t born = 0;
        std::string class_desc;  ///< encoded
        std::string declared;    ///< encoded: the fields of create_actor
        friend bool operator==(const Row&, const Row&) = default;
    };
    /// Without a row the name is forgotten.
    struct Change {
        std::string name;
        std::optional<Row> row;
    };

    /// The state of a durable actor, as its worker saved it.
    struct Kept {
        std::string version;  ///< of the package that wrote it
        std::string state;
        std::string deliveries = {};  ///< its reliable messages: what was handled, what is not acknowledged
        friend bool operator==(const Kept&, const Kept&) = default;
    };
    /// Without a state it is forgotten.  What is kept does not depend on there being a row.
    struct StateChange {
        std::string name;
        std::optional<Kept> kept;
    };

    Ledger() = default;
    Ledger(const Ledger&) = delete;
    Ledger& operator=(const Ledger&) = delete;
    virtual ~Ledger() = default;

    /// All of them or none.  Throws Error no_space or unavailable; then nothing has changed.
    virtual void write(std::span<const Change> changes, std::span<const StateChange> states) = 0;
    /// Forgets all rows, and no state.  Throws as write() does.
    virtual void clear() = 0;
    /// In no order.  Throws Error unavailable.
    virtual void read(const std::function<void(std::string name, Row row)>& each) = 0;
    /// Throws Error unavailable.
    [[nodiscard]] virtual std::optional<Kept> state_of(const std::string& name) = 0;
};

}  // namespace peacepie::broker
