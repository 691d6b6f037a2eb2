// The C library's heap, set for graphs.
//
// A node of a graph and a small tensor take blocks of 144 bytes, and a graph gives back thousands at
// once. glibc merges free blocks above 128 bytes with their neighbours and splits them again for the
// next graph; up to a bound that may be raised to 160 it only lists them.
#include "Kernels.h"

#ifdef __GLIBC__
#include <malloc.h>
void mos_list_small_blocks(void) { mallopt(M_MXFAST, 160); }
#else
void mos_list_small_blocks(void) {}
#endif
