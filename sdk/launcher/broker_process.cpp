#include "launcher/broker_process.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "wire/fault.hpp"

namespace peacepie::launcher {

BrokerProcess::BrokerProcess(BrokerOptions options, std::string log_format, std::string log_level, std::vector<std::string> limits)
    : options_(std::move(options)), limits_(std::move(limits)), log_format_(std::move(log_format)), log_level_(std::move(log_level)),
      page_(memfd_create("peacepie-traffic", MFD_CLOEXEC)) {}

std::vector<std::string> BrokerProcess::words() const {
    std::vector<std::string> words{options_.binary,
                                   "--bind",
                                   endpoint_.empty() ? options_.bind : endpoint_,
                                   "--system",
                                   options_.system,
                                   "--parent-pid",
                                   std::to_string(getpid()),
                                   "--ready-fd",
                                   std::to_string(Child::inherited_as)};
    if (options_.insecure_bind) words.push_back("--insecure-bind");
    if (options_.ephemeral) words.push_back("--ephemeral");
    words.push_back(endpoint_.empty() ? "--forget" : "--successor");  // at first no worker of an earlier system is alive
    const auto add = [&words](const char* option, const std::string& value) {
        if (!value.empty()) words.insert(words.end(), {option, value});
    };
    add("--state-dir", options_.state_dir);
    add("--log-format", log_format_);
    add("--log-level", log_level_);
    for (const auto& limit : limits_) add("--limit", limit);
    if (page_.number() >= 0) add("--page-fd", std::to_string(Child::inherited_as + 1));
    return words;
}

void BrokerProcess::start() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) throw Error(Fault::unavailable, "the system gives no pipe for the broker");
    Descriptor read_end(ends[0]), write_end(ends[1]);
    fcntl(read_end.number(), F_SETFL, O_NONBLOCK);
    heard_.clear();
    restart_at.reset();
    if (page_.number() >= 0) child_.emplace(words(), std::initializer_list<int>{write_end.number(), page_.number()});
    else child_.emplace(words(), std::initializer_list<int>{write_end.number()});
    ready_ = std::move(read_end);
}

std::optional<std::string> BrokerProcess::ready() {
    constexpr std::size_t longest = 512;  // an endpoint; whoever writes more is not our broker
    std::array<char, 256> piece{};
    while (ready_.number() >= 0) {
        const auto size = read(ready_.number(), piece.data(), piece.size());
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) return std::nullopt;  // nothing yet
        if (size == 0 || heard_.size() > longest) {
            ready_.close();  // it ended, or it is none of ours: reap() tells
            return std::nullopt;
        }
        heard_.append(piece.data(), static_cast<std::size_t>(size));
        if (const auto end = heard_.find('\n'); end != std::string::npos) {
            ready_.close();
            endpoint_ = heard_.substr(0, end);
            return endpoint_;
        }
    }
    return std::nullopt;
}

std::optional<Ended> BrokerProcess::reap() {
    if (!child_) return std::nullopt;
    auto ended = child_->reap();
    if (ended) {
        child_.reset();
        ready_.close();
    }
    return ended;
}

void BrokerProcess::signal(int number) const noexcept {
    if (child_) child_->signal(number);
}

}  // namespace peacepie::launcher
