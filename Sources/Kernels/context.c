#include "Kernels.h"

_Thread_local void *mos_context = NULL;
_Thread_local int mos_watches = 0;
_Thread_local uint32_t mos_recording = 0;
_Thread_local int64_t mos_live_nodes = 0;
