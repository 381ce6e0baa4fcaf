/* What the tests of the C interface share: a check that counts, a layer with all its buffers. */
#ifndef OSTINATO_CHECKS_H
#define OSTINATO_CHECKS_H

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ostinato.h"

static int failures = 0;

#define CHECK(condition)                                                    \
    do {                                                                    \
        if (!(condition)) {                                                 \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            ++failures;                                                     \
        }                                                                   \
    } while (0)

#define MAX_STEPS 64

/* A layer and every buffer of its calls, each of exactly the size that the header asks for, so that
 * an address sanitizer sees whatever is read or written beyond it. */
typedef struct problem {
    ostinato_layer layer;
    ostinato_sizes sizes;
    int64_t batch_sizes[MAX_STEPS];
    int64_t places, batch;
    size_t element;
    ostinato_weights weights[2];
    ostinato_weight_gradients d_weights[2];
    ostinato_forward_buffers forward;
    ostinato_backward_buffers backward;
    void *all[64];
    int count;
} problem;

static uint64_t random_state = 1;

/* From -1 to 1. */
static double random_value(void) {
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (double)(random_state >> 40) / (double)(1 << 23) - 1;
}

static void set_value(const problem *p, void *buffer, int64_t index, double value) {
    if (p->element == 8) {
        ((double *)buffer)[index] = value;
    } else if (p->element == 4) {
        ((float *)buffer)[index] = (float)value;
    } else { /* bfloat16: of these values the upper half of a float32 is near enough */
        const float wide = (float)value;
        uint32_t bits;
        memcpy(&bits, &wide, sizeof bits);
        ((uint16_t *)buffer)[index] = (uint16_t)(bits >> 16);
    }
}

static double value_at(const problem *p, const void *buffer, int64_t index) {
    uint32_t bits;
    float wide;
    if (p->element == 8) return ((const double *)buffer)[index];
    if (p->element == 4) return (double)((const float *)buffer)[index];
    bits = (uint32_t)((const uint16_t *)buffer)[index] << 16;
    memcpy(&wide, &bits, sizeof wide);
    return (double)wide;
}

static void *bytes(problem *p, size_t count) {
    void *made = malloc(count == 0 ? 1 : count);
    if (made == NULL) abort();
    memset(made, 0xFF, count); /* NaN */
    return p->all[p->count++] = made;
}

static void *elements(problem *p, int64_t count) { return bytes(p, (size_t)count * p->element); }

static void *random_elements(problem *p, int64_t count, double scale) {
    void *made = elements(p, count);
    for (int64_t i = 0; i < count; ++i) set_value(p, made, i, scale * random_value());
    return made;
}

static int64_t gates_of(int32_t cell) {
    return cell == OSTINATO_LSTM ? 4 : cell == OSTINATO_GRU ? 3 : 1;
}

/* Rows of lengths num_steps, num_steps - 1 and so on, but no row of less than one step. */
static void make_problem(problem *p, int32_t cell, int32_t dtype, int32_t set, int32_t directions,
                         int64_t input, int64_t hidden, int64_t batch, int64_t num_steps) {
    const int64_t rows = gates_of(cell) * hidden;
    memset(p, 0, sizeof *p);
    p->layer.cell = cell;
    p->layer.dtype = dtype;
    p->layer.instruction_set = set;
    p->layer.num_directions = directions;
    p->layer.num_threads = 1;
    p->layer.input_size = input;
    p->layer.hidden_size = hidden;
    p->layer.num_steps = num_steps;
    p->layer.batch_sizes = p->batch_sizes;
    p->element = dtype == OSTINATO_FLOAT64 ? 8 : dtype == OSTINATO_FLOAT32 ? 4 : 2;
    p->batch = batch;
    for (int64_t t = 0; t < num_steps; ++t) {
        p->batch_sizes[t] = t == 0 || batch - t < 1 ? (t == 0 ? batch : 1) : batch - t;
        p->places += p->batch_sizes[t];
    }
    CHECK(ostinato_layer_sizes(&p->layer, &p->sizes) == OSTINATO_OK);
    for (int d = 0; d < directions; ++d) {
        p->weights[d].weight_ih = random_elements(p, rows * input, 0.5);
        p->weights[d].weight_hh = random_elements(p, rows * hidden, 0.5);
        p->weights[d].bias_ih = random_elements(p, rows, 0.5);
        p->weights[d].bias_hh = random_elements(p, rows, 0.5);
        p->d_weights[d].weight_ih = elements(p, rows * input);
        p->d_weights[d].weight_hh = elements(p, rows * hidden);
        p->d_weights[d].bias_ih = elements(p, rows);
        p->d_weights[d].bias_hh = elements(p, rows);
    }
    const int64_t states = directions * batch * hidden, outputs = p->places * directions * hidden;
    ostinato_forward_buffers *f = &p->forward;
    f->packed = bytes(p, p->sizes.packed);
    f->input = random_elements(p, p->places * input, 1);
    f->h_0 = random_elements(p, states, 1);
    f->c_0 = cell == OSTINATO_LSTM ? random_elements(p, states, 1) : NULL;
    f->output = elements(p, outputs);
    f->h_n = elements(p, states);
    f->c_n = cell == OSTINATO_LSTM ? elements(p, states) : NULL;
    f->saved = bytes(p, (size_t)p->places * p->sizes.saved_row);
    f->workspace = bytes(p, p->sizes.forward_workspace);
    f->workspace_bytes = p->sizes.forward_workspace;
    ostinato_backward_buffers *b = &p->backward;
    b->weights = p->weights;
    b->input = f->input;
    b->h_0 = f->h_0;
    b->c_0 = f->c_0;
    b->output = f->output;
    b->saved = f->saved;
    b->d_output = random_elements(p, outputs, 1);
    b->d_h_n = random_elements(p, states, 1);
    b->d_c_n = cell == OSTINATO_LSTM ? random_elements(p, states, 1) : NULL;
    b->d_input = elements(p, p->places * input);
    b->d_h_0 = elements(p, states);
    b->d_c_0 = cell == OSTINATO_LSTM ? elements(p, states) : NULL;
    b->d_weights = p->d_weights;
    b->workspace = bytes(p, p->sizes.backward_workspace);
    b->workspace_bytes = p->sizes.backward_workspace;
}

static void free_problem(problem *p) {
    while (p->count > 0) free(p->all[--p->count]);
}

static void run_forward(problem *p) {
    CHECK(ostinato_pack(&p->layer, p->weights, (void *)p->forward.packed) == OSTINATO_OK);
    CHECK(ostinato_forward(&p->layer, &p->forward) == OSTINATO_OK);
}

static void run_backward(problem *p) {
    CHECK(ostinato_backward(&p->layer, &p->backward) == OSTINATO_OK);
}

/* Every result of both passes, one after the other; returns their number of bytes. */
static size_t copy_results(const problem *p, char *to) {
    const size_t rows = (size_t)gates_of(p->layer.cell) * (size_t)p->layer.hidden_size * p->element;
    const size_t input = (size_t)p->layer.input_size, hidden = (size_t)p->layer.hidden_size;
    const size_t directions = (size_t)p->layer.num_directions, places = (size_t)p->places;
    const size_t states = directions * (size_t)p->batch * hidden * p->element;
    const struct {
        const void *from;
        size_t size;
    } parts[] = {
        {p->forward.output, places * directions * hidden * p->element},
        {p->forward.h_n, states},
        {p->forward.c_n, p->forward.c_n == NULL ? 0 : states},
        {p->backward.d_input, places * input * p->element},
        {p->backward.d_h_0, states},
        {p->backward.d_c_0, p->backward.d_c_0 == NULL ? 0 : states},
        {p->d_weights[0].weight_ih, rows * input},
        {p->d_weights[0].weight_hh, rows * hidden},
        {p->d_weights[0].bias_ih, rows},
        {p->d_weights[0].bias_hh, rows},
        {p->d_weights[1].weight_ih, directions == 2 ? rows * input : 0},
        {p->d_weights[1].weight_hh, directions == 2 ? rows * hidden : 0},
        {p->d_weights[1].bias_ih, directions == 2 ? rows : 0},
        {p->d_weights[1].bias_hh, directions == 2 ? rows : 0},
    };
    size_t total = 0;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; ++i) {
        if (to != NULL && parts[i].size > 0) memcpy(to + total, parts[i].from, parts[i].size);
        total += parts[i].size;
    }
    return total;
}

/* The number of the best instruction set of this machine. */
static int32_t best_set(void) {
    static const char *const names[] = {"portable", "avx2", "avx512", "avx512_bf16"};
    const char *best = NULL;
    CHECK(ostinato_instruction_set(NULL, &best) == OSTINATO_OK);
    for (int32_t i = 0; i < 4; ++i) {
        if (strcmp(names[i], best) == 0) return i;
    }
    CHECK(0);
    return 0;
}

#endif
