/* Several threads call at once, each for three of the library's: the results are those of one. */

#include <pthread.h>

#include "checks.h"

enum { CALLERS = 4, ROUNDS = 6 };

typedef struct caller {
    int32_t cell, dtype, set;
    uint64_t seed;
    int32_t num_threads;
    int64_t hidden, batch, num_steps;
    char *results;
    size_t size;
} caller;

/* Runs both passes; keeps the results of the first run, compares those of the others with it. */
static void run_once(caller *one, int *differs) {
    problem p;
    random_state = one->seed;
    make_problem(&p, one->cell, one->dtype, one->set, 2, 33, one->hidden, one->batch,
                 one->num_steps);
    p.layer.num_threads = one->num_threads;
    run_forward(&p);
    run_backward(&p);
    const size_t size = copy_results(&p, NULL);
    char *results = malloc(size);
    copy_results(&p, results);
    if (one->results == NULL) {
        one->results = results;
        one->size = size;
    } else {
        *differs |= size != one->size || memcmp(results, one->results, size) != 0;
        free(results);
    }
    free_problem(&p);
}

/* The problems of a caller are made beforehand: making them is not safe in threads. */
typedef struct shared {
    problem problems[CALLERS];
    char *expected[CALLERS];
    size_t sizes[CALLERS];
} shared;

typedef struct argument {
    problem *p;
    const char *expected;
    size_t size;
    int differs;
} argument;

static void *work(void *given) {
    argument *of = given;
    char *results = malloc(of->size);
    for (int round = 0; round < ROUNDS; ++round) {
        ostinato_status status = ostinato_forward(&of->p->layer, &of->p->forward);
        of->differs |= status != OSTINATO_OK;
        status = ostinato_backward(&of->p->layer, &of->p->backward);
        of->differs |= status != OSTINATO_OK;
        copy_results(of->p, results);
        of->differs |= memcmp(results, of->expected, of->size) != 0;
    }
    free(results);
    return NULL;
}

static void test_callers(int32_t dtype, int32_t set, int64_t hidden, int64_t batch,
                         int64_t num_steps) {
    shared all;
    argument arguments[CALLERS];
    pthread_t threads[CALLERS];
    for (int i = 0; i < CALLERS; ++i) {
        problem *p = &all.problems[i];
        make_problem(p, i, dtype, set, 1 + i % 2, 33, hidden, batch, num_steps);
        p->layer.batch_sizes = p->batch_sizes;
        run_forward(p);
        run_backward(p);
        all.sizes[i] = copy_results(p, NULL);
        all.expected[i] = malloc(all.sizes[i]);
        copy_results(p, all.expected[i]);
        p->layer.num_threads = 3;
        arguments[i] = (argument){p, all.expected[i], all.sizes[i], 0};
    }
    for (int i = 0; i < CALLERS; ++i) {
        CHECK(pthread_create(&threads[i], NULL, work, &arguments[i]) == 0);
    }
    for (int i = 0; i < CALLERS; ++i) {
        pthread_join(threads[i], NULL);
        CHECK(!arguments[i].differs);
        free(all.expected[i]);
        free_problem(&all.problems[i]);
    }
}

/* One caller with the team for itself: 1 to 5 threads, by rows, by units and by direction. */
static void test_numbers_of_threads(int32_t cell, int32_t dtype, int32_t set, int64_t hidden,
                                    int64_t batch, int64_t num_steps) {
    caller one = {cell, dtype, set, 3, 1, hidden, batch, num_steps, NULL, 0};
    int differs = 0;
    for (one.num_threads = 1; one.num_threads <= 5; ++one.num_threads) run_once(&one, &differs);
    CHECK(!differs);
    free(one.results);
}

int main(void) {
    const int32_t best = best_set();
    for (int32_t set = OSTINATO_PORTABLE; set <= best; ++set) {
        const int32_t dtype = set == OSTINATO_AVX512_BF16 ? OSTINATO_BFLOAT16 : OSTINATO_FLOAT32;
        for (int32_t cell = OSTINATO_RNN_TANH; cell <= OSTINATO_LSTM; ++cell) {
            test_numbers_of_threads(cell, dtype, set, 40, 24, 12); /* rows */
            test_numbers_of_threads(cell, dtype, set, 200, 2, 12); /* units */
            test_numbers_of_threads(cell, dtype, set, 200, 1, 12); /* one row */
        }
        test_callers(dtype, set, 40, 24, 12);
        test_callers(dtype, set, 200, 2, 12);
    }
    test_callers(OSTINATO_FLOAT64, OSTINATO_PORTABLE, 40, 24, 8);
    printf("instruction sets up to number %d; %d failures\n", (int)best, failures);
    return failures != 0;
}
