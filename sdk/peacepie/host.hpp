// host.hpp - the worker as an actor sees it: the C table of abi.h in C++ words.
//
// Two pointers, copied freely; owns nothing.  Thread rules are those of the functions in abi.h.  Before the actor has met
// its worker every call throws Error denied: a constructor only declares.
// Next: host.cpp crosses the boundary, seam.cpp is the way back.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "wire/envelope.hpp"

struct pp_host;
struct pp_cell;
struct pp_actor_type;
struct pp_envelope;

namespace peacepie {

/// A message on its way out, as views.
struct Posting {
    Kind kind = Kind::send;
    std::uint64_t mid = 0;
    std::uint32_t command = 0;
    std::string_view command_text;
    std::uint64_t recipient = 0;
    std::string_view recipient_text;
    std::string_view body;
};

using Operation = std::uint64_t;  ///< something that ends in one resume; 0: none

enum class Level : int { trace = 0, debug = 1, info = 2, warning = 3, error = 4 };

class Host {
public:
    Host() = default;
    Host(const pp_host* table, pp_cell* cell) noexcept : table_(table), cell_(cell) {}

    [[nodiscard]] explicit operator bool() const noexcept { return table_ != nullptr; }

    [[nodiscard]] std::uint32_t command(std::string_view text) const;
    [[nodiscard]] std::string_view command_text(std::uint32_t command) const;
    [[nodiscard]] std::uint64_t address(std::string_view text) const;
    [[nodiscard]] std::string address_text(std::uint64_t address) const;  ///< empty when stale
    [[nodiscard]] std::string_view name() const;
    [[nodiscard]] std::string_view node() const;

    /// A send by handles alone.  False: not taken; send() the same with texts.
    [[nodiscard]] inline bool tell(std::uint64_t recipient, std::uint32_t command, std::string_view body) const;
    void send(const pp_envelope& envelope) const;
    void send(const Posting& posting) const;
    [[nodiscard]] Operation ask(const Posting& posting, std::chrono::nanoseconds timeout) const;

    [[nodiscard]] Operation wait(std::chrono::nanoseconds span) const;
    [[nodiscard]] Operation alarm(std::chrono::nanoseconds span) const;
    [[nodiscard]] Operation open() const;
    void cancel(Operation operation) const;
    void complete(std::uint64_t address, Operation operation) const;
    [[nodiscard]] std::uint64_t self() const;
    [[nodiscard]] Operation watch_readable(int fd) const;  ///< throws Error unavailable without "peacepie.fd/1"
    [[nodiscard]] Operation watch_writable(int fd) const;
    void run_blocking(void (*work)(void*), void* with) const;  ///< throws Error unavailable without "peacepie.blocking/1"
    /// -> the handle of a new actor of that class.  Throws Error: why not; unavailable without "peacepie.life/1".
    [[nodiscard]] std::uint64_t spawn(const pp_actor_type& type, std::string_view parameters) const;
    /// Until it is acknowledged.  Throws Error no_space when too many are not yet, unavailable without "peacepie.reliable/1".
    void send_reliably(const Posting& posting) const;
    void retire() const;  ///< throws Error unavailable without "peacepie.life/1"

    /// Now and then: then a handle that was given once is asked for again.  At every 61st send, a prime: of recipients that are
    /// written to in turn each is asked for in its turn, unless they are a multiple of that many.
    [[nodiscard]] bool is_time_to_ask() const noexcept {
        if (--until_ask_ != 0) return false;
        until_ask_ = sends_between;
        return true;
    }

    void print(std::string_view line) const;
    void log(Level level, std::string_view text) const;
    void fail(std::string_view code, std::string_view text) const;
    [[nodiscard]] std::uint64_t now() const;

private:
    [[nodiscard]] const pp_host& table() const {
        if (table_ == nullptr) not_yet();
        return *table_;
    }
    [[noreturn]] static void not_yet();

    const pp_host* table_ = nullptr;
    pp_cell* cell_ = nullptr;
    static constexpr std::uint32_t sends_between = 61;
    mutable std::uint32_t until_ask_ = sends_between;  // so many sends to recipients with a handle
};

}  // namespace peacepie
