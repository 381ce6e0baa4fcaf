// float32 with AVX2 and FMA.

#include <immintrin.h>

#include "kernels.h"
#include "threads.h"

namespace ostinato::avx2_f32 {
using scalar = float;
#include "vec_avx2.h"
#include "element_scalar.h"
#include "engine.h"
}  // namespace ostinato::avx2_f32

const ostinato::Kernels ostinato::kAvx2F32 = ostinato::avx2_f32::kKernels;
