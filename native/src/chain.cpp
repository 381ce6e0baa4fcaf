// Linear chains: the sum over all tag sequences of each row of a packed batch, and the best one.
// Row by row, so that nothing of one row is ever in the arithmetic of another.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "ostinato.h"

namespace {

constexpr double kSmallest = 1e-300;  // divides what is impossible, so that it stays nothing
constexpr int64_t kMostTags = int64_t{1} << 15;
constexpr int64_t kMostPlaces = int64_t{1} << 40;

// Whether the sizes are those of a packed batch of tags; counts its places.
bool fits(const ostinato_chain &chain, int64_t *places) {
    if (chain.num_tags < 1 || chain.num_tags > kMostTags || chain.num_steps < 1) return false;
    int64_t before = std::numeric_limits<int64_t>::max();
    *places = 0;
    for (int64_t t = 0; t < chain.num_steps; ++t) {
        const int64_t size = chain.batch_sizes[t];
        if (size < 1 || size > before || *places > kMostPlaces - size) return false;
        before = size;
        *places += size;
    }
    return true;
}

ostinato_status check(const ostinato_chain *chain) {
    if (chain == nullptr || chain->batch_sizes == nullptr || chain->emissions == nullptr ||
        chain->start == nullptr || chain->transition == nullptr || chain->end == nullptr) {
        return OSTINATO_BAD_ARGUMENT;
    }
    int64_t places;
    return fits(*chain, &places) ? OSTINATO_OK : OSTINATO_BAD_SHAPE;
}

int64_t length_of(const ostinato_chain &chain, int64_t row) {
    int64_t steps = chain.num_steps;
    while (chain.batch_sizes[steps - 1] <= row) --steps;
    return steps;
}

// to[j] = sum over i of from[i] * matrix[i, j], four lines of the matrix at a time.
void multiply(const double *from, const double *matrix, int64_t tags, double *to) {
    std::fill(to, to + tags, 0.0);
    int64_t i = 0;
    for (; i + 4 <= tags; i += 4) {
        const double *a = matrix + i * tags, *b = a + tags, *c = b + tags, *d = c + tags;
        const double *f = from + i;
        for (int64_t j = 0; j < tags; ++j) {
            to[j] += (f[0] * a[j] + f[1] * b[j]) + (f[2] * c[j] + f[3] * d[j]);
        }
    }
    for (; i < tags; ++i) {
        const double *a = matrix + i * tags;
        for (int64_t j = 0; j < tags; ++j) to[j] += from[i] * a[j];
    }
}

// The exponentials of the scores of a chain that all rows share, and memory for one step.
struct Shared {
    const double *start, *end, *step, *step_back;
    double *after;
};

// One row: probabilities of the past from its first step on, then of the future from its last.
double sum_row(const ostinato_chain &chain, const Shared &shared, int64_t row, double *marginals,
               double *before, double *onward) {
    const int64_t tags = chain.num_tags, length = length_of(chain, row);
    double log_z = 0.0;
    int64_t place = row;
    const double *past = nullptr;
    for (int64_t t = 0; t < length; ++t) {
        const double *scores = chain.emissions + place * tags;
        double *here = before + place * tags, *factors = onward + place * tags;
        double best = *std::max_element(scores, scores + tags);
        if (std::isinf(best)) best = 0.0;
        if (t == 0) {
            std::copy(shared.start, shared.start + tags, here);
        } else {
            multiply(past, shared.step, tags, here);
        }
        double total = 0.0;
        for (int64_t k = 0; k < tags; ++k) {
            factors[k] = std::exp(scores[k] - best);
            here[k] *= factors[k];
            total += here[k];
        }
        log_z += std::log(total) + best;
        const double scale = std::max(total, kSmallest);
        for (int64_t k = 0; k < tags; ++k) {
            here[k] /= scale;
            factors[k] /= scale;
        }
        past = here;
        if (t + 1 < length) place += chain.batch_sizes[t];
    }
    double whole = 0.0;
    for (int64_t k = 0; k < tags; ++k) whole += past[k] * shared.end[k];
    double *after = shared.after;
    for (int64_t k = 0; k < tags; ++k) after[k] = shared.end[k] / std::max(whole, kSmallest);
    for (int64_t t = length - 1; t >= 0; --t) {
        const double *here = before + place * tags;
        double *future = onward + place * tags, *share = marginals + place * tags;
        for (int64_t k = 0; k < tags; ++k) {
            share[k] = here[k] * after[k];
            future[k] *= after[k];
        }
        if (t == 0) break;
        multiply(future, shared.step_back, tags, after);
        place -= chain.batch_sizes[t - 1];
    }
    return log_z + std::log(whole);
}

// One row: the best score of ending in each tag, step by step, then the way back.
double best_row(const ostinato_chain &chain, int64_t row, int64_t *path, double *now, double *next,
                int32_t *origins) {
    const int64_t tags = chain.num_tags, length = length_of(chain, row);
    int64_t place = row;
    for (int64_t k = 0; k < tags; ++k) now[k] = chain.start[k] + chain.emissions[place * tags + k];
    for (int64_t t = 1; t < length; ++t) {
        place += chain.batch_sizes[t - 1];
        int32_t *origin = origins + place * tags;
        for (int64_t j = 0; j < tags; ++j) next[j] = now[0] + chain.transition[j];
        std::fill(origin, origin + tags, 0);
        for (int64_t i = 1; i < tags; ++i) {
            const double *line = chain.transition + i * tags;
            const double score = now[i];
            for (int64_t j = 0; j < tags; ++j) {
                const double candidate = score + line[j];
                const bool is_better = candidate > next[j];
                next[j] = is_better ? candidate : next[j];
                origin[j] = is_better ? static_cast<int32_t>(i) : origin[j];
            }
        }
        for (int64_t k = 0; k < tags; ++k) next[k] += chain.emissions[place * tags + k];
        std::swap(now, next);
    }
    for (int64_t k = 0; k < tags; ++k) now[k] += chain.end[k];
    const double *best = std::max_element(now, now + tags);
    int64_t tag = best - now;
    for (int64_t t = length - 1;; --t) {
        path[place] = tag;
        if (t == 0) break;
        tag = origins[place * tags + tag];
        place -= chain.batch_sizes[t - 1];
    }
    return *best;
}

}  // namespace

ostinato_status ostinato_chain_sum(const ostinato_chain *chain, double *log_z, double *marginals,
                                   double *before, double *onward, double *workspace) {
    const ostinato_status checked = check(chain);
    if (checked != OSTINATO_OK) return checked;
    if (log_z == nullptr || marginals == nullptr || before == nullptr || onward == nullptr ||
        workspace == nullptr) {
        return OSTINATO_BAD_ARGUMENT;
    }
    const int64_t tags = chain->num_tags;
    double *step = workspace, *step_back = step + tags * tags;
    double *start = step_back + tags * tags, *end = start + tags;
    for (int64_t i = 0; i < tags; ++i) {
        for (int64_t j = 0; j < tags; ++j) {
            step_back[j * tags + i] = step[i * tags + j] =
                std::exp(chain->transition[i * tags + j]);
        }
    }
    for (int64_t k = 0; k < tags; ++k) {
        start[k] = std::exp(chain->start[k]);
        end[k] = std::exp(chain->end[k]);
    }
    const Shared shared = {start, end, step, step_back, end + tags};
    for (int64_t row = 0; row < chain->batch_sizes[0]; ++row) {
        log_z[row] = sum_row(*chain, shared, row, marginals, before, onward);
    }
    return OSTINATO_OK;
}

ostinato_status ostinato_chain_best(const ostinato_chain *chain, int64_t *path, double *scores,
                                    double *workspace, int32_t *origins) {
    const ostinato_status checked = check(chain);
    if (checked != OSTINATO_OK) return checked;
    if (path == nullptr || scores == nullptr || workspace == nullptr || origins == nullptr) {
        return OSTINATO_BAD_ARGUMENT;
    }
    const int64_t tags = chain->num_tags;
    for (int64_t row = 0; row < chain->batch_sizes[0]; ++row) {
        scores[row] = best_row(*chain, row, path, workspace, workspace + tags, origins);
    }
    return OSTINATO_OK;
}
