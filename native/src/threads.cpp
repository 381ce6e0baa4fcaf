#include "threads.h"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>

#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>
#define OSTINATO_X86_64 1
#endif

#if !defined(_WIN32)
#include <pthread.h>
#endif

#if defined(__linux__)
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <climits>
#endif

namespace ostinato {
namespace {

void pause() {
#ifdef OSTINATO_X86_64
    _mm_pause();
#endif
}

// A thread that waits for longer than this offers its processor to others: about 50 microseconds,
// more than two calls of one training step lie apart.
constexpr int kSpins = 1500;

// Somebody took the processor if it comes back later than this.
constexpr std::chrono::microseconds kOffered{50};

bool is_wanted_by_others() {
    const auto start = std::chrono::steady_clock::now();
    std::this_thread::yield();
    return std::chrono::steady_clock::now() - start > kOffered;
}

void sleep_while([[maybe_unused]] const std::atomic<uint32_t> *value,
                 [[maybe_unused]] uint32_t seen) {
#if defined(__linux__)
    syscall(SYS_futex, value, FUTEX_WAIT_PRIVATE, seen, nullptr, nullptr, 0);
#endif
}

void wake_all([[maybe_unused]] const std::atomic<uint32_t> *value) {
#if defined(__linux__)
    syscall(SYS_futex, value, FUTEX_WAKE_PRIVATE, INT_MAX, nullptr, nullptr, 0);
#endif
}

// Whatever number is asked for.
constexpr int kMaxThreads = 1024;

uint32_t float_mode() {
#ifdef OSTINATO_X86_64
    return _mm_getcsr();
#else
    return 0;
#endif
}

void set_float_mode(uint32_t mode) {
#ifdef OSTINATO_X86_64
    _mm_setcsr(mode);
#else
    (void)mode;
#endif
}

struct Job {
    Part part;
    const void *job;
    int threads;
    uint32_t float_mode;
};

// Never destroyed: its threads may outlive the static objects of the process. After a fork the
// child, which has none of the threads, forgets it and makes another.
class Team {
  public:
    std::atomic<bool> busy{false};

    int grow(int threads) {
        try {
            for (; helpers_ + 1 < threads; ++helpers_) {
                std::thread(&Team::help, this, helpers_ + 1, round_.load()).detach();
            }
        } catch (const std::system_error &) {  // no more threads here: use those there are
        }
        return threads < helpers_ + 1 ? threads : helpers_ + 1;
    }

    void run(const Job &job) {
        job_ = job;
        const uint32_t before = done_.value();
        left_.store(helpers_, std::memory_order_relaxed);
        {
            std::lock_guard<std::mutex> lock(mutex_);
            round_.fetch_add(1, std::memory_order_release);
        }
        woken_.notify_all();
        job.part(job.job, 0);
        done_.wait_while(before);
    }

  private:
    // A helper sees every round, as run() waits for all of them, also those without a part.
    void help(int index, uint32_t seen) {
        for (;;) {
            for (int spins = 0; spins < kSpins; ++spins) {
                if (round_.load(std::memory_order_acquire) != seen) break;
                pause();
            }
            if (round_.load(std::memory_order_acquire) == seen) {
                std::unique_lock<std::mutex> lock(mutex_);
                woken_.wait(lock, [&] { return round_.load() != seen; });
            }
            ++seen;
            if (index < job_.threads) {
                set_float_mode(job_.float_mode);
                job_.part(job_.job, index);
            }
            if (left_.fetch_sub(1, std::memory_order_acq_rel) == 1) done_.set(seen);
        }
    }

    Job job_{};
    int helpers_ = 0;
    std::mutex mutex_;
    std::condition_variable woken_;
    alignas(64) std::atomic<uint32_t> round_{0};
    alignas(64) std::atomic<int> left_{0};
    Signal done_;  // the last round that all helpers have seen
};

std::atomic<Team *> the_team{nullptr};

Team *team() {
    Team *found = the_team.load(std::memory_order_acquire);
    if (found != nullptr) return found;
    Team *made = new Team;
    if (the_team.compare_exchange_strong(found, made)) {
#if !defined(_WIN32)
        static std::once_flag once;
        std::call_once(once,
                       [] { pthread_atfork(nullptr, nullptr, [] { the_team.store(nullptr); }); });
#endif
        return made;
    }
    delete made;
    return found;
}

}  // namespace

// In one order with the sleepers: either who sets sees that one sleeps, or that one sees what was
// set.
void Signal::set(uint32_t value) {
    value_.store(value, std::memory_order_seq_cst);
    if (sleepers_.load(std::memory_order_seq_cst) != 0) wake_all(&value_);
}

void Signal::wait_while(uint32_t seen) {
    for (int spins = 0; spins < kSpins; ++spins) {
        if (value() != seen) return;
        pause();
    }
    while (value() == seen) {
        if (!is_wanted_by_others()) continue;
        sleepers_.fetch_add(1, std::memory_order_seq_cst);
        if (value_.load(std::memory_order_seq_cst) == seen) sleep_while(&value_, seen);
        sleepers_.fetch_sub(1, std::memory_order_seq_cst);
    }
}

void Barrier::wait() {
    if (threads_ == 1) return;
    const uint32_t phase = phase_.value();
    if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == threads_) {
        arrived_.store(0, std::memory_order_relaxed);
        phase_.set(phase + 1);
        return;
    }
    phase_.wait_while(phase);
}

Grant::Grant(int wanted) : threads_(1), holds_team_(false) {
    if (wanted <= 1) return;
    bool expected = false;
    if (!team()->busy.compare_exchange_strong(expected, true)) return;
    holds_team_ = true;
    threads_ = team()->grow(wanted < kMaxThreads ? wanted : kMaxThreads);
}

Grant::~Grant() {
    if (holds_team_) team()->busy.store(false, std::memory_order_release);
}

void Grant::run(int threads, Part part, const void *job) {
    if (threads == 1) {
        part(job, 0);
    } else {
        team()->run({part, job, threads, float_mode()});
    }
}

}  // namespace ostinato
