// What a cell sees: the places of some rows at one step. Included once a translation unit, inside
// its namespace.

// Rows of a tile in the forward pass; their places lie a stride apart.
struct ForwardRows {
    const scalar *gates;  // the input's part, with the biases
    ptrdiff_t gates_stride;
    const scalar *bias_n;  // bias_hh of gate n, GRU only
    scalar *carry;
    ptrdiff_t carry_stride;
    element *output;
    ptrdiff_t output_stride;
    char *saved;  // null in inference
    ptrdiff_t saved_stride;
    int64_t state_offset;  // bytes of a saved row before its state
    int64_t hidden;

    template <int R, int V>
    OSTINATO_INLINE void load_gates(vec (&sums)[R][V], int64_t block) const {
        for (int r = 0; r < R; ++r) {
            for (int v = 0; v < V; ++v) {
                sums[r][v] = load(gates + r * gates_stride + (block + v) * kLanes);
            }
        }
    }
    OSTINATO_INLINE void store_h(int row, int64_t unit, vec h) const {
        store_elements(output + row * output_stride + unit * kLanes, h,
                       static_cast<int>(smaller(kLanes, hidden - unit * kLanes)));
    }
    OSTINATO_INLINE element *saved_gates(int row) const {
        return reinterpret_cast<element *>(saved + row * saved_stride);
    }
    OSTINATO_INLINE scalar *saved_state(int row) const {
        return reinterpret_cast<scalar *>(saved + row * saved_stride + state_offset);
    }
};

// One row in the backward pass.
struct BackwardRow {
    const element *output;         // h of this step
    const element *output_before;  // h of the step before it in reading order
    const element *d_output;
    const char *saved;
    const scalar *state, *state_before;  // the LSTM's c, as for h
    scalar *dh_carried;                  // what later steps want of h
    scalar *carry;                       // what they want of c
    element *d_gates_x, *d_gates_h;      // one buffer unless the cell tells them apart
    int64_t hidden;

    OSTINATO_INLINE int lanes(int64_t unit) const {
        return static_cast<int>(smaller(kLanes, hidden - unit * kLanes));
    }
    OSTINATO_INLINE vec h(int64_t unit) const {
        return load_elements(output + unit * kLanes, lanes(unit));
    }
    OSTINATO_INLINE vec h_before(int64_t unit) const {
        return load_elements(output_before + unit * kLanes, lanes(unit));
    }
    OSTINATO_INLINE vec dh(int64_t unit) const {
        return add(load(dh_carried + unit * kLanes),
                   load_elements(d_output + unit * kLanes, lanes(unit)));
    }
    OSTINATO_INLINE void set_dh(int64_t unit, vec x) const { store(dh_carried + unit * kLanes, x); }
    OSTINATO_INLINE const element *saved_gates() const {
        return reinterpret_cast<const element *>(saved);
    }
    // Zero in the lanes past the last unit, where an infinite input leaves NaN: the products over
    // all gates would spread it.
    OSTINATO_INLINE void store_gate(element *gates, int64_t block, int64_t unit, vec x) const {
        const int n = lanes(unit);
        if (n >= kLanes) return store_elements(gates + block * kLanes, x);
        store_elements(gates + block * kLanes, zero());
        store_elements(gates + block * kLanes, x, n);
    }
};
