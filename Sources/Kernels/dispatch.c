// Which kernels this processor runs: the best that it has, or those that the environment variable
// MOS_KERNELS asks for, `baseline`, `avx2` or `avx512`, so that whole programs can be measured at
// each level.
#include "Kernels.h"

#include <stdlib.h>
#include <string.h>

extern const mos_kernel_table mos_kernels_baseline;
#if defined(__x86_64__)
extern const mos_kernel_table mos_kernels_avx2, mos_kernels_avx512;
#endif

// Each thread has its own, so that one which measures another level changes no other's numbers.
static _Thread_local const mos_kernel_table *chosen = NULL;
static _Thread_local int chosen_level = 0;

void mos_set_kernel_level(int level) {
  const mos_kernel_table *table = &mos_kernels_baseline;
  int reached = 0;
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (level >= 1 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
      __builtin_cpu_supports("bmi2")) {
    table = &mos_kernels_avx2;
    reached = 1;
    if (level >= 2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")) {
      table = &mos_kernels_avx512;
      reached = 2;
    }
  }
#endif
  chosen_level = reached;
  chosen = table;
}

static int asked_level(void) {
  const char *name = getenv("MOS_KERNELS");
  if (name == NULL) return 2;
  return strcmp(name, "baseline") == 0 ? 0 : strcmp(name, "avx2") == 0 ? 1 : 2;
}

const mos_kernel_table *mos_kernels(void) {
  if (chosen == NULL) mos_set_kernel_level(asked_level());
  return chosen;
}

int mos_kernel_level(void) {
  mos_kernels();
  return chosen_level;
}
