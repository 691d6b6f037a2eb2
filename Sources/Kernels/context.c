#include "Kernels.h"

_Thread_local void *mos_context = NULL;
