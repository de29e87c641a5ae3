// pump.cpp - one holder at a time.  Next: scheduler.cpp.
#include "worker/pump.hpp"

#include "worker/worker.hpp"

namespace peacepie::worker {

bool Pump::exchange() {
    bool received = false;
    do {
        std::unique_lock holding(holder_, std::try_to_lock);
        if (!holding) return received;
        link_.renew_if_wanted();
        if (look_.load(std::memory_order_relaxed)) look_at_change();
        send_all();
        // Receive last: sending may have eaten the descriptor's edge, and only an empty receive arms it again.
        received |= receive_some();
    } while (!worker_.outbox().empty() && !is_blocked());
    return received;
}

void Pump::look_at_change() {
    look_.store(false, std::memory_order_relaxed);
    switch (link_.change()) {
        case DealerLink::Change::none: return;
        case DealerLink::Change::lost: return worker_.on_disconnected();
        case DealerLink::Change::renewed: return worker_.on_reconnected();
    }
}

void Pump::send_all() {
    blocked_.store(false, std::memory_order_relaxed);
    while (auto frame = worker_.outbox().take()) {
        if (link_.send(frame->bytes) == Sent::taken) continue;
        worker_.outbox().put_back(std::move(*frame));
        blocked_.store(true, std::memory_order_relaxed);
        return;
    }
}

bool Pump::receive_some() {
    int count = 0;
    std::size_t bytes = 0;
    for (; count < frames_per_round && bytes < bytes_per_round; ++count) {
        const auto frame = link_.receive();
        if (!frame) {
            more_.store(false, std::memory_order_relaxed);
            return count > 0;
        }
        bytes += frame->size();
        worker_.on_frame(*frame);
    }
    more_.store(true, std::memory_order_relaxed);
    return count > 0;
}

}  // namespace peacepie::worker
