// Vectors of 16 bytes in the language of GCC and Clang, for any processor. `scalar` is defined by
// the file that includes this inside its namespace. Included once a translation unit.

typedef scalar vec __attribute__((vector_size(16)));

constexpr int kLanes = 16 / sizeof(scalar);
constexpr int kAccumulators = 12;

inline vec set1(scalar x) { return x - vec{}; }
inline vec zero() { return vec{}; }
inline vec load(const scalar *p) {
    vec x;
    __builtin_memcpy(&x, p, sizeof x);
    return x;
}
inline void store(scalar *p, vec x) { __builtin_memcpy(p, &x, sizeof x); }
inline vec load_some(const scalar *p, int n) {
    vec x = {};
    for (int lane = 0; lane < kLanes; ++lane) {
        if (lane < n) x[lane] = p[lane];
    }
    return x;
}
inline void store_some(scalar *p, vec x, int n) {
    for (int lane = 0; lane < kLanes; ++lane) {
        if (lane < n) p[lane] = x[lane];
    }
}
inline vec add(vec a, vec b) { return a + b; }
inline vec sub(vec a, vec b) { return a - b; }
inline vec mul(vec a, vec b) { return a * b; }
inline vec div(vec a, vec b) { return a / b; }
inline vec fma(vec a, vec b, vec c) { return a * b + c; }
// NaN in x stays NaN.
inline vec max(vec bound, vec x) { return bound > x ? bound : x; }
inline vec min(vec bound, vec x) { return bound < x ? bound : x; }
inline vec keep_where_positive(vec x, vec of) { return of > 0 ? x : vec{}; }
