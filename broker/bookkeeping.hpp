// bookkeeping.hpp - keeps the ledger as the registry is: written once per round, before the answers of that round go out; a second time
// when what came behind the states of a round has changed the registry.
//
// Owned by Broker; its thread.  A name that fell is in the ledger like one that lives: what a broker finds there at its start
// may come back with its worker, and is made again when it does not.
// Next: ledger.hpp, healing.hpp.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "broker/exchange.hpp"
#include "broker/ledger.hpp"

namespace peacepie::broker {

class Bookkeeping {
public:
    /// Without a ledger nothing is kept.
    Bookkeeping(Exchange& exchange, Ledger* ledger);

    void on_round();
    /// A round's share was not all, or the disk refused it: on_round() is wanted then.
    [[nodiscard]] std::optional<Nanoseconds> due() const noexcept { return due_; }

private:
    void load();
    void begin_anew();
    /// Fills changes_ with what is written now; returns how many.
    [[nodiscard]] std::size_t next_share();
    [[nodiscard]] std::optional<Ledger::Row> row_of(const std::string& name) const;

    Exchange& exchange_;
    Ledger* ledger_;
    std::vector<Ledger::Change> changes_;  // scratch
    bool is_stale_ = false;                ///< too much has changed while the disk refused: all is to be written
    std::optional<Nanoseconds> due_;
    log::Repeat failures_;
};

}  // namespace peacepie::broker
