#include "Kernels.h"

_Thread_local void *mos_account = NULL;
_Thread_local mos_heap mos_small_objects = {0, INT64_MAX};

#ifdef MOS_THREAD_SANITIZER
char mos_allocator_mutex;
#endif
