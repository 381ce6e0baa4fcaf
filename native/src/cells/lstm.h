// The LSTM; Hochreiter and Schmidhuber 1997, forget gate of Gers et al. 2000:
//   i, f, o = sigmoid(gates i, f, o);  g = tanh(gate g);  c = f c' + i g;  h = o tanh(c)
// Included once a translation unit, inside its namespace.

struct Lstm {
    static constexpr int kGates = 4;
    static constexpr int kPanel = 4;
    static constexpr int kSaved = 4;           // i f g o
    static constexpr bool kSavesState = true;  // c
    static constexpr bool kHasCarry = true;    // c
    static constexpr bool kTwoGateGradients = false;
    static constexpr bool kKeepsGradient = false;

    template <int R, int V>
    static OSTINATO_INLINE void start(vec (&sums)[R][V], const ForwardRows &at, int64_t block) {
        at.load_gates(sums, block);
    }

    template <int R, int V>
    static OSTINATO_INLINE void finish(vec (&sums)[R][V], const ForwardRows &at, int64_t block) {
        const int64_t unit = block / 4;
        for (int r = 0; r < R; ++r) {
            const vec i = sigmoid(sums[r][0]), f = sigmoid(sums[r][1]);
            const vec g = tanh(sums[r][2]), o = sigmoid(sums[r][3]);
            scalar *carry = at.carry + r * at.carry_stride + unit * kLanes;
            const vec c = fma(f, load(carry), mul(i, g));
            store(carry, c);
            at.store_h(r, unit, mul(o, tanh(c)));
            if (at.saved != nullptr) {
                element *saved = at.saved_gates(r) + unit * 4 * kLanes;
                store_elements(saved, i);
                store_elements(saved + kLanes, f);
                store_elements(saved + 2 * kLanes, g);
                store_elements(saved + 3 * kLanes, o);
                store(at.saved_state(r) + unit * kLanes, c);
            }
        }
    }

    static OSTINATO_INLINE void backward(const BackwardRow &at, int64_t unit) {
        const element *saved = at.saved_gates() + unit * 4 * kLanes;
        const vec i = load_elements(saved), f = load_elements(saved + kLanes);
        const vec g = load_elements(saved + 2 * kLanes), o = load_elements(saved + 3 * kLanes);
        const vec tanh_c = tanh(load(at.state + unit * kLanes));
        const vec one = set1(1), dh = at.dh(unit);
        scalar *carry = at.carry + unit * kLanes;
        const vec dc = fma(mul(dh, o), fma(sub(zero(), tanh_c), tanh_c, one), load(carry));
        const vec c_before = load(at.state_before + unit * kLanes);
        store(carry, mul(dc, f));
        at.store_gate(at.d_gates_x, unit * 4, unit, mul(mul(dc, g), mul(i, sub(one, i))));
        at.store_gate(at.d_gates_x, unit * 4 + 1, unit,
                      mul(mul(dc, c_before), mul(f, sub(one, f))));
        at.store_gate(at.d_gates_x, unit * 4 + 2, unit,
                      mul(mul(dc, i), fma(sub(zero(), g), g, one)));
        at.store_gate(at.d_gates_x, unit * 4 + 3, unit, mul(mul(dh, tanh_c), mul(o, sub(one, o))));
    }
};
