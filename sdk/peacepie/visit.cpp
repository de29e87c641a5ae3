// visit.cpp - driving handlers that are coroutines.
//
// One loop resumes frames; nothing is resumed from inside another resume.  A visit that waits is linked into its actor,
// one that has ended answers and is gone.
// Next: seam.cpp calls `run` when something has ended that a visit waits for.
#include "peacepie/inside.hpp"

namespace peacepie {
namespace {

void suspend(Visit& visit) {
    if (visit.suspended) return;
    visit.suspended = true;
    Actor& actor = visit.actor;
    Visit*& newest = Inside::visits(actor);
    visit.older = newest;
    if (newest != nullptr) newest->newer = &visit;
    newest = &visit;
    if (!visit.overlapping) Inside::flags(actor).busy = true;
    // The asker must be found after this turn as well, even if it moves away meanwhile: then only its name helps.
    if (!visit.sender_text.empty()) visit.kept_sender = visit.sender_text;
    else if (visit.kind == Kind::ask && visit.sender != 0) visit.kept_sender = Inside::host(actor).address_text(visit.sender);
    visit.sender_text = visit.kept_sender;
}

void unlink(Visit& visit) noexcept {
    if (!visit.suspended) return;
    if (!visit.overlapping) Inside::flags(visit.actor).busy = false;
    if (visit.newer != nullptr) visit.newer->older = visit.older;
    else Inside::visits(visit.actor) = visit.older;
    if (visit.older != nullptr) visit.older->newer = visit.newer;
}

/// Whoever closes a door answers those who wait.
void refuse(Visit& visit) {
    if (visit.kind == Kind::ask) throw Error(Fault::stopping, "the actor ended before its answer; ask again");
}

void drop(Visit* visit) noexcept {
    unlink(*visit);
    visit->root.destroy();  // frames below hang in it; what they wait for is cancelled
    delete visit;
}

}  // namespace

void run(Visit& visit) {
    Actor& actor = visit.actor;
    const Turn*& turn = Inside::turn(actor);
    turn = &visit;
    while (visit.ready) std::exchange(visit.ready, nullptr).resume();
    if (visit.root.done()) {
        guarded(actor, visit, [&] { detail::answer(actor, visit, visit.take(visit.root)); });
        drop(&visit);
    } else {
        suspend(visit);
    }
    turn = nullptr;
}

void drop_visits(Actor& actor) noexcept {
    while (Visit* newest = Inside::visits(actor)) {
        Inside::turn(actor) = newest;
        guarded(actor, *newest, [&] { refuse(*newest); });
        drop(newest);
    }
    Inside::turn(actor) = nullptr;
}

void detail::begin_visit(Actor& actor, const Turn& turn, std::coroutine_handle<> root, FrameBase& frame,
                         Reply (*take)(std::coroutine_handle<>), bool overlapping) {
    auto* visit = new Visit(actor, turn);
    visit->root = visit->ready = root;
    visit->take = take;
    visit->overlapping = overlapping;
    frame.visit = visit;
    run(*visit);
}

}  // namespace peacepie
