#include "plan.h"

#include <cstring>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace ostinato {
namespace {

constexpr int64_t kMaxSize = int64_t{1} << 20;
constexpr int64_t kMaxBytes = int64_t{1} << 46;
constexpr int kMaxThreads = 1024;

// Places of a chunk, at least: the gates of 512 places of 4 x 256 units are 2 MB. Larger ones
// leave the cache, smaller ones load the gradients of the weights more often.
constexpr int64_t kChunkRows = 512;

// A thread is woken for no less than this many floating-point operations, some microseconds.
constexpr double kFlopsPerThread = 4e5;
// Nor may a barrier at each step come more often than this.
constexpr double kFlopsPerBarrier = 1e5;

constexpr size_t round_to_line(size_t bytes) { return (bytes + 63) / 64 * 64; }

int64_t gates(const Layer &layer) {
    return layer.cell == OSTINATO_LSTM ? 4 : layer.cell == OSTINATO_GRU ? 3 : 1;
}

// Whether a * b * c elements, of eight bytes at most and padded in each size, can be addressed.
bool fits(int64_t a, int64_t b, int64_t c) {
    const double bytes =
        8.0 * static_cast<double>(a) * static_cast<double>(b) * static_cast<double>(c);
    return bytes < static_cast<double>(kMaxBytes);
}

}  // namespace

bool fill_layer(const ostinato_layer &from, Layer *layer) {
    *layer = {};
    layer->cell = from.cell;
    layer->input_size = from.input_size;
    layer->hidden_size = from.hidden_size;
    layer->directions = from.num_directions;
    const bool in_range = from.input_size >= 1 && from.input_size <= kMaxSize &&
                          from.hidden_size >= 1 && from.hidden_size <= kMaxSize &&
                          (from.num_directions == 1 || from.num_directions == 2) &&
                          from.num_threads >= 1;
    const int64_t units = from.hidden_size + 16;
    return in_range && fits(gates(*layer), units, units) &&
           fits(gates(*layer), units, from.input_size + 16);
}

bool fill_batch(const ostinato_layer &from, Layer *layer) {
    if (from.num_steps < 1 || from.batch_sizes[0] < 1 || from.batch_sizes[0] > kMaxBytes)
        return false;
    layer->steps = from.num_steps;
    layer->batch_sizes = from.batch_sizes;
    layer->batch = from.batch_sizes[0];
    int64_t rows = 0, in_chunk = 0, before = layer->batch;
    for (int64_t t = 0; t < from.num_steps; ++t) {
        const int64_t size = from.batch_sizes[t];
        if (size < 1 || size > before) return false;
        before = size;
        rows += size;
        in_chunk += size;
        if (rows > kMaxBytes) return false;
        if (in_chunk >= kChunkRows || t + 1 == from.num_steps) {
            ++layer->num_chunks;
            layer->chunk_rows = in_chunk > layer->chunk_rows ? in_chunk : layer->chunk_rows;
            in_chunk = 0;
        }
    }
    layer->rows = rows;
    const int64_t units = layer->hidden_size + 16;
    return fits(rows * layer->directions, gates(*layer) + 2, units) &&
           fits(rows, 1, layer->input_size + 16);
}

size_t plan_bytes(const Layer &layer) {
    return round_to_line((static_cast<size_t>(layer.num_chunks) + 1) * sizeof(Chunk));
}

void write_plan(Layer *layer, void *workspace) {
    auto *chunks = static_cast<char *>(workspace);  // of any alignment
    Chunk next = {0, 0};
    int64_t in_chunk = 0, row = 0;
    for (int64_t t = 0; t < layer->steps; ++t) {
        if (in_chunk == 0) {
            next = {t, row};
            std::memcpy(chunks, &next, sizeof next);
            chunks += sizeof next;
        }
        row += layer->batch_sizes[t];
        in_chunk += layer->batch_sizes[t];
        if (in_chunk >= kChunkRows) in_chunk = 0;
    }
    next = {layer->steps, layer->rows};
    std::memcpy(chunks, &next, sizeof next);
    layer->chunks = static_cast<const Chunk *>(workspace);
}

void prefer_large_pages(void *buffer, size_t bytes) {
#if defined(__linux__)
    constexpr size_t kPage = size_t{1} << 21;
    const auto at = reinterpret_cast<uintptr_t>(buffer);
    const uintptr_t begin = (at + kPage - 1) / kPage * kPage, end = (at + bytes) / kPage * kPage;
    if (buffer != nullptr && begin < end) {
        madvise(reinterpret_cast<void *>(begin), end - begin, MADV_HUGEPAGE);
    }
#else
    (void)buffer, (void)bytes;
#endif
}

size_t step_output_bytes(const Layer &layer, size_t element_bytes) {
    return round_to_line(static_cast<size_t>(layer.batch * layer.hidden_size) * element_bytes);
}

int useful_threads(const Layer &layer, int wanted) {
    const double flops = 2.0 * static_cast<double>(layer.directions * layer.rows * gates(layer)) *
                         static_cast<double>(layer.hidden_size) *
                         static_cast<double>(layer.input_size + layer.hidden_size);
    const double useful = flops / kFlopsPerThread;
    const int most = wanted < kMaxThreads ? wanted : kMaxThreads;
    if (useful < 2) return 1;
    return useful < most ? static_cast<int>(useful) : most;
}

Split make_split(const Layer &layer, int threads) {
    Split split = {};
    if (layer.directions == 2 && threads > 1) threads -= threads % 2;
    split.workers = layer.directions == 2 && threads > 1 ? threads / 2 : threads;
    const double rows_at_once = static_cast<double>(layer.rows) / static_cast<double>(layer.steps);
    if (split.workers > 1 && rows_at_once < 2.0 * split.workers) {
        const double step = 2.0 * rows_at_once * static_cast<double>(gates(layer)) *
                            static_cast<double>(layer.hidden_size) *
                            static_cast<double>(layer.hidden_size);
        const double useful = step / kFlopsPerBarrier;
        if (useful >= 2 && layer.hidden_size >= 64) {
            split.by_units = true;
            if (useful < split.workers) split.workers = static_cast<int>(useful);
        } else if (layer.batch < split.workers) {
            split.workers = static_cast<int>(layer.batch);
        }
    }
    split.threads = threads == 1 ? 1 : split.workers * static_cast<int>(layer.directions);
    return split;
}

}  // namespace ostinato
