// bfloat16 with AVX512_BF16: stored in 16 bits, multiplied in pairs, summed in float32.

#include <immintrin.h>

#include "kernels.h"
#include "threads.h"

namespace ostinato::avx512_bf16 {
using scalar = float;
#include "vec_avx512.h"

struct element {
    uint16_t bits;  // the upper half of a float32
};
using operand = __m512bh;

constexpr int kGroup = 2;  // elements of a row that one multiply_add takes in

inline __mmask16 some(int n) { return n >= kLanes ? 0xffff : first(n); }
inline vec widen(__m256i bits) {
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bits), 16));
}
inline vec load_elements(const element *p) {
    return widen(_mm256_loadu_si256(reinterpret_cast<const __m256i *>(p)));
}
inline vec load_elements(const element *p, int n) {
    return widen(_mm256_maskz_loadu_epi16(some(n), p));
}
inline void store_elements(element *p, vec x) {
    _mm256_storeu_si256(reinterpret_cast<__m256i *>(p),
                        reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(x)));
}
inline void store_elements(element *p, vec x, int n) {
    _mm256_mask_storeu_epi16(p, some(n), reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(x)));
}
inline vec load_elements(const scalar *p, int n) { return n >= kLanes ? load(p) : load_some(p, n); }
inline void store_elements(scalar *p, vec x, int n) {
    n >= kLanes ? store(p, x) : store_some(p, x, n);
}
inline scalar to_scalar(element x) {
    return _mm_cvtss_f32(_mm_castsi128_ps(_mm_cvtsi32_si128(x.bits << 16)));
}
inline element to_element(scalar x) {
    const __m128bh rounded = _mm_cvtneps_pbh(_mm_set_ss(x));
    return {static_cast<uint16_t>(_mm_cvtsi128_si32(reinterpret_cast<__m128i>(rounded)))};
}

inline operand load_operand(const element *panel) {
    return reinterpret_cast<operand>(_mm512_loadu_si512(panel));
}
inline operand broadcast(const element *row) {
    int pair;
    __builtin_memcpy(&pair, row, sizeof pair);
    return reinterpret_cast<operand>(_mm512_set1_epi32(pair));
}
// The last element of an odd row, beside a zero.
inline operand broadcast_last(const element *row) {
    return reinterpret_cast<operand>(_mm512_set1_epi32(row->bits));
}
inline vec multiply_add(operand a, operand b, vec sum) { return _mm512_dpbf16_ps(sum, a, b); }

#include "engine.h"
}  // namespace ostinato::avx512_bf16

const ostinato::Kernels ostinato::kAvx512Bf16 = ostinato::avx512_bf16::kKernels;
