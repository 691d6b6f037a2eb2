#include "Kernels.h"

_Thread_local void *mos_context = NULL;
_Thread_local int mos_detects_anomalies = 0;
