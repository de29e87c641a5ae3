// dead_letters.cpp - collecting and reporting.  Next: admin.cpp.
#include "worker/dead_letters.hpp"

#include <algorithm>
#include <numeric>

#include "log/log.hpp"
#include "wire/limits.hpp"
#include "worker/admin.hpp"
#include "worker/worker.hpp"

namespace peacepie::worker {

bool DeadLetters::count_if_full(Fault reason) {
    if (!full_.load(std::memory_order_relaxed)) return false;
    std::lock_guard guard(lock_);
    if (!full_.load(std::memory_order_relaxed)) return false;  // it has just been reported
    count(batch_.more, reason);
    return true;
}

bool DeadLetters::add(const Envelope& envelope, Fault reason, std::string_view text) {
    std::lock_guard guard(lock_);
    const bool fits = envelope.body.size() <= limits::dead_letter_body_max;
    const auto size = envelope.sender.size() + envelope.recipient.size() + envelope.command.size() + (fits ? envelope.meta.size() + envelope.body.size() : 0);
    if (batch_.letters.size() >= limits::dead_letters_reported_max || batch_.bytes + size > limits::dead_letters_reported_bytes_max) {
        count(batch_.more, reason);
        if (batch_.letters.size() >= limits::dead_letters_reported_max) full_.store(true, std::memory_order_relaxed);
        return !std::exchange(waiting_, true);
    }
    batch_.bytes += size;
    Value::Map letter{{"sender", envelope.sender}, {"command", envelope.command}, {"mid", envelope.mid}, {"reason", code_of(reason)},
                      {"text", text.substr(0, limits::dead_letter_text_max)}, {"bytes", envelope.body.size()}};
    if (!envelope.recipient.empty()) letter.emplace_back("recipient", envelope.recipient);
    if (fits && !envelope.meta.empty()) letter.emplace_back("meta", Binary{std::string(envelope.meta)});
    if (fits) letter.emplace_back("body", Binary{std::string(envelope.body)});
    batch_.letters.emplace_back(clock_.now(), std::move(letter));
    return !std::exchange(waiting_, true);
}

void DeadLetters::on_first(Admin& admin) {
    const auto wait = next_report_ - clock_.now();
    if (wait.count() <= 0) return report(admin);
    admin.after(wait, [this, &admin] { report(admin); });
}

void DeadLetters::report(Admin& admin) {
    auto& outbox = admin.worker().outbox();
    next_report_ = clock_.now() + limits::dead_letters_interval;
    if (outbox.bytes() > outbox.bytes_max() / 2)  // the broker is away or slow: what others have to say goes first
        return admin.after(limits::dead_letters_interval, [this, &admin] { report(admin); });
    auto batch = take();
    if (!batch) return;
    Counts all = batch->more;
    for (const auto& [since, letter] : batch->letters)
        for (const auto& [key, value] : letter)
            if (key == "reason") count(all, *fault_of(*value.as_text()));
    const auto body = body_of(std::move(*batch)).encoded();
    const Envelope envelope{.command = "dead_letters", .sender = admin.worker().node(), .body = body};
    const auto letters = std::accumulate(all.begin(), all.end(), std::uint64_t{0});
    if (outbox.append_letters(envelope, letters) == Outbox::Put::taken) {
        admin.worker().counters().sends.letters_told.fetch_add(letters, std::memory_order_relaxed);
        return;
    }
    put_back(all);
    admin.after(limits::dead_letters_interval, [this, &admin] { report(admin); });
}

std::optional<DeadLetters::Batch> DeadLetters::take() {
    std::lock_guard guard(lock_);
    if (!std::exchange(waiting_, false)) return std::nullopt;
    full_.store(false, std::memory_order_relaxed);
    return std::exchange(batch_, {});
}

Value DeadLetters::body_of(Batch batch) const {
    const auto now = clock_.now();
    Value::Array letters;
    letters.reserve(batch.letters.size());
    for (auto& [since, letter] : batch.letters) {
        letter.emplace_back("age", std::chrono::duration_cast<std::chrono::seconds>(now - since).count());
        letters.emplace_back(std::move(letter));
    }
    Value body = Value::Map{{"letters", std::move(letters)}};
    Value more = Value::Map{};
    for (std::size_t i = 0; i < fault_codes.size(); ++i)
        if (batch.more[i] != 0) more.set(std::string(fault_codes[i]), batch.more[i]);
    if (!more.as_map()->empty()) body.set("more", std::move(more));
    return body;
}

void DeadLetters::put_back(const Counts& counts) {
    std::lock_guard guard(lock_);
    for (std::size_t i = 0; i < counts.size(); ++i) count(batch_.more, static_cast<Fault>(i), counts[i]);
    waiting_ = true;
}

}  // namespace peacepie::worker
