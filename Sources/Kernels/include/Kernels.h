// Loops over elements: no allocation, no errors, no policy.
#ifndef MOS_KERNELS_H
#define MOS_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "Format.h"
#include "Random.h"

/// The differentiation context of the current thread; see Autodiff/Context.swift.
extern _Thread_local void *_Nullable mos_context;

static inline void *_Nullable mos_context_get(void) { return mos_context; }
static inline void mos_context_set(void *_Nullable context) { mos_context = context; }

#endif
