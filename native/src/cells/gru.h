// The GRU with the reset after the product, as torch and cuDNN have it; Cho et al. 2014:
//   r, z = sigmoid(gates r, z);  n = tanh(n_x + r n_h);  h = n + z (h' - n)
// where n_x is the input's part of gate n and n_h the state's. Included once a translation unit,
// inside its namespace.

struct Gru {
    static constexpr int kGates = 3;
    static constexpr int kPanel = 3;
    static constexpr int kSaved = 4;  // r z n n_h
    static constexpr bool kSavesState = false;
    static constexpr bool kHasCarry = true;          // h, not rounded
    static constexpr bool kTwoGateGradients = true;  // that of n_h is r times that of n_x
    static constexpr bool kKeepsGradient = true;     // part of dh passes on without the weights

    template <int R, int V>
    static OSTINATO_INLINE void start(vec (&sums)[R][V], const ForwardRows &at, int64_t block) {
        at.load_gates(sums, block);
        const vec n_h = load(at.bias_n + block / 3 * kLanes);  // n_x waits for the reset
        for (int r = 0; r < R; ++r) sums[r][2] = n_h;
    }

    template <int R, int V>
    static OSTINATO_INLINE void finish(vec (&sums)[R][V], const ForwardRows &at, int64_t block) {
        const int64_t unit = block / 3;
        for (int row = 0; row < R; ++row) {
            const vec r = sigmoid(sums[row][0]), z = sigmoid(sums[row][1]), n_h = sums[row][2];
            const vec n_x = load(at.gates + row * at.gates_stride + (block + 2) * kLanes);
            const vec n = tanh(fma(r, n_h, n_x));
            scalar *carry = at.carry + row * at.carry_stride + unit * kLanes;
            const vec h = fma(z, sub(load(carry), n), n);
            store(carry, h);
            at.store_h(row, unit, h);
            if (at.saved != nullptr) {
                element *saved = at.saved_gates(row) + unit * 4 * kLanes;
                store_elements(saved, r);
                store_elements(saved + kLanes, z);
                store_elements(saved + 2 * kLanes, n);
                store_elements(saved + 3 * kLanes, n_h);
            }
        }
    }

    static OSTINATO_INLINE void backward(const BackwardRow &at, int64_t unit) {
        const element *saved = at.saved_gates() + unit * 4 * kLanes;
        const vec r = load_elements(saved), z = load_elements(saved + kLanes);
        const vec n = load_elements(saved + 2 * kLanes), n_h = load_elements(saved + 3 * kLanes);
        const vec one = set1(1), dh = at.dh(unit);
        const vec d_n = mul(mul(dh, sub(one, z)), fma(sub(zero(), n), n, one));
        const vec d_z = mul(mul(dh, sub(at.h_before(unit), n)), mul(z, sub(one, z)));
        const vec d_r = mul(mul(d_n, n_h), mul(r, sub(one, r)));
        at.store_gate(at.d_gates_x, unit * 3, unit, d_r);
        at.store_gate(at.d_gates_x, unit * 3 + 1, unit, d_z);
        at.store_gate(at.d_gates_x, unit * 3 + 2, unit, d_n);
        at.store_gate(at.d_gates_h, unit * 3, unit, d_r);
        at.store_gate(at.d_gates_h, unit * 3 + 1, unit, d_z);
        at.store_gate(at.d_gates_h, unit * 3 + 2, unit, mul(d_n, r));
        at.set_dh(unit, mul(dh, z));
    }
};
