// switchboard.hpp - from a recipient to its mailbox: a cell here, this worker's admin, or the link.
//
// One per worker, any thread.  Names are looked up under a shared lock; a handle needs none.
// Next: cell.hpp for local recipients, outbox.hpp for the others.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "peacepie/abi.h"
#include "wire/fault.hpp"
#include "wire/text_hash.hpp"
#include "worker/chain.hpp"
#include "worker/mail.hpp"

namespace peacepie::worker {

class Cell;
class Worker;

class Switchboard {
public:
    explicit Switchboard(Worker& worker) : worker_(worker) {}

    /// Brings an envelope on its way.  Whatever hinders it is answered to its sender (an ask) or counted (a send).
    void post(const pp_envelope& envelope, Origin origin);
    /// The same for what an actor of this worker says in its turn: it is stamped as the sender, whatever the envelope says.
    void post_from(const Cell& sender, const pp_envelope& envelope);
    /// tell() of abi.h.  0: nothing has happened, and it needs what send() does.
    [[nodiscard]] int tell(const Cell& sender, std::uint64_t recipient, std::uint32_t command, pp_bytes body);
    /// The run of the actor that spoke on this thread is over: what it said last goes, before anybody else can run it.
    void flush() {
        if (auto& said = Chain::of_thread(); !said.is_quiet()) {
            if (!said.is_empty()) post_chain(said);
            said.end();
        }
    }
    /// Messages for one cell, from one origin.  `name`: by which the broker called it.
    void post_links(std::uint64_t cell, const Mailbox::Links& links, Origin origin, std::string_view name = {});
    /// The cell that takes what actors elsewhere write to that name; 0 when the name decides each time: not here, the admin's, or in a longer form.
    [[nodiscard]] std::uint64_t destination_of(std::string_view name) const;
    /// Another number whenever a name has come or gone: what was looked up under an earlier one may not be so any more.
    [[nodiscard]] std::uint64_t version() const noexcept { return version_.load(std::memory_order_acquire); }
    /// Answers `to`, a message from anyone, in the name of `from`.
    enum class Way : bool { shortest, broker };
    void answer(const Mail& to, std::string_view from, MailKind kind, std::string_view command, std::string_view body, Way way = Way::shortest);
    [[nodiscard]] static pp_envelope answer_to(const Mail& to, MailKind kind, std::string_view command, std::string_view body);
    /// Tells the asker; a send has nobody to tell and is a dead letter.
    void refuse(const pp_envelope& envelope, Fault fault, std::string text);
    /// Out to the broker even when the recipient is here: see probation.cpp.
    void post_through_broker(const pp_envelope& envelope);

    /// Where that name lives in this worker, or 0.
    [[nodiscard]] std::uint64_t find(std::string_view name) const;
    /// The cell that is moving in under that name, or else the one that lives here, or 0.
    [[nodiscard]] std::uint64_t find_expected(std::string_view name) const;
    void bind(const std::string& name, std::uint64_t cell);
    /// From now on mail from the broker for that name belongs to the cell that is moving in; local mail not yet.
    void expect(const std::string& name, std::uint64_t cell);
    void expect_no_more(const std::string& name);
    /// When an actor of that name ends here, or cannot be made, HEAD makes it again: who writes to it meanwhile may try again.
    void comes_back(const std::string& name);
    /// Not any more.  False: it would not have.
    bool stays_away(const std::string& name);
    [[nodiscard]] bool is_to_come_back(std::string_view name) const;
    /// Frees the name if it still means that cell.
    void unbind(const std::string& name, std::uint64_t cell);
    [[nodiscard]] std::size_t size() const;
    /// Those that live here and those that are moving in; or the first few of them, in no order.
    [[nodiscard]] std::vector<std::string> names(std::size_t at_most = ~std::size_t{0}) const;

private:
    friend class RecentNames;
    /// What a recipient's text means in this worker.
    struct Found {
        std::uint64_t cell = 0;     ///< 0: not here
        bool is_admin = false;      ///< of this worker
        bool is_decorated = false;  ///< may be a longer form of a name: `host.process/name`, `host.process`, `system!…`
    };
    [[nodiscard]] int tell_first(const Cell& sender, std::uint64_t recipient, std::uint32_t command, pp_bytes body);
    [[nodiscard]] int tell_again(const Cell& sender, std::uint64_t recipient, std::uint32_t command, pp_bytes body);
    void post_chain(Chain& said);
    void post_the_long_way(const Cell& sender, const pp_envelope& envelope);
    [[nodiscard]] bool post_out_again(const Cell& sender, const pp_envelope& envelope);
    [[nodiscard]] bool is_worth_keeping(const Cell& sender, const pp_envelope& envelope) const;
    [[nodiscard]] bool post_to_cell(const pp_envelope& envelope, std::uint64_t cell, Origin origin);
    [[nodiscard]] Found find_for(std::string_view name, Origin origin) const;
    [[nodiscard]] std::uint64_t look_up(std::string_view name, Origin origin) const;
    void post_by_name(const pp_envelope& envelope, std::string_view name, Origin origin);
    void send_out(const pp_envelope& envelope, std::string_view recipient, std::uint64_t routes, bool& again);
    void answer_is_too_large(const pp_envelope& envelope, const std::string& text);

    [[nodiscard]] static std::uint64_t new_version() noexcept;  ///< never the same in this process
    void names_have_changed() noexcept { version_.store(new_version(), std::memory_order_release); }  ///< under the lock

    Worker& worker_;
    std::atomic<std::uint64_t> version_{new_version()};  // of the tables below
    mutable std::shared_mutex lock_;
    std::unordered_map<std::string_view, std::uint64_t> cells_;  // keys are the cells' own names
    std::unordered_map<std::string_view, std::uint64_t> arriving_;  // likewise
    std::unordered_set<std::string, TextHash, std::equal_to<>> coming_back_;
};

}  // namespace peacepie::worker
