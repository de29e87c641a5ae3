// blocking.cpp - four threads and a bounded queue.  Next: host_seam.cpp.
#include "worker/blocking.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

namespace peacepie::worker {

namespace {

constexpr std::size_t threads_max = 4;    // blocking work waits for disks and peers, not for cores
constexpr std::size_t waiting_max = 1024;

class BlockingPool {
public:
    void run(void (*work)(void*), void* with) {
        {
            std::unique_lock guard(lock_);
            if (waiting_.size() < waiting_max) {
                waiting_.emplace_back(work, with);
                if (idle_ == 0 && threads_ < threads_max) {
                    ++threads_;
                    std::thread([this] { serve(); }).detach();
                }
                ready_.notify_one();
                return;
            }
        }
        work(with);
    }

private:
    void serve() {
        for (std::unique_lock guard(lock_);;) {
            ++idle_;
            ready_.wait(guard, [this] { return !waiting_.empty(); });
            --idle_;
            auto [work, with] = waiting_.front();
            waiting_.pop_front();
            guard.unlock();
            work(with);
            guard.lock();
        }
    }

    std::mutex lock_;
    std::condition_variable ready_;
    std::deque<std::pair<void (*)(void*), void*>> waiting_;
    std::size_t threads_ = 0;
    std::size_t idle_ = 0;
};

}  // namespace

void run_off_the_loops(void (*work)(void*), void* with) {
    static auto& pool = *new BlockingPool;  // never destroyed: its threads end with the process
    pool.run(work, with);
}

}  // namespace peacepie::worker
