// A team of threads that sleep between calls. No OpenMP: a second one beside torch's is slow.

#ifndef OSTINATO_THREADS_H
#define OSTINATO_THREADS_H

#include <atomic>
#include <cstdint>

namespace ostinato {

// A number that threads wait for. Who waits spins, since it changes soon; if that takes long it
// sleeps where another process wants the processor, and is woken at once when there is work again:
// beside busy processes a thread that spins uses up its share of the processor for nothing.
class Signal {
  public:
    uint32_t value() const { return value_.load(std::memory_order_acquire); }
    void set(uint32_t value);
    void wait_while(uint32_t seen);

  private:
    alignas(64) std::atomic<uint32_t> value_{0};
    std::atomic<uint32_t> sleepers_{0};
};

// Lets the threads of a job wait for each other; what one wrote before, the others see after.
class Barrier {
  public:
    explicit Barrier(int threads) : threads_(threads) {}
    void wait();

  private:
    const int threads_;
    alignas(64) std::atomic<int> arrived_{0};
    Signal phase_;
};

// One part of a job.
using Part = void (*)(const void *job, int index);

// Holds the team for one job. The team is asked for `wanted` threads and may grant fewer: one if
// another thread has a job under way, or after a failure to start threads.
class Grant {
  public:
    explicit Grant(int wanted);
    ~Grant();
    Grant(const Grant &) = delete;
    Grant &operator=(const Grant &) = delete;

    int threads() const { return threads_; }

    // Runs `part` once on each of `threads` threads, at most those granted, this one being the
    // first. The others take over this thread's treatment of denormal numbers.
    void run(int threads, Part part, const void *job);

  private:
    int threads_;
    bool holds_team_;
};

}  // namespace ostinato

#endif
