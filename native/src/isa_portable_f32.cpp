// float32 on any processor.

#include "kernels.h"
#include "threads.h"

namespace ostinato::portable_f32 {
using scalar = float;
typedef int32_t whole __attribute__((vector_size(16)));
#include "vec_portable.h"
inline vec round(vec x) { return (x + 12582912.0f) - 12582912.0f; }  // 1.5 * 2^23
// x * 2^n for whole n from -126 to 127.
inline vec scale(vec x, vec n) {
    const whole bits = (__builtin_convertvector(n, whole) + 127) << 23;
    return x * reinterpret_cast<vec>(bits);
}
#include "element_scalar.h"
#include "engine.h"
}  // namespace ostinato::portable_f32

const ostinato::Kernels ostinato::kPortableF32 = ostinato::portable_f32::kKernels;
