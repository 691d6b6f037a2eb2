// The run on a thread: what is asked of it, and how much stack it has.
#include <pthread.h>

#include "Kernels.h"

_Thread_local mos_requests *mos_run = NULL;
_Thread_local mos_stack mos_run_stack = {0, 0};

uintptr_t mos_find_stack_end(void) {
#ifdef __APPLE__
  pthread_t thread = pthread_self();
  uintptr_t end =
      (uintptr_t)pthread_get_stackaddr_np(thread) - pthread_get_stacksize_np(thread);
#else
  pthread_attr_t attributes;
  void *address = NULL;
  size_t size = 0;
  if (pthread_getattr_np(pthread_self(), &attributes) == 0) {
    pthread_attr_getstack(&attributes, &address, &size);
    pthread_attr_destroy(&attributes);
  }
  // What is not known is taken to be the least that systems give a thread.
  uintptr_t end =
      address ? (uintptr_t)address : (uintptr_t)__builtin_frame_address(0) - 256 * 1024;
#endif
  mos_run_stack = (mos_stack){end, end};
  return end;
}
