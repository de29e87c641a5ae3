// witness.hpp - writes down, in a file that outlives every process, which numbered messages it handled and when.
//
// For tests/system/chaos: what a killed process would have told of itself is in the file.  A line goes out in one write, so that
// lines of several processes stand whole and in the order of the handling.
// Two actors: one turn at a time, on a thread of the worker.
// Next: ../chaos/record.py reads the file.
#pragma once

#include <chrono>
#include <cstdint>
#include <sstream>
#include <string>

#include <fcntl.h>
#include <unistd.h>

#include <peacepie/peacepie.hpp>

/// The end of that file; a line at a time.
class Notebook {
public:
    Notebook() = default;
    Notebook(const Notebook&) = delete;
    Notebook& operator=(const Notebook&) = delete;
    ~Notebook() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }

    template <class... Words>
    void write(const std::string& path, const Words&... words) {
        std::ostringstream joined;
        const char* gap = "";
        ((joined << gap << words, gap = " "), ...);
        joined << '\n';
        const auto line = joined.str();
        if (descriptor_ < 0) descriptor_ = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
        if (::write(descriptor_, line.data(), line.size()) != static_cast<ssize_t>(line.size()))
            throw peacepie::Error{"no_space", "the record cannot be written: " + path};
    }

    static std::int64_t now_ns() {
        using namespace std::chrono;
        return duration_cast<nanoseconds>(steady_clock::now().time_since_epoch()).count();
    }

private:
    int descriptor_ = -1;
};

/// Writes `H time pid name instance from number` for each message; `instance` changes only when it is made anew.
class Witness final : public peacepie::Actor {
public:
    Witness() {
        on("count", &Witness::count, "from", "number");
        on("report", &Witness::report);
    }

private:
    Param<std::string>  file{this, "file", ""};
    Param<double>       nap_ms{this, "nap_ms", 0, "how long each message keeps the turn"};
    Param<std::int64_t> ballast{this, "ballast", 0, "bytes of state that are carried along on a move"};
    State<std::int64_t> instance{this, "instance", 0};
    State<std::int64_t> received{this, "received", 0};
    State<std::string>  carried{this, "carried", ""};

    Task<> started() override {
        if (*instance == 0) *instance = Notebook::now_ns();
        if (carried->empty()) *carried = std::string(static_cast<std::size_t>(*ballast), 'x');
        co_return;
    }

    Task<Reply> count(std::string from, std::int64_t number) {
        notebook_.write(*file, "H", Notebook::now_ns(), ::getpid(), name(), *instance, from, number);
        ++*received;
        if (*nap_ms > 0) co_await sleep(std::chrono::duration<double, std::milli>(*nap_ms));
        co_return reply("counted", named("number", number), named("instance", *instance));
    }

    Reply report() { return reply("report", named("received", *received), named("instance", *instance)); }

    Notebook notebook_;
};

/// Sends numbered messages, a few per tick, and writes `S time pid name#instance to next` after each tick.
class Beacon final : public peacepie::Actor {
public:
    Beacon() {
        on("end", &Beacon::end);
    }

private:
    Param<std::string>  file{this, "file", ""};
    Param<std::string>  to{this, "to", "", "name of a witness"};
    Param<Seconds>      period{this, "period", Seconds(0.005)};
    Param<int>          per_tick{this, "per_tick", 2};
    State<std::int64_t> instance{this, "instance", 0};
    State<std::int64_t> sent{this, "sent", 0};
    Ticker              ticker{this, "ticker", period, &Beacon::tick};

    /// Begins by itself, so that it goes on when it was made again.
    Task<> started() override {
        if (*instance != 0) co_return;
        *instance = Notebook::now_ns();
        ticker.start();
    }

    Reply end() {
        ticker.stop();
        return reply("ended", named("sent", *sent), named("stream", stream()));
    }

    std::string stream() const { return std::string(name()) + "#" + std::to_string(*instance); }

    void tick() {
        for (int i = 0; i < *per_tick; ++i) {
            send(*to, "count", named("from", stream()), named("number", *sent));
            ++*sent;
        }
        notebook_.write(*file, "S", Notebook::now_ns(), ::getpid(), stream(), *to, *sent);
    }

    Notebook notebook_;
};
