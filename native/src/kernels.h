// What api.cpp and the kernels of an instruction set tell each other: plain data, no code.

#ifndef OSTINATO_KERNELS_H
#define OSTINATO_KERNELS_H

#include <cstddef>
#include <cstdint>

#include "ostinato.h"

namespace ostinato {

class Barrier;

// A run of whole steps, worked through while its gates stay in the cache. An array of them ends
// with one past the end: step T, row N.
struct Chunk {
    int64_t step;
    int64_t row;  // first place of the step
};

// A checked layer with its batch.
struct Layer {
    int cell;
    int64_t input_size, hidden_size, directions;
    int64_t steps, rows, batch;  // T, N, B
    const int64_t *batch_sizes;
    const Chunk *chunks;
    int64_t num_chunks;
    int64_t chunk_rows;  // of the largest chunk
};

// Who does what. Threads 0 .. workers - 1 have direction 0, the next ones direction 1; one thread
// alone has all directions. In the recurrence the workers of a direction share the rows, row r
// going to worker r % workers, or the hidden units, with a barrier at each step.
struct Split {
    int threads;
    int workers;
    bool by_units;
    Barrier *everybody;
    Barrier *colleagues[2];  // the workers of each direction
};

struct ForwardJob {
    Layer layer;
    Split split;
    ostinato_forward_buffers buffers;
    char *scratch;
};

struct BackwardJob {
    Layer layer;
    Split split;
    ostinato_backward_buffers buffers;
    char *scratch;
};

struct ProductJob {
    Split split;
    int64_t rows, columns, depth;
    const void *a, *b;
    void *c, *packed;
};

// The kernels of one instruction set and dtype. Those with a thread are run by every thread of the
// split at once, each with its number.
struct Kernels {
    size_t element_bytes;
    size_t (*packed_bytes)(const Layer &);
    size_t (*saved_row_bytes)(const Layer &);
    size_t (*forward_scratch_bytes)(const Layer &);
    size_t (*backward_scratch_bytes)(const Layer &);
    void (*pack)(const Layer &, const ostinato_weights *, void *packed);
    uint64_t (*fingerprint)(const Layer &, const ostinato_weights *);
    void (*forward)(const ForwardJob &, int thread);
    void (*backward)(const BackwardJob &, int thread);
    void (*product)(const ProductJob &, int thread);
};

extern const Kernels kPortableF32, kPortableF64;
#ifdef OSTINATO_X86_KERNELS
extern const Kernels kAvx2F32, kAvx512F32, kAvx512Bf16;
#endif

}  // namespace ostinato

#endif
