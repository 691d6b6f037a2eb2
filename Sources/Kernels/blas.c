// OpenBLAS's choice of kernels, put right where it is known to be wrong.
//
// OpenBLAS up to 0.3.21 runs its Haswell kernels on AMD processors with AVX-512, at half the
// speed of its own Skylake-X ones (f32 products of 64 and 1024 rows, one thread: 106 and 112
// against 236 and 218 GF/s). Its start-up code is exported and reads OPENBLAS_CORETYPE, so the
// choice can be made again before its first use. MOS_OPENBLAS_KEEP or an OPENBLAS_CORETYPE
// of the user's leave it alone.
#include "Kernels.h"

#include <stdlib.h>

#if defined(__x86_64__) && defined(__linux__)

extern void gotoblas_dynamic_init(void) __attribute__((weak));
extern void gotoblas_dynamic_quit(void) __attribute__((weak));

void mos_choose_blas_kernels(void) {
  __builtin_cpu_init();
  if (!__builtin_cpu_is("amd") || !__builtin_cpu_supports("avx512f") ||
      !__builtin_cpu_supports("avx512dq") || !__builtin_cpu_supports("avx512bw") ||
      !__builtin_cpu_supports("avx512vl"))
    return;
  if (!gotoblas_dynamic_init || !gotoblas_dynamic_quit) return;
  if (getenv("MOS_OPENBLAS_KEEP") || getenv("OPENBLAS_CORETYPE")) return;
  setenv("OPENBLAS_CORETYPE", "SkylakeX", 1);
  gotoblas_dynamic_quit();
  gotoblas_dynamic_init();
  unsetenv("OPENBLAS_CORETYPE");
}

#else

void mos_choose_blas_kernels(void) {}

#endif
