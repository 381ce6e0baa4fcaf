// exp, sigmoid and tanh. Included once a translation unit, inside its namespace.
// Worst errors in float32 are measured by tests/unit/ops/test_native_math.py and stated in
// docs/explanation/numerics.md.

#ifdef OSTINATO_LIBRARY_MATH

inline vec sigmoid(vec x) {
    for (int lane = 0; lane < kLanes; ++lane) x[lane] = 1 / (1 + ::exp(-x[lane]));
    return x;
}
inline vec tanh(vec x) {
    for (int lane = 0; lane < kLanes; ++lane) x[lane] = ::tanh(x[lane]);
    return x;
}

#else

// e^x = 2^n e^r, n whole and |r| <= ln(2) / 2; e^r by the polynomial of Cephes' expf. The bounds
// keep 2^n within the normal numbers.
inline vec exp(vec x) {
    x = min(set1(88.0f), max(set1(-87.0f), x));
    const vec n = round(mul(x, set1(1.44269504088896341f)));
    vec r = fma(n, set1(-0.693359375f), x);
    r = fma(n, set1(2.12194440e-4f), r);
    vec p = set1(1.9875691500e-4f);
    p = fma(p, r, set1(1.3981999507e-3f));
    p = fma(p, r, set1(8.3334519073e-3f));
    p = fma(p, r, set1(4.1665795894e-2f));
    p = fma(p, r, set1(1.6666665459e-1f));
    p = fma(p, r, set1(5.0000001201e-1f));
    p = fma(p, mul(r, r), add(r, set1(1.0f)));
    return scale(p, n);
}

inline vec sigmoid(vec x) { return div(set1(1.0f), add(set1(1.0f), exp(sub(zero(), x)))); }

// A rational function of degree 13 over 6, the one of Eigen. Beyond the bound it stays what it is
// there, 1 less at most 4 units in the last place.
inline vec tanh(vec x) {
    const vec bound = set1(7.90531110763549805f);
    x = min(bound, max(sub(zero(), bound), x));
    const vec s = mul(x, x);
    vec p = set1(-2.76076847742355e-16f);
    p = fma(p, s, set1(2.00018790482477e-13f));
    p = fma(p, s, set1(-8.60467152213735e-11f));
    p = fma(p, s, set1(5.12229709037114e-08f));
    p = fma(p, s, set1(1.48572235717979e-05f));
    p = fma(p, s, set1(6.37261928875436e-04f));
    p = fma(p, s, set1(4.89352455891786e-03f));
    vec q = set1(1.19825839466702e-06f);
    q = fma(q, s, set1(1.18534705686654e-04f));
    q = fma(q, s, set1(2.26843463243900e-03f));
    q = fma(q, s, set1(4.89352518554385e-03f));
    return div(mul(x, p), q);
}

#endif
