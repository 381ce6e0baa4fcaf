// float32 with AVX-512.

#include <immintrin.h>

#include "kernels.h"
#include "threads.h"

namespace ostinato::avx512_f32 {
using scalar = float;
#include "vec_avx512.h"
#include "element_scalar.h"
#include "engine.h"
}  // namespace ostinato::avx512_f32

const ostinato::Kernels ostinato::kAvx512F32 = ostinato::avx512_f32::kKernels;
