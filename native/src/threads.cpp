#include "threads.h"

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

namespace ostinato {
namespace {

void pause() {
#ifdef OSTINATO_X86_64
    _mm_pause();
#endif
}

// A thread that waits for longer than this gives its processor away: about 50 microseconds, more
// than two calls of one training step lie apart.
constexpr int kSpins = 1500;

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
        left_.store(helpers_, std::memory_order_relaxed);
        {
            std::lock_guard<std::mutex> lock(mutex_);
            round_.fetch_add(1, std::memory_order_release);
        }
        woken_.notify_all();
        job.part(job.job, 0);
        for (int spins = 0; left_.load(std::memory_order_acquire) != 0; ++spins) {
            spins < kSpins ? pause() : std::this_thread::yield();
        }
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
            left_.fetch_sub(1, std::memory_order_release);
        }
    }

    Job job_{};
    int helpers_ = 0;
    std::mutex mutex_;
    std::condition_variable woken_;
    alignas(64) std::atomic<uint32_t> round_{0};
    alignas(64) std::atomic<int> left_{0};
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

void Barrier::wait() {
    if (threads_ == 1) return;
    const uint32_t phase = phase_.load(std::memory_order_relaxed);
    if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == threads_) {
        arrived_.store(0, std::memory_order_relaxed);
        phase_.store(phase + 1, std::memory_order_release);
        return;
    }
    for (int spins = 0; phase_.load(std::memory_order_acquire) == phase; ++spins) {
        spins < kSpins ? pause() : std::this_thread::yield();
    }
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
