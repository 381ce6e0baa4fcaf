// The matrix product of all kernels: C = start + A B, whatever `start` gives and `finish` does.
//
// A is read where it stands, row by row, or from a packed copy of its transpose; an element of it
// is broadcast. B is packed into panels of up to kMaxVecs vectors side by side, one panel after the
// other, each [groups of depth][vectors][kLanes][kGroup]. A tile of rows by vectors stays in
// registers for the whole depth. Every element of C is the same chain of multiply-adds whatever
// tile it falls into, so that results depend neither on the number of rows nor on who computes
// them.
//
// Included once a translation unit, inside its namespace.

#define OSTINATO_INLINE inline __attribute__((always_inline))

constexpr int kMaxVecs = 4;

constexpr int tile_rows(int vecs) {
    return kAccumulators / vecs < 8 ? kAccumulators / vecs : 8;  // each row needs a pointer
}
constexpr int kPackedRows = tile_rows(kMaxVecs);  // of a tile of a packed A

constexpr int64_t round_up(int64_t n, int64_t multiple) {
    return (n + multiple - 1) / multiple * multiple;
}
constexpr int64_t groups_of(int64_t depth) { return (depth + kGroup - 1) / kGroup; }
constexpr int64_t blocks_of(int64_t columns) { return (columns + kLanes - 1) / kLanes; }
// Elements of a packed B of so many vectors side by side.
constexpr int64_t panel_elements(int64_t blocks, int64_t depth) {
    return blocks * groups_of(depth) * kLanes * kGroup;
}
constexpr int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

struct Range {
    int64_t begin, end;
};
// Part `index` of `parts` about equal ones of `count` things, in multiples of `grain`.
inline Range share(int64_t count, int64_t grain, int index, int parts) {
    const int64_t grains = (count + grain - 1) / grain;
    return {smaller(count, grains * index / parts * grain),
            smaller(count, grains * (index + 1) / parts * grain)};
}

template <bool kPackedA, int R, int V>
OSTINATO_INLINE void multiply(vec (&sums)[R][V], const element *a, ptrdiff_t a_stride,
                              int64_t depth, const element *panel) {
    constexpr int kPanelStep = V * kLanes * kGroup;
    constexpr int kStep = kPackedA ? kPackedRows * kGroup : kGroup;
    const element *rows[R];
    vec local[R][V];
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) {
        rows[r] = a + (kPackedA ? r * kGroup : r * a_stride);
#pragma GCC unroll 4
        for (int v = 0; v < V; ++v) local[r][v] = sums[r][v];
    }
    const int64_t whole = kPackedA ? groups_of(depth) : depth / kGroup;
    for (int64_t k = 0; k < whole; ++k, panel += kPanelStep) {
        operand b[V];
#pragma GCC unroll 4
        for (int v = 0; v < V; ++v) b[v] = load_operand(panel + v * kLanes * kGroup);
#pragma GCC unroll 8
        for (int r = 0; r < R; ++r) {
            const operand x = broadcast(rows[r] + k * kStep);
#pragma GCC unroll 4
            for (int v = 0; v < V; ++v) local[r][v] = multiply_add(x, b[v], local[r][v]);
        }
    }
    if (whole < groups_of(depth)) {
#pragma GCC unroll 8
        for (int r = 0; r < R; ++r) {
            const operand x = broadcast_last(rows[r] + whole * kStep);
#pragma GCC unroll 4
            for (int v = 0; v < V; ++v) {
                local[r][v] =
                    multiply_add(x, load_operand(panel + v * kLanes * kGroup), local[r][v]);
            }
        }
    }
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) {
#pragma GCC unroll 4
        for (int v = 0; v < V; ++v) sums[r][v] = local[r][v];
    }
}

struct Operands {
    const element *a;
    ptrdiff_t a_stride;  // elements between rows; not read if A is packed
    int64_t rows, depth;
    const element *panels;
};

// One tile: rows from `row`, vectors from `block`. Not inlined: what surrounds it would take the
// registers that the sums need.
template <bool kPackedA, int R, int V, class Work>
__attribute__((noinline)) void tile(const Operands &of, int64_t row, int64_t block,
                                    const element *panel, const Work &work) {
    vec sums[R][V];
    work.start(sums, row, block);
    const element *a =
        kPackedA ? of.a + row * groups_of(of.depth) * kGroup : of.a + row * of.a_stride;
    multiply<kPackedA>(sums, a, of.a_stride, of.depth, panel);
    work.finish(sums, row, block);
}

template <bool kPackedA, int R, int V, class Work>
inline void last_tile(const Operands &of, int64_t row, int64_t block, const element *panel,
                      const Work &work) {
    if constexpr (R > 0) {
        if (of.rows - row == R) {
            tile<kPackedA, R, V>(of, row, block, panel, work);
        } else {
            last_tile<kPackedA, R - 1, V>(of, row, block, panel, work);
        }
    }
}

template <bool kPackedA, int V, class Work>
inline void panel_product(const Operands &of, int64_t block, const element *panel,
                          const Work &work) {
    constexpr int R = kPackedA ? kPackedRows : tile_rows(V);
    int64_t row = 0;
    for (; row + R <= of.rows; row += R) tile<kPackedA, R, V>(of, row, block, panel, work);
    last_tile<kPackedA, R - 1, V>(of, row, block, panel, work);
}

template <bool kPackedA, int V, class Work>
inline void last_panel(const Operands &of, int64_t block, int64_t vecs, const element *panel,
                       const Work &work) {
    if constexpr (V > 0) {
        if (vecs == V) {
            panel_product<kPackedA, V>(of, block, panel, work);
        } else {
            last_panel<kPackedA, V - 1>(of, block, vecs, panel, work);
        }
    }
}

// The product for the vectors `blocks` of C, in panels of kPanel, all of them whole or not.
// `descending` walks the panels backwards: where they do not all fit a cache, going back and forth
// finds the last ones there.
template <bool kPackedA, int kPanel, bool kWhole, class Work>
inline void product(const Operands &of, Range blocks, bool descending, const Work &work) {
    const int64_t count = (blocks.end - blocks.begin + kPanel - 1) / kPanel;
    for (int64_t i = 0; i < count; ++i) {
        const int64_t block = blocks.begin + (descending ? count - 1 - i : i) * kPanel;
        const element *panel = of.panels + panel_elements(block, of.depth);
        if (kWhole || block + kPanel <= blocks.end) {
            panel_product<kPackedA, kPanel>(of, block, panel, work);
        } else {
            last_panel<kPackedA, kWhole ? 0 : kPanel - 1>(of, block, blocks.end - block, panel,
                                                          work);
        }
    }
}

// Sums that are written to rows of `columns` numbers each, or added to what stands there. They
// begin with zero either way: a long sum made of short ones is the more exact.
template <class Number>
struct To {
    Number *c;
    ptrdiff_t stride;
    int64_t columns;
    bool accumulate;

    template <int R, int V>
    OSTINATO_INLINE void start(vec (&sums)[R][V], int64_t, int64_t) const {
        for (int r = 0; r < R; ++r) {
            for (int v = 0; v < V; ++v) sums[r][v] = zero();
        }
    }
    template <int R, int V>
    OSTINATO_INLINE void finish(vec (&sums)[R][V], int64_t row, int64_t block) const {
        for (int r = 0; r < R; ++r) {
            for (int v = 0; v < V; ++v) {
                const int64_t column = (block + v) * kLanes;
                const int n = static_cast<int>(smaller(kLanes, columns - column));
                Number *to = c + (row + r) * stride + column;
                const vec sum = accumulate ? add(load_elements(to, n), sums[r][v]) : sums[r][v];
                store_elements(to, sum, n);
            }
        }
    }
};
