// The functions of ostinato.h: check the arguments, choose kernels and threads, call.

#include <cstdint>
#include <initializer_list>

#include "cpu.h"
#include "kernels.h"
#include "ostinato.h"
#include "plan.h"
#include "threads.h"

namespace ostinato {
namespace {

ostinato_status find_kernels(int32_t dtype, int32_t set, const Kernels **kernels) {
    if (set < OSTINATO_PORTABLE || set > OSTINATO_AVX512_BF16) return OSTINATO_BAD_ARGUMENT;
    if (set > static_cast<int32_t>(best_instruction_set())) return OSTINATO_UNSUPPORTED;
    switch (dtype) {
        case OSTINATO_FLOAT64:
            *kernels = &kPortableF64;
            return OSTINATO_OK;
        case OSTINATO_FLOAT32:
            *kernels = &kPortableF32;
#ifdef OSTINATO_X86_KERNELS
            if (set >= OSTINATO_AVX2) *kernels = &kAvx2F32;
            if (set >= OSTINATO_AVX512) *kernels = &kAvx512F32;
#endif
            return OSTINATO_OK;
        case OSTINATO_BFLOAT16:
#ifdef OSTINATO_X86_KERNELS
            if (set >= OSTINATO_AVX512_BF16) {
                *kernels = &kAvx512Bf16;
                return OSTINATO_OK;
            }
#endif
            return OSTINATO_UNSUPPORTED;
        default:
            return OSTINATO_BAD_ARGUMENT;
    }
}

// Checks everything but batch_sizes.
ostinato_status check(const ostinato_layer *from, Layer *layer, const Kernels **kernels) {
    if (from == nullptr) return OSTINATO_BAD_ARGUMENT;
    if (from->cell < OSTINATO_RNN_TANH || from->cell > OSTINATO_LSTM) return OSTINATO_BAD_ARGUMENT;
    const ostinato_status found = find_kernels(from->dtype, from->instruction_set, kernels);
    if (found != OSTINATO_OK) return found;
    return fill_layer(*from, layer) ? OSTINATO_OK : OSTINATO_BAD_SHAPE;
}

ostinato_status check_with_batch(const ostinato_layer *from, Layer *layer,
                                 const Kernels **kernels) {
    const ostinato_status checked = check(from, layer, kernels);
    if (checked != OSTINATO_OK) return checked;
    if (from->batch_sizes == nullptr) return OSTINATO_BAD_ARGUMENT;
    return fill_batch(*from, layer) ? OSTINATO_OK : OSTINATO_BAD_SHAPE;
}

bool any_null(std::initializer_list<const void *> pointers) {
    for (const void *pointer : pointers) {
        if (pointer == nullptr) return true;
    }
    return false;
}

// Whether a buffer of bytes cannot hold the numbers that are kept in it.
bool misaligned(std::initializer_list<const void *> pointers) {
    for (const void *pointer : pointers) {
        if (reinterpret_cast<uintptr_t>(pointer) % sizeof(double) != 0) return true;
    }
    return false;
}

bool bad_weights(const Layer &layer, const ostinato_weights *weights) {
    if (weights == nullptr) return true;
    for (int d = 0; d < layer.directions; ++d) {
        if (any_null({weights[d].weight_ih, weights[d].weight_hh})) return true;
        if ((weights[d].bias_ih == nullptr) != (weights[d].bias_hh == nullptr)) return true;
    }
    return false;
}

template <class Job, void (*Kernels::*kRun)(const Job &, int)>
struct Call : Job {
    const Kernels *kernels;
    static void part(const void *call, int thread) {
        const auto *self = static_cast<const Call *>(call);
        (self->kernels->*kRun)(*self, thread);
    }
};

// Plans a checked call in its workspace and runs it, on as many threads as the team grants.
template <class Buffers, class Call>
ostinato_status run(const ostinato_layer &from, const Buffers &buffers, size_t scratch_bytes,
                    Call *call) {
    const size_t plan = plan_bytes(call->layer);
    if (misaligned({buffers.workspace}) || buffers.workspace_bytes < plan + scratch_bytes) {
        return OSTINATO_BAD_ARGUMENT;
    }
    call->buffers = buffers;
    call->scratch = static_cast<char *>(buffers.workspace) + plan;
    write_plan(&call->layer, buffers.workspace);

    Grant grant(useful_threads(call->layer, from.num_threads));
    Split &split = call->split = make_split(call->layer, grant.threads());
    Barrier everybody(split.threads), first(split.workers), second(split.workers);
    split.everybody = &everybody;
    split.colleagues[0] = &first;
    split.colleagues[1] = &second;
    grant.run(split.threads, call->part, call);
    return OSTINATO_OK;
}

}  // namespace
}  // namespace ostinato

using namespace ostinato;

uint32_t ostinato_abi_version(void) { return OSTINATO_ABI_VERSION; }

const char *ostinato_status_message(ostinato_status status) {
    switch (status) {
        case OSTINATO_OK:
            return "done";
        case OSTINATO_BAD_ARGUMENT:
            return "an argument is missing or has an unknown value";
        case OSTINATO_UNSUPPORTED:
            return "this processor or operating system does not support what was asked for";
        case OSTINATO_BAD_SHAPE:
            return "a size is out of range, or the batch sizes are not those of a packed batch";
        default:
            return "unknown status";
    }
}

ostinato_status ostinato_instruction_set(const char *wanted, const char **chosen) {
    if (chosen == nullptr) return OSTINATO_BAD_ARGUMENT;
    InstructionSet best = best_instruction_set();
    if (wanted != nullptr && *wanted != '\0') {
        InstructionSet asked;
        if (!find_instruction_set(wanted, &asked)) return OSTINATO_BAD_ARGUMENT;
        if (asked > best) return OSTINATO_UNSUPPORTED;
        best = asked;
    }
    *chosen = instruction_set_name(best);
    return OSTINATO_OK;
}

ostinato_status ostinato_layer_sizes(const ostinato_layer *from, ostinato_sizes *sizes) {
    if (sizes == nullptr) return OSTINATO_BAD_ARGUMENT;
    Layer layer;
    const Kernels *kernels = nullptr;
    const ostinato_status checked = check(from, &layer, &kernels);
    if (checked != OSTINATO_OK) return checked;
    const bool has_batch = from->batch_sizes != nullptr;
    if (has_batch && !fill_batch(*from, &layer)) return OSTINATO_BAD_SHAPE;
    sizes->packed = kernels->packed_bytes(layer);
    sizes->saved_row = kernels->saved_row_bytes(layer);
    const size_t plan = plan_bytes(layer);
    sizes->forward_workspace = has_batch ? plan + kernels->forward_scratch_bytes(layer) : 0;
    sizes->backward_workspace = has_batch ? plan + kernels->backward_scratch_bytes(layer) : 0;
    return OSTINATO_OK;
}

ostinato_status ostinato_pack(const ostinato_layer *from, const ostinato_weights *weights,
                              void *packed) {
    Layer layer;
    const Kernels *kernels = nullptr;
    const ostinato_status checked = check(from, &layer, &kernels);
    if (checked != OSTINATO_OK) return checked;
    if (packed == nullptr || misaligned({packed})) return OSTINATO_BAD_ARGUMENT;
    if (bad_weights(layer, weights)) return OSTINATO_BAD_ARGUMENT;
    kernels->pack(layer, weights, packed);
    return OSTINATO_OK;
}

ostinato_status ostinato_fingerprint(const ostinato_layer *from, const ostinato_weights *weights,
                                     uint64_t *fingerprint) {
    Layer layer;
    const Kernels *kernels = nullptr;
    const ostinato_status checked = check(from, &layer, &kernels);
    if (checked != OSTINATO_OK) return checked;
    if (fingerprint == nullptr || bad_weights(layer, weights)) return OSTINATO_BAD_ARGUMENT;
    *fingerprint = kernels->fingerprint(layer, weights);
    return OSTINATO_OK;
}

ostinato_status ostinato_forward(const ostinato_layer *from,
                                 const ostinato_forward_buffers *buffers) {
    Call<ForwardJob, &Kernels::forward> call;
    const ostinato_status checked = check_with_batch(from, &call.layer, &call.kernels);
    if (checked != OSTINATO_OK) return checked;
    if (buffers == nullptr) return OSTINATO_BAD_ARGUMENT;
    const auto &b = *buffers;
    if (any_null({b.packed, b.input, b.h_0, b.output, b.h_n, b.workspace})) {
        return OSTINATO_BAD_ARGUMENT;
    }
    if (misaligned({b.packed, b.saved})) return OSTINATO_BAD_ARGUMENT;
    if (from->cell == OSTINATO_LSTM && any_null({b.c_0, b.c_n})) return OSTINATO_BAD_ARGUMENT;
    const auto places = static_cast<size_t>(call.layer.rows);
    const auto row = static_cast<size_t>(call.layer.directions * call.layer.hidden_size);
    prefer_large_pages(b.saved, places * call.kernels->saved_row_bytes(call.layer));
    prefer_large_pages(b.output, places * row * call.kernels->element_bytes);
    return run(*from, b, call.kernels->forward_scratch_bytes(call.layer), &call);
}

ostinato_status ostinato_backward(const ostinato_layer *from,
                                  const ostinato_backward_buffers *buffers) {
    Call<BackwardJob, &Kernels::backward> call;
    const ostinato_status checked = check_with_batch(from, &call.layer, &call.kernels);
    if (checked != OSTINATO_OK) return checked;
    if (buffers == nullptr || bad_weights(call.layer, buffers->weights)) {
        return OSTINATO_BAD_ARGUMENT;
    }
    const auto &b = *buffers;
    if (any_null(
            {b.input, b.h_0, b.output, b.d_output, b.d_h_n, b.d_h_0, b.d_weights, b.workspace})) {
        return OSTINATO_BAD_ARGUMENT;
    }
    if (call.kernels->saved_row_bytes(call.layer) > 0 && b.saved == nullptr) {
        return OSTINATO_BAD_ARGUMENT;
    }
    if (misaligned({b.saved})) return OSTINATO_BAD_ARGUMENT;
    if (from->cell == OSTINATO_LSTM && any_null({b.c_0, b.d_c_n, b.d_c_0})) {
        return OSTINATO_BAD_ARGUMENT;
    }
    for (int d = 0; d < call.layer.directions; ++d) {
        const ostinato_weight_gradients &g = b.d_weights[d];
        if (any_null({g.weight_ih, g.weight_hh})) return OSTINATO_BAD_ARGUMENT;
        if ((g.bias_ih == nullptr) != (g.bias_hh == nullptr)) return OSTINATO_BAD_ARGUMENT;
    }
    prefer_large_pages(b.d_input, static_cast<size_t>(call.layer.rows * call.layer.input_size) *
                                      call.kernels->element_bytes);
    return run(*from, b, call.kernels->backward_scratch_bytes(call.layer), &call);
}

ostinato_status ostinato_step_workspace(const ostinato_layer *layers, int32_t num_layers,
                                        int64_t batch_size, size_t *bytes) {
    if (layers == nullptr || bytes == nullptr || num_layers < 1) return OSTINATO_BAD_ARGUMENT;
    size_t most = 0;
    for (int32_t l = 0; l < num_layers; ++l) {
        ostinato_layer one = layers[l];
        one.num_steps = 1;
        one.batch_sizes = &batch_size;
        Layer layer;
        const Kernels *kernels = nullptr;
        const ostinato_status checked = check_with_batch(&one, &layer, &kernels);
        if (checked != OSTINATO_OK) return checked;
        if (layer.directions != 1) return OSTINATO_BAD_ARGUMENT;
        const ostinato_layer &below = layers[l > 0 ? l - 1 : 0];
        if (one.cell != below.cell || one.dtype != below.dtype ||
            one.instruction_set != below.instruction_set) {
            return OSTINATO_BAD_ARGUMENT;
        }
        if (l > 0 && one.input_size != below.hidden_size) return OSTINATO_BAD_SHAPE;
        // The outputs of a layer cannot be written over the states that they are made of.
        const size_t outputs = step_output_bytes(layer, kernels->element_bytes);
        const size_t all = plan_bytes(layer) + outputs + kernels->forward_scratch_bytes(layer);
        most = all > most ? all : most;
    }
    *bytes = most;
    return OSTINATO_OK;
}

ostinato_status ostinato_step(const ostinato_layer *layers, int32_t num_layers,
                              const void *const *packed, int64_t batch_size, const void *input,
                              void *const *h, void *const *c, void *workspace,
                              size_t workspace_bytes) {
    size_t needed;
    const ostinato_status checked =
        ostinato_step_workspace(layers, num_layers, batch_size, &needed);
    if (checked != OSTINATO_OK) return checked;
    if (workspace_bytes < needed || any_null({packed, input, h, workspace})) {
        return OSTINATO_BAD_ARGUMENT;
    }
    if (misaligned({workspace})) return OSTINATO_BAD_ARGUMENT;
    const bool has_c = layers[0].cell == OSTINATO_LSTM;
    if (has_c && c == nullptr) return OSTINATO_BAD_ARGUMENT;
    for (int32_t l = 0; l < num_layers; ++l) {
        if (any_null({packed[l], h[l]}) || misaligned({packed[l]}) || (has_c && c[l] == nullptr))
            return OSTINATO_BAD_ARGUMENT;
    }
    for (int32_t l = 0; l < num_layers; ++l) {
        ostinato_layer one = layers[l];
        one.num_steps = 1;
        one.batch_sizes = &batch_size;
        ForwardJob job;
        const Kernels *kernels = nullptr;
        check_with_batch(&one, &job.layer, &kernels);
        const size_t plan = plan_bytes(job.layer);
        const size_t outputs = step_output_bytes(job.layer, kernels->element_bytes);
        char *output = static_cast<char *>(workspace) + plan;
        job.scratch = output + outputs;
        write_plan(&job.layer, workspace);
        job.buffers = {packed[l],
                       l == 0 ? input : h[l - 1],
                       h[l],
                       has_c ? c[l] : nullptr,
                       output,
                       h[l],
                       has_c ? c[l] : nullptr,
                       nullptr,
                       workspace,
                       0};
        Barrier alone(1);
        job.split = {1, 1, false, &alone, {&alone, &alone}};
        kernels->forward(job, 0);
    }
    return OSTINATO_OK;
}

ostinato_status ostinato_matrix_product(int32_t instruction_set, int32_t num_threads, int64_t rows,
                                        int64_t columns, int64_t depth, const float *a,
                                        const float *b, float *c, void *workspace) {
    Call<ProductJob, &Kernels::product> call;
    const ostinato_status found = find_kernels(OSTINATO_FLOAT32, instruction_set, &call.kernels);
    if (found != OSTINATO_OK) return found;
    constexpr int64_t kMost = int64_t{1} << 20;
    for (const int64_t size : {rows, columns, depth}) {
        if (size < 1 || size > kMost) return OSTINATO_BAD_SHAPE;
    }
    if (num_threads < 1) return OSTINATO_BAD_SHAPE;
    if (any_null({a, b, c, workspace})) return OSTINATO_BAD_ARGUMENT;
    static_cast<ProductJob &>(call) = {{}, rows, columns, depth, a, b, c, workspace};
    Grant grant(num_threads);
    Barrier everybody(grant.threads());
    call.split = {grant.threads(), grant.threads(), false, &everybody, {nullptr, nullptr}};
    grant.run(grant.threads(), call.part, &call);
    return OSTINATO_OK;
}
