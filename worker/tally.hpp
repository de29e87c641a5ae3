// tally.hpp - counts the sends that this worker takes in and those that have ended: what is between is lost if it dies.
//
// Each loop, and the monitor, writes a line of its own, without a read-modify-write; any other thread adds to the first one.
// The words that belong to the link are written by who holds the link (arrived) and under the outbox's lock (left).
// Owned by Worker; the page may be the launcher's (main.cpp), so that it can be read when this process is no more.
// Next: counters.hpp has the law, wire/tally_page.hpp the page.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>

#include "wire/tally_page.hpp"

namespace peacepie::worker {

class Tally {
public:
    /// Without a page, one that nobody else sees.
    explicit Tally(TallyPage* page = nullptr) : own_(page ? nullptr : std::make_unique<TallyPage>()), page_(page ? page : own_.get()) {}

    /// From now on this thread has a line of its own in whatever worker's page: nobody else has that number.  From 1; those beyond
    /// the page share the first one.
    static void give_line(std::uint32_t line) noexcept { line_ = line < TallyPage::lines_max ? line : 0; }

    /// A send is taken in.  Before anybody can handle it.
    void enter(std::uint64_t sends = 1) noexcept { add(line().entered, sends); }
    /// What was taken in just now, by the same thread, was not: it is said once more.
    void take_back() noexcept { add(line().entered, ~std::uint64_t{0}); }
    /// It has ended here, in whatever way but that it left for the broker.
    void end(std::uint64_t sends = 1) noexcept { add(line().ended, sends); }
    /// By the holder of the link, before it is handed in.
    void arrive(std::uint64_t sends = 1) noexcept { store(page_->link.arrived, page_->link.arrived.load(std::memory_order_relaxed) + sends); }

    /// By the holder of the link, when the broker has welcomed this worker to another session: what has come so far is of earlier
    /// ones, and so is what the outbox was given, but for what still waits in it.
    void begin_session(std::uint64_t stamp, std::uint64_t waiting_in_outbox);
    [[nodiscard]] Unread unread() const noexcept { return Unread::of(*page_); }
    [[nodiscard]] std::uint64_t entered() const noexcept;
    [[nodiscard]] std::uint64_t ended() const noexcept;
    [[nodiscard]] std::uint64_t arrived() const noexcept { return page_->link.arrived.load(std::memory_order_relaxed); }
    [[nodiscard]] std::atomic<std::uint64_t>& left() const noexcept { return page_->link.left; }

    /// What the broker is told with a heartbeat: of this session, and what the one before it came to, if there was one.
    [[nodiscard]] Value told() const;

private:
    [[nodiscard]] TallyPage::Line& line() noexcept { return page_->lines[line_]; }
    static void store(std::atomic<std::uint64_t>& word, std::uint64_t value) noexcept { word.store(value, std::memory_order_release); }
    static void add(std::atomic<std::uint64_t>& word, std::uint64_t sends) noexcept {
        if (line_ != 0) [[likely]] store(word, word.load(std::memory_order_relaxed) + sends);
        else word.fetch_add(sends, std::memory_order_release);
    }

    static inline constinit thread_local std::uint32_t line_ = 0;

    const std::unique_ptr<TallyPage> own_;
    TallyPage* const page_;
    mutable std::mutex lock_;  // of a session that changes
};

}  // namespace peacepie::worker
