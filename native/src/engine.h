// All kernels of one instruction set and dtype, from the vectors and elements defined before it.
// Included once a translation unit, inside a namespace of its own: no function here is shared by
// files that are compiled for different processors.

#include "math.h"
#include "gemm.h"
#include "packing.h"
#include "rows.h"
#include "cells/rnn.h"
#include "cells/gru.h"
#include "cells/lstm.h"
#include "steps.h"
#include "fingerprint.h"
#include "forward.h"
#include "backward.h"

// Calls `call` with the cell of a layer.
template <class Call>
auto with_cell(const Layer &layer, const Call &call) {
    switch (layer.cell) {
        case OSTINATO_RNN_TANH:
            return call(Rnn<false>());
        case OSTINATO_RNN_RELU:
            return call(Rnn<true>());
        case OSTINATO_GRU:
            return call(Gru());
        default:
            return call(Lstm());
    }
}

inline size_t any_packed_bytes(const Layer &layer) {
    return with_cell(layer, [&](auto cell) { return pieces_bytes<Packed<decltype(cell)>>(layer); });
}
inline size_t any_saved_row_bytes(const Layer &layer) {
    return with_cell(layer, [&](auto cell) {
        return static_cast<size_t>(layer.directions * Sizes<decltype(cell)>(layer).saved());
    });
}
inline size_t any_forward_scratch_bytes(const Layer &layer) {
    return with_cell(
        layer, [&](auto cell) { return pieces_bytes<ForwardScratch<decltype(cell)>>(layer); });
}
inline size_t any_backward_scratch_bytes(const Layer &layer) {
    return with_cell(
        layer, [&](auto cell) { return pieces_bytes<BackwardScratch<decltype(cell)>>(layer); });
}
inline void any_pack(const Layer &layer, const ostinato_weights *weights, void *packed) {
    with_cell(layer, [&](auto cell) { pack<decltype(cell)>(layer, weights, packed); });
}
inline uint64_t any_fingerprint(const Layer &layer, const ostinato_weights *weights) {
    return with_cell(layer, [&](auto cell) { return fingerprint<decltype(cell)>(layer, weights); });
}
inline void any_forward(const ForwardJob &job, int thread) {
    with_cell(job.layer, [&](auto cell) { forward<decltype(cell)>(job, thread); });
}
inline void any_backward(const BackwardJob &job, int thread) {
    with_cell(job.layer, [&](auto cell) { backward<decltype(cell)>(job, thread); });
}
inline void any_product(const ProductJob &job, int thread) {
    const auto *a = static_cast<const element *>(job.a), *b = static_cast<const element *>(job.b);
    auto *c = static_cast<element *>(job.c), *packed = static_cast<element *>(job.packed);
    pack_rows([&](int64_t k) { return b + k * job.columns; }, job.depth, job.columns,
              share(blocks_of(job.columns), kMaxVecs, thread, job.split.threads), packed);
    job.split.everybody->wait();
    const Range rows = share(job.rows, tile_rows(kMaxVecs), thread, job.split.threads);
    // In blocks of rows that stay in the cache while the panels pass.
    for (int64_t row = rows.begin; row < rows.end; row += 512) {
        const Operands of = {a + row * job.depth, job.depth, smaller(512, rows.end - row),
                             job.depth, packed};
        product<false, kMaxVecs, false>(
            of, {0, blocks_of(job.columns)}, false,
            To<element>{c + row * job.columns, job.columns, job.columns, false});
    }
}

constexpr Kernels kKernels = {
    sizeof(element),
    any_packed_bytes,
    any_saved_row_bytes,
    any_forward_scratch_bytes,
    any_backward_scratch_bytes,
    any_pack,
    any_fingerprint,
    any_forward,
    any_backward,
    any_product,
};
