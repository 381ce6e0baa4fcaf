/* Chains through the C interface: every tag sequence added up one by one, and what is refused. */

#include "checks.h"

#define TAGS 3
#define STEPS 4
#define ROWS 3
#define PLACES 8

static const int64_t sizes[STEPS] = {3, 2, 2, 1}; /* rows of 4, 3 and 1 steps */
static const int lengths[ROWS] = {4, 3, 1};

typedef struct chain_problem {
    ostinato_chain chain;
    double emissions[PLACES * TAGS], start[TAGS], transition[TAGS * TAGS], end[TAGS];
} chain_problem;

static void make_chain(chain_problem *p) {
    for (int i = 0; i < PLACES * TAGS; ++i) p->emissions[i] = 3 * random_value();
    for (int i = 0; i < TAGS; ++i) p->start[i] = random_value(), p->end[i] = random_value();
    for (int i = 0; i < TAGS * TAGS; ++i) p->transition[i] = random_value();
    p->transition[1] = -INFINITY;
    const ostinato_chain chain = {TAGS,     STEPS,         sizes, p->emissions,
                                  p->start, p->transition, p->end};
    p->chain = chain;
}

static int place_of(int row, int step) {
    int place = row;
    for (int t = 0; t < step; ++t) place += (int)sizes[t];
    return place;
}

static double score_of(const chain_problem *p, int row, const int *tags) {
    double score = p->start[tags[0]] + p->end[tags[lengths[row] - 1]];
    for (int t = 0; t < lengths[row]; ++t) {
        score += p->emissions[place_of(row, t) * TAGS + tags[t]];
        if (t > 0) score += p->transition[tags[t - 1] * TAGS + tags[t]];
    }
    return score;
}

static void test_against_every_sequence(void) {
    chain_problem p;
    double log_z[ROWS], marginals[PLACES * TAGS], before[PLACES * TAGS], onward[PLACES * TAGS];
    double workspace[TAGS * (2 * TAGS + 3)], scores[ROWS];
    int64_t path[PLACES];
    int32_t origins[PLACES * TAGS];
    make_chain(&p);
    CHECK(ostinato_chain_sum(&p.chain, log_z, marginals, before, onward, workspace) == OSTINATO_OK);
    CHECK(ostinato_chain_best(&p.chain, path, scores, workspace, origins) == OSTINATO_OK);
    for (int row = 0; row < ROWS; ++row) {
        const int length = lengths[row];
        double sum = 0, best = -INFINITY, share[STEPS * TAGS] = {0}, pair = 0;
        int count = 1, tags[STEPS], best_tags[STEPS] = {0};
        for (int t = 0; t < length; ++t) count *= TAGS;
        for (int number = 0; number < count; ++number) {
            for (int t = 0, rest = number; t < length; ++t, rest /= TAGS) tags[t] = rest % TAGS;
            const double score = score_of(&p, row, tags);
            sum += exp(score);
            for (int t = 0; t < length; ++t) share[t * TAGS + tags[t]] += exp(score);
            if (length > 1 && tags[0] == 2 && tags[1] == 1) pair += exp(score);
            if (score > best) {
                best = score;
                memcpy(best_tags, tags, sizeof tags);
            }
        }
        CHECK(fabs(log_z[row] - log(sum)) < 1e-12);
        CHECK(fabs(scores[row] - best) < 1e-12);
        for (int t = 0; t < length; ++t) {
            CHECK(path[place_of(row, t)] == best_tags[t]);
            for (int k = 0; k < TAGS; ++k) {
                const double found = marginals[place_of(row, t) * TAGS + k];
                CHECK(fabs(found - share[t * TAGS + k] / sum) < 1e-12);
            }
        }
        if (length > 1) {
            const double found = before[place_of(row, 0) * TAGS + 2] *
                                 exp(p.transition[2 * TAGS + 1]) *
                                 onward[place_of(row, 1) * TAGS + 1];
            CHECK(fabs(found - pair / sum) < 1e-12);
        }
    }
}

static void test_refusals(void) {
    chain_problem p;
    double numbers[PLACES * TAGS], workspace[TAGS * (2 * TAGS + 3)];
    int64_t path[PLACES];
    int32_t origins[PLACES * TAGS];
    const int64_t rising[2] = {1, 2}, none[1] = {0};
    make_chain(&p);
    CHECK(ostinato_chain_sum(NULL, numbers, numbers, numbers, numbers, workspace) ==
          OSTINATO_BAD_ARGUMENT);
    CHECK(ostinato_chain_sum(&p.chain, numbers, NULL, numbers, numbers, workspace) ==
          OSTINATO_BAD_ARGUMENT);
    CHECK(ostinato_chain_best(&p.chain, path, numbers, workspace, NULL) == OSTINATO_BAD_ARGUMENT);
    ostinato_chain bad = p.chain;
    bad.end = NULL;
    CHECK(ostinato_chain_best(&bad, path, numbers, workspace, origins) == OSTINATO_BAD_ARGUMENT);
    for (int kind = 0; kind < 5; ++kind) {
        bad = p.chain;
        if (kind == 0) bad.num_tags = 0;
        if (kind == 1) bad.num_tags = INT64_MAX;
        if (kind == 2) bad.num_steps = 0;
        if (kind == 3) bad.num_steps = 2, bad.batch_sizes = rising;
        if (kind == 4) bad.num_steps = 1, bad.batch_sizes = none;
        CHECK(ostinato_chain_best(&bad, path, numbers, workspace, origins) == OSTINATO_BAD_SHAPE);
    }
}

int main(void) {
    for (int round = 0; round < 20; ++round) test_against_every_sequence();
    test_refusals();
    printf("%d failures\n", failures);
    return failures != 0;
}
