#include "Kernels.h"

_Thread_local void *mos_account = NULL;
