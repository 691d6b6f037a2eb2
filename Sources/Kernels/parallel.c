// One task at a time on the calling thread. (Replaced by a pool below.)
#include "Kernels.h"

static int threads = 1;

void mos_parallel(size_t tasks, void (*body)(void *, size_t), void *context) {
  for (size_t i = 0; i < tasks; i++) body(context, i);
}

int mos_thread_count(void) { return threads; }
void mos_set_thread_count(int count) { threads = count; }
