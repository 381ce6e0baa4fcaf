// float64 on any processor, with the exponentials of the C library: for checks, not for speed.

#include <math.h>

#include "kernels.h"
#include "threads.h"

#define OSTINATO_LIBRARY_MATH

namespace ostinato::portable_f64 {
using scalar = double;
#include "vec_portable.h"
#include "element_scalar.h"
#include "engine.h"
}  // namespace ostinato::portable_f64

const ostinato::Kernels ostinato::kPortableF64 = ostinato::portable_f64::kKernels;
