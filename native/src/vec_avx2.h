// Vectors of 8 floats, AVX2 and FMA. Included once a translation unit, inside its namespace.

using vec = __m256;

constexpr int kLanes = 8;
constexpr int kAccumulators = 12;

inline vec zero() { return _mm256_setzero_ps(); }
inline vec set1(float x) { return _mm256_set1_ps(x); }
inline vec load(const float *p) { return _mm256_loadu_ps(p); }
inline void store(float *p, vec x) { _mm256_storeu_ps(p, x); }
inline __m256i first(int n) {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
inline vec load_some(const float *p, int n) { return _mm256_maskload_ps(p, first(n)); }
inline void store_some(float *p, vec x, int n) { _mm256_maskstore_ps(p, first(n), x); }
inline vec add(vec a, vec b) { return _mm256_add_ps(a, b); }
inline vec sub(vec a, vec b) { return _mm256_sub_ps(a, b); }
inline vec mul(vec a, vec b) { return _mm256_mul_ps(a, b); }
inline vec div(vec a, vec b) { return _mm256_div_ps(a, b); }
inline vec fma(vec a, vec b, vec c) { return _mm256_fmadd_ps(a, b, c); }
// NaN in x stays NaN: the second operand is returned where one is NaN.
inline vec max(vec bound, vec x) { return _mm256_max_ps(bound, x); }
inline vec min(vec bound, vec x) { return _mm256_min_ps(bound, x); }
inline vec keep_where_positive(vec x, vec of) {
    return _mm256_and_ps(x, _mm256_cmp_ps(of, zero(), _CMP_GT_OQ));
}
inline vec round(vec x) {
    return _mm256_round_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
// x * 2^n for whole n from -126 to 127.
inline vec scale(vec x, vec n) {
    const __m256i bits = _mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127));
    return mul(x, _mm256_castsi256_ps(_mm256_slli_epi32(bits, 23)));
}
