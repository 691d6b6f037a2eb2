#include "CallOnStack.h"

#if defined(__x86_64__) || defined(__aarch64__)

void mos_switch_stack(void *top, void (*function)(void *), void *context);

int mos_call_on_stack(void *base, size_t size, void (*function)(void *), void *context) {
  mos_switch_stack((char *)base + size, function, context);
  return 1;
}

#else

int mos_call_on_stack(void *base, size_t size, void (*function)(void *), void *context) {
  (void)base, (void)size, (void)function, (void)context;
  return 0;
}

#endif
