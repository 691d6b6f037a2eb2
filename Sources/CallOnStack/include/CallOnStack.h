// Runs a function on a stack of its own, on the thread that calls.
#pragma once
#include <stddef.h>

/// Calls `function(context)` on the stack of `size` bytes that begins at `base`, both multiples of 4096, and
/// comes back to the caller's. Nothing may be thrown through it; thread-local variables are the caller's.
///
/// False, with nothing done, where no way to switch stacks is written for the machine.
int mos_call_on_stack(
    void *_Nonnull base, size_t size, void (*_Nonnull function)(void *_Nonnull),
    void *_Nonnull context);
