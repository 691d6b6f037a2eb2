// Processors with AVX-512.
#include "Kernels.h"

#include <math.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,avx2,fma,bmi,bmi2,f16c"))), apply_to = function)
#define MOS_LEVEL 2
#define MOS_TABLE mos_kernels_avx512
#include "level.h"
#pragma clang attribute pop
#endif
