// A hash of 64 bits at the speed of the memory. Included once a translation unit, inside its
// namespace.

// Adds some bytes to eight times eight lanes. Each step is a bijection of its lane: no change of a
// single word is missed, and the shift carries what the product moved up back down, so that changes
// of many words, all signs for example, do not cancel. The multiplier is that of splitmix64.
class Fingerprint {
  public:
    Fingerprint() {
        for (int i = 0; i < kVectors; ++i) {
            for (int lane = 0; lane < 8; ++lane) lanes_[i][lane] = 8 * i + lane + 1;
        }
    }

    void add(const void *from, size_t bytes) {
        const char *at = static_cast<const char *>(from);
        for (; bytes >= sizeof lanes_; at += sizeof lanes_, bytes -= sizeof lanes_) step(at);
        if (bytes == 0) return;
        char rest[sizeof lanes_] = {};
        __builtin_memcpy(rest, at, bytes);
        step(rest);
    }

    uint64_t value() const {
        uint64_t all = 0;
        for (int i = 0; i < kVectors; ++i) {
            for (int lane = 0; lane < 8; ++lane) {
                all = (all ^ lanes_[i][lane]) * kMultiplier;
                all ^= all >> 32;
            }
        }
        return all;
    }

  private:
    typedef uint64_t words __attribute__((vector_size(64)));
    static constexpr int kVectors = 8;
    static constexpr uint64_t kMultiplier = 0x9E3779B97F4A7C15u;

    OSTINATO_INLINE void step(const char *at) {
        for (int i = 0; i < kVectors; ++i) {
            words w;
            __builtin_memcpy(&w, at + i * sizeof w, sizeof w);
            lanes_[i] = (lanes_[i] ^ w) * kMultiplier;
            lanes_[i] ^= lanes_[i] >> 32;
        }
    }

    words lanes_[kVectors];
};

template <class Cell>
uint64_t fingerprint(const Layer &layer, const ostinato_weights *weights) {
    Fingerprint print;
    const auto rows = static_cast<size_t>(Cell::kGates * layer.hidden_size) * sizeof(element);
    for (int d = 0; d < layer.directions; ++d) {
        print.add(weights[d].weight_ih, rows * static_cast<size_t>(layer.input_size));
        print.add(weights[d].weight_hh, rows * static_cast<size_t>(layer.hidden_size));
        if (weights[d].bias_ih == nullptr) continue;
        print.add(weights[d].bias_ih, rows);
        print.add(weights[d].bias_hh, rows);
    }
    return print.value();
}
