/* The C interface of the native library of ostinato: all that crosses the border is declared here.
 *
 * - Plain C99, so that any language can bind it. It knows neither Python nor torch.
 * - Every function is thread-safe, allocates no memory for its results, keeps no reference to what
 *   it was given and lets no exception out. The only state is a team of sleeping threads.
 * - A function that can refuse its arguments returns an ostinato_status; if it is not OSTINATO_OK,
 *   nothing has been written. The others cannot fail.
 * - Returned strings are UTF-8, static and never freed by the caller.
 * - Buffers are dense, in C order, and need the alignment of their element, those of bytes (packed,
 *   saved, workspace) that of a double. No two buffers of a call may overlap.
 *
 * Letters in shapes: T steps, N places (the sum of batch_sizes), B rows (batch_sizes[0]), D
 * directions, I input features, H hidden units, G gates of the cell: 1 for the plain RNN, 3 for the
 * GRU (r z n, reset after the product), 4 for the LSTM (i f g o); torch's order throughout.
 *
 * A batch has the layout of a PackedSequence: rows sorted by decreasing length, step t of row b at
 * place batch_sizes[0] + ... + batch_sizes[t - 1] + b. The second direction walks the same places
 * from each row's own last step to its first.
 */
#ifndef OSTINATO_H
#define OSTINATO_H

#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32) && defined(OSTINATO_BUILD)
#define OSTINATO_API __declspec(dllexport)
#elif defined(_WIN32)
#define OSTINATO_API __declspec(dllimport)
#else
#define OSTINATO_API __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Grows by one with every change of this file that an older caller would not survive. */
#ifndef OSTINATO_ABI_VERSION
#define OSTINATO_ABI_VERSION 3
#endif

/* What a call came to. Kept as a 32-bit integer: the width of a C enum is the compiler's choice. */
typedef int32_t ostinato_status;
enum {
    OSTINATO_OK = 0,
    OSTINATO_BAD_ARGUMENT = 1, /* a pointer is NULL where it may not be, or a name is unknown */
    OSTINATO_UNSUPPORTED = 2,  /* the argument is known, but this processor cannot do it */
    OSTINATO_BAD_SHAPE = 3     /* a size is out of range, or batch_sizes are no packed batch */
};

/* The OSTINATO_ABI_VERSION that the library was built with; a caller compares it with its own. */
OSTINATO_API uint32_t ostinato_abi_version(void);

/* One sentence on a status, without a full stop; never NULL, whatever the number is. */
OSTINATO_API const char *ostinato_status_message(ostinato_status status);

/* Names the instruction set that the kernels run with.
 *   in   wanted  "portable", "avx2", "avx512" or "avx512_bf16" (each includes those before it);
 *                NULL or "" for the best that processor and operating system support
 *   out  chosen  one of the same names
 * Returns OSTINATO_BAD_ARGUMENT for any other name or a NULL chosen, OSTINATO_UNSUPPORTED for an
 * instruction set that this machine does not have. */
OSTINATO_API ostinato_status ostinato_instruction_set(const char *wanted, const char **chosen);

/* Values of ostinato_layer. */
enum { OSTINATO_RNN_TANH = 0, OSTINATO_RNN_RELU = 1, OSTINATO_GRU = 2, OSTINATO_LSTM = 3 };
enum { OSTINATO_FLOAT32 = 0, OSTINATO_FLOAT64 = 1, OSTINATO_BFLOAT16 = 2 };
enum { OSTINATO_PORTABLE = 0, OSTINATO_AVX2 = 1, OSTINATO_AVX512 = 2, OSTINATO_AVX512_BF16 = 3 };

/* One recurrent layer, in one direction or both, over a packed batch.
 * float64 runs on the portable kernels whatever the instruction set; bfloat16 needs
 * OSTINATO_AVX512_BF16, sums in float32 and keeps the LSTM's cell state in float32.
 * Results do not depend on num_threads, and those of a row not on its batch-mates, to the last bit.
 * Sizes: 1 <= I, H <= 2^20; 1 <= D <= 2; every product of sizes below 2^46 bytes. */
typedef struct ostinato_layer {
    int32_t cell, dtype, instruction_set;
    int32_t num_directions; /* D */
    int32_t num_threads;    /* at most; from 1 */
    int64_t input_size, hidden_size;
    int64_t num_steps;          /* T; may be 0 where batch_sizes is not read */
    const int64_t *batch_sizes; /* [T] positive, never rising */
} ostinato_layer;

/* The parameters of one direction. Biases are both there or both NULL. */
typedef struct ostinato_weights {
    const void *weight_ih; /* [G H, I] */
    const void *weight_hh; /* [G H, H] */
    const void *bias_ih;   /* [G H] */
    const void *bias_hh;   /* [G H] */
} ostinato_weights;

/* Buffer sizes of a layer, in bytes. */
typedef struct ostinato_sizes {
    size_t packed;             /* weights as ostinato_forward reads them, for any batch */
    size_t saved_row;          /* what the backward needs of a place, besides output; 0 for RNN */
    size_t forward_workspace;  /* scratch of ostinato_forward */
    size_t backward_workspace; /* scratch of ostinato_backward */
} ostinato_sizes;

/* Tells the buffer sizes. batch_sizes may be NULL: then the workspaces are told as 0. */
OSTINATO_API ostinato_status ostinato_layer_sizes(const ostinato_layer *layer,
                                                  ostinato_sizes *sizes);

/* Arranges weights for ostinato_forward with the same cell, dtype, instruction set and sizes.
 *   in   weights  [D]
 *   out  packed   sizes.packed bytes
 * batch_sizes is not read. */
OSTINATO_API ostinato_status ostinato_pack(const ostinato_layer *layer,
                                           const ostinato_weights *weights, void *packed);

/* A number that another content of the weights would give with a chance of 2^-64: whoever keeps
 * packed weights compares it before each use. */
OSTINATO_API ostinato_status ostinato_fingerprint(const ostinato_layer *layer,
                                                  const ostinato_weights *weights,
                                                  uint64_t *fingerprint);

/* The buffers of ostinato_forward. */
typedef struct ostinato_forward_buffers {
    const void *packed; /* of ostinato_pack */
    const void *input;  /* [N, I] */
    const void *h_0;    /* [D, B, H] */
    const void *c_0;    /* [D, B, H]; LSTM only */
    void *output;       /* [N, D H], directions side by side */
    void *h_n;          /* [D, B, H], the state after the last step read of each row */
    void *c_n;          /* [D, B, H]; LSTM only */
    void *saved;        /* [N, saved_row] for ostinato_backward; NULL in inference */
    void *workspace;
    size_t workspace_bytes;
} ostinato_forward_buffers;

OSTINATO_API ostinato_status ostinato_forward(const ostinato_layer *layer,
                                              const ostinato_forward_buffers *buffers);

/* Gradients of the parameters of one direction, in their shapes. Biases both or neither. */
typedef struct ostinato_weight_gradients {
    void *weight_ih, *weight_hh, *bias_ih, *bias_hh;
} ostinato_weight_gradients;

/* The buffers of ostinato_backward. */
typedef struct ostinato_backward_buffers {
    const ostinato_weights *weights;      /* [D] */
    const void *input, *h_0, *c_0;        /* as in the forward pass */
    const void *output, *saved;           /* as the forward pass left them */
    const void *d_output;                 /* [N, D H] */
    const void *d_h_n, *d_c_n;            /* [D, B, H]; d_c_n LSTM only */
    void *d_input;                        /* [N, I], or NULL if it is not wanted */
    void *d_h_0, *d_c_0;                  /* [D, B, H]; d_c_0 LSTM only */
    ostinato_weight_gradients *d_weights; /* [D] */
    void *workspace;
    size_t workspace_bytes;
} ostinato_backward_buffers;

OSTINATO_API ostinato_status ostinato_backward(const ostinato_layer *layer,
                                               const ostinato_backward_buffers *buffers);

/* One step of a stack of one-directional layers, on the calling thread.
 *   in     layers      [num_layers], D = 1, of one cell, dtype and instruction set; T and
 *                      batch_sizes are not read; the input_size of each is the hidden_size of the
 *                      one below
 *   in     packed      [num_layers] of ostinato_pack
 *   in     batch_size  B
 *   in     input       [B, I]
 *   in/out h           [num_layers] pointers to [B, H]; h of the last layer is the output
 *   in/out c           [num_layers] pointers to [B, H]; NULL unless LSTM
 *   scratch workspace  ostinato_step_workspace bytes */
OSTINATO_API ostinato_status ostinato_step(const ostinato_layer *layers, int32_t num_layers,
                                           const void *const *packed, int64_t batch_size,
                                           const void *input, void *const *h, void *const *c,
                                           void *workspace, size_t workspace_bytes);
OSTINATO_API ostinato_status ostinato_step_workspace(const ostinato_layer *layers,
                                                     int32_t num_layers, int64_t batch_size,
                                                     size_t *bytes);

/* Multiplies two float32 matrices with the kernels' own product, for measuring its rate.
 *   in  a [rows, depth]   in  b [depth, columns]   out c [rows, columns]
 *   scratch workspace  [depth * (columns rounded up to 64)] floats; b is arranged there first
 * Returns OSTINATO_BAD_SHAPE for a size below 1 or above 2^20, or no thread. */
OSTINATO_API ostinato_status ostinato_matrix_product(int32_t instruction_set, int32_t num_threads,
                                                     int64_t rows, int64_t columns, int64_t depth,
                                                     const float *a, const float *b, float *c,
                                                     void *workspace);

/* Scores of all the tag sequences of a batch. That of a row is start of its first tag, an emission
 * at each step, transition (from the row's tag to the column's) between two steps, end of its last
 * tag, added up; minus infinity forbids. K tags; everything is float64. */
typedef struct ostinato_chain {
    int64_t num_tags;           /* K, at least 1 */
    int64_t num_steps;          /* T, at least 1 */
    const int64_t *batch_sizes; /* [T] */
    const double *emissions;    /* [N, K] */
    const double *start;        /* [K] */
    const double *transition;   /* [K, K] */
    const double *end;          /* [K] */
} ostinato_chain;

/* Sums over all the tag sequences of each row, by forward and backward probabilities.
 *   out     log_z      [B] the logarithm of the sum of their exponentials
 *           marginals  [N, K] the share of each tag in it
 *           before     [N, K] and
 *           onward     [N, K] so that before[n, i] * exp(transition[i, j]) * onward[m, j] is the
 *                      share of tag i at a place n and tag j at the row's next one, m
 *   scratch workspace  [K, 2 * K + 3] */
OSTINATO_API ostinato_status ostinato_chain_sum(const ostinato_chain *chain, double *log_z,
                                                double *marginals, double *before, double *onward,
                                                double *workspace);

/* Finds the best tag sequence of each row; of equal ones that with the lower tag, from the end.
 *   out     path       [N] its tag at each place
 *           scores     [B] its score
 *   scratch workspace  [2, K]
 *           origins    [N, K] */
OSTINATO_API ostinato_status ostinato_chain_best(const ostinato_chain *chain, int64_t *path,
                                                 double *scores, double *workspace,
                                                 int32_t *origins);

#ifdef __cplusplus
}
#endif

#endif
