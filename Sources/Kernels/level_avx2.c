// Processors with AVX2 and FMA.
#include "Kernels.h"

#include <math.h>
#include <string.h>

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma,bmi,bmi2,f16c"))), apply_to = function)
#define MOS_LEVEL 1
#define MOS_TABLE mos_kernels_avx2
#include "level.h"
#pragma clang attribute pop
#endif
