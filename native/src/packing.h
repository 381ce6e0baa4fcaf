// Arranging matrices into the panels of gemm.h. Included once a translation unit, inside its
// namespace.

// Packs the vectors `blocks` of a B into panels of kPanel. `row_of(k)` points to row k of B, or is
// null for a row of zeros; each row has `columns` elements.
template <class RowOf>
inline void pack_rows(const RowOf &row_of, int64_t depth, int64_t columns, Range blocks,
                      element *panels) {
    for (int64_t block = blocks.begin; block < blocks.end; block += kMaxVecs) {
        const int vecs = static_cast<int>(smaller(kMaxVecs, blocks.end - block));
        element *to = panels + panel_elements(block, depth);
        for (int64_t k = 0; k < groups_of(depth) * kGroup; ++k) {
            const element *from = k < depth ? row_of(k) : nullptr;
            element *group = to + k / kGroup * vecs * kLanes * kGroup + k % kGroup;
            for (int v = 0; v < vecs; ++v) {
                const int64_t column = (block + v) * kLanes;
                element *lanes = group + v * kLanes * kGroup;
                if (from != nullptr && column + kLanes <= columns) {
                    if (kGroup == 1) {  // of the loop GCC 12 makes single elements
                        store_elements(lanes, load_elements(from + column));
                    } else {
                        for (int lane = 0; lane < kLanes; ++lane)
                            lanes[lane * kGroup] = from[column + lane];
                    }
                } else {
                    for (int lane = 0; lane < kLanes; ++lane) {
                        const bool there = from != nullptr && column + lane < columns;
                        lanes[lane * kGroup] = there ? from[column + lane] : element{};
                    }
                }
            }
        }
    }
}

// Packs B = W' for W [gates * hidden, depth]: vector block * kGates + g of C are gate g of units
// block * kLanes and on, so that one panel holds all gates of a unit.
template <int kGates, int kPanel>
inline void pack_gates(const element *weight, int64_t hidden, int64_t depth, element *panels) {
    const int64_t vectors = blocks_of(hidden) * kGates;
    for (int64_t first = 0; first < vectors; first += kPanel) {
        const int vecs = static_cast<int>(smaller(kPanel, vectors - first));
        element *panel = panels + panel_elements(first, depth);
        for (int v = 0; v < vecs; ++v) {
            const int64_t gate = (first + v) % kGates, unit = (first + v) / kGates * kLanes;
            const element *rows = weight + (gate * hidden + unit) * depth;
            for (int64_t group = 0; group < groups_of(depth); ++group) {
                element *to = panel + (group * vecs + v) * kLanes * kGroup;
                const int64_t k = group * kGroup;
                if (unit + kLanes <= hidden && k + kGroup <= depth) {
                    for (int lane = 0; lane < kLanes; ++lane) {
                        const element *from = rows + lane * depth + k;
                        for (int g = 0; g < kGroup; ++g) to[lane * kGroup + g] = from[g];
                    }
                } else {
                    for (int lane = 0; lane < kLanes; ++lane) {
                        for (int g = 0; g < kGroup; ++g) {
                            const bool there = unit + lane < hidden && k + g < depth;
                            to[lane * kGroup + g] = there ? rows[lane * depth + k + g] : element{};
                        }
                    }
                }
            }
        }
    }
}

// Copies columns [tiles.begin, tiles.end) * kPackedRows of rows [0, depth) as a packed A: the
// transpose, tile by tile, each [groups][kPackedRows][kGroup].
inline void pack_transpose(const element *a, int64_t stride, int64_t depth, int64_t columns,
                           Range tiles, element *packed) {
    const int64_t groups = groups_of(depth);
    for (int64_t tile = tiles.begin; tile < tiles.end; ++tile) {
        const int64_t column = tile * kPackedRows;
        const bool whole = column + kPackedRows <= columns;
        element *to = packed + tile * groups * kPackedRows * kGroup;
        for (int64_t k = 0; k < groups * kGroup; ++k) {
            const element *from = a + k * stride + column;
            element *group = to + k / kGroup * kPackedRows * kGroup + k % kGroup;
            if (whole && k < depth) {
                for (int r = 0; r < kPackedRows; ++r) group[r * kGroup] = from[r];
            } else {
                for (int r = 0; r < kPackedRows; ++r) {
                    const bool there = k < depth && column + r < columns;
                    group[r * kGroup] = there ? from[r] : element{};
                }
            }
        }
    }
}
