#include "CallOnStack.h"

#if defined(__x86_64__) || defined(__aarch64__)

void mos_switch_stack(void *top, void (*function)(void *), void *context);

#if __has_feature(address_sanitizer)
#include <sanitizer/common_interface_defs.h>

// The address sanitizer must know which stack a thread is on: what it says of an address, and what it clears
// before a function that does not return, goes by its bounds. The thread sanitizer need not: it follows calls
// and returns, and a switch is one of each.

typedef struct {
  void (*function)(void *);
  void *context;
} call;

static void run(void *pointer) {
  const call *told = pointer;
  const void *base;
  size_t size;
  __sanitizer_finish_switch_fiber(NULL, &base, &size);
  told->function(told->context);
  __sanitizer_start_switch_fiber(NULL, base, size);
}

int mos_call_on_stack(void *base, size_t size, void (*function)(void *), void *context) {
  call told = {function, context};
  void *frames;
  __sanitizer_start_switch_fiber(&frames, base, size);
  mos_switch_stack((char *)base + size, run, &told);
  __sanitizer_finish_switch_fiber(frames, NULL, NULL);
  return 1;
}

#else

int mos_call_on_stack(void *base, size_t size, void (*function)(void *), void *context) {
  mos_switch_stack((char *)base + size, function, context);
  return 1;
}

#endif

#else

int mos_call_on_stack(void *base, size_t size, void (*function)(void *), void *context) {
  (void)base, (void)size, (void)function, (void)context;
  return 0;
}

#endif
