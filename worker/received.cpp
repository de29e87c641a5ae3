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
    const auto before = take_pushed_out(name);  // first, or it could be the one that is forgotten for another
    if (origins_.size() >= limits::origins_max) push_one_out();
    Origin& origin = origins_.emplace_front();
    origin.name = name;
    origin.last = before.last;
    origin.forgotten = before.forgotten;
    by_name_.emplace(name, origins_.begin());
    return origin;
}

Received::PushedOut Received::take_pushed_out(const std::string& name) {
    const auto known = pushed_out_by_name_.find(name);
    if (known == pushed_out_by_name_.end()) return {};
    const auto at = known->second;
    pushed_out_by_name_.erase(known);
    auto taken = std::move(*at);
    pushed_out_.erase(at);
    return taken;
}

/// The one unheard longest; what is in work has to be known until it is done.
void Received::push_one_out() {
    const auto found = std::find_if(origins_.rbegin(), origins_.rend(), [](const Origin& one) { return one.in_work.empty(); });
    if (found == origins_.rend()) return;
    for (const auto& done : found->recent) bytes_ -= done.body.size();
    numbers_ -= found->recent.size();
    remember({found->name, found->last, std::max(found->forgotten, found->recent.empty() ? 0 : found->recent.back().number)});
    by_name_.erase(found->name);
    origins_.erase(std::next(found).base());
}

void Received::remember(PushedOut origin) {
    if (origin.last == 0 && origin.forgotten == 0) return;  // nothing of it was handled
    (void)take_pushed_out(origin.name);
    pushed_out_.push_front(std::move(origin));
    pushed_out_by_name_.emplace(pushed_out_.front().name, pushed_out_.begin());
    if (pushed_out_.size() <= pushed_out_max) return;
    pushed_out_by_name_.erase(pushed_out_.back().name);
    pushed_out_.pop_back();
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
    return delivery.number <= origin.forgotten ? Verdict::too_old : Verdict::handle;
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
    ++numbers_;
    origin.recent.insert(std::ranges::lower_bound(origin.recent, done.number, {}, &Done::number), std::move(done));
    shorten(origin);
}

void Received::shorten(Origin& origin) {
    while (origin.recent.size() > limits::numbers_remembered || ((bytes_ > limits::repeated_answers_max || numbers_ > numbers_max) && !origin.recent.empty())) {
        bytes_ -= origin.recent.front().body.size();
        --numbers_;
        origin.forgotten = std::max(origin.forgotten, origin.recent.front().number);
        origin.recent.pop_front();
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
        all.push_back(Value::Array{origin.name, origin.last, origin.forgotten, std::move(recent)});
    }
    for (const auto& one : pushed_out_) all.push_back(Value::Array{one.name, one.last, one.forgotten});
    return all;
}

void Received::read(const Value& value) try {
    if (!value.as_array()) return;
    for (auto at = value.as_array()->rbegin(); at != value.as_array()->rend(); ++at)
        if (at->as_array()) read_origin(*at->as_array());
} catch (const Error&) {  // written by a worker; what was read stays
}

void Received::read_origin(const Value::Array& fields) {
    if (fields.size() != 3 && (fields.size() != 4 || !fields[3].as_array())) return;
    auto name = convert<std::string>::from(fields[0]);
    const auto last = convert<std::uint64_t>::from(fields[1]);
    const auto* has_forgotten = fields[2].as_bool();  // as versions before this one wrote it: all below the oldest that follows
    const auto forgotten = has_forgotten ? 0 : convert<std::uint64_t>::from(fields[2]);
    if (fields.size() == 3) return remember({std::move(name), last, forgotten});
    Origin& origin = of(name);
    origin.last = last;
    origin.forgotten = forgotten;
    for (const auto& one : *fields[3].as_array()) {
        const auto& parts = one.as_array() ? *one.as_array() : Value::Array{};
        if (parts.size() != 5 || !parts[3].as_binary()) continue;
        const auto kind = convert<std::uint64_t>::from(parts[1]) == PP_ERROR ? MailKind::error : MailKind::reply;
        origin.recent.push_back({convert<std::uint64_t>::from(parts[0]), kind, convert<std::string>::from(parts[2]),
                                 parts[3].as_binary()->bytes, convert<bool>::from(parts[4])});
        bytes_ += origin.recent.back().body.size();
        ++numbers_;
    }
    if (has_forgotten && *has_forgotten && !origin.recent.empty()) origin.forgotten = origin.recent.front().number - 1;
}

}  // namespace peacepie::worker
