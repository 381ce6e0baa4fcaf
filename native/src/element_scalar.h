// Storage in the type that sums are made in. Included once a translation unit, inside its
// namespace, after the vectors.

using element = scalar;
using operand = vec;

constexpr int kGroup = 1;  // elements of a row that one multiply_add takes in

inline vec load_elements(const element *p) { return load(p); }
inline vec load_elements(const element *p, int n) {
    return n >= kLanes ? load(p) : load_some(p, n);
}
inline void store_elements(element *p, vec x) { store(p, x); }
inline void store_elements(element *p, vec x, int n) {
    n >= kLanes ? store(p, x) : store_some(p, x, n);
}
inline scalar to_scalar(element x) { return x; }
inline element to_element(scalar x) { return x; }

inline operand load_operand(const element *panel) { return load(panel); }
inline operand broadcast(const element *row) { return set1(*row); }
inline operand broadcast_last(const element *row) { return broadcast(row); }
inline vec multiply_add(operand a, operand b, vec sum) { return fma(a, b, sum); }
