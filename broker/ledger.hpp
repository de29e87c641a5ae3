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
        int restart = 0;         ///< of enum Restart
        std::string params;      ///< encoded, or empty
        friend bool operator==(const Row&, const Row&) = default;
    };
    /// Without a row the name is forgotten.
    struct Change {
        std::string name;
        std::optional<Row> row;
    };

    Ledger() = default;
    Ledger(const Ledger&) = delete;
    Ledger& operator=(const Ledger&) = delete;
    virtual ~Ledger() = default;

    /// All of them or none.  Throws Error no_space or unavailable; then nothing has changed.
    virtual void write(std::span<const Change> changes) = 0;
    /// Forgets all rows.  Throws as write() does.
    virtual void clear() = 0;
    /// In no order.  Throws Error unavailable.
    virtual void read(const std::function<void(std::string name, Row row)>& each) = 0;
};

}  // namespace peacepie::broker
