// Vectors of 16 floats, AVX-512 F, BW, DQ and VL. Included once a translation unit, inside its
// namespace.

using vec = __m512;

constexpr int kLanes = 16;
constexpr int kAccumulators = 24;

inline vec zero() { return _mm512_setzero_ps(); }
inline vec set1(float x) { return _mm512_set1_ps(x); }
inline vec load(const float *p) { return _mm512_loadu_ps(p); }
inline void store(float *p, vec x) { _mm512_storeu_ps(p, x); }
inline __mmask16 first(int n) { return static_cast<__mmask16>((1u << n) - 1); }
inline vec load_some(const float *p, int n) { return _mm512_maskz_loadu_ps(first(n), p); }
inline void store_some(float *p, vec x, int n) { _mm512_mask_storeu_ps(p, first(n), x); }
inline vec add(vec a, vec b) { return _mm512_add_ps(a, b); }
inline vec sub(vec a, vec b) { return _mm512_sub_ps(a, b); }
inline vec mul(vec a, vec b) { return _mm512_mul_ps(a, b); }
inline vec div(vec a, vec b) { return _mm512_div_ps(a, b); }
inline vec fma(vec a, vec b, vec c) { return _mm512_fmadd_ps(a, b, c); }
// NaN in x stays NaN: the second operand is returned where one is NaN.
inline vec max(vec bound, vec x) { return _mm512_max_ps(bound, x); }
inline vec min(vec bound, vec x) { return _mm512_min_ps(bound, x); }
inline vec keep_where_positive(vec x, vec of) {
    return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(of, zero(), _CMP_GT_OQ), x);
}
inline vec round(vec x) {
    return _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
// x * 2^n for whole n.
inline vec scale(vec x, vec n) { return _mm512_scalef_ps(x, n); }
