// Every processor of the architecture.
#include "Kernels.h"

#include <math.h>
#include <string.h>

#define MOS_LEVEL 0
#define MOS_TABLE mos_kernels_baseline
#include "level.h"
