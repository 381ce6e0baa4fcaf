// The plain RNN, h = tanh(gates) or relu(gates); Elman 1990. Included once a translation unit,
// inside its namespace.

template <bool kRelu>
struct Rnn {
    static constexpr int kGates = 1;
    static constexpr int kPanel = kMaxVecs;     // vectors of a panel: so many blocks of units
    static constexpr int kSaved = 0;            // elements that the backward needs of a unit
    static constexpr bool kSavesState = false;  // and a scalar of state
    static constexpr bool kHasCarry = false;    // a scalar that each unit hands on
    static constexpr bool kTwoGateGradients = false;
    static constexpr bool kKeepsGradient = false;

    template <int R, int V>
    static OSTINATO_INLINE void start(vec (&sums)[R][V], const ForwardRows &at, int64_t block) {
        at.load_gates(sums, block);
    }

    template <int R, int V>
    static OSTINATO_INLINE void finish(vec (&sums)[R][V], const ForwardRows &at, int64_t block) {
        for (int r = 0; r < R; ++r) {
            for (int v = 0; v < V; ++v) {
                const vec h = kRelu ? max(zero(), sums[r][v]) : tanh(sums[r][v]);
                at.store_h(r, block + v, h);
            }
        }
    }

    static OSTINATO_INLINE void backward(const BackwardRow &at, int64_t block) {
        const vec h = at.h(block), dh = at.dh(block);
        const vec d = kRelu ? keep_where_positive(dh, h) : mul(dh, fma(sub(zero(), h), h, set1(1)));
        at.store_gate(at.d_gates_x, block, block, d);
    }
};
