// received.cpp - a window per origin.  Next: cell_delivery.cpp.
#include "worker/received.hpp"

#include <algorithm>

#include "wire/limits.hpp"

namespace peacepie::worker {

Received::Origin& Received::of(const std::string& name) {
    if (const auto found = by_name_.find(name); found != by_name_.end()) {
        origins_.splice(origins_.begin(), origins_, found->second);
        return origins_.front();
    }
    if (origins_.size() >= limits::origins_max) {
        for (const auto& done : origins_.back().recent) bytes_ -= done.body.size();
        by_name_.erase(origins_.back().name);
        origins_.pop_back();
    }
    origins_.emplace_front().name = name;
    by_name_.emplace(name, origins_.begin());
    return origins_.front();
}

Received::Verdict Received::judge(const Delivery& delivery) {
    Origin& origin = of(delivery.origin);
    if (std::ranges::find(origin.in_work, delivery.number) != origin.in_work.end()) return Verdict::in_work;
    if (delivery.acked) {
        origin.last = std::max(origin.last, *delivery.acked);  // the sender knows more than an actor that lost its memory
        if (delivery.number <= origin.last) return Verdict::repeat;
        return delivery.number == origin.last + 1 ? Verdict::handle : Verdict::early;
    }
    const auto known = std::ranges::lower_bound(origin.recent, delivery.number, {}, &Done::number);
    if (known != origin.recent.end() && known->number == delivery.number) return Verdict::repeat;
    return known == origin.recent.begin() && origin.has_forgotten ? Verdict::too_old : Verdict::handle;
}

void Received::begin(const Delivery& delivery) { of(delivery.origin).in_work.push_back(delivery.number); }

void Received::call_off(const std::string& name, std::uint64_t number) { std::erase(of(name).in_work, number); }

void Received::done(const std::string& name, bool in_sequence, Done done) {
    Origin& origin = of(name);
    std::erase(origin.in_work, done.number);
    if (in_sequence) return void(origin.last = std::max(origin.last, done.number));
    if (done.body.size() > limits::repeated_answer_max) {
        done.is_kept = false;
        done.body.clear();
    }
    bytes_ += done.body.size();
    origin.recent.insert(std::ranges::lower_bound(origin.recent, done.number, {}, &Done::number), std::move(done));
    shorten(origin);
}

void Received::shorten(Origin& origin) {
    while (origin.recent.size() > limits::numbers_remembered || (bytes_ > limits::repeated_answers_max && !origin.recent.empty())) {
        bytes_ -= origin.recent.front().body.size();
        origin.recent.pop_front();
        origin.has_forgotten = true;
    }
}

const Received::Done* Received::answer(const Delivery& delivery) const {
    const auto found = by_name_.find(delivery.origin);
    if (found == by_name_.end() || delivery.acked) return nullptr;
    const auto& recent = found->second->recent;
    const auto known = std::ranges::lower_bound(recent, delivery.number, {}, &Done::number);
    return known != recent.end() && known->number == delivery.number ? &*known : nullptr;
}

Value Received::to_value() const {
    Value::Array all;
    for (const auto& origin : origins_) {
        Value::Array recent;
        for (const auto& done : origin.recent)
            recent.push_back(Value::Array{done.number, static_cast<std::uint64_t>(done.kind), done.command, Binary{done.body}, done.is_kept});
        all.push_back(Value::Array{origin.name, origin.last, origin.has_forgotten, std::move(recent)});
    }
    return all;
}

void Received::read(const Value& value) try {
    if (!value.as_array()) return;
    for (auto at = value.as_array()->rbegin(); at != value.as_array()->rend(); ++at) {
        const auto& fields = at->as_array() ? *at->as_array() : Value::Array{};
        if (fields.size() != 4 || !fields[3].as_array()) continue;
        Origin& origin = of(convert<std::string>::from(fields[0]));
        origin.last = convert<std::uint64_t>::from(fields[1]);
        origin.has_forgotten = convert<bool>::from(fields[2]);
        for (const auto& one : *fields[3].as_array()) {
            const auto& parts = one.as_array() ? *one.as_array() : Value::Array{};
            if (parts.size() != 5 || !parts[3].as_binary()) continue;
            const auto kind = convert<std::uint64_t>::from(parts[1]) == PP_ERROR ? MailKind::error : MailKind::reply;
            origin.recent.push_back({convert<std::uint64_t>::from(parts[0]), kind, convert<std::string>::from(parts[2]),
                                     parts[3].as_binary()->bytes, convert<bool>::from(parts[4])});
            bytes_ += origin.recent.back().body.size();
        }
    }
} catch (const Error&) {  // written by a worker; what was read stays
}

}  // namespace peacepie::worker
