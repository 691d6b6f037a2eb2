#include "Kernels.h"

_Thread_local void *mos_account = NULL;

#ifdef MOS_THREAD_SANITIZER
char mos_allocator_mutex;
#endif
