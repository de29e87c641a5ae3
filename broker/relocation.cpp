// relocation.cpp - the transitions of the picture.  Next: relocation.hpp
#include "broker/relocation.hpp"

#include <utility>

#include "wire/limits.hpp"

namespace peacepie::broker {

Relocation::Steps Relocation::on(Event event) {
    if (phase_ == Phase::settled) return {};
    if (phase_ == Phase::probation) return in_probation(event);
    if (phase_ == Phase::returning) return in_returning(event);
    switch (event) {
        case Event::prepared:
        case Event::fence_back:
        case Event::frozen:
        case Event::loaded: return on_success(event);
        case Event::passed:
        case Event::misbehaved:
        case Event::left: return {};
        default: return on_failure(event);
    }
}

Relocation::Steps Relocation::on_success(Event event) {
    if (phase_ == Phase::preparing && event == Event::prepared) {
        phase_ = Phase::fencing;
        return {Step::await_fence};
    }
    if (phase_ == Phase::fencing && event == Event::fence_back) {
        phase_ = Phase::freezing;
        return {Step::send_freeze};
    }
    if (phase_ == Phase::freezing && event == Event::frozen) {
        phase_ = Phase::loading;
        return {Step::send_load};
    }
    return phase_ == Phase::loading && event == Event::loaded ? on_loaded() : Steps{};
}

Relocation::Steps Relocation::on_loaded() {
    if (move_.probation && !adopted_) {  // adopted: there is no home to go back to
        phase_ = Phase::probation;
        return {Step::commit, Step::send_start, Step::begin_probation};
    }
    phase_ = Phase::settled;
    if (move_.dry_run) return {Step::send_cancel, Step::send_resume, Step::release, Step::answer_can};
    if (adopted_) return {Step::commit, Step::send_start, Step::release, Step::answer_moved};
    return {Step::commit, Step::send_start, Step::release, Step::send_discard, Step::answer_moved};
}

Relocation::Steps Relocation::in_probation(Event event) {
    switch (event) {
        case Event::misbehaved:
            phase_ = Phase::returning;
            return {Step::send_withdraw};
        case Event::target_cut_off:  // the route leads home at once, because that session ends; the source waits
            if (is_in_place()) return in_probation(Event::target_lost);
            phase_ = Phase::returning;
            is_home_ = true;
            return {Step::return_home, Step::await_end};
        case Event::passed:
        case Event::refused:  // the system ends: who works goes on to the end
            phase_ = Phase::settled;
            return {Step::send_settle, Step::release, Step::send_discard, Step::answer_moved};
        case Event::withdrawn:
            phase_ = Phase::settled;
            return {Step::send_cancel, Step::send_discard, Step::release_as_lost, Step::answer_stayed};
        case Event::target_lost:
        case Event::source_lost:
            phase_ = Phase::settled;
            if (is_in_place()) return {Step::restore_class, Step::release_as_lost, Step::answer_stayed};
            if (event == Event::source_lost) return {Step::send_settle, Step::release, Step::answer_moved};
            return {Step::return_home, Step::send_resume, Step::give_back, Step::release, Step::answer_stayed};
        default: return {};
    }
}

Relocation::Steps Relocation::in_returning(Event event) {
    if (is_home_ && event == Event::target_lost) return {};  // another of its name, or the same once more
    if (event == Event::target_cut_off) return is_home_ ? Steps{Step::await_end} : in_returning(Event::target_lost);
    const bool is_lost = event == Event::source_lost || (event == Event::target_lost && is_in_place());
    switch (event) {
        case Event::left:
        case Event::refused:
        case Event::late:
        case Event::overflowed:
        case Event::target_lost:
        case Event::source_lost:
            phase_ = Phase::settled;
            if (is_lost && is_in_place()) return {Step::restore_class, Step::release_as_lost, Step::answer_stayed};
            if (is_lost) return {Step::restore_class, Step::forget_name, Step::give_back, Step::release_as_lost, Step::answer_stayed};
            return {Step::return_home, Step::send_resume, Step::give_back, Step::release, Step::answer_stayed};
        case Event::withdrawn:
            phase_ = Phase::settled;
            return {Step::send_cancel, Step::send_discard, Step::release_as_lost, Step::answer_stayed};
        default: return {};
    }
}

Relocation::Steps Relocation::on_failure(Event event) {
    if (event == Event::target_cut_off) return on_failure(Event::target_lost);  // it has not started yet
    const bool was_frozen = phase_ == Phase::freezing || phase_ == Phase::loading;
    const bool both_lost = is_in_place() && (event == Event::source_lost || event == Event::target_lost);
    if (event == Event::source_lost && phase_ == Phase::loading && !both_lost && !adopted_ && !move_.dry_run) {
        adopted_ = true;
        return {Step::adopt};
    }
    if (event == Event::source_lost && adopted_) return {};  // it is no part of this any more
    phase_ = Phase::settled;
    Steps steps;
    const bool owner_lost = both_lost || adopted_ || event == Event::source_lost || event == Event::withdrawn;
    if (!owner_lost && was_frozen) steps.push_back(Step::send_resume);
    if (!both_lost && event != Event::target_lost) steps.push_back(Step::send_cancel);
    if (adopted_ && event != Event::withdrawn) steps.push_back(Step::forget_name);  // else whoever withdrew it does
    steps.push_back(owner_lost ? Step::release_as_lost : Step::release);
    steps.push_back(Step::answer_stayed);
    return steps;
}

void Relocation::hold(std::string_view encoded, Nanoseconds now) {
    held_bytes_ += encoded.size();
    held_.push_back({std::string(encoded), now});
}

bool Relocation::is_overfull(CountedBounds& bounds) const noexcept {
    return !bounds.allows(Bound::held_messages, held_.size()) || !bounds.allows(Bound::held_bytes, held_bytes_);
}

std::deque<HeldMail> Relocation::take_held() {
    held_bytes_ = 0;
    return std::exchange(held_, {});
}

}  // namespace peacepie::broker
