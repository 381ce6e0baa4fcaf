// From the arguments of a call to a checked layer, its chunks and the work of each thread.

#ifndef OSTINATO_PLAN_H
#define OSTINATO_PLAN_H

#include "kernels.h"

namespace ostinato {

// Copies the sizes; false if one is out of range.
bool fill_layer(const ostinato_layer &from, Layer *layer);

// Checks and counts batch_sizes; false if they are no packed batch, or too large a one.
bool fill_batch(const ostinato_layer &from, Layer *layer);

// Bytes of the chunks at the beginning of a workspace, and their writing.
size_t plan_bytes(const Layer &layer);
void write_plan(Layer *layer, void *workspace);

// Asks the system for pages of 2 MB, as fresh memory costs a fault a page. Advice: it cannot fail.
void prefer_large_pages(void *buffer, size_t bytes);

// Bytes of the outputs of one step, rounded up so that what follows is aligned.
size_t step_output_bytes(const Layer &layer, size_t element_bytes);

// No more threads than there is work for.
int useful_threads(const Layer &layer, int wanted);
Split make_split(const Layer &layer, int threads);

}  // namespace ostinato

#endif
