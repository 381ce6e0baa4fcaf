/* A layer through the C interface: known results, derivatives, steps, and that nothing is written
 * when a call is refused. */

#include "checks.h"

/* All gates are known: i = f = o = 3/4, g = 1/2. */
static void test_a_known_lstm(int32_t set) {
    problem p;
    make_problem(&p, OSTINATO_LSTM, OSTINATO_FLOAT32, set, 1, 1, 1, 2, 3);
    for (int gate = 0; gate < 4; ++gate) {
        set_value(&p, (void *)p.weights[0].weight_ih, gate, 0);
        set_value(&p, (void *)p.weights[0].weight_hh, gate, 0);
        set_value(&p, (void *)p.weights[0].bias_ih, gate, gate == 2 ? atanh(0.5) : log(3.0));
        set_value(&p, (void *)p.weights[0].bias_hh, gate, 0);
    }
    for (int row = 0; row < 2; ++row) set_value(&p, (void *)p.forward.c_0, row, row);
    run_forward(&p);
    /* Row 0 has places 0, 2 and 3; row 1 has place 1. */
    const double c_1 = 0.375, c_2 = 0.75 * c_1 + 0.375, c_3 = 0.75 * c_2 + 0.375, d_1 = 1.125;
    const double expected[] = {tanh(c_1), tanh(d_1), tanh(c_2), tanh(c_3)};
    for (int place = 0; place < 4; ++place) {
        CHECK(fabs(value_at(&p, p.forward.output, place) - 0.75 * expected[place]) < 1e-6);
    }
    CHECK(fabs(value_at(&p, p.forward.c_n, 0) - c_3) < 1e-6);
    CHECK(fabs(value_at(&p, p.forward.c_n, 1) - d_1) < 1e-6);
    CHECK(value_at(&p, p.forward.h_n, 0) == value_at(&p, p.forward.output, 3));
    CHECK(value_at(&p, p.forward.h_n, 1) == value_at(&p, p.forward.output, 1));
    free_problem(&p);
}

static double loss(problem *p) {
    const int64_t states = p->layer.num_directions * p->batch * p->layer.hidden_size;
    const int64_t outputs = p->places * p->layer.num_directions * p->layer.hidden_size;
    double sum = 0;
    run_forward(p);
    for (int64_t i = 0; i < outputs; ++i) {
        sum += value_at(p, p->forward.output, i) * value_at(p, p->backward.d_output, i);
    }
    for (int64_t i = 0; i < states; ++i) {
        sum += value_at(p, p->forward.h_n, i) * value_at(p, p->backward.d_h_n, i);
        if (p->forward.c_n != NULL) {
            sum += value_at(p, p->forward.c_n, i) * value_at(p, p->backward.d_c_n, i);
        }
    }
    return sum;
}

static void check_derivative(problem *p, const void *of, const void *gradient, int64_t count) {
    const double step = 1e-6;
    for (int64_t i = 0; i < count; ++i) {
        const double value = value_at(p, of, i);
        set_value(p, (void *)of, i, value + step);
        const double above = loss(p);
        set_value(p, (void *)of, i, value - step);
        const double below = loss(p);
        set_value(p, (void *)of, i, value);
        CHECK(fabs((above - below) / (2 * step) - value_at(p, gradient, i)) < 1e-6);
    }
}

static void test_derivatives(int32_t cell, int32_t directions) {
    const int64_t input = 2, hidden = 3, batch = 3;
    const int64_t rows = gates_of(cell) * hidden, states = directions * batch * hidden;
    problem p;
    make_problem(&p, cell, OSTINATO_FLOAT64, OSTINATO_PORTABLE, directions, input, hidden, batch,
                 4);
    run_forward(&p);
    run_backward(&p);
    check_derivative(&p, p.forward.input, p.backward.d_input, p.places * input);
    check_derivative(&p, p.forward.h_0, p.backward.d_h_0, states);
    if (p.forward.c_0 != NULL) check_derivative(&p, p.forward.c_0, p.backward.d_c_0, states);
    for (int d = 0; d < directions; ++d) {
        check_derivative(&p, p.weights[d].weight_ih, p.d_weights[d].weight_ih, rows * input);
        check_derivative(&p, p.weights[d].weight_hh, p.d_weights[d].weight_hh, rows * hidden);
        check_derivative(&p, p.weights[d].bias_ih, p.d_weights[d].bias_ih, rows);
        check_derivative(&p, p.weights[d].bias_hh, p.d_weights[d].bias_hh, rows);
    }
    free_problem(&p);
}

/* One step at a time is the same, to the last bit, as the whole at once; two layers in a stack. */
static void test_steps(int32_t cell, int32_t dtype, int32_t set) {
    enum { STEPS = 5, BATCH = 3, INPUT = 7, HIDDEN = 19 };
    problem layers[2];
    ostinato_layer stack[2];
    const void *packed[2];
    void *h[2], *c[2];
    size_t needed = 0;
    for (int l = 0; l < 2; ++l) {
        problem *p = &layers[l];
        make_problem(p, cell, dtype, set, 1, l == 0 ? INPUT : HIDDEN, HIDDEN, BATCH, STEPS);
        p->places = 0; /* rows of equal length: the buffers are made anew */
        for (int t = 0; t < STEPS; ++t) p->places += p->batch_sizes[t] = BATCH;
        CHECK(ostinato_layer_sizes(&p->layer, &p->sizes) == OSTINATO_OK);
        p->forward.input =
            l == 0 ? random_elements(p, p->places * INPUT, 1) : layers[0].forward.output;
        p->forward.output = elements(p, p->places * HIDDEN);
        p->forward.saved = NULL;
        p->forward.workspace = bytes(p, p->sizes.forward_workspace);
        p->forward.workspace_bytes = p->sizes.forward_workspace;
        run_forward(p);
        stack[l] = p->layer;
        stack[l].batch_sizes = NULL;
        stack[l].num_steps = 0;
        packed[l] = p->forward.packed;
        h[l] = elements(p, BATCH * HIDDEN);
        c[l] = elements(p, BATCH * HIDDEN);
        memcpy(h[l], p->forward.h_0, BATCH * HIDDEN * p->element);
        if (cell == OSTINATO_LSTM) memcpy(c[l], p->forward.c_0, BATCH * HIDDEN * p->element);
    }
    CHECK(ostinato_step_workspace(stack, 2, BATCH, &needed) == OSTINATO_OK);
    const size_t element = layers[0].element;
    void *const workspace = bytes(&layers[0], needed);
    void *const *cells = cell == OSTINATO_LSTM ? c : NULL;
    for (int t = 0; t < STEPS; ++t) {
        const char *x =
            (const char *)layers[0].forward.input + (size_t)(t * BATCH * INPUT) * element;
        CHECK(ostinato_step(stack, 2, packed, BATCH, x, h, cells, workspace, needed) ==
              OSTINATO_OK);
        for (int l = 0; l < 2; ++l) {
            /* A cell state in bfloat16 is rounded between steps, so only the first is the same. */
            if (dtype == OSTINATO_BFLOAT16 && t > 0) continue;
            const char *whole = layers[l].forward.output;
            whole += (size_t)(t * BATCH * HIDDEN) * element;
            CHECK(memcmp(h[l], whole, BATCH * HIDDEN * element) == 0);
        }
    }
    CHECK(ostinato_step(stack, 2, packed, BATCH, h[0], h, cells, workspace, needed - 1) ==
          OSTINATO_BAD_ARGUMENT);
    CHECK(ostinato_step(stack, 2, packed, BATCH, NULL, h, cells, workspace, needed) ==
          OSTINATO_BAD_ARGUMENT);
    CHECK(ostinato_step(stack, 0, packed, BATCH, h[0], h, cells, workspace, needed) ==
          OSTINATO_BAD_ARGUMENT);
    CHECK(ostinato_step(stack, 2, packed, 0, h[0], h, cells, workspace, needed) ==
          OSTINATO_BAD_SHAPE);
    if (cell == OSTINATO_LSTM) {
        CHECK(ostinato_step(stack, 2, packed, BATCH, h[0], h, NULL, workspace, needed) ==
              OSTINATO_BAD_ARGUMENT);
    }
    stack[1].instruction_set = OSTINATO_PORTABLE;
    const ostinato_status mixed =
        stack[0].instruction_set == OSTINATO_PORTABLE ? OSTINATO_OK : OSTINATO_BAD_ARGUMENT;
    if (dtype != OSTINATO_BFLOAT16) {
        CHECK(ostinato_step_workspace(stack, 2, BATCH, &needed) == mixed);
    }
    stack[1].instruction_set = stack[0].instruction_set;
    stack[1].input_size = HIDDEN + 1;
    CHECK(ostinato_step_workspace(stack, 2, BATCH, &needed) == OSTINATO_BAD_SHAPE);
    for (int l = 0; l < 2; ++l) free_problem(&layers[l]);
}

/* The kernels of every set, one after the other, on sizes that fill no vector. */
static void test_sets_agree(int32_t cell, int32_t directions, int64_t hidden, int32_t best) {
    for (int32_t set = OSTINATO_PORTABLE; set <= best; ++set) {
        problem exact, p;
        random_state = 7;
        make_problem(&exact, cell, OSTINATO_FLOAT64, set, directions, 5, hidden, 4, 6);
        run_forward(&exact);
        run_backward(&exact);
        random_state = 7;
        make_problem(&p, cell, OSTINATO_FLOAT32, set, directions, 5, hidden, 4, 6);
        run_forward(&p);
        run_backward(&p);
        for (int64_t i = 0; i < p.places * directions * hidden; ++i) {
            const double error =
                value_at(&p, p.forward.output, i) - value_at(&exact, exact.forward.output, i);
            CHECK(fabs(error) < 1e-4);
        }
        for (int64_t i = 0; i < p.places * 5; ++i) {
            const double error =
                value_at(&p, p.backward.d_input, i) - value_at(&exact, exact.backward.d_input, i);
            CHECK(fabs(error) < 1e-3);
        }
        free_problem(&p);
        free_problem(&exact);
    }
}

static void test_bfloat16(int32_t cell, int32_t best) {
    problem p;
    if (best < OSTINATO_AVX512_BF16) {
        ostinato_layer layer = {cell, OSTINATO_BFLOAT16, best, 1, 1, 3, 5, 0, NULL};
        ostinato_sizes sizes;
        CHECK(ostinato_layer_sizes(&layer, &sizes) == OSTINATO_UNSUPPORTED);
        return;
    }
    make_problem(&p, cell, OSTINATO_BFLOAT16, best, 2, 3, 21, 4, 6);
    run_forward(&p);
    run_backward(&p);
    for (int64_t i = 0; i < p.places * 2 * 21; ++i) {
        CHECK(isfinite(value_at(&p, p.forward.output, i)));
    }
    free_problem(&p);
    test_steps(cell, OSTINATO_BFLOAT16, best);
}

/* A refused call writes nothing. */
static void test_refusals(int32_t cell) {
    problem p;
    make_problem(&p, cell, OSTINATO_FLOAT32, OSTINATO_PORTABLE, 1, 3, 5, 3, 4);
    CHECK(ostinato_pack(&p.layer, p.weights, (void *)p.forward.packed) == OSTINATO_OK);
    const size_t size = copy_results(&p, NULL);
    char *before = malloc(size), *after = malloc(size);
    copy_results(&p, before);
    ostinato_layer wrong[12];
    ostinato_status expected[12];
    for (int i = 0; i < 12; ++i) {
        wrong[i] = p.layer;
        expected[i] = i < 4 ? OSTINATO_BAD_ARGUMENT : OSTINATO_BAD_SHAPE;
    }
    wrong[0].cell = -1;
    wrong[1].dtype = 3;
    wrong[2].instruction_set = 4;
    wrong[3].batch_sizes = NULL;
    wrong[4].num_directions = 3;
    wrong[5].num_directions = 0;
    wrong[6].num_threads = 0;
    wrong[7].input_size = 0;
    wrong[8].hidden_size = ((int64_t)1 << 20) + 1;
    wrong[9].hidden_size = INT64_MIN;
    wrong[10].num_steps = 0;
    wrong[11].num_steps = -1;
    for (int i = 0; i < 12; ++i) {
        CHECK(ostinato_forward(&wrong[i], &p.forward) == expected[i]);
        CHECK(ostinato_backward(&wrong[i], &p.backward) == expected[i]);
    }
    const int64_t sizes[][2] = {{1, 2}, {0, 0}, {2, 0}, {-1, -1}, {INT64_MAX, INT64_MAX}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; ++i) {
        ostinato_layer layer = p.layer;
        layer.num_steps = 2;
        layer.batch_sizes = sizes[i];
        CHECK(ostinato_forward(&layer, &p.forward) == OSTINATO_BAD_SHAPE);
        CHECK(ostinato_layer_sizes(&layer, &p.sizes) == OSTINATO_BAD_SHAPE);
    }
    const ostinato_forward_buffers forward = p.forward;
    const void **inputs[] = {&p.forward.packed, &p.forward.input, &p.forward.h_0};
    void **outputs[] = {&p.forward.output, &p.forward.h_n, &p.forward.workspace};
    for (int i = 0; i < 6; ++i) {
        if (i < 3) *inputs[i] = NULL;
        if (i >= 3) *outputs[i - 3] = NULL;
        CHECK(ostinato_forward(&p.layer, &p.forward) == OSTINATO_BAD_ARGUMENT);
        p.forward = forward;
    }
    p.forward.workspace_bytes -= 1;
    CHECK(ostinato_forward(&p.layer, &p.forward) == OSTINATO_BAD_ARGUMENT);
    p.backward.workspace_bytes -= 1;
    CHECK(ostinato_backward(&p.layer, &p.backward) == OSTINATO_BAD_ARGUMENT);
    p.weights[0].bias_hh = NULL;
    CHECK(ostinato_pack(&p.layer, p.weights, (void *)p.forward.packed) == OSTINATO_BAD_ARGUMENT);
    CHECK(ostinato_forward(NULL, &forward) == OSTINATO_BAD_ARGUMENT);
    CHECK(ostinato_forward(&p.layer, NULL) == OSTINATO_BAD_ARGUMENT);
    CHECK(ostinato_backward(&p.layer, NULL) == OSTINATO_BAD_ARGUMENT);
    CHECK(ostinato_layer_sizes(&p.layer, NULL) == OSTINATO_BAD_ARGUMENT);
    copy_results(&p, after);
    CHECK(memcmp(before, after, size) == 0);
    free(before);
    free(after);
    free_problem(&p);
}

static void test_fingerprint(int32_t cell) {
    problem p;
    uint64_t before, after;
    make_problem(&p, cell, OSTINATO_FLOAT32, OSTINATO_PORTABLE, 2, 3, 5, 3, 4);
    CHECK(ostinato_fingerprint(&p.layer, p.weights, &before) == OSTINATO_OK);
    CHECK(ostinato_fingerprint(&p.layer, p.weights, &after) == OSTINATO_OK);
    CHECK(before == after);
    for (int64_t i = 0; i < gates_of(cell) * 5; ++i) {
        float *bias = (float *)p.weights[1].bias_hh;
        bias[i] = -bias[i];
        CHECK(ostinato_fingerprint(&p.layer, p.weights, &after) == OSTINATO_OK);
        CHECK(before != after);
        bias[i] = -bias[i];
    }
    free_problem(&p);
}

static void test_matrix_product(int32_t best) {
    enum { ROWS = 13, COLUMNS = 70, DEPTH = 9 };
    float a[ROWS * DEPTH], b[DEPTH * COLUMNS], c[ROWS * COLUMNS], workspace[DEPTH * 128];
    for (int i = 0; i < ROWS * DEPTH; ++i) a[i] = (float)(i % 7 - 3);
    for (int i = 0; i < DEPTH * COLUMNS; ++i) b[i] = (float)(i % 5 - 2);
    for (int32_t set = 0; set <= best; ++set) {
        for (int32_t threads = 1; threads <= 3; ++threads) {
            memset(c, 0xFF, sizeof c);
            CHECK(ostinato_matrix_product(set, threads, ROWS, COLUMNS, DEPTH, a, b, c, workspace) ==
                  OSTINATO_OK);
            for (int i = 0; i < ROWS * COLUMNS; ++i) {
                float sum = 0;
                for (int k = 0; k < DEPTH; ++k) {
                    sum += a[i / COLUMNS * DEPTH + k] * b[k * COLUMNS + i % COLUMNS];
                }
                CHECK(c[i] == sum);
            }
        }
    }
    CHECK(ostinato_matrix_product(0, 1, 0, 1, 1, a, b, c, workspace) == OSTINATO_BAD_SHAPE);
    CHECK(ostinato_matrix_product(0, 0, 1, 1, 1, a, b, c, workspace) == OSTINATO_BAD_SHAPE);
    CHECK(ostinato_matrix_product(0, 1, 1, INT64_MAX, 1, a, b, c, workspace) == OSTINATO_BAD_SHAPE);
    CHECK(ostinato_matrix_product(9, 1, 1, 1, 1, a, b, c, workspace) == OSTINATO_BAD_ARGUMENT);
    CHECK(ostinato_matrix_product(0, 1, 1, 1, 1, NULL, b, c, workspace) == OSTINATO_BAD_ARGUMENT);
}

int main(void) {
    const int32_t best = best_set();
    for (int32_t set = OSTINATO_PORTABLE; set <= best; ++set) test_a_known_lstm(set);
    for (int32_t cell = OSTINATO_RNN_TANH; cell <= OSTINATO_LSTM; ++cell) {
        for (int32_t directions = 1; directions <= 2; ++directions) {
            test_derivatives(cell, directions);
            test_sets_agree(cell, directions, 1, best);
            test_sets_agree(cell, directions, 37, best);
        }
        for (int32_t set = OSTINATO_PORTABLE; set <= best; ++set) {
            test_steps(cell, OSTINATO_FLOAT32, set);
        }
        test_steps(cell, OSTINATO_FLOAT64, OSTINATO_PORTABLE);
        test_bfloat16(cell, best);
        test_refusals(cell);
        test_fingerprint(cell);
    }
    test_matrix_product(best);
    printf("instruction sets up to number %d; %d failures\n", (int)best, failures);
    return failures != 0;
}
